#!/usr/bin/env python3
"""Checks that a word model trained by Mynah has the same perplexity or the same surprisals in PyTorch.

    .venv/bin/python Scripts/verify-pytorch.py MODEL.safetensors TEXT --perplexity P [--vocabulary FILE]
    .venv/bin/python Scripts/verify-pytorch.py MODEL.safetensors TEXT --surprisals FILE.tsv [--vocabulary FILE]

FILE.tsv is the output of `mynah surprisal MODEL TEXT --tsv`; each line of the text is then read from the zero state,
and surprisals, entropies and their reductions must agree within 1e-5 bits. P is the `perplexity` of `mynah evaluate
MODEL TEXT --json`; FILE is the output of `mynah inspect MODEL --vocabulary`, which this script runs unless the file is
given. The model file must load strictly (no name missing, none left over) into torch.nn.Embedding, LSTM and Linear. The
text is whitespace-separated words with `<eos>` for each newline and `<unk>` for an unknown word; the first input is
`<eos>`, the state starts at zero and is carried to the end, so every token is predicted. PyTorch computes in float64.
Prints both perplexities; the exit code is 0 if they agree (the perplexities within 1e-4 relative), 1 if not or if the
check cannot be made. For the packages to install, see Scripts/golden-pytorch.py.
"""
import argparse
import math
import pathlib
import subprocess
import sys

try:
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file
    from torch import nn
except ImportError as missing:
    sys.exit(f"error: {missing}; install what this script needs as described at the top of Scripts/golden-pytorch.py.")

TOLERANCE = 1e-4
BITS_TOLERANCE = 1e-5
WINDOW = 512  # steps at a time, to bound the memory of the logits


