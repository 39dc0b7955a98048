#!/usr/bin/env python3
"""Writes the golden fixture for Mynah's Keras tokenizer and string lookup: results of Keras.

    python3 -m venv .venv
    .venv/bin/pip install tensorflow-cpu==2.21.0 keras==3.15.1
    .venv/bin/python Scripts/golden-keras-text.py [FILE]
    .venv/bin/python Scripts/golden-keras-text.py --check FILE.json

FILE defaults to Tests/MynahTextTests/Fixtures/golden-keras-text.json; a second run writes the same bytes. It contains

    tokenizers    settings, the texts that the tokenizer was fitted on, Keras's to_json, the sequences and the matrices
                  of all modes for some texts, and the texts of sequences with unusual IDs
    lookups       settings, the strings that the layer was adapted to, the vocabulary, and strings with their indices
    hashes        strings of many lengths and their FarmHash fingerprints modulo 2^62 - 57

With --check, reads a JSON list of tokenizers that Mynah wrote, one for each tokenizer of the fixture, and compares
their results.
"""
import argparse
import json
import pathlib
import random
import sys

try:
    import keras
    import tensorflow as tf
    from keras.src.legacy.preprocessing.text import Tokenizer, tokenizer_from_json
except ImportError as missing:
    sys.exit(f"error: {missing}; install what this script needs as described at its top.")

FIXTURE = (pathlib.Path(__file__).resolve().parents[1]
           / "Tests" / "MynahTextTests" / "Fixtures" / "golden-keras-text.json")
MODULUS = 2**62 - 57
TRAINING = [
    "The cat, the dog; the CAT!\nIt's a don't-do\rx", "b a", "",
    "<unk> unk <eos> — “dash” … é e\u0301 ΟΔΟΣ ΣΑΣ Σ İstanbul", "tab\tand \u00a0 no-break",
    "a <unk> a b\nc <unk> <unk>", "\\back/slash \"quoted\" {[(~`^_|)]}", "😀 日本 日本 1,000 3.5 't ''",
]
TEXTS = TRAINING + ["zebra the unseen dog it's", "   ", "A!?"]
SEQUENCES = [[], [0, 1, 2, 3, 4, 5, 6, 7, 8], [30, 99, 1000], [2, 2, 1]]
MODES = ["binary", "count", "freq", "tfidf"]
SETTINGS = [
    {}, {"num_words": 4}, {"num_words": 5, "oov_token": "<unk>"}, {"filters": "", "oov_token": "<unk>"},
    {"char_level": True}, {"char_level": True, "oov_token": "?", "num_words": 9}, {"lower": False, "split": "--"},
    {"num_words": 1, "oov_token": "[UNK]"}, {"filters": "aé", "split": "é"}, {"num_words": 0, "oov_token": "b"},
]
LOOKUPS = [
    {}, {"mask_token": ""}, {"max_tokens": 6, "mask_token": ""}, {"num_oov_indices": 3, "mask_token": "a"},
    {"num_oov_indices": 7}, {"max_tokens": 9, "num_oov_indices": 2, "oov_token": "d"},
]


def tokenizer_case(settings):
    tokenizer = Tokenizer(**settings)
    tokenizer.fit_on_texts(TRAINING[:5])
    tokenizer.fit_on_texts(TRAINING[5:])
    # Keras counts sets of words in random order; they are sorted so that a second run writes the same bytes.
    tokenizer.word_docs = dict(sorted(tokenizer.word_docs.items()))
    tokenizer.index_docs = dict(sorted(tokenizer.index_docs.items()))
    return {"settings": settings, "json": tokenizer.to_json(), **results(tokenizer)}


def results(tokenizer):
    return {
        "sequences": tokenizer.texts_to_sequences(TEXTS), "texts": tokenizer.sequences_to_texts(SEQUENCES),
        "matrices": {mode: tokenizer.texts_to_matrix(TEXTS[:3] + TEXTS[-3:], mode).tolist() for mode in MODES},
    }


def lookup_case(settings):
    generator = random.Random(7)
    words = ["a", "b", "c", "d", "é", "e\u0301", "日本", "", "[UNK]", "word", "Word"]
    strings = generator.choices(words, k=60)
    unseen = ["q", "unseen", "a longer string that is unknown", "x" * 40, "y" * 70, "😀"] + [f"u{i}" for i in range(20)]
    lookup = keras.layers.StringLookup(**settings)
    lookup.adapt(tf.constant(strings))
    return {
        "settings": settings, "strings": strings, "vocabulary": lookup.get_vocabulary(), "asked": words + unseen,
        "ids": [int(i) for i in lookup(tf.constant(words + unseen))],
    }


def hashes():
    generator = random.Random(64)
    lengths = list(range(0, 70)) + [127, 128, 129, 191, 192, 193, 500]
    strings = ["".join(generator.choices("abcdefghijklmnopqrstuvwxyz ABC.,", k=n)) for n in lengths]
    return [{"string": s, "value": int(tf.strings.to_hash_bucket_fast(s, MODULUS))} for s in strings]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", type=pathlib.Path, default=FIXTURE)
    parser.add_argument("--check", type=pathlib.Path, metavar="FILE")
    arguments = parser.parse_args()
    if arguments.check:
        fixture = json.loads(FIXTURE.read_text())
        written = json.loads(arguments.check.read_text())
        for case, text in zip(fixture["tokenizers"], written, strict=True):
            found = json.loads(json.dumps(results(tokenizer_from_json(text))))
            for name in found:
                if found[name] != case[name]:
                    sys.exit(f"error: {name} with {case['settings']} are {found[name]}, expected {case[name]}")
        print(f"{len(written)} tokenizers agree")
        return
    fixture = {
        "training": [TRAINING[:5], TRAINING[5:]], "asked": TEXTS, "askedSequences": SEQUENCES,
        "tokenizers": [tokenizer_case(s) for s in SETTINGS], "lookups": [lookup_case(s) for s in LOOKUPS],
        "modulus": MODULUS, "hashes": hashes(),
    }
    arguments.file.write_text(json.dumps(fixture, indent=1, sort_keys=True) + "\n")
    print(f"{arguments.file.name}: {arguments.file.stat().st_size} bytes")


if __name__ == "__main__":
    main()
