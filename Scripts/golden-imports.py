#!/usr/bin/env python3
"""Writes small language models of PyTorch and Keras with their logits, for the tests of Mynah's import.

    .venv/bin/python Scripts/golden-imports.py pytorch [FOLDER]      # needs torch and safetensors
    .venv/bin/python Scripts/golden-imports.py published [FOLDER]    # the same: models as published programs store them
    .venv/bin/python Scripts/golden-imports.py keras [FOLDER]        # needs tensorflow-cpu and h5py

FOLDER defaults to Tests/MynahModelsTests/Fixtures; a second run writes the same bytes. Each file,
import-KIND.safetensors, contains a model's state dictionary (PyTorch) or the output of Scripts/keras-weights.py for its
.weights.h5 (Keras), and also

    golden.ids       [T, B]
    golden.logits    [T, B, V], from the zero state
    golden.losses    [T - 1, B], for published models: the loss of each ID except the first, in nats
"""
import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

VOCABULARY_SIZE, EMBEDDING_SIZE, HIDDEN_SIZE, STEP_COUNT, BATCH_SIZE = 11, 4, 5, 6, 3


def pytorch(folder):
    import torch
    from safetensors.torch import save_file
    from torch import nn

    class Model(nn.Module):
        """A word language model with the parts named as in PyTorch's examples."""

        def __init__(self, kind, is_tied=False, **options):
            super().__init__()
            size = EMBEDDING_SIZE if is_tied else HIDDEN_SIZE
            self.encoder = nn.Embedding(VOCABULARY_SIZE, EMBEDDING_SIZE)
            self.rnn = kind(EMBEDDING_SIZE, size, **options)
            self.decoder = nn.Linear(options.get("proj_size", size), VOCABULARY_SIZE)
            if is_tied:
                self.decoder.weight = self.encoder.weight

        def forward(self, ids):
            return self.decoder(self.rnn(self.encoder(ids))[0])

    torch.manual_seed(7)
    ids = torch.randint(VOCABULARY_SIZE, (STEP_COUNT, BATCH_SIZE))
    models = {
        "pytorch-lstm": Model(nn.LSTM, num_layers=2),
        "pytorch-gru": Model(nn.GRU, num_layers=2),
        "pytorch-rnn": Model(nn.RNN, num_layers=1, bias=False),
        "pytorch-projected": Model(nn.LSTM, num_layers=2, proj_size=2),
        "pytorch-tied": Model(nn.LSTM, is_tied=True),
    }
    for name, model in models.items():
        weights = {k: v.contiguous() for k, v in model.state_dict().items()}
        if name == "pytorch-tied":
            del weights["decoder.weight"]  # stored once
        logits = model.double()(ids).detach().float().contiguous()
        weights = {k: v.float() for k, v in weights.items()}
        path = folder / f"import-{name}.safetensors"
        # A single entry, because the writer does not preserve the order of several entries.
        save_file({**weights, "golden.ids": ids.int(), "golden.logits": logits}, path, metadata={
            "producer": f"Scripts/golden-imports.py, PyTorch {torch.__version__}"})
        print(f"{path.name}: {path.stat().st_size} bytes")