class LanguageModel(nn.Module):
    """A model whose sizes are those of the weights; `load_state_dict` checks everything else."""

    def __init__(self, weights):
        super().__init__()
        layer_count = sum(name.endswith(".weight_ih_l0") for name in weights)
        self.embedding = nn.Embedding(*weights["embedding.weight"].shape)
        kernels = [weights[f"recurrent.{i}.weight_ih_l0"] for i in range(layer_count)]
        self.recurrent = nn.ModuleList(nn.LSTM(kernel.shape[1], kernel.shape[0] // 4) for kernel in kernels)
        self.output = nn.Linear(weights["output.weight"].shape[1], weights["output.weight"].shape[0])

    def forward(self, ids, state):
        x, final_state = self.embedding(ids), []
        for layer, layer_state in zip(self.recurrent, state):
            x, layer_state = layer(x, layer_state)
            final_state.append(layer_state)
        return self.output(x), final_state


def load_model(path):
    try:
        weights = load_file(path)
        model = LanguageModel(weights)
        model.load_state_dict(weights, strict=True)
    except (OSError, SafetensorError, RuntimeError, TypeError) as problem:
        sys.exit(f"error: {path} does not load as a language model: {problem}")
    except KeyError as name:
        sys.exit(f"error: {path} does not load as a language model: it has no tensor {name}.")
    return model.double().eval()


def read_text(path):
    try:
        return path.read_bytes().decode("utf-8-sig")  # bytes, so that no newline is translated
    except (OSError, UnicodeDecodeError) as problem:
        sys.exit(f"error: cannot read {path}: {problem}")


def vocabulary_of(model_path):
    mynah = pathlib.Path(__file__).resolve().parents[1] / ".build" / "release" / "mynah"
    try:
        return subprocess.run(
            [mynah, "inspect", model_path, "--vocabulary"], check=True, stdout=subprocess.PIPE).stdout.decode()
    except (OSError, subprocess.CalledProcessError) as problem:
        sys.exit(f"error: cannot ask mynah for the vocabulary ({problem}); build it with `swift build -c release`, "
                 "or give --vocabulary.")


def encode(text, tokens):
    """The IDs of the text's tokens after a leading `<eos>`, and the number of unknown words."""
    index = {token: i for i, token in enumerate(tokens)}
    if "<eos>" not in index:
        sys.exit("error: the vocabulary has no <eos>; this script verifies word models only.")
    words = text.replace("\n", " <eos> ").split()
    unknown = [word for word in words if word not in index]
    if unknown and "<unk>" not in index:
        sys.exit(f"error: the text's word {unknown[0]!r} is not in the vocabulary, which has no <unk> either.")
    if not words:
        sys.exit("error: the text is empty; there is nothing to predict.")
    return [index["<eos>"]] + [index.get(word, index.get("<unk>")) for word in words], len(unknown)


def nats_of(model, ids):
    """The mean cross-entropy over all IDs except the first."""
    ids = torch.tensor(ids)
    state, total = [None] * len(model.recurrent), 0.0
    with torch.inference_mode():
        for start in range(0, len(ids) - 1, WINDOW):
            targets = ids[start + 1 : start + 1 + WINDOW]
            logits, state = model(ids[start : start + len(targets)].unsqueeze(1), state)
            total += nn.functional.cross_entropy(logits.squeeze(1), targets, reduction="sum").item()
    return total / (len(ids) - 1)


def figures_of(model, ids):
    """The surprisal of each ID except the first, the entropy before it and its reduction, in bits."""
    ids = torch.tensor(ids)
    with torch.inference_mode():
        logits, _ = model(ids.unsqueeze(1), [None] * len(model.recurrent))
        nats = logits.squeeze(1).log_softmax(-1)
        entropies = -(nats.exp() * nats).sum(-1) / math.log(2)
        bits = -nats[:-1].gather(1, ids[1:, None]).squeeze(1) / math.log(2)
    reductions = (entropies[:-1] - entropies[1:]).clamp(min=0)
    return list(zip(bits.tolist(), entropies[:-1].tolist(), reductions.tolist()))


def check_surprisals(model, text, tokens, path):
    """Compares the rows of a table with the figures of each line of a text, read separately."""
    lines = text.removesuffix("\n").split("\n")
    expected = [row for line in lines for row in figures_of(model, encode(line + "\n", tokens)[0])]
    header, *rows = [line.split("\t") for line in read_text(path).removesuffix("\n").split("\n")]
    try:
        columns = [header.index(name) for name in ("bits", "entropy", "entropy_reduction")]
        found = [[float(row[column]) for column in columns] for row in rows]
    except (ValueError, IndexError) as problem:
        sys.exit(f"error: {path} is not what mynah surprisal --tsv prints: {problem}")
    if len(found) != len(expected):
        sys.exit(f"error: {path} has {len(found)} rows, but the text has {len(expected)} tokens.")
    largest = [max(abs(a[i] - b[i]) for a, b in zip(found, expected)) for i in range(3)]
    agrees = all(difference <= BITS_TOLERANCE for difference in largest)  # false for NaN
    print(f"{len(found)} tokens in {len(lines)} lines, largest differences in bits: surprisal {largest[0]:.1e}, "
          f"entropy {largest[1]:.1e}, reduction {largest[2]:.1e} "
          f"({'agree' if agrees else 'DIFFER'} within {BITS_TOLERANCE:g})")
    sys.exit(0 if agrees else 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("text", type=pathlib.Path)
    figures = parser.add_mutually_exclusive_group(required=True)
    figures.add_argument("--perplexity", type=float, help="what mynah evaluate prints")
    figures.add_argument("--surprisals", type=pathlib.Path, help="what mynah surprisal --tsv prints")
    parser.add_argument("--vocabulary", type=pathlib.Path, help="what mynah inspect --vocabulary prints")
    options = parser.parse_args()

    model = load_model(options.model)
    listing = read_text(options.vocabulary) if options.vocabulary else vocabulary_of(options.model)
    tokens = listing.replace("\\\\", "\\").removesuffix("\n").split("\n")
    if len(tokens) != model.embedding.num_embeddings:
        sys.exit(f"error: the vocabulary has {len(tokens)} tokens, but the model has {model.embedding.num_embeddings}.")
    if options.surprisals:
        check_surprisals(model, read_text(options.text), tokens, options.surprisals)
    ids, unknown_count = encode(read_text(options.text), tokens)
    perplexity = math.exp(nats_of(model, ids))
    difference = options.perplexity / perplexity - 1
    agrees = abs(difference) <= TOLERANCE  # false for NaN
    print(f"perplexity: mynah {options.perplexity:.6f}, PyTorch {perplexity:.6f}, relative difference "
          f"{difference:+.1e} ({'agrees' if agrees else 'DIFFERS'} within {TOLERANCE:g}); {len(ids) - 1} targets, "
          f"{unknown_count} unknown words")
    sys.exit(0 if agrees else 1)


if __name__ == "__main__":
    main()
