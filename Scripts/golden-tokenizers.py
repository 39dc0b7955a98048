#!/usr/bin/env python3
"""Writes the golden fixture for Mynah's byte-pair encoding and its tokenizer.json: results of Hugging Face's \
tokenizers.

    python3 -m venv .venv
    .venv/bin/pip install tokenizers==0.23.3
    .venv/bin/python Scripts/golden-tokenizers.py [FILE]
    .venv/bin/python Scripts/golden-tokenizers.py --check FOLDER

FILE defaults to Tests/MynahTextTests/Fixtures/golden-tokenizers.json; a second run writes the same bytes. It contains

    training                 the text that the byte-pair encoding was trained on, made up here
    vocabularySize, minimumCount, specialTokens    training settings
    bytePairs                the resulting tokenizer.json, as a string
    words                    a word-level tokenizer.json, as a string, in the form that Mynah writes
    cases                    texts with their IDs by both (bytePairIDs, wordIDs) and the text decoded from bytePairIDs

With --check, reads a folder's byte-pairs.json and words.json, which Mynah wrote, and compares their IDs with those of
the fixture.
"""
import argparse
import json
import pathlib
import random
import sys

try:
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
except ImportError as missing:
    sys.exit(f"error: {missing}; install what this script needs as described at its top.")

FIXTURE = (pathlib.Path(__file__).resolve().parents[1]
           / "Tests" / "MynahTextTests" / "Fixtures" / "golden-tokenizers.json")
SPECIAL_TOKENS, VOCABULARY_SIZE, MINIMUM_COUNT = ["<|end|>", "<s>"], 420, 2

SENTENCES = [
    "The lower the river, the slower the rower.", "They're sure it's hers; we'll see, I'd say.",
    "In 1984 there were 12 345 of them, ½ of which cost $3.50!", "naïve café, Übermut, été, ΟΔΟΣ и слово.",
    "日本語の文章です。 한국어도 있다.", "aaaa aaa aa a bbbbbb  two  spaces\tand\ttabs\n\n   three lines",
    "(a+b)*[c] == {d} // “quoted” — dash…",
    "emoji 😀😃 and 👨‍👩‍👧 families", "don't DON'T 'tis 'll 're", "e\u0301 combined, \u00a0no-break\u2003em\u3000wide",
]
TEXTS = SENTENCES + [
    "", " ", "  ", "\n", "a", " a", "\ta \n b  \n\n c", "unseen wörds: zyxwvut 😺 \u0000\u0001\u007f", "<|end|>",
    "a<|end|>b <s>c<|end", "the the the\n", "lower <unk> river\nthe <eos> x", "'s't're've'm'll'd's", "x's  'y",
    "１２三٣ Ⅷ", "ab\r\ncd\u0085ef", "\u2028a\u200bb", "end ",
]


def training_text():
    generator = random.Random(2016)
    syllables = ["ba", "lo", "wer", "st", "in", "the", "ra", "ne", "low", "est", "ing", "é", "日"]
    words = ["".join(generator.choices(syllables, k=generator.randint(1, 4))) for _ in range(120)]
    lines = [" ".join(generator.choices(words, k=generator.randint(3, 9))) for _ in range(60)]
    return "\n".join(SENTENCES + lines) + "\n"


def byte_pairs(text):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY_SIZE, min_frequency=MINIMUM_COUNT, special_tokens=SPECIAL_TOKENS, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    # One piece: an iterator of lines would hide the line ends from the trainer.
    tokenizer.train_from_iterator([text], trainer=trainer)
    return tokenizer


def words():
    vocabulary = {token: i for i, token in enumerate([
        "the", "<eos>", "<unk>", "a", "river,", "lower", "The", "été,", "c"])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Replace("\n", " <eos> ")
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return tokenizer


def ids(tokenizer, text):
    return tokenizer.encode(text, add_special_tokens=False).ids


def check(folder):
    fixture = json.loads(FIXTURE.read_text())
    pairs = Tokenizer.from_file(str(folder / "byte-pairs.json"))
    word_level = Tokenizer.from_file(str(folder / "words.json"))
    for case in fixture["cases"]:
        for name, tokenizer in [("bytePairIDs", pairs), ("wordIDs", word_level)]:
            found = ids(tokenizer, case["text"])
            if found != case[name]:
                sys.exit(f"error: {name} of {case['text']!r} are {found}, expected {case[name]}")
        if pairs.decode(case["bytePairIDs"], skip_special_tokens=False) != case["decoded"]:
            sys.exit(f"error: the text of {case['bytePairIDs']} is not {case['decoded']!r}")
    print(f"{len(fixture['cases'])} texts agree")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", type=pathlib.Path, default=FIXTURE)
    parser.add_argument("--check", type=pathlib.Path, metavar="FOLDER")
    arguments = parser.parse_args()
    if arguments.check:
        return check(arguments.check)
    text = training_text()
    pairs, word_level = byte_pairs(text), words()
    cases = [
        {"text": t, "bytePairIDs": ids(pairs, t), "wordIDs": ids(word_level, t),
         "decoded": pairs.decode(ids(pairs, t), skip_special_tokens=False)} for t in TEXTS
    ]
    fixture = {
        "training": text, "vocabularySize": VOCABULARY_SIZE, "minimumCount": MINIMUM_COUNT,
        "specialTokens": SPECIAL_TOKENS, "bytePairs": pairs.to_str(), "words": word_level.to_str(), "cases": cases,
    }
    arguments.file.write_text(json.dumps(fixture, indent=1, sort_keys=True) + "\n")
    print(f"{arguments.file.name}: {arguments.file.stat().st_size} bytes, {len(cases)} texts")


if __name__ == "__main__":
    main()
