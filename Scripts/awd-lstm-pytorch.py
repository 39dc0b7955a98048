#!/usr/bin/env python3
"""Trains an AWD-LSTM on the Penn Treebank in PyTorch, as a reference for `mynah reproduce awd-lstm`.

    python3 -m venv .venv
    .venv/bin/pip install 'torch==2.13.0' numpy
    .venv/bin/python Scripts/awd-lstm-pytorch.py --data FOLDER --epochs N [--seed 141] [--threads 1]

FOLDER contains ptb.train.txt, ptb.valid.txt and ptb.test.txt. The model is that of S. Merity, N. Keskar, R. Socher,
"Regularizing and optimizing LSTM language models", 2018. The flags set its sizes and rates; their defaults are those
of the recipe. --limit N reads only the first N words of each text. Prints a JSON line for the data and the model, then
one for each epoch:

    train          perplexity per target over the epoch, measured while training, with dropout
    validation     perplexity per target after the epoch, in ten rows, with averaged weights once averaging has begun
    isAveraged     whether averaging has begun
    seconds        the training time of the epoch, without validation

and finally one with the test perplexity, in one row, of the weights with the lowest validation loss.

Each LSTM has one trained bias, as in Mynah; --two-biases trains both of PyTorch's, as in the authors' program.
"""
import argparse
import collections
import json
import math
import pathlib
import sys
import time

try:
    import torch
    from torch import nn
    from torch.nn import functional
except ImportError as missing:
    sys.exit(f"error: {missing}; install what this script needs as described at its top.")


def read(folder, limit):
    """The IDs of the three texts and the vocabulary size. Words are numbered by count, ties by code point; each line
    ends with <eos>.
    """
    texts = [
        (folder / f"ptb.{part}.txt").read_text(encoding="utf-8").replace("\n", " <eos> ").split()[:limit]
        for part in ("train", "valid", "test")
    ]
    counts = collections.Counter(texts[0])
    ids = {word: id for id, word in enumerate(sorted(counts, key=lambda word: (-counts[word], word)))}
    return [torch.tensor([ids[word] for word in text if word in ids]) for text in texts], len(ids)


def columns(ids, row_count):
    """Splits a text into consecutive rows, returned as columns [length, row_count]; drops the tokens left over."""
    length = len(ids) // row_count
    return ids[: length * row_count].reshape(row_count, length).T.contiguous()


def locked(x, rate):
    """Dropout with one mask for all steps of [T, B, F]."""
    return x * torch.empty(1, *x.shape[1:]).bernoulli_(1 - rate) / (1 - rate)


class LanguageModel(nn.Module):
    def __init__(self, options, vocabulary_size):
        super().__init__()
        self.options = options
        sizes = [options.embedding, *[options.hidden] * (options.layers - 1), options.embedding]
        self.embedding = nn.Embedding(vocabulary_size, options.embedding)
        # PyTorch initialises weights and biases uniformly within 1 / sqrt(H).
        self.recurrent = nn.ModuleList(nn.LSTM(i, h) for i, h in zip(sizes, sizes[1:]))
        self.bias = nn.Parameter(torch.zeros(vocabulary_size))
        nn.init.uniform_(self.embedding.weight, -0.1, 0.1)
        for lstm in self.recurrent:
            if not options.two_biases:
                nn.init.zeros_(lstm.bias_hh_l0)
                lstm.bias_hh_l0.requires_grad = False

    def zero_state(self, row_count):
        return [(torch.zeros(1, row_count, lstm.hidden_size),) * 2 for lstm in self.recurrent]

    def forward(self, ids, states):
        """The last layer's outputs with and without dropout, and the states after the last step."""
        rates, table, after = self.options, self.embedding.weight, []
        if self.training and rates.dropout_embedding > 0:
            kept = 1 - rates.dropout_embedding
            table = table * torch.empty(len(table), 1).bernoulli_(kept) / kept
        x = functional.embedding(ids, table)
        x = locked(x, rates.dropout_input) if self.training else x
        for index, (lstm, state) in enumerate(zip(self.recurrent, states)):
            # One mask of the recurrent weights for all steps and rows.
            dropped = functional.dropout(lstm.weight_hh_l0, rates.dropout_weights, self.training)
            raw, state = torch.func.functional_call(lstm, {"weight_hh_l0": dropped}, (x, state))
            after.append(tuple(part.detach() for part in state))
            rate = rates.dropout if index == len(states) - 1 else rates.dropout_hidden
            x = locked(raw, rate) if self.training else raw
        return x, raw, after

    def loss(self, hidden, targets):
        logits = functional.linear(hidden.flatten(0, 1), self.embedding.weight, self.bias)
        return functional.cross_entropy(logits, targets.flatten())


def random_length(options):
    """Draws the length of a batch: near the given length, or near half of it in a twentieth of the batches."""
    base = options.sequence_length * (1 if torch.rand(()).item() < 0.95 else 0.5)
    return min(max(5, int(base + 5 * torch.randn(()).item())), options.sequence_length + 25)


