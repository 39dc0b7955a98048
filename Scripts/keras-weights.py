#!/usr/bin/env python3
"""Writes a Keras language model's weights as safetensors, for Mynah to take over.

    .venv/bin/pip install h5py numpy
    .venv/bin/python Scripts/keras-weights.py model.weights.h5 model.safetensors

The model is an Embedding, recurrent layers (LSTM, GRU or SimpleRNN) and a Dense layer, one above the other; other layers without weights
(Dropout) do not matter. The arrays are kept as Keras has them, under the names that `LanguageModel(keras:)` reads:
embedding.embeddings, recurrent.N.kernel, recurrent.N.recurrent_kernel, recurrent.N.bias, output.kernel, output.bias.
"""
import argparse
import pathlib
import re
import sys

try:
    import h5py
    import numpy as np
except ImportError as missing:
    sys.exit(f"error: {missing}; install what this script needs as described at its top.")

from safetensors_file import save

KINDS = ("embedding", "lstm", "gru", "simple_rnn", "dense")


def layers(file):
    """The layers with weights, in the order of their kinds and numbers: name to arrays."""
    found = {}

    def visit(name, item):
        # layers/lstm_1/cell/vars/0
        if isinstance(item, h5py.Dataset) and "/vars/" in f"/{name}":
            path, number = name.split("/vars/")
            layer = next((part for part in path.split("/") if re.sub(r"_\d+$", "", part) in KINDS), None)
            if layer is not None:
                found.setdefault(layer, {})[int(number)] = np.asarray(item, np.float32)

    file.visititems(visit)

    def place(name):
        kind, number = re.fullmatch(r"(.*?)(?:_(\d+))?", name).groups()
        return int(number or 0), kind

    return {name: [found[name][i] for i in sorted(found[name])] for name in sorted(found, key=place)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weights", type=pathlib.Path)
    parser.add_argument("output", type=pathlib.Path)
    arguments = parser.parse_args()
    with h5py.File(arguments.weights, "r") as file:
        found = layers(file)
    arrays, count = {}, 0
    for name, weights in found.items():
        kind = re.sub(r"_\d+$", "", name)
        if kind == "embedding":
            arrays["embedding.embeddings"] = weights[0]
        elif kind == "dense":
            arrays |= {f"output.{part}": array for part, array in zip(("kernel", "bias"), weights)}
        else:
            names = ("kernel", "recurrent_kernel", "bias")
            arrays |= {f"recurrent.{count}.{part}": array for part, array in zip(names, weights)}
            count += 1
    if "embedding.embeddings" not in arrays or "output.kernel" not in arrays or count == 0:
        sys.exit(f"error: expected an embedding, recurrent layers and a dense layer in {arguments.weights}, "
                 f"found {', '.join(found) or 'no layers'}")
    save(arrays, arguments.output, {"producer": "Scripts/keras-weights.py"})
    for name in sorted(arrays):
        print(f"{name} {list(arrays[name].shape)}")


if __name__ == "__main__":
    main()
