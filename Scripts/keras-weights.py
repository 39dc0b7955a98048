#!/usr/bin/env python3
"""Writes a Keras language model's weights as safetensors, for `mynah import`.

    .venv/bin/pip install h5py numpy
    .venv/bin/python Scripts/keras-weights.py model.keras model.safetensors

The file is what `model.save` writes (.keras, or .h5 in the older format) or what `model.save_weights` writes
(.weights.h5, or .h5 of Keras 2). The model is a stack of an Embedding, recurrent layers (LSTM, GRU or SimpleRNN with
Keras's default activations) and a Dense layer; layers that only act during training, such as Dropout, are left out. A
model with any other layer or setting is rejected. A file of weights alone contains neither the settings nor, for layers
of different kinds, their order: the script then prints its assumptions, or requires the whole model.

The arrays are stored unchanged, under the names that `LanguageModel.importing(keras:)` reads:
embedding.embeddings, recurrent.N.kernel, recurrent.N.recurrent_kernel, recurrent.N.bias, output.kernel, output.bias.
"""
import argparse
import io
import json
import pathlib
import re
import sys
import zipfile

try:
    import h5py
    import numpy as np
except ImportError as missing:
    sys.exit(f"error: {missing}; install what this script needs as described at its top.")

from safetensors_file import save

# The supported recurrent layers, with the required values of their settings.
RECURRENT = {
    "LSTM": {"activation": "tanh", "recurrent_activation": "sigmoid"},
    "GRU": {"activation": "tanh", "recurrent_activation": "sigmoid"},
    "SimpleRNN": {"activation": "tanh"},
}
# Layers that act only during training, or do not change the values.
TRANSPARENT = {
    "InputLayer", "Dropout", "SpatialDropout1D", "GaussianNoise", "GaussianDropout", "AlphaDropout",
    "ActivityRegularization",
}
PARTS = {"Embedding": ["embeddings"], "Dense": ["kernel", "bias"]} | dict.fromkeys(
    RECURRENT, ["kernel", "recurrent_kernel", "bias"])


class Refused(Exception):
    """Raised if Mynah has no counterpart of the model; the message is the reason."""


def snake_case(name):
    """The name of a class in a .weights.h5: "SimpleRNN" is "simple_rnn"."""
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", name)).lower()


def text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


# MARK: Settings


def checked(layer):
    """The class and the settings of a layer's configuration, or None if the layer can be left out."""
    kind, settings = layer["class_name"], layer["config"]
    name = f"the layer '{settings.get('name', kind)}' ({kind})"
    if kind in TRANSPARENT:
        return None
    if kind == "Activation" and settings["activation"] in ("softmax", "linear"):
        return None
    if kind not in PARTS:
        raise Refused(f"{name} has no counterpart: expected Embedding, LSTM, GRU, SimpleRNN, Dense and Dropout layers")
    expected = RECURRENT.get(kind, {})
    if kind == "Dense":
        expected = {"activation": ("softmax", "linear", None)}
    for key, wanted in expected.items():
        wanted = wanted if isinstance(wanted, tuple) else (wanted,)
        if settings.get(key, wanted[0]) not in wanted:
            raise Refused(f"{name} has {key}={settings[key]!r}: expected {' or '.join(map(repr, wanted))}")
    for key in ("go_backwards", "zero_output_for_mask"):
        if settings.get(key):
            raise Refused(f"{name} has {key}=True, which has no counterpart")
    if kind in RECURRENT and not settings.get("return_sequences"):
        raise Refused(f"{name} returns its last output only (return_sequences=False): "
                      "expected a prediction for each token")
    if settings.get("mask_zero"):
        note(f"{name} masks token 0 as padding, which mynah reads like any other token")
    return kind, settings


def stack(configuration):
    """The class and settings of each layer of a model in order, except for layers that can be left out."""
    kind, settings = configuration["class_name"], configuration["config"]
    layers = settings["layers"] if isinstance(settings, dict) else settings
    if kind not in ("Sequential", "Functional", "Model"):
        raise Refused(f"the model is of the class {kind}: expected Sequential or Functional")
    if kind != "Sequential":
        check_chain(layers)
    return [found for found in map(checked, layers) if found is not None]


def check_chain(layers):
    """Refuses a graph in which a layer does not read the output of the layer before it."""
    for before, layer in zip(layers, layers[1:]):
        inputs = re.findall(r'"keras_history": \["([^"]*)"', json.dumps(layer["inbound_nodes"]))
        if not inputs:  # Keras 2: [[["name", 0, 0, {}]]]
            inputs = [entry[0] for node in layer["inbound_nodes"] for entry in node]
        own = layer["config"]["name"]
        if inputs != [before["config"]["name"]]:
            raise Refused(f"the layer '{own}' reads {', '.join(inputs) or 'nothing'}: "
                          f"expected the output of '{before['config']['name']}' alone")


# MARK: Arrays


