#!/usr/bin/env python3
"""Creates models in PyTorch and Keras, imports them, and compares perplexities.

    .venv/bin/python Scripts/verify-imports.py .build/release/mynah pytorch
    .venv/bin/python Scripts/verify-imports.py .build/release/mynah keras

Each model is imported, and its perplexity from `mynah evaluate` is compared with that of the original program in
float64. They must agree within 1e-4, or the import must fail with an error that names the unsupported part. The exit
code is 1 if an imported model has a different perplexity. For the packages to install, see Scripts/golden-pytorch.py;
Keras models also need h5py and keras, which runs on PyTorch.
"""
import argparse
import copy
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ["KERAS_BACKEND"] = "torch"

try:
    import torch
    from safetensors.torch import save_file, save_model
    from torch import nn
except ImportError as missing:
    sys.exit(f"error: {missing}; install what this script needs as described at the top of Scripts/golden-pytorch.py.")

WORDS = ["<eos>", "<unk>"] + [f"w{number}" for number in range(18)]
LINES = [[WORDS[2 + (i * 5 + j * j) % 18] for j in range(6)] for i in range(8)]
IDS = [0] + [WORDS.index(word) for line in LINES for word in [*line, "<eos>"]]


class RNNModel(nn.Module):
    """A language model with the parts of PyTorch's example word_language_model."""

    def __init__(self, kind="LSTM", hidden=6, embedding=5, layers=1, tied=False, **settings):
        super().__init__()
        self.drop = nn.Dropout(0.2)
        self.encoder = nn.Embedding(len(WORDS), embedding)
        if kind in ("RNN_TANH", "RNN_RELU"):
            self.rnn = nn.RNN(embedding, hidden, layers, nonlinearity=kind[4:].lower(), dropout=0.2, **settings)
        else:
            self.rnn = getattr(nn, kind)(embedding, hidden, layers, dropout=0.2 if layers > 1 else 0, **settings)
        width = settings.get("proj_size", 0) or hidden * (2 if settings.get("bidirectional") else 1)
        self.decoder = nn.Linear(width, len(WORDS))
        if tied:
            self.decoder.weight = self.encoder.weight
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -0.7, 0.7)

    def forward(self, ids):
        return self.decoder(self.rnn(self.encoder(ids))[0])


class WithNorm(RNNModel):
    def __init__(self):
        super().__init__()
        self.norm = nn.LayerNorm(6)

    def forward(self, ids):
        return self.decoder(self.norm(self.rnn(self.encoder(ids))[0]))


def perplexity(log_probabilities):
    return math.exp(-sum(float(row[target]) for row, target in zip(log_probabilities, IDS[1:])) / (len(IDS) - 1))


def torch_perplexity(model):
    model = copy.deepcopy(model).double().eval()
    with torch.no_grad():
        logits = model(torch.tensor(IDS[:-1])[:, None])[:, 0]
    return perplexity(nn.functional.log_softmax(logits, -1))


class Check:
    """Imports files and compares."""

    def __init__(self, mynah, folder):
        self.mynah, self.folder, self.failed = pathlib.Path(mynah).resolve(), folder, 0
        (folder / "words.txt").write_text("\n".join(WORDS) + "\n")
        (folder / "text.txt").write_text("".join(" ".join(line) + "\n" for line in LINES))

    def run(self, *arguments):
        return subprocess.run([self.mynah, *arguments], cwd=self.folder, capture_output=True, text=True)

    def report(self, name, outcome, is_right):
        self.failed += not is_right
        print(f"{'ok   ' if is_right else 'WRONG'} {name:34} {outcome}", flush=True)

    def imported(self, name, path, expected, program, *flags, refusal=None):
        """Imports a file; checks its perplexity, `expected`, or that the error contains `refusal`."""
        done = self.run("import", path, "--from", program, "--vocabulary", "words.txt", "--output", "model",
                        "--overwrite", *flags)
        error = done.stderr.strip().splitlines()[-1:] or [""]
        if refusal is not None:
            return self.report(name, error[0][:140], done.returncode != 0 and refusal in done.stderr)
        if done.returncode != 0:
            return self.report(name, error[0], False)
        found = json.loads(self.run("evaluate", "model", "text.txt", "--json").stdout)["perplexity"]
        self.report(name, f"perplexity {expected:.6f}, mynah {found:.6f}", abs(found / expected - 1) < 1e-4)


