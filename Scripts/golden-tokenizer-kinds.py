#!/usr/bin/env python3
"""Writes the fixture of Hugging Face tokenizers of many kinds: each tokenizer.json with the ids and the decoded text \
of some lines, by the PyPI package `tokenizers`.

    python3 -m venv .venv
    .venv/bin/pip install tokenizers==0.23.3
    .venv/bin/python Scripts/golden-tokenizer-kinds.py [FILE] [--lines N]

FILE defaults to Tests/MynahTextTests/Fixtures/golden-tokenizer-kinds.json. The tokenizers are trained on text that
this script makes up. With --lines, N generated lines are encoded instead of the few dozen in the fixture; tests read
such a file if the environment variable MYNAH_TOKENIZER_KINDS contains its path.
"""
import argparse
import json
import pathlib
import random
import sys

try:
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
except ImportError as missing:
    sys.exit(f"error: {missing}; install what this script needs as described at its top.")

FIXTURE = (pathlib.Path(__file__).resolve().parents[1]
           / "Tests" / "MynahTextTests" / "Fixtures" / "golden-tokenizer-kinds.json")
N, P, D = normalizers, pre_tokenizers, decoders
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
          r"|\s+(?!\S)|\s+")
QWEN = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
        r"|\s+(?!\S)|\s+")
O200K = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
         r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
         r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")

WORDS = ("the lower river slower rower They're it's hers we'll I'd say naïve café Übermut été ΟΔΟΣ слово дом язык "
         "日本語 の 文章 한국어 있다 नमस्ते हिन्दी مرحبا שלום ไทย e\u0301te A\u030angstro\u0308m ﬁne ½ Ⅷ ① ＡＢＣ １２ ３ "
         "12345 3.50 1,000 $5 can't DON'T 's 'Re 'LL a_b x+y==z (foo) [bar] {baz} f(x)=2*x; return print(\"hi\") "
         "https://example.org/a?b=1&c=2 mail@example.org #tag C++ “quoted” — dash… 😀 👨‍👩‍👧 🇩🇪 👍🏽 aaaa aa "
         "internationalisation Straße İstanbul ſ K ǅ ß end. stop! do not n't , . ? <unk> [UNK] <mask> mask [MASK] "
         "<tool> tool <|end|> ▁ ▁a Ġ <0x41> ## ##ing walking walked \u00ad \u200b \ufeff \u0301 \ufffd "
         "supercalifragilistic" + "abc" * 40).split(" ")
BLANKS = [" "] * 12 + ["  ", "   ", "\t", "\n", "\r\n", "\n\n", " \n ", "\u00a0", "\u3000", "", "\u2028",
                         "\u0085", "\x00", "\x07"]


def line(generator):
    n = generator.choice([0, 1, 1, 2, 3, 5, 8, 12])
    text = generator.choice(["", "", "", " ", "  ", "\n"])
    for _ in range(n):
        text += generator.choice(WORDS) + generator.choice(BLANKS)
    return text


def training_text():
    generator = random.Random(2016)
    plain = [w for w in WORDS if w[0] not in "<[" and "\x00" not in w]
    return [" ".join(generator.choices(plain, k=generator.randint(3, 9))) for _ in range(300)]


def made(model, trainer, normalizer=None, pre=None, decoder=None, added=(), special=()):
    tokenizer = Tokenizer(model)
    if normalizer:
        tokenizer.normalizer = normalizer
    if pre:
        tokenizer.pre_tokenizer = pre
    if decoder:
        tokenizer.decoder = decoder
    tokenizer.train_from_iterator(training_text(), trainer=trainer)
    tokenizer.add_special_tokens(list(special))
    tokenizer.add_tokens(list(added))
    return tokenizer


def bpe(size=300, special=(), alphabet=(), **options):
    return trainers.BpeTrainer(vocab_size=size, special_tokens=list(special), show_progress=False,
                               initial_alphabet=list(alphabet), limit_alphabet=120, **options)


def byte_level(size=330, special=()):
    return bpe(size, special, P.ByteLevel.alphabet())


