#!/usr/bin/env python3
"""Writes the golden fixture for Mynah's optimisers: 100 steps of PyTorch's optimisers, computed in float64.

    python3 -m venv .venv
    .venv/bin/pip install 'torch==2.13.0+cpu' numpy safetensors
    .venv/bin/python Scripts/golden-optimizers.py [FILE]

FILE defaults to Tests/MynahTrainingTests/Fixtures/golden-optimizers.safetensors; a second run writes the same
bytes. It contains

    table, vector                the initial weights, [5, 3] and [7]
    rows                         [S, 2]: the rows of the table that have a gradient at each of S steps, ascending
    gradients.table              [S, 2, 3]: those rows' gradients; all other rows' are zero
    gradients.vector             [S, 7]
    learningRate                 of all steps
    NAME.table, NAME.vector      [S / 10, 5, 3] and [S / 10, 7]: the weights after each tenth step of the optimiser
                                 NAME; for asgd, their averages

PyTorch receives the table's gradient as a dense tensor, with zeros in the rows that are not listed. The gradients vary
widely in size, and that of one element of the vector is always zero.
"""
import argparse
import pathlib
import sys

try:
    import torch
    from safetensors.torch import save_file
except ImportError as missing:
    sys.exit(f"error: {missing}; install what this script needs as described at its top.")

STEP_COUNT, LEARNING_RATE = 100, 0.05
OPTIMIZERS = {
    "sgd": lambda w: torch.optim.SGD(w, lr=LEARNING_RATE),
    "sgd-decay": lambda w: torch.optim.SGD(w, lr=LEARNING_RATE, weight_decay=0.01),
    "momentum": lambda w: torch.optim.SGD(w, lr=LEARNING_RATE, momentum=0.9),
    "nesterov": lambda w: torch.optim.SGD(w, lr=LEARNING_RATE, momentum=0.9, nesterov=True, weight_decay=0.01),
    "adagrad": lambda w: torch.optim.Adagrad(w, lr=LEARNING_RATE),
    "adagrad-decay": lambda w: torch.optim.Adagrad(
        w, lr=LEARNING_RATE, initial_accumulator_value=0.1, weight_decay=0.01),
    "rmsprop": lambda w: torch.optim.RMSprop(w, lr=LEARNING_RATE),
    "rmsprop-decay": lambda w: torch.optim.RMSprop(w, lr=LEARNING_RATE, alpha=0.9, weight_decay=0.01),
    "adam": lambda w: torch.optim.Adam(w, lr=LEARNING_RATE),
    "amsgrad": lambda w: torch.optim.Adam(w, lr=LEARNING_RATE, amsgrad=True),
    "adamw": lambda w: torch.optim.AdamW(w, lr=LEARNING_RATE, betas=(0.8, 0.99), eps=1e-6, weight_decay=0.01),
    "asgd": lambda w: torch.optim.ASGD(w, lr=LEARNING_RATE, lambd=0, t0=0),
}


def train(make, table, vector, rows, row_gradients, vector_gradients):
    """The weights, or their averages, after each tenth step."""
    weights = [w.double().requires_grad_() for w in (table.clone(), vector.clone())]
    optimizer = make(weights)
    after = [], []
    for step in range(STEP_COUNT):
        weights[0].grad = torch.zeros(5, 3, dtype=torch.float64)
        weights[0].grad[rows[step]] = row_gradients[step].double()
        weights[1].grad = vector_gradients[step].double()
        optimizer.step()
        if step % 10 == 9:
            for kept, weight in zip(after, weights):
                kept.append(optimizer.state[weight].get("ax", weight).detach().clone())
    return [torch.stack(kept).float() for kept in after]


def main():
    fixtures = pathlib.Path(__file__).resolve().parents[1] / "Tests" / "MynahTrainingTests" / "Fixtures"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", type=pathlib.Path, default=fixtures / "golden-optimizers.safetensors")
    path = parser.parse_args().file
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(2015)

    def normal(*shape):
        return torch.randn(*shape, generator=generator)

    table, vector = normal(5, 3), normal(7)
    rows = torch.stack([torch.randperm(5, generator=generator)[:2].sort().values for _ in range(STEP_COUNT)])
    sizes = 10 ** (4 * torch.rand(STEP_COUNT, 1, generator=generator) - 3)
    row_gradients, vector_gradients = normal(STEP_COUNT, 2, 3) * sizes[:, None], normal(STEP_COUNT, 7) * sizes
    vector_gradients[:, 3] = 0
    tensors = {
        "table": table, "vector": vector, "rows": rows.int(), "gradients.table": row_gradients,
        "gradients.vector": vector_gradients, "learningRate": torch.tensor(LEARNING_RATE),
    }
    for name, make in OPTIMIZERS.items():
        trained = train(make, table, vector, rows, row_gradients, vector_gradients)
        tensors[name + ".table"], tensors[name + ".vector"] = trained
    tensors = {name: x.contiguous() for name, x in tensors.items()}
    # A single entry, because the writer does not preserve the order of several entries.
    save_file(tensors, path, metadata={
        "producer": f"Scripts/golden-optimizers.py, PyTorch {torch.__version__}, float64"})
    print(f"{path.name}: {path.stat().st_size} bytes, {len(tensors)} tensors")


if __name__ == "__main__":
    main()
