#!/usr/bin/env python3
"""Writes small files of torch.save and pickle.dump, with the values of their tensors, for the tests of Mynah's reader.

    python3 -m venv .venv
    .venv/bin/pip install 'torch==2.13.0+cpu' numpy safetensors
    .venv/bin/python Scripts/golden-pytorch-files.py [FOLDER]

FOLDER defaults to Tests/MynahModelsTests/Fixtures/PyTorch; a second run writes the same bytes. expected.safetensors
contains each tensor of each file as FILE/NAME: floating-point numbers as float32, integers as int64.
"""
import argparse
import collections
import io
import pathlib
import pickle
import re
import sys
import types
import zipfile

try:
    import torch
    from safetensors.torch import save_file
    from torch import nn
except ImportError as missing:
    sys.exit(f"error: {missing}; install what this script needs as described at its top.")

WORDS = ["<eos>", "the", "naïve", "bird", "e\u0301", "\u00e9", "漢字", "a rather long word"]


def module(name, *classes):
    """Makes classes look as if they were defined in a module of a published program."""
    made = types.ModuleType(name)
    for each in classes:
        each.__module__ = name
        each.__qualname__ = each.__name__
        setattr(made, each.__name__, each)
    sys.modules[name] = made


class RNNModel(nn.Module):
    """A model with the parts and names of PyTorch's example word_language_model."""

    def __init__(self, kind="LSTM", layers=1, tied=False, size=3):
        super().__init__()
        self.ntoken = len(WORDS)
        self.drop = nn.Dropout(0.2)
        self.encoder = nn.Embedding(len(WORDS), size)
        if kind in ("LSTM", "GRU"):
            self.rnn = getattr(nn, kind)(size, size, layers, dropout=0.25 if layers > 1 else 0)
        else:
            self.rnn = nn.RNN(size, size, layers, nonlinearity={"RNN_RELU": "relu", "RNN_TANH": "tanh"}[kind])
        self.decoder = nn.Linear(size, len(WORDS))
        if tied:
            self.decoder.weight = self.encoder.weight
        self.rnn_type, self.nhid, self.nlayers = kind, size, layers


class LockedDropout(nn.Module):
    pass


class WeightDrop(nn.Module):
    """A wrapper with the attributes of AWD-LSTM's, which stores raw and dropped weights and replaces a method."""

    def __init__(self, inner):
        super().__init__()
        self.module = inner
        self.weights, self.dropout, self.variational = ["weight_hh_l0"], 0.5, False
        weight = inner.weight_hh_l0
        del inner._parameters["weight_hh_l0"]
        inner.register_parameter("weight_hh_l0_raw", nn.Parameter(weight.data))
        inner.weight_hh_l0 = weight.data * 0.5
        inner.flatten_parameters = self.do_nothing

    def do_nothing(self):
        return


class AWDModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.lockdrop = LockedDropout()
        self.encoder = nn.Embedding(len(WORDS), 2)
        self.rnns = nn.ModuleList([WeightDrop(nn.LSTM(2, 3)), WeightDrop(nn.LSTM(3, 2))])
        self.register_buffer("mask", torch.ones(2), persistent=False)
        self.decoder = nn.Linear(2, len(WORDS))
        self.decoder.weight = self.encoder.weight


class Dictionary:
    def __init__(self, words):
        self.word2idx = {word: index for index, word in enumerate(words)}
        self.idx2word = list(words)


class Corpus:
    def __init__(self, words):
        self.dictionary = Dictionary(words)
        self.train = torch.arange(6)


