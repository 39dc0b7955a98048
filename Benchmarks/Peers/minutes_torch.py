#!/usr/bin/env python3
"""Trains a word model in PyTorch for some minutes, with the settings of PyTorch's example word_language_model.

    python minutes_torch.py FOLDER --minutes 15 --hidden 200 --dropout 0.2

FOLDER contains texts with train, valid and test in their names. The model is a two-layer LSTM with tied embeddings;
the optimizer is SGD at a rate of 20 on the mean loss, with gradients clipped to a norm of 0.25, in batches of 20 rows
of 35 tokens. The rate is quartered after an epoch without a lower validation loss, as in the example, and also before
each of the last epochs that fit in the time, so that it has fallen at the end. Prints a JSON object for each epoch and
one with the test perplexity of the best epoch.
"""
import argparse
import copy
import json
import math
import pathlib
import time

import torch
from torch import nn


class WordModel(nn.Module):
    def __init__(self, vocabulary, hidden, dropout):
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.embedding = nn.Embedding(vocabulary, hidden)
        self.layers = nn.LSTM(hidden, hidden, 2, dropout=dropout)
        self.output = nn.Linear(hidden, vocabulary)
        self.output.weight = self.embedding.weight
        nn.init.uniform_(self.embedding.weight, -0.1, 0.1)
        nn.init.zeros_(self.output.bias)

    def forward(self, tokens, state):
        outputs, state = self.layers(self.dropout(self.embedding(tokens)), state)
        return self.output(self.dropout(outputs)), state


def texts(folder):
    """The IDs of the three texts, with each line ending in <eos>, and the size of their common vocabulary."""
    ids, result = {}, []
    for part in ("train", "valid", "test"):
        path = next(path for path in sorted(pathlib.Path(folder).iterdir()) if part in path.name)
        words = (word for line in path.open(encoding="utf-8") for word in line.split() + ["<eos>"])
        result.append(torch.tensor([ids.setdefault(word, len(ids)) for word in words]))
    return result, len(ids)


def rows(tokens, count):
    length = len(tokens) // count
    return tokens[:length * count].view(count, length).t().contiguous()


class Run:
    def __init__(self, options):
        torch.manual_seed(options.seed)
        torch.set_num_threads(options.threads)
        self.options, self.start = options, time.monotonic()
        (train, valid, test), vocabulary = texts(options.folder)
        self.train, self.valid, self.test = rows(train, 20), rows(valid, 10), rows(test, 10)
        self.model = WordModel(vocabulary, options.hidden, options.dropout)

    def left(self):
        return 60 * self.options.minutes - (time.monotonic() - self.start)

    def loss(self, logits, targets):
        return nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())

    def compute(self, inputs, state):
        with torch.autocast("cpu", torch.bfloat16, enabled=self.options.precision == "bfloat16"):
            return self.model(inputs, state)

    def epoch(self, rate):
        """Trains on the text once, or until the time is up; returns whether it was read to its end."""
        self.model.train()
        state = None
        for first in range(0, len(self.train) - 1, 35):
            if self.left() < 0:
                return False
            length = min(35, len(self.train) - 1 - first)
            inputs, targets = self.train[first:first + length], self.train[first + 1:first + 1 + length]
            state = None if state is None else tuple(part.detach() for part in state)
            self.model.zero_grad(set_to_none=True)
            logits, state = self.compute(inputs, state)
            self.loss(logits.float(), targets).backward()
            nn.utils.clip_grad_norm_(self.model.parameters(), 0.25)
            with torch.no_grad():
                for parameter in self.model.parameters():
                    parameter.add_(parameter.grad, alpha=-rate)
        return True

    @torch.no_grad()
    def perplexity(self, text):
        self.model.eval()
        total, state = 0, None
        for first in range(0, len(text) - 1, 35):
            length = min(35, len(text) - 1 - first)
            logits, state = self.compute(text[first:first + length], state)
            total += self.loss(logits.float(), text[first + 1:first + 1 + length]).item() * length
        return math.exp(total / (len(text) - 1))

    def train_for_the_time(self):
        rate, best, kept, number, longest = 20.0, math.inf, None, 0, 0.0
        while True:
            before = self.left()
            # The last epoch may be incomplete.
            if kept is not None and before < 0.2 * longest:
                break
            if kept is not None and before < self.options.decays * longest + longest:
                rate /= 4
            number += 1
            whole = self.epoch(rate)
            perplexity = self.perplexity(self.valid)
            print(json.dumps({"epoch": number, "rate": rate, "validation": perplexity,
                              "seconds": time.monotonic() - self.start}), flush=True)
            if perplexity < best:
                best, kept = perplexity, copy.deepcopy(self.model.state_dict())
            else:
                rate /= 4
            longest = max(longest, before - self.left())
            if not whole:
                break
        self.model.load_state_dict(kept)
        print(json.dumps({"epochs": number, "validation": best, "test": self.perplexity(self.test),
                          "seconds": time.monotonic() - self.start, "program": f"PyTorch {torch.__version__}"}))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--hidden", type=int, default=200)
    parser.add_argument("--dropout", type=float, default=0.2)
    parser.add_argument("--decays", type=int, default=2, help="epochs at the end before which the rate is quartered")
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="bfloat16")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    Run(parser.parse_args()).train_for_the_time()


if __name__ == "__main__":
    main()