def published(folder):
    """Tied two-layer models with the parameter names of word_language_model, AWD-LSTM and fastai.

    AWD-LSTM's last layer has the embedding's size. Its recurrent weights are stored without weight drop (_raw).
    fastai also stores them after the last weight drop, and these must not be read. Both store the tied weights twice.
    """
    import torch
    from safetensors.torch import save_file
    from torch import nn

    torch.manual_seed(11)
    ids = torch.randint(VOCABULARY_SIZE, (STEP_COUNT, BATCH_SIZE))

    def tensors(sizes):
        encoder = nn.Embedding(VOCABULARY_SIZE, EMBEDDING_SIZE)
        layers = nn.ModuleList(nn.LSTM(a, b) for a, b in zip([EMBEDDING_SIZE, *sizes], sizes))
        decoder = nn.Linear(sizes[-1], VOCABULARY_SIZE)
        decoder.weight = encoder.weight
        stored = {f"{i}.{k}": v.detach().clone()
                  for i, layer in enumerate(layers) for k, v in layer.state_dict().items()}
        for part in (encoder, layers, decoder):
            part.double()
        x = encoder(ids)
        for layer in layers:
            x = layer(x)[0]
        logits = decoder(x).detach()
        losses = nn.functional.cross_entropy(
            logits[:-1].flatten(0, 1), ids[1:].flatten(), reduction="none").detach().reshape(-1, BATCH_SIZE)
        outer = {"encoder.weight": encoder.weight, "decoder.weight": decoder.weight, "decoder.bias": decoder.bias}
        outer = {k: v.detach().float().clone() for k, v in outer.items()}
        golden = {"golden.ids": ids.int(), "golden.logits": logits.float().contiguous(),
                  "golden.losses": losses.float().contiguous()}
        return outer, stored, golden

    def renamed(outer, stored, recurrent):
        return {**outer, **{new: value for name, value in stored.items()
                            for new, value in recurrent(*name.split(".", 1), value)}}

    def example(layer, name, value):
        return [("rnn." + name.replace("_l0", f"_l{layer}"), value)]

    def awd(layer, name, value):
        return [(f"rnns.{layer}.module.{name}" + ("_raw" if name == "weight_hh_l0" else ""), value)]

    def fastai(layer, name, value):
        found = [(f"0.rnns.{layer}.module.{name}", value)]
        if name == "weight_hh_l0":
            found = [(f"0.rnns.{layer}.weight_hh_l0_raw", value),
                     (found[0][0], value * torch.bernoulli(torch.full_like(value, 0.5)) * 2)]
        return found

    for kind, sizes, recurrent in [
            ("word-language-model", [EMBEDDING_SIZE] * 2, example), ("awd-lstm", [HIDDEN_SIZE, EMBEDDING_SIZE], awd),
            ("fastai", [HIDDEN_SIZE, EMBEDDING_SIZE], fastai)]:
        outer, stored, golden = tensors(sizes)
        weights = renamed(outer, stored, recurrent)
        if kind == "fastai":
            weights = {(name if name.startswith("0.") else {"e": "0.", "d": "1."}[name[0]] + name): value
                       for name, value in weights.items()}
            weights["0.encoder_dp.emb.weight"] = weights["0.encoder.weight"].clone()
        path = folder / f"import-{kind}.safetensors"
        save_file({**weights, **golden}, path,
                  metadata={"producer": f"Scripts/golden-imports.py, PyTorch {torch.__version__}"})
        print(f"{path.name}: {path.stat().st_size} bytes")


def keras(folder):
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import numpy as np
    import tensorflow as tf
    from safetensors_file import TYPES, save

    layers = tf.keras.layers
    generator = np.random.default_rng(7)
    ids = generator.integers(0, VOCABULARY_SIZE, (STEP_COUNT, BATCH_SIZE)).astype(np.int32)
    kinds = {
        "keras-lstm": [lambda: layers.LSTM(HIDDEN_SIZE, return_sequences=True),
                       lambda: layers.LSTM(3, return_sequences=True)],
        "keras-gru": [lambda: layers.GRU(HIDDEN_SIZE, return_sequences=True)],
        "keras-gru-before": [lambda: layers.GRU(HIDDEN_SIZE, return_sequences=True, reset_after=False)],
        "keras-rnn": [lambda: layers.SimpleRNN(HIDDEN_SIZE, return_sequences=True)],
    }
    for name, makers in kinds.items():
        tf.keras.backend.clear_session()
        model = tf.keras.Sequential([
            layers.Input((STEP_COUNT,)), layers.Embedding(VOCABULARY_SIZE, EMBEDDING_SIZE),
            *[make() for make in makers], layers.Dropout(0.5), layers.Dense(VOCABULARY_SIZE)])
        model.set_weights([(generator.random(w.shape, np.float32) - np.float32(0.5)) for w in model.get_weights()])
        logits = np.asarray(model(ids.T)).transpose(1, 0, 2)
        path = folder / f"import-{name}.safetensors"
        with tempfile.TemporaryDirectory() as temporary:
            weights, converted = f"{temporary}/model.weights.h5", f"{temporary}/model.safetensors"
            model.save_weights(weights)
            script = pathlib.Path(__file__).with_name("keras-weights.py")
            subprocess.run([sys.executable, script, weights, converted], check=True, stdout=subprocess.DEVNULL)
            arrays = read(converted, {stored: kept for kept, stored in TYPES.items()}, np)
        save({**arrays, "golden.ids": ids, "golden.logits": np.ascontiguousarray(logits)}, path, {
            "producer": f"Scripts/golden-imports.py, Keras {tf.keras.__version__}"})
        print(f"{path.name}: {path.stat().st_size} bytes")


def read(path, types, np):
    """The arrays of a safetensors file."""
    import json
    import struct

    data = pathlib.Path(path).read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])
    return {
        name: np.frombuffer(
            data[8 + length:][slice(*entry["data_offsets"])], types[entry["dtype"]]).reshape(entry["shape"])
        for name, entry in header.items() if name != "__metadata__"}


def main():
    fixtures = pathlib.Path(__file__).resolve().parents[1] / "Tests" / "MynahModelsTests" / "Fixtures"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("toolkit", choices=["pytorch", "published", "keras"])
    parser.add_argument("folder", nargs="?", type=pathlib.Path, default=fixtures)
    arguments = parser.parse_args()
    {"pytorch": pytorch, "published": published, "keras": keras}[arguments.toolkit](arguments.folder)


if __name__ == "__main__":
    main()