def pytorch(check):
    def path(name):
        return str(check.folder / name)

    def saved(name, model, write, *flags, **keywords):
        write(model, path(name))
        check.imported(name, name, torch_perplexity(model), "pytorch", *flags, **keywords)

    def state(model):
        return {key: value.detach().clone() for key, value in model.state_dict().items()}

    def tensors(model, file):
        save_file(state(model), file)

    def dictionary(model, file):
        torch.save(model.state_dict(), file)

    torch.manual_seed(3)
    saved("lstm.safetensors", RNNModel(), tensors)
    saved("gru-two-layers.safetensors", RNNModel("GRU", layers=2), tensors)
    saved("projected.safetensors", RNNModel(proj_size=3), tensors)
    saved("relu.safetensors", RNNModel("RNN_RELU"), tensors, "--activation", "relu")
    saved("tied-save-model.safetensors", RNNModel(hidden=5, tied=True), lambda model, file: save_model(model, file))
    saved("without-bias.safetensors", RNNModel("GRU", bias=False), tensors)
    saved("lstm.pt", RNNModel(layers=2), dictionary)
    saved("tied.pt", RNNModel(hidden=5, tied=True), dictionary)
    saved("legacy.pt", RNNModel("GRU"),
          lambda model, file: torch.save(model.state_dict(), file, _use_new_zipfile_serialization=False))
    saved("checkpoint.pt", RNNModel(layers=3),
          lambda model, file: torch.save({"epoch": 3, "model_state_dict": model.state_dict(), "loss": 4.5}, file))
    saved("whole-module.pt", RNNModel("RNN_RELU"), lambda model, file: torch.save(model, file))
    saved("data-parallel.pt", RNNModel(), lambda model, file: torch.save(
        {f"module.{key}": value for key, value in model.state_dict().items()}, file))
    for kind in (torch.float16, torch.bfloat16, torch.float64):
        model = RNNModel().to(kind)
        saved(f"{str(kind).split('.')[1]}.pt", model, dictionary)
    saved("tanh.safetensors, no activation", RNNModel("RNN_TANH"), tensors, refusal="activation")
    saved("bidirectional.safetensors", RNNModel(bidirectional=True), tensors, refusal="reverse")
    saved("norm.safetensors", WithNorm(), tensors, refusal="norm.weight")


def keras(check):
    try:
        import keras
        import numpy as np
        import h5py  # noqa: F401
    except ImportError as missing:
        sys.exit(f"error: {missing}; install what this script needs as described at its top.")
    layers, size = keras.layers, len(WORDS)
    script = pathlib.Path(__file__).with_name("keras-weights.py")
    whole = {"return_sequences": True}
    generator = np.random.default_rng(1)

    def saved(name, parts, refusal=None, suffixes=(".keras", ".h5", ".weights.h5")):
        keras.backend.clear_session()
        model = keras.Sequential([keras.Input((None,), dtype="int32"), layers.Embedding(size, 8), *parts])
        model.set_weights([generator.uniform(-0.7, 0.7, array.shape) for array in model.get_weights()])
        output = model.predict(np.array(IDS)[None, :-1], verbose=0)[0].astype("float64")
        expected = None
        if output.ndim == 2:
            logits = np.log(output) if parts[-1].get_config().get("activation") == "softmax" else output
            expected = perplexity(logits - np.log(np.exp(logits).sum(-1, keepdims=True)))
        for suffix in suffixes:
            file = check.folder / (name + suffix)
            (model.save_weights if suffix == ".weights.h5" else model.save)(file)
            converted = f"{file}.safetensors"
            done = subprocess.run([sys.executable, script, file, converted], capture_output=True, text=True)
            if refusal is not None and done.returncode != 0:
                check.report(file.name, done.stderr.strip().splitlines()[-1][-120:], refusal in done.stderr)
            elif done.returncode != 0:
                check.report(file.name, done.stderr.strip(), False)
            else:
                check.imported(file.name, converted, expected, "keras", refusal=refusal)

    models = (".keras", ".h5")
    saved("lstm-two-layers",
          [layers.LSTM(8, **whole), layers.Dropout(0.5), layers.LSTM(6, **whole), layers.Dense(size)])
    saved("gru", [layers.GRU(8, **whole), layers.Dense(size, activation="softmax")])
    saved("gru-before", [layers.GRU(8, reset_after=False, **whole), layers.Dense(size)])
    saved("simple-rnn", [layers.SimpleRNN(8, **whole), layers.Dense(size)])
    saved("lstm-then-gru", [layers.LSTM(8, **whole), layers.GRU(8, **whole), layers.Dense(size)], suffixes=models)
    saved("gru-without-bias", [layers.GRU(8, use_bias=False, **whole), layers.Dense(size)], suffixes=models)
    saved("mixed-weights", [layers.LSTM(8, **whole), layers.GRU(8, **whole), layers.Dense(size)], "order",
          suffixes=[".weights.h5"])
    saved("hidden-dense", [layers.LSTM(8, **whole), layers.Dense(8, activation="relu"), layers.Dense(size)], "Dense")
    saved("norm", [layers.LSTM(8, **whole), layers.LayerNormalization(), layers.Dense(size)], "normalization")
    saved("relu", [layers.LSTM(8, activation="relu", **whole), layers.Dense(size)], "activation", suffixes=models)
    saved("hard", [layers.LSTM(8, recurrent_activation="hard_sigmoid", **whole), layers.Dense(size)],
          "recurrent_activation", suffixes=models)
    saved("bidirectional", [layers.Bidirectional(layers.LSTM(8, **whole)), layers.Dense(size)], "idirectional")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mynah")
    parser.add_argument("program", choices=["pytorch", "keras"])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        check = Check(arguments.mynah, pathlib.Path(folder))
        {"pytorch": pytorch, "keras": keras}[arguments.program](check)
    print(f"{check.failed} wrong")
    sys.exit(check.failed > 0)


if __name__ == "__main__":
    main()
