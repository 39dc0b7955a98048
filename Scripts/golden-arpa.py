#!/usr/bin/env python3
"""Makes Tests/MynahInferenceTests/Fixtures/golden-arpa.json: ARPA files as different toolkits write them, and
KenLM's scores of sentences.

    pip install kenlm
    python3 Scripts/golden-arpa.py

Each case contains the file's text and, for each sentence, log10 p of each word and of the end of the sentence. KenLM
reads files without <unk> as if its log10 p were -100.
"""
import json
import pathlib
import tempfile

import kenlm

TARGET = pathlib.Path(__file__).resolve().parents[1] / "Tests/MynahInferenceTests/Fixtures/golden-arpa.json"
SENTENCES = [
    "a b c", "b d c", "c a", "", "a b c a b c", "d", "d d a b", "c c c c", "a b d c b", "<unk> a b", "a b c d a b",
    "b c d a",
]

PLAIN = r"""\data\
ngram 1=6
ngram 2=5
ngram 3=3

\1-grams:
-1.5	<unk>	-0.35
-1.0	</s>
-99	<s>	-0.3
-0.5	a	-0.2
-0.6	b	-0.25
-0.7	c	-0.15

\2-grams:
-0.4	<s> a	-0.1
-0.3	a b	-0.05
-0.35	b c
-0.45	c </s>
-0.55	<unk> a	-0.65

\3-grams:
-0.2	<s> a b
-0.15	a b c
-0.1	<unk> a b

\end\
"""

# As pruned by SRILM: "b c" and "b c d" are missing, though longer n-grams end with them. KenLM allows only a few.
PRUNED = r"""
\data\
ngram 1=7
ngram 2=9
ngram 3=8
ngram 4=4

\1-grams:
-1.4	<unk>
-0.9	</s>
-99	<s>	-0.31
-0.5	a	-0.21
-0.6	b	-0.26
-0.7	c	-0.16
-0.8	d	-0.11

\2-grams:
-0.4	<s> a	-0.1
-0.3	a b	-0.05
-0.45	c d	-0.12
-0.65	d a	-0.07
-0.35	a a
-0.75	b a	-0.13
-0.85	c a
-0.95	c b
-0.52	d </s>

\3-grams:
-0.2	<s> a b	-0.22
-0.15	a b c	-0.33
-0.25	c d a	-0.44
-0.27	b a b
-0.37	d a b
-0.47	c d </s>
-0.57	d a a
-0.67	b a a

\4-grams:
-0.05	<s> a b c
-0.07	a b c d
-0.09	c d a b
-0.06	c d a a

\end\
"""

FORMS = {
    "plain": PLAIN,
    "IRSTLM: tabs and blanks in the header": PLAIN.replace("1=6", "1=         6").replace("2=5", "2=\t5"),
    "<UNK> for <unk>": PLAIN.replace("<unk>", "<UNK>"),
    "-inf for -99": PLAIN.replace("-99\t<s>", "-inf\t<s>"),
    "SRILM: <unk> of probability 0": PLAIN.replace("-1.5\t<unk>\t-0.35", "-99\t<unk>").replace(
        "-0.55\t<unk> a\t-0.65\n", "").replace("-0.1\t<unk> a b\n", "").replace("2=5", "2=4").replace("3=3", "3=2"),
    "SRILM without -unk: no <unk>": PLAIN.replace("-1.5\t<unk>\t-0.35\n", "").replace(
        "-0.55\t<unk> a\t-0.65\n", "").replace("-0.1\t<unk> a b\n", "").replace("1=6", "1=5").replace(
        "2=5", "2=4").replace("3=3", "3=2"),
    "line ends of Windows": PLAIN.replace("\n", "\r\n"),
    "remarks and empty lines": "\n# made by hand\n\n" + PLAIN + "\n\n",
    "back-off weights of 0 after the longest n-grams": PLAIN.replace("a b c\n", "a b c\t0\n"),
    "numbers in other notations": PLAIN.replace("-0.5\ta", "-5e-1\ta").replace("-0.2\t<s>", "-.2\t<s>").replace(
        "-1.0\t</s>", "-1\t</s>"),
    "n-grams without their ends": PRUNED,
}


def scores(model, sentence):
    return [round(score, 6) for score, _, _ in model.full_scores(sentence, bos=True, eos=True)]


cases = []
with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder) / "model.arpa"
    for name, text in FORMS.items():
        path.write_bytes(text.encode())
        model = kenlm.Model(str(path))
        cases.append({"name": name, "text": text, "scores": [scores(model, sentence) for sentence in SENTENCES]})
TARGET.write_text(json.dumps({"sentences": SENTENCES, "cases": cases}, indent=1) + "\n")
print(TARGET, len(cases), "cases")