class Average:
    """The mean of the weights, excluding those after the first step, as in PyTorch's ASGD with t0 = 0."""

    def __init__(self, parameters):
        self.values = [torch.zeros_like(parameter) for parameter in parameters]
        self.step_count = 0

    def add(self, parameters):
        share, self.step_count = 1 / max(1, self.step_count), self.step_count + 1
        for value, parameter in zip(self.values, parameters):
            value.lerp_(parameter.detach(), share)


def train_epoch(options, model, parameters, average, text):
    """Trains on a text in rows; returns the mean loss in nats per target."""
    model.train()
    states, start, nats, count = model.zero_state(text.shape[1]), 0, 0.0, 0
    while start < len(text) - 1:
        length = min(random_length(options), len(text) - 1 - start)
        hidden, raw, states = model(text[start : start + length], states)
        targets = text[start + 1 : start + length + 1]
        loss = value = model.loss(hidden, targets)
        value = value + options.activation * hidden.square().mean()
        if length > 1:
            value = value + options.temporal * (raw[1:] - raw[:-1]).square().mean()
        gradients = torch.autograd.grad(value, parameters)
        norm = torch.sqrt(sum(gradient.square().sum() for gradient in gradients)).item()
        rate = options.learning_rate * length / options.sequence_length
        with torch.no_grad():
            for parameter, gradient in zip(parameters, gradients):
                parameter.mul_(1 - rate * options.weight_decay)
                parameter.add_(gradient, alpha=-rate * min(1, options.clip / norm))
        if average:
            average.add(parameters)
        start, nats, count = start + length, nats + loss.item() * targets.numel(), count + targets.numel()
    return nats / count


@torch.no_grad()
def evaluate(options, model, text):
    """The mean loss of a text in rows, in nats per target; each row starts from the zero state."""
    model.eval()
    states, nats = model.zero_state(text.shape[1]), 0.0
    for start in range(0, len(text) - 1, options.sequence_length):
        targets = text[start + 1 : start + options.sequence_length + 1]
        hidden, _, states = model(text[start : start + len(targets)], states)
        nats += model.loss(hidden, targets).item() * targets.numel()
    return nats / text[1:].numel()


@torch.no_grad()
def exchanged(parameters, values):
    """Sets the parameters to the values and returns their previous values."""
    before = [parameter.clone() for parameter in parameters]
    for parameter, value in zip(parameters, values):
        parameter.copy_(value)
    return before


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=pathlib.Path, required=True, metavar="FOLDER")
    for name, default in [
        ("epochs", 500), ("seed", 141), ("threads", 1), ("embedding", 400), ("hidden", 1150), ("layers", 3),
        ("batch", 20), ("sequence-length", 70), ("average-after", 5), ("limit", None),
    ]:
        parser.add_argument(f"--{name}", type=int, default=default)
    for name, default in [
        ("dropout", 0.4), ("dropout-hidden", 0.25), ("dropout-input", 0.4), ("dropout-embedding", 0.1),
        ("dropout-weights", 0.5), ("learning-rate", 30), ("clip", 0.25), ("weight-decay", 1.2e-6), ("activation", 2),
        ("temporal", 1),
    ]:
        parser.add_argument(f"--{name}", type=float, default=default)
    parser.add_argument("--two-biases", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)

    (train, validation, test), vocabulary_size = read(options.data, options.limit)
    train, validation, test = columns(train, options.batch), columns(validation, 10), columns(test, 1)
    model = LanguageModel(options, vocabulary_size)
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    print(json.dumps({
        "trainingTokenCount": train.numel(), "vocabularySize": vocabulary_size,
        "parameterCount": sum(parameter.numel() for parameter in parameters),
        "untrainedLoss": evaluate(options, model, validation),
    }), flush=True)
    average, losses, best = None, [], None
    for epoch in range(1, options.epochs + 1):
        start = time.monotonic()
        nats = train_epoch(options, model, parameters, average, train)
        seconds = time.monotonic() - start
        trained = exchanged(parameters, average.values) if average else None
        loss = evaluate(options, model, validation)
        if not losses or loss < min(losses):
            best = [parameter.detach().clone() for parameter in parameters]
        if trained:
            exchanged(parameters, trained)
        print(json.dumps({
            "epoch": epoch, "train": math.exp(nats), "validation": math.exp(loss), "isAveraged": average is not None,
            "seconds": round(seconds, 1),
        }), flush=True)
        older = losses[: max(0, len(losses) - options.average_after)]
        if average is None and older and loss > min(older):
            average = Average(parameters)
        losses.append(loss)
    exchanged(parameters, best)
    print(json.dumps({"test": math.exp(evaluate(options, model, test))}), flush=True)


if __name__ == "__main__":
    main()