def kinds():
    words = lambda: trainers.WordLevelTrainer(vocab_size=80, special_tokens=["[UNK]"], show_progress=False)
    level = lambda: models.WordLevel(unk_token="[UNK]")
    pieces = lambda: trainers.WordPieceTrainer(vocab_size=250, special_tokens=["[UNK]", "[CLS]", "[MASK]"],
                                               limit_alphabet=90, show_progress=False)
    fallback = ["<unk>", "<s>"] + [f"<0x{i:02X}>" for i in range(256)]
    llama = D.Sequence([D.Replace("▁", " "), D.ByteFallback(), D.Fuse(), D.Strip(" ", 1, 0)])
    uni = lambda **o: trainers.UnigramTrainer(vocab_size=200, show_progress=False, unk_token="<unk>",
                                              special_tokens=["<unk>", "</s>"], **o)
    meta = lambda **o: P.Metaspace(replacement="▁", **o)
    a = AddedToken
    yield "WordLevel, Whitespace", made(level(), words(), None, P.Whitespace())
    yield "WordLevel, Lowercase, WhitespaceSplit", made(level(), words(), N.Lowercase(), P.WhitespaceSplit())
    yield "WordLevel, Punctuation, Digits", made(
        level(), words(), N.Sequence([N.NFD(), N.StripAccents(), N.Strip()]),
        P.Sequence([P.WhitespaceSplit(), P.Punctuation(), P.Digits(individual_digits=True)]))
    yield "BPE, NFC, Whitespace", made(models.BPE(unk_token="<unk>"), bpe(special=["<unk>"]), N.NFC(), P.Whitespace())
    yield "BPE, NFKC, Lowercase, fuse_unk", made(
        models.BPE(unk_token="<unk>", fuse_unk=True), bpe(special=["<unk>"]),
        N.Sequence([N.NFKC(), N.Lowercase()]), P.WhitespaceSplit())
    yield "BPE, NFKD, end of word suffix", made(
        models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"),
        bpe(special=["<unk>"], end_of_word_suffix="</w>"), N.NFKD(), P.BertPreTokenizer(), D.BPEDecoder("</w>"))
    yield "BPE, continuing prefix, no unknown token", made(
        models.BPE(continuing_subword_prefix="##"), bpe(continuing_subword_prefix="##"), None, P.Whitespace(),
        D.WordPiece("##", cleanup=False))
    yield "BPE, byte level, prefix space", made(
        models.BPE(), byte_level(special=["<|end|>"]), N.NFC(), P.ByteLevel(add_prefix_space=True), D.ByteLevel())
    yield "BPE, Llama 2", made(
        models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True), bpe(420, fallback),
        N.Sequence([N.Prepend("▁"), N.Replace(" ", "▁")]), None, llama)
    yield "BPE, Metaspace, byte fallback", made(
        models.BPE(unk_token="<unk>", byte_fallback=True), bpe(420, fallback), None,
        meta(prepend_scheme="first", split=False), D.Sequence([D.ByteFallback(), D.Metaspace(prepend_scheme="first")]),
        special=[a("<tool>", normalized=False)])
    yield "BPE, Llama 3", made(
        models.BPE(ignore_merges=True), byte_level(), None,
        P.Sequence([P.Split(Regex(LLAMA3), "isolated"), P.ByteLevel(add_prefix_space=False, use_regex=False)]),
        D.ByteLevel(), special=["<|end|>"])
    yield "BPE, Qwen 2", made(
        models.BPE(), byte_level(), N.NFC(),
        P.Sequence([P.Split(Regex(QWEN), "isolated"), P.ByteLevel(add_prefix_space=False, use_regex=False)]),
        D.ByteLevel(), special=["<|end|>"])
    yield "BPE, o200k", made(
        models.BPE(), byte_level(), None,
        P.Sequence([P.Split(Regex(O200K), "removed", invert=True),
                    P.ByteLevel(add_prefix_space=False, use_regex=False)]),
        D.ByteLevel(), special=["<|end|>"])
    yield "BPE, DeepSeek", made(
        models.BPE(), byte_level(), None,
        P.Sequence([P.Split(Regex(r"[\r\n]"), "isolated"), P.Split(Regex(r"\s?[\p{L}\p{M}]+"), "isolated"),
                    P.Split(Regex(r"\s?[!-/:-~！-／：-～‘-‟　-。]+"), "isolated"), P.Split(Regex(r"\s+$"), "isolated"),
                    P.Split(Regex(r"[一-龥ࠀ-一가-퟿]+"), "isolated"), P.Digits(individual_digits=True),
                    P.ByteLevel(add_prefix_space=False, use_regex=False)]), D.ByteLevel())
    yield "Unigram, Metaspace", made(models.Unigram(), uni(), N.NFKC(), meta(), D.Metaspace())
    yield "Unigram, T5", made(
        models.Unigram(), uni(), N.Sequence([N.Nmt(), N.NFKC(), N.Replace(Regex(" {2,}"), " ")]),
        P.Sequence([P.WhitespaceSplit(), meta()]), D.Metaspace(), special=["<mask>"])
    yield "WordPiece, BERT uncased", made(
        models.WordPiece(unk_token="[UNK]"), pieces(), N.BertNormalizer(), P.BertPreTokenizer(), D.WordPiece())
    yield "WordPiece, BERT cased", made(
        models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=20), pieces(), N.BertNormalizer(lowercase=False),
        P.BertPreTokenizer(), D.WordPiece(cleanup=False))
    yield "Added tokens", made(
        level(), words(), N.Lowercase(), P.Whitespace(), None,
        [a("TOOL", single_word=True), a("mask", single_word=True, rstrip=True), a("ing", normalized=False)],
        [a("<mask>", lstrip=True), a("[MASK]", rstrip=True, lstrip=True), a("<|end|>", single_word=True)])
    yield "Split, merged with next", made(
        models.BPE(unk_token="<unk>"), bpe(special=["<unk>"]), None,
        P.Sequence([P.Split("e", "merged_with_previous"), P.Split(Regex("[A-Z]"), "merged_with_next"),
                    P.Split(" ", "contiguous"), P.Punctuation("merged_with_previous"), P.Digits()]))
    yield "Character splits", made(
        models.BPE(unk_token="<unk>"), bpe(special=["<unk>"]), N.Replace("  ", "_"),
        P.Sequence([P.CharDelimiterSplit("a"), P.Punctuation("removed")]), D.Fuse())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", type=pathlib.Path, default=FIXTURE)
    parser.add_argument("--lines", type=int, default=40)
    arguments = parser.parse_args()
    generator = random.Random(7)
    lines = ["", " ", "\n", "a"] + [line(generator) for _ in range(arguments.lines - 4)]
    result = []
    for name, tokenizer in kinds():
        text = tokenizer.to_str()
        tokenizer = Tokenizer.from_str(text)
        ids = [tokenizer.encode(t, add_special_tokens=False).ids for t in lines]
        decoded = [tokenizer.decode(i, skip_special_tokens=False) for i in ids]
        result.append({"name": name, "json": text, "ids": ids, "decoded": decoded})
    arguments.file.write_text(json.dumps({"lines": lines, "kinds": result}, ensure_ascii=False) + "\n")
    print(f"{arguments.file.name}: {arguments.file.stat().st_size} bytes, {len(result)} kinds, {len(lines)} lines")


if __name__ == "__main__":
    main()
