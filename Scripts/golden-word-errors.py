#!/usr/bin/env python3
"""Writes the golden fixture for word error rates: results of jiwer.

    python3 -m venv .venv
    .venv/bin/pip install jiwer==4.0.0
    .venv/bin/python Scripts/golden-word-errors.py [FILE]

FILE defaults to Tests/MynahInferenceTests/Fixtures/golden-word-errors.json; a second run writes the same bytes. It
contains n-best lists with random word errors, each with

    reference     the reference text
    texts         the hypotheses; the first one is the best before rescoring
    errors        the substitutions, deletions and insertions of each hypothesis

and the word error rates over all lists

    first         of the first texts
    oracle        of the text of each list with the fewest errors
"""
import json
import pathlib
import random
import sys

try:
    import jiwer
except ImportError as missing:
    sys.exit(f"error: {missing}; install what this script needs as described at its top.")

FIXTURE = (
    pathlib.Path(__file__).resolve().parents[1]
    / "Tests" / "MynahInferenceTests" / "Fixtures" / "golden-word-errors.json"
)
WORDS = "the a cat dog sees likes milk bread Straße café cafe\u0301 日本 don't 3.5 . ,".split()


def corrupted(words, generator, rate):
    """Returns the words with random substitutions, deletions and insertions."""
    result = []
    for word in words:
        draw = generator.random()
        if draw < rate / 3:
            continue
        result.append(generator.choice(WORDS) if draw < 2 * rate / 3 else word)
        if generator.random() < rate / 3:
            result.append(generator.choice(WORDS))
    return result


def errors(reference, text):
    # jiwer rejects empty references, for which every word of the text is an insertion.
    if not reference:
        return len(text.split())
    output = jiwer.process_words(reference, text)
    return output.substitutions + output.deletions + output.insertions


def nbest_list(generator, length, count):
    reference = generator.choices(WORDS, k=length)
    texts = [" ".join(corrupted(reference, generator, 0.1 + 0.15 * index)) for index in range(count)]
    generator.shuffle(texts)
    reference = " ".join(reference)
    return {"reference": reference, "texts": texts, "errors": [errors(reference, text) for text in texts]}


def main():
    generator = random.Random(7)
    lists = [nbest_list(generator, generator.randint(1, 14), generator.randint(1, 6)) for _ in range(40)]
    lists += [
        {"reference": r, "texts": t, "errors": [errors(r, text) for text in t]}
        for r, t in [("a b c", ["", "a b c", "c b a", "a a a a a a a"]), ("x", [""]), ("a b", ["b a b a"])]
    ]
    references = [item["reference"] for item in lists]
    oracles = [min(zip(item["errors"], range(len(item["texts"])), item["texts"]))[2] for item in lists]
    fixture = {
        "lists": lists,
        "referenceWordCount": sum(len(reference.split()) for reference in references),
        "first": jiwer.wer(references, [item["texts"][0] for item in lists]),
        "oracle": jiwer.wer(references, oracles),
    }
    path = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else FIXTURE
    path.write_text(json.dumps(fixture, ensure_ascii=False, indent=1, sort_keys=True) + "\n")
    print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