def views():
    """Tensors of all kinds: types, views, shared memory, sizes 0 and 1, names beyond ASCII."""
    base = torch.arange(24, dtype=torch.float32).reshape(4, 6) / 8
    halves = torch.tensor([[0.5, -1.25, 65504], [2**-24, 3.140625, -0.0]])
    tensors = collections.OrderedDict(
        base=base, same=base, transposed=base.t(), rows=base[1:3], columns=base[:, 1:4], steps=base[::2, 1::2],
        row=base[2], element=base[3, 5], expanded=base[0, :3].expand(2, 3), flat=base.view(-1)[5:9],
        permuted=base.view(2, 2, 6).permute(2, 0, 1), scalar=torch.tensor(7.5), empty=torch.zeros(0),
        empty_rows=torch.zeros(0, 3), empty_columns=torch.zeros(3, 0), one=torch.ones(1, 1, 1),
        float16=halves.half(), bfloat16=halves.bfloat16(), float64=torch.tensor([1 / 3, 1e300, -2.5e-310]).double(),
        float16_transposed=halves.half().t(), float64_steps=torch.arange(6).double()[1::2],
        int8=torch.tensor([-128, 127], dtype=torch.int8), uint8=torch.tensor([0, 255], dtype=torch.uint8),
        int16=torch.tensor([-(2**15)], dtype=torch.int16), int32=torch.tensor([2**31 - 1], dtype=torch.int32),
        int64=torch.tensor([[-(2**63), 2**63 - 1]]).t(), bool=torch.tensor([True, False]),
        parameter=nn.Parameter(torch.tensor([4.0, 5.0])))
    tensors["gewicht.ä漢.😀"] = torch.tensor([1.0, 2.0])
    tensors["tensor with attributes"] = torch.tensor([6.0])
    tensors["tensor with attributes"].note = "kept by PyTorch"
    tensors["parameter with attributes"] = nn.Parameter(torch.tensor([8.0]))
    tensors["parameter with attributes"].note = 1
    return tensors


