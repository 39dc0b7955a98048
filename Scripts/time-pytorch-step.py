#!/usr/bin/env python3
"""Times a training step of the Penn Treebank recipe in PyTorch, for comparison with the speed that `mynah reproduce ptb` prints.

    python3 -m venv .venv
    .venv/bin/pip install 'torch==2.13.0+cpu' numpy
    .venv/bin/python Scripts/time-pytorch-step.py [--threads 2] [--steps 40]

A step is forward, loss (sum over 20 steps, mean over 60 rows), backward, clip by norm 5 and update, on random tokens; the state is
carried. Prints the median of the steps in milliseconds and tokens a second, in float32 and under bfloat16 autocast.
"""
import argparse
import statistics
import time

import torch
from torch import nn

VOCABULARY, EMBEDDING, HIDDEN, ROWS, STEPS = 10_000, 200, (256, 128), 60, 20


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, EMBEDDING)
        self.recurrent = nn.ModuleList(nn.LSTM(i, o) for i, o in zip((EMBEDDING,) + HIDDEN, HIDDEN))
        self.output = nn.Linear(HIDDEN[-1], VOCABULARY)

    def forward(self, ids, states):
        x, after = self.embedding(ids), []
        for layer, state in zip(self.recurrent, states):
            x, state = layer(x, state)
            after.append(state)
        return self.output(x), after


def median_step(count, bfloat16):
    torch.manual_seed(1)
    model = Model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    states = [(torch.zeros(1, ROWS, h), torch.zeros(1, ROWS, h)) for h in HIDDEN]
    seconds = []
    for _ in range(count + 3):  # the first steps warm up
        inputs, targets = (torch.randint(VOCABULARY, (STEPS, ROWS)) for _ in range(2))
        start = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            logits, states = model(inputs, states)
            loss = nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum") / ROWS
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5)
        optimizer.step()
        states = [tuple(part.detach().float() for part in state) for state in states]
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds[3:])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=40)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    for name, bfloat16 in (("float32", False), ("bfloat16", True)):
        step = median_step(options.steps, bfloat16)
        print(f"PyTorch {torch.__version__} {name}: {1000 * step:.1f} ms a step, {ROWS * STEPS / step:,.0f} tokens/s")


if __name__ == "__main__":
    main()
