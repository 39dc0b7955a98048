#!/usr/bin/env python3
"""Writes the golden fixture that Mynah's Adam is compared with: 100 steps of PyTorch's, computed in float64.

    python3 -m venv .venv
    .venv/bin/pip install 'torch==2.13.0+cpu' numpy safetensors
    .venv/bin/python Scripts/golden-adam.py [FILE]

FILE is Tests/MynahModelsTests/Fixtures/golden-adam.safetensors unless given; a second run writes the same bytes. It holds

    table, vector                the initial weights, [5, 3] and [7]
    rows                         [S, 2]: the rows of the table that have a gradient at each of S steps, ascending
    gradients.table              [S, 2, 3]: those rows' gradients; all other rows' are zero
    gradients.vector             [S, 7]
    learningRate                 of all steps; betas and epsilon are PyTorch's own: 0.9, 0.999 and 1e-8
    steps.table, steps.vector    [S, 5, 3] and [S, 7]: the weights after each step

The table's gradient is dense for PyTorch, with zeros in the rows that are not listed. Gradients are of very different sizes, and
one number of the vector never has one.
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


def main():
    fixtures = pathlib.Path(__file__).resolve().parents[1] / "Tests" / "MynahModelsTests" / "Fixtures"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", type=pathlib.Path, default=fixtures / "golden-adam.safetensors")
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

    weights = [w.double().requires_grad_() for w in (table, vector)]
    optimizer = torch.optim.Adam(weights, lr=LEARNING_RATE)
    after = [], []
    for step in range(STEP_COUNT):
        weights[0].grad = torch.zeros(5, 3, dtype=torch.float64)
        weights[0].grad[rows[step]] = row_gradients[step].double()
        weights[1].grad = vector_gradients[step].double()
        optimizer.step()
        for kept, weight in zip(after, weights):
            kept.append(weight.detach().clone())
    tensors = {
        "table": table, "vector": vector, "rows": rows.int(), "gradients.table": row_gradients,
        "gradients.vector": vector_gradients, "learningRate": torch.tensor(LEARNING_RATE),
        "steps.table": torch.stack(after[0]).float(), "steps.vector": torch.stack(after[1]).float(),
    }
    tensors = {name: x.contiguous() for name, x in tensors.items()}
    # One entry only: the writer does not keep the order of several.
    save_file(tensors, path, metadata={"producer": f"Scripts/golden-adam.py, PyTorch {torch.__version__}, float64"})
    print(f"{path.name}: {path.stat().st_size} bytes, {len(tensors)} tensors")


if __name__ == "__main__":
    main()