def deterministic(data):
    """Replaces the addresses of storages, which legacy files use as keys, with numbers."""
    keys = list(dict.fromkeys(re.findall(rb"[X\x8c][\x0c-\x14](?:\x00\x00\x00)?(\d{12,20})(?=[q\x94r])", data)))
    for number, key in enumerate(keys):
        data = data.replace(key, str(10 ** (len(key) - 1) + number).encode())
    return data


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    module("model", RNNModel)
    module("awd.model", AWDModel)
    AWDModel.__name__ = AWDModel.__qualname__ = "RNNModel"
    sys.modules["awd.model"].RNNModel = AWDModel
    module("awd", type("None", (), {}))
    module("weight_drop", WeightDrop)
    module("locked_dropout", LockedDropout)
    module("data", Dictionary, Corpus)
    # The legacy format contains the source text of classes; that of PyTorch's own classes takes many kilobytes.
    # Its storages are sorted by address, which changes from run to run.
    torch.serialization.sorted = list
    torch.serialization.get_source_lines_and_file = lambda obj: ([f"class {obj.__name__}: ...\n"], 0, "model.py")

    torch.manual_seed(1)
    expected = {}

    def record(name, tensors):
        for key, tensor in tensors.items():
            is_float = tensor.dtype.is_floating_point
            plain = tensor.detach().to(torch.float32 if is_float else torch.int64)
            expected[f"{name}/{key}"] = plain.contiguous().clone()

    def save(name, value, tensors=None, **options):
        file = io.BytesIO()
        # The archive's folder is named after the file.
        path = folder / name
        if options.get("_use_new_zipfile_serialization", True):
            torch.save(value, path, **options)
        else:
            torch.save(value, file, **options)
            path.write_bytes(deterministic(file.getvalue()))
        if tensors is not None:
            record(name, tensors)
        return path

    legacy = {"_use_new_zipfile_serialization": False}
    lstm = RNNModel()
    state = lstm.state_dict()
    save("state.pt", state, state)
    save("state-legacy.pt", state, state, **legacy)
    for protocol in (3, 4, 5):
        save(f"state-protocol-{protocol}.pt", state, state, pickle_protocol=protocol)
    save("state-legacy-protocol-4.pt", state, state, pickle_protocol=4, **legacy)
    torch.serialization.set_crc32_options(False)
    save("state-without-checksums.pt", state, state)
    torch.serialization.set_crc32_options(True)

    with zipfile.ZipFile(folder / "state.pt") as source, zipfile.ZipFile(folder / "state-deflated.pt", "w") as target:
        for info in source.infolist():
            copy = zipfile.ZipInfo(info.filename, date_time=(2020, 1, 1, 0, 0, 0))
            target.writestr(copy, source.read(info), compress_type=zipfile.ZIP_DEFLATED)
    record("state-deflated.pt", state)

    optimizer = torch.optim.Adam(lstm.parameters())
    loss = lstm.decoder(lstm.rnn(lstm.encoder(torch.tensor([[1], [2]])))[0]).sum()
    loss.backward()
    optimizer.step()
    options = argparse.Namespace(lr=0.1, nhid=3, cuda=False, data=None)
    checkpoint = {
        "epoch": 3, "best": 1.5, "args": options, "model": lstm.state_dict(), "optimizer": optimizer.state_dict(),
        "rng_state": torch.arange(4, dtype=torch.uint8), "itos": WORDS, "size": torch.Size([2, 3]),
        "device": torch.device("cpu"), "dtype": torch.float32, "flags": {1, 2}, "raw": b"\x00\xff", "big": 2**40}
    save("checkpoint.pt", checkpoint, checkpoint["model"])
    save("checkpoint-legacy.pt", checkpoint, checkpoint["model"], **legacy)
    save("two-models.pt", {"generator": state, "critic": {"weight": torch.ones(2)}}, {"weight": torch.ones(2)})

    tied = RNNModel("LSTM", layers=2, tied=True)
    save("module.pt", tied, tied.state_dict())
    save("module-legacy.pt", tied, tied.state_dict(), **legacy)
    relu = nn.DataParallel(RNNModel("RNN_RELU"))
    save("module-relu.pt", relu, relu.state_dict())
    gru = RNNModel("GRU").half()
    save("module-gru-half.pt", gru, gru.state_dict())

    awd = AWDModel()
    parameters = [awd, nn.CrossEntropyLoss(), torch.optim.SGD(awd.parameters(), lr=30.0, weight_decay=1e-6)]
    save("awd-lstm.pt", parameters, awd.state_dict())
    save("awd-lstm-legacy.pt", parameters, awd.state_dict(), **legacy)

    save("views.pt", views(), views())
    save("views-legacy.pt", views(), views(), **legacy)
    unusual = {
        "uint16": torch.tensor([1, 65535], dtype=torch.uint16),
        "float8": torch.tensor([1.0, -2.0]).to(torch.float8_e4m3fn)}
    save("unusual.pt", unusual)

    save("corpus.pt", Corpus(WORDS))
    save("corpus-legacy.pt", Corpus(WORDS), **legacy)
    save("itos.pt", WORDS)
    for protocol in (2, 4):
        (folder / f"itos-{protocol}.pkl").write_bytes(pickle.dumps(WORDS, protocol))
    (folder / "dictionary.pkl").write_bytes(pickle.dumps(Dictionary(WORDS), 4))
    (folder / "stoi.pkl").write_bytes(pickle.dumps({word: index for index, word in enumerate(WORDS)}, 4))

    class Other(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(2, 2)

    module("other", Other)
    save("other-module.pt", Other())
    torch.jit.save(torch.jit.script(nn.Linear(2, 2)), folder / "script.pt")

    save_file(expected, folder / "expected.safetensors")
    total = sum(file.stat().st_size for file in folder.iterdir())
    print(f"{folder}: {len(list(folder.iterdir()))} files, {total} bytes")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = pathlib.Path(__file__).resolve().parents[1] / "Tests/MynahModelsTests/Fixtures/PyTorch"
    parser.add_argument("folder", nargs="?", type=pathlib.Path, default=default)
    main(parser.parse_args().folder)
