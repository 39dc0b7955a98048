#!/usr/bin/env python3
"""Loads a folder of `mynah export MODEL --output FOLDER` into PyTorch, and prints tokens or a perplexity.

    .venv/bin/python Scripts/load-export.py FOLDER "a friendly"               # the most probable next tokens
    .venv/bin/python Scripts/load-export.py FOLDER --text TEXT [--perplexity P]

The module has the parts of PyTorch's example word_language_model: `encoder`, `rnn` (or `rnns` if the layers differ) and
`decoder`. Its state dictionary must load strictly. With --text, prints the perplexity of a text of words, with the
state carried through the text after a leading `<eos>`. P is the perplexity that `mynah evaluate MODEL TEXT --json`
prints; the exit code is 1 unless both agree within 1e-4. For the packages to install, see Scripts/golden-pytorch.py.
"""
import argparse
import json
import math
import pathlib
import re
import sys

try:
    import torch
    from safetensors.torch import load_file
    from torch import nn
except ImportError as missing:
    sys.exit(f"error: {missing}; install what this script needs as described at the top of Scripts/golden-pytorch.py.")


def layer_of(settings, input_size, **options):
    """The PyTorch module of a layer that configuration.json describes."""
    kind, size = settings["kind"], settings["hiddenSize"]
    if kind == "lstm":
        return nn.LSTM(input_size, size, **options)
    if kind == "projected":
        return nn.LSTM(input_size, size, proj_size=int(settings["outputSize"]), **options)
    if kind == "gru":
        return nn.GRU(input_size, size, **options)
    return nn.RNN(input_size, size, nonlinearity="relu" if kind == "relu" else "tanh", **options)


class LanguageModel(nn.Module):
    def __init__(self, configuration, is_one_module):
        super().__init__()
        layers = configuration["layers"]
        sizes = [int(layer.get("outputSize", layer["hiddenSize"])) for layer in layers]
        self.encoder = nn.Embedding(configuration["vocabularySize"], configuration["embeddingSize"])
        if is_one_module:
            self.rnn = layer_of(layers[0], configuration["embeddingSize"], num_layers=len(layers))
        else:
            inputs = [configuration["embeddingSize"], *sizes]
            self.rnns = nn.ModuleList(layer_of(layer, size) for layer, size in zip(layers, inputs))
        self.decoder = nn.Linear(sizes[-1], configuration["vocabularySize"])
        if configuration["output"]["isTied"]:
            self.decoder.weight = self.encoder.weight

    def forward(self, ids, state=None):
        x = self.encoder(ids)
        modules = [self.rnn] if hasattr(self, "rnn") else list(self.rnns)
        result = []
        for module, own in zip(modules, state or [None] * len(modules)):
            x, own = module(x, own)
            result.append(own)
        return self.decoder(x), result


def load(folder):
    configuration = json.loads((folder / "configuration.json").read_text())
    weights = load_file(folder / "model.safetensors")
    model = LanguageModel(configuration, is_one_module=any(name.startswith("rnn.") for name in weights))
    model.load_state_dict(weights, strict=True)
    lines = (folder / "vocabulary.txt").read_bytes().decode().removesuffix("\n").split("\n")
    # A token that looks like an escaped newline is stored with an additional backslash.
    tokens = [line[1:] if re.fullmatch(r"\\{2,}[nr](\\[nr])*", line) else line for line in lines]
    return model.double().eval(), tokens


def ids_of(text, tokens):
    index = {token: i for i, token in enumerate(tokens)}
    unknown = index.get("<unk>")
    return [index["<eos>"]] + [index.get(word, unknown) for word in text.replace("\n", " <eos> ").split()]


def perplexity(model, ids):
    ids, state, nats = torch.tensor(ids), None, 0.0
    for start in range(0, len(ids) - 1, 512):
        targets = ids[start + 1 : start + 513]
        logits, state = model(ids[start : start + len(targets)].unsqueeze(1), state)
        nats += nn.functional.cross_entropy(logits[:, 0], targets, reduction="sum").item()
    return math.exp(nats / (len(ids) - 1))


@torch.inference_mode()
def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("beginning", nargs="?", default="")
    parser.add_argument("--text", type=pathlib.Path)
    parser.add_argument("--perplexity", type=float, help="what mynah evaluate prints")
    options = parser.parse_args()
    model, tokens = load(options.folder)
    if options.text is None:
        probabilities = model(torch.tensor(ids_of(options.beginning, tokens)).unsqueeze(1))[0][-1, 0].softmax(-1)
        for probability, i in zip(*probabilities.topk(min(5, len(tokens)))):
            print(f"{probability:.4f}  {tokens[i]}")
        return
    found = perplexity(model, ids_of(options.text.read_text(), tokens))
    print(f"perplexity in PyTorch {found:.6f}")
    if options.perplexity is not None and not abs(options.perplexity / found - 1) <= 1e-4:
        sys.exit(f"error: expected mynah's perplexity {options.perplexity:.6f}")


if __name__ == "__main__":
    main()