def arrays_of_weights(file):
    """The arrays of a .weights.h5 of Keras 3 by layer, such as "lstm_1", each in order."""
    found = {}

    def visit(name, item):
        if not isinstance(item, h5py.Dataset):
            return
        path = name.split("/")
        if path[0] == "optimizer" or "seed_generator" in path:
            return
        # layers/lstm_1/cell/vars/0
        if path[0] not in ("layers", "_layer_checkpoint_dependencies") or "vars" not in path:
            raise Refused(f"the array '{name}' belongs to nothing that has a counterpart")
        inner = path[2:path.index("vars")]
        if inner not in ([], ["cell"]):
            raise Refused(f"the array '{name}' belongs to a layer within a layer, which has no counterpart")
        found.setdefault(path[1], {})[int(path[-1])] = np.asarray(item, np.float32)

    file.visititems(visit)
    return {name: [found[name][index] for index in sorted(found[name])] for name in found}


def arrays_of_legacy(group):
    """The arrays of the older .h5 by layer, in the order of the model; layers without arrays are left out."""
    found = {}
    for name in map(text, group.attrs["layer_names"]):
        weights = [np.asarray(group[name][text(path)], np.float32) for path in group[name].attrs["weight_names"]]
        if weights:
            found[name] = weights
    return found


def order(names):
    """The layers of a .weights.h5 as (class, name), ordered by their names alone: "lstm_1" follows "lstm"."""
    kinds = {snake_case(kind): kind for kind in PARTS}
    found = []
    for name in names:
        base, number = re.fullmatch(r"(.*?)(?:_(\d+))?", name).groups()
        if base not in kinds:
            raise Refused(f"the layer '{name}' has no counterpart: expected embedding, lstm, gru, simple_rnn and dense")
        found.append((kinds[base], int(number or 0), name))
    if len({kind for kind, _, _ in found if kind in RECURRENT}) > 1:
        raise Refused(f"the file does not contain the order of the layers {', '.join(sorted(names))}: "
                      "give the whole model, as model.save writes it")
    position = {"Embedding": 0, "Dense": 2}
    return [(kind, name) for kind, _, name in sorted(found, key=lambda item: (position.get(item[0], 1), item[1]))]


# MARK: Files


def read(path):
    """The layers with arrays in order: (class, settings or None, arrays)."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            layers = stack(json.loads(archive.read("config.json")))
            with h5py.File(io.BytesIO(archive.read("model.weights.h5")), "r") as file:
                arrays = arrays_of_weights(file)
        # The layers of a class are numbered in order in the file.
        counts, result = {}, []
        for kind, settings in layers:
            base = snake_case(kind)
            number = counts.get(base, 0)
            counts[base] = number + 1
            result.append((kind, settings, arrays.pop(base if number == 0 else f"{base}_{number}", [])))
        if arrays:
            raise Refused(f"the arrays of {', '.join(sorted(arrays))} belong to no layer of the model's configuration")
        return result
    with h5py.File(path, "r") as file:
        if "model_config" in file.attrs:
            layers = stack(json.loads(text(file.attrs["model_config"])))
            arrays = arrays_of_legacy(file["model_weights"])
            return [(kind, settings, arrays.get(settings["name"], [])) for kind, settings in layers]
        note("a file of weights does not contain the layers' activations and settings: Keras's defaults are assumed; "
             "give the whole model, as model.save writes it, to have them checked")
        if "layer_names" in file.attrs:
            arrays = arrays_of_legacy(file)
        else:
            arrays = arrays_of_weights(file)
            return [(kind, None, arrays[name]) for kind, name in order(arrays)]
        kinds = dict((name, kind) for kind, name in order(arrays))
        return [(kinds[name], None, arrays[name]) for name in arrays]


def named(layers):
    """The arrays by their names in mynah, and the metadata."""
    kinds = [kind for kind, _, _ in layers]
    recurrent = [kind for kind in kinds if kind in RECURRENT]
    if kinds != ["Embedding", *recurrent, "Dense"] or not recurrent:
        raise Refused("expected an Embedding, recurrent layers and one Dense layer, found "
                      f"{', '.join(kinds) or 'none'}")
    arrays, metadata, count = {}, {"producer": "Scripts/keras-weights.py"}, 0
    for kind, settings, weights in layers:
        prefix = {"Embedding": "embedding", "Dense": "output"}.get(kind, f"recurrent.{count}")
        parts = PARTS[kind]
        if len(weights) not in ([1] if kind == "Embedding" else [len(parts) - 1, len(parts)]):
            raise Refused(f"{prefix} has {len(weights)} arrays: expected {', '.join(parts)}")
        arrays |= {f"{prefix}.{part}": array for part, array in zip(parts, weights)}
        if kind == "GRU" and len(weights) < len(parts):
            if settings is None:
                raise Refused(f"{prefix} is a GRU without bias, whose reset_after the file does not contain: "
                              "give the whole model, as model.save writes it")
            metadata[f"{prefix}.reset_after"] = str(settings.get("reset_after", False)).lower()
        count += kind in RECURRENT
    return arrays, metadata


def note(sentence):
    print(f"note: {sentence}", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=pathlib.Path, help="a .keras, .h5 or .weights.h5 file")
    parser.add_argument("output", type=pathlib.Path, help="the safetensors file")
    arguments = parser.parse_args()
    try:
        arrays, metadata = named(read(arguments.model))
    except Refused as reason:
        sys.exit(f"error: '{arguments.model}' cannot be converted: {reason}")
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        sys.exit(f"error: '{arguments.model}' is not a file that Keras writes, or is damaged: {error}")
    save(arrays, arguments.output, metadata)
    for name in sorted(arrays):
        print(f"{name} {list(arrays[name].shape)}")


if __name__ == "__main__":
    main()
