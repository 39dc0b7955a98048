#!/usr/bin/env python3
"""Writes the golden fixture of the mixture of softmaxes, computed by PyTorch in float64 from the paper's equations.

    python3 -m venv .venv
    .venv/bin/pip install 'torch==2.13.0+cpu' numpy safetensors
    .venv/bin/python Scripts/golden-mixture-of-softmaxes.py [FILE]

FILE defaults to Tests/MynahModelsTests/Fixtures/golden-mixture-of-softmaxes.safetensors; a second run writes the
same bytes.

Z. Yang, Z. Dai, R. Salakhutdinov, W. Cohen, "Breaking the softmax bottleneck", 2018, equation 3, with K = 3 components
of size D = 4, H = 6 and V = 11:

    hidden [7, 6], targets [7], rowWeights [7]
    prior.weight [3, 6], latent.weight [12, 6], latent.bias [12], weight [11, 4], bias [11]
    logProbabilities [7, 11]; losses [7]; gradients.NAME of Σ rowWeight · loss
"""
import argparse
import pathlib
import sys

try:
    import torch
    from safetensors.torch import save_file
except ImportError as missing:
    sys.exit(f"error: {missing}; install what this script needs as described at its top.")

COMPONENTS, SIZE, HIDDEN, VOCABULARY, ROWS = 3, 4, 6, 11, 7


def log_probabilities(hidden, parts):
    prior = torch.log_softmax(hidden @ parts["prior.weight"].T, dim=-1)
    latent = torch.tanh(hidden @ parts["latent.weight"].T + parts["latent.bias"]).reshape(ROWS, COMPONENTS, SIZE)
    components = torch.log_softmax(latent @ parts["weight"].T + parts["bias"], dim=-1)
    return torch.logsumexp(prior[:, :, None] + components, dim=1)


def main():
    parser = argparse.ArgumentParser()
    fixtures = pathlib.Path(__file__).resolve().parent.parent / "Tests/MynahModelsTests/Fixtures"
    parser.add_argument("file", nargs="?", type=pathlib.Path,
                        default=fixtures / "golden-mixture-of-softmaxes.safetensors")
    file = parser.parse_args().file
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(2018)
    shapes = {
        "prior.weight": (COMPONENTS, HIDDEN), "latent.weight": (COMPONENTS * SIZE, HIDDEN),
        "latent.bias": (COMPONENTS * SIZE,), "weight": (VOCABULARY, SIZE), "bias": (VOCABULARY,),
    }
    stored = {name: torch.randn(shape, generator=generator) for name, shape in shapes.items()}
    stored["hidden"] = torch.randn(ROWS, HIDDEN, generator=generator)
    leaves = {name: values.double().requires_grad_() for name, values in stored.items()}
    targets = torch.tensor([0, 10, 3, 3, 7, 1, 9])
    weights = torch.tensor([1.0, 2.0, 0.0, 1.0, 0.5, 1.0, 1.0])
    logs = log_probabilities(leaves["hidden"], leaves)
    losses = -logs[torch.arange(ROWS), targets]
    (weights.double() * losses).sum().backward()
    tensors = dict(stored)
    tensors |= {"gradients." + name: leaf.grad.float() for name, leaf in leaves.items()}
    tensors |= {
        "targets": targets.int(), "rowWeights": weights, "losses": losses.detach().float(),
        "logProbabilities": logs.detach().float(),
    }
    save_file(tensors, file, metadata={
        "producer": f"Scripts/golden-mixture-of-softmaxes.py, PyTorch {torch.__version__}, float64"})
    print(f"{file.name}: {file.stat().st_size} bytes, {len(tensors)} tensors")


if __name__ == "__main__":
    main()
