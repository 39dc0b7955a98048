#!/usr/bin/env python3
"""Writes the golden fixtures of the losses for large vocabularies: TensorFlow's sampled softmax, PyTorch's adaptive \
softmax.

    python3 -m venv .venv
    .venv/bin/pip install tensorflow-cpu numpy safetensors        # for the sampled softmax
    .venv/bin/pip install 'torch==2.13.0+cpu' numpy safetensors   # for the others
    .venv/bin/python Scripts/golden-sampled-softmax.py [FOLDER]

FOLDER defaults to Tests/MynahModelsTests/Fixtures. Only the fixtures whose packages are installed are
written; a second run writes the same bytes.

golden-sampled-softmax.safetensors (TensorFlow, float32)
    hidden [7, 5], weight [40, 5], bias [40], targets [7], candidates [12]; drawCount: the sampler's number of draws
    expected.targets [7], expected.candidates [12]: expected counts, from the log-uniform candidate sampler
    losses [7], gradients.hidden, gradients.weight, gradients.bias: of Σ losses; two candidates are targets of other
    rows and one target is among the candidates, so accidental hits occur

golden-adaptive-softmax.safetensors (PyTorch, float64)
    hidden [9, 8], targets [9], weights head.weight, tail.0.0.weight, …; cutoffs 6, 15, 29 of a vocabulary of 50
    losses [9], logProbabilities [9, 50], gradients.NAME of the sum of the losses

golden-smoothed.safetensors (PyTorch, float64)
    hidden [6, 5], weight [11, 5], bias [11], targets [6]; smoothing 0.1; loss: the sum, and its gradients
"""
import argparse
import pathlib
import sys

import numpy as np


def save(path, tensors, producer):
    from safetensors.numpy import save_file
    tensors = {name: np.ascontiguousarray(x) for name, x in tensors.items()}
    save_file(tensors, path, metadata={"producer": f"Scripts/golden-sampled-softmax.py, {producer}"})
    print(f"{path.name}: {path.stat().st_size} bytes, {len(tensors)} tensors")


def sampled(folder, tf):
    random = np.random.default_rng(2016)
    hidden, weight, bias = (random.standard_normal(shape).astype(np.float32) for shape in [(7, 5), (40, 5), (40,)])
    targets = np.array([3, 0, 17, 3, 39, 8, 0], dtype=np.int64)
    tf.random.set_seed(7)
    candidates, expected_targets, expected_candidates = tf.random.log_uniform_candidate_sampler(
        targets[:, None], num_true=1, num_sampled=12, unique=True, range_max=40, seed=11)
    # The sampler does not return its number of draws, which is inferred from the expected counts.
    probabilities = np.log1p(1 / (candidates.numpy() + 1.0)) / np.log(41)
    wanted = expected_candidates.numpy()
    tries = [12 + k for k in range(1, 5000)]
    errors = [np.abs(-np.expm1(n * np.log1p(-probabilities)) - wanted).max() for n in tries]
    draw_count = tries[int(np.argmin(errors))]
    assert min(errors) < 1e-5, (draw_count, min(errors))
    assert set(candidates.numpy()) & set(targets), "no accidental hits; choose another seed"
    variables = [tf.Variable(x) for x in (hidden, weight, bias)]
    with tf.GradientTape() as tape:
        losses = tf.nn.sampled_softmax_loss(
            weights=variables[1], biases=variables[2], labels=targets[:, None], inputs=variables[0], num_sampled=12,
            num_classes=40, sampled_values=(candidates, expected_targets, expected_candidates),
            remove_accidental_hits=True)
        total = tf.reduce_sum(losses)
    gradients = [tf.convert_to_tensor(g).numpy() for g in tape.gradient(total, variables)]
    save(folder / "golden-sampled-softmax.safetensors", {
        "hidden": hidden, "weight": weight, "bias": bias, "targets": targets.astype(np.int32),
        "candidates": candidates.numpy().astype(np.int32), "drawCount": np.array([draw_count], dtype=np.int32),
        "expected.targets": expected_targets.numpy().reshape(-1), "expected.candidates": wanted,
        "losses": losses.numpy(), "gradients.hidden": gradients[0], "gradients.weight": gradients[1],
        "gradients.bias": gradients[2],
    }, f"TensorFlow {tf.__version__}, float32")


def adaptive(folder, torch):
    generator = torch.Generator().manual_seed(2017)
    layer = torch.nn.AdaptiveLogSoftmaxWithLoss(8, 50, cutoffs=[6, 15, 29], div_value=2.0).double()
    tensors = {}
    for name, parameter in layer.named_parameters():
        values = torch.randn(parameter.shape, generator=generator)
        parameter.data = values.double()
        tensors[name] = values.numpy()
    hidden = torch.randn(9, 8, generator=generator)
    targets = torch.tensor([0, 5, 6, 14, 15, 28, 29, 49, 7])
    x = hidden.double().requires_grad_()
    losses = -layer(x, targets).output
    losses.sum().backward()
    for name, parameter in layer.named_parameters():
        tensors["gradients." + name] = parameter.grad.float().numpy()
    tensors |= {
        "hidden": hidden.numpy(), "targets": targets.int().numpy(), "losses": losses.detach().float().numpy(),
        "logProbabilities": layer.log_prob(x).detach().float().numpy(), "gradients.hidden": x.grad.float().numpy(),
    }
    save(folder / "golden-adaptive-softmax.safetensors", tensors, f"PyTorch {torch.__version__}, float64")


def smoothed(folder, torch):
    generator = torch.Generator().manual_seed(2018)
    hidden, weight, bias = (torch.randn(*shape, generator=generator) for shape in [(6, 5), (11, 5), (11,)])
    targets = torch.tensor([0, 10, 3, 3, 7, 1])
    leaves = [x.double().requires_grad_() for x in (hidden, weight, bias)]
    logits = torch.nn.functional.linear(*leaves)
    loss = torch.nn.functional.cross_entropy(logits, targets, reduction="sum", label_smoothing=0.1)
    loss.backward()
    names = ["hidden", "weight", "bias"]
    tensors = dict(zip(names, [hidden.numpy(), weight.numpy(), bias.numpy()]))
    tensors |= {"gradients." + name: x.grad.float().numpy() for name, x in zip(names, leaves)}
    tensors |= {"targets": targets.int().numpy(), "loss": loss.detach().float().numpy()}
    save(folder / "golden-smoothed.safetensors", tensors, f"PyTorch {torch.__version__}, float64")


def main():
    fixtures = pathlib.Path(__file__).resolve().parents[1] / "Tests" / "MynahModelsTests" / "Fixtures"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=pathlib.Path, default=fixtures)
    folder = parser.parse_args().folder
    written = 0
    try:
        import tensorflow
        sampled(folder, tensorflow)
        written += 1
    except ImportError as missing:
        print(f"no sampled softmax: {missing}", file=sys.stderr)
    try:
        import torch
        torch.set_num_threads(1)
        adaptive(folder, torch)
        smoothed(folder, torch)
        written += 1
    except ImportError as missing:
        print(f"no adaptive softmax: {missing}", file=sys.stderr)
    if not written:
        sys.exit("error: neither TensorFlow nor PyTorch can be imported; install one as described at the top.")


if __name__ == "__main__":
    main()
