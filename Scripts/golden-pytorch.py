#!/usr/bin/env python3
"""Writes the golden fixtures for Mynah's LSTM language model: PyTorch's results, computed in float64.

    python3 -m venv .venv
    .venv/bin/pip install 'torch==2.13.0+cpu' numpy safetensors
    .venv/bin/python Scripts/golden-pytorch.py [FOLDER]

FOLDER defaults to Tests/MynahModelsTests/Fixtures. The seed is fixed; a second run writes the same bytes. Each
file, golden-lstm-N.safetensors for N = 1, 2, 3 recurrent layers, contains (T time steps, B rows of a batch, V tokens, S
SGD steps):

    weights.NAME                         the initial weights under PyTorch's names, bias_hh_l0 (all zero) included
    ids, targets                         [T, B]
    state.LAYER.hidden|cell              [B, H], the initial state
    logits                               [T, B, V]
    finalState.LAYER.hidden|cell         [B, H]
    loss                                 cross-entropy in nats, summed over time and averaged over the batch
    gradients.NAME                       of the loss, for every trained weight; the embedding's is dense
    gradientNorm                         the global norm of these gradients
    gradients.state.LAYER.hidden|cell    of the loss, for the initial state; not part of the norm
    learningRate, clip                   of the SGD steps
    steps.ids, steps.targets             [S, T, B], one batch per step
    steps.losses, steps.norms            [S], before each step's update; the norm is before clipping
    steps.weights.NAME                   the trained weights after the last step

The steps start from the weights above and from a zero state, which is carried from step to step without gradient.
bias_hh_l0 is frozen at zero, because Mynah trains only one bias and a second one would double its updates.
Inputs are drawn in float32 and the computation is in float64, so that the inputs are exact on both sides and the
results are rounded once.
"""
import argparse
import pathlib
import sys

try:
    import torch
    from safetensors.torch import save_file
    from torch import nn
except ImportError as missing:
    sys.exit(f"error: {missing}; install what this script needs as described at its top.")

STEP_COUNT, BATCH_SIZE, VOCABULARY_SIZE, EMBEDDING_SIZE = 6, 3, 23, 6
UPDATE_COUNT = 50
LEARNING_RATE = 1.0
# (hidden sizes, clip): the second file's threshold is low enough to scale nearly every update.
VARIANTS = [([9], 5.0), ([9, 5], 0.5), ([9, 5, 7], 5.0)]
# The same steps in float32 must agree much more closely than the tolerance of the tests, 1e-4.
LARGEST_DRIFT = 2e-5


class LanguageModel(nn.Module):
    """A module that loads the weights of a Mynah model file."""

    def __init__(self, hidden_sizes):
        super().__init__()
        sizes = [EMBEDDING_SIZE, *hidden_sizes]
        self.embedding = nn.Embedding(VOCABULARY_SIZE, EMBEDDING_SIZE)
        self.recurrent = nn.ModuleList(nn.LSTM(i, h) for i, h in zip(sizes, hidden_sizes))
        self.output = nn.Linear(sizes[-1], VOCABULARY_SIZE)

    def forward(self, ids, state):
        x, final_state = self.embedding(ids), []
        for layer, (hidden, cell) in zip(self.recurrent, state):
            x, (hidden, cell) = layer(x, (hidden.unsqueeze(0), cell.unsqueeze(0)))
            final_state.append((hidden.squeeze(0), cell.squeeze(0)))
        return self.output(x), final_state


def model_with(weights, hidden_sizes, dtype):
    model = LanguageModel(hidden_sizes).to(dtype)
    model.load_state_dict(weights, strict=True)
    for name, weight in model.named_parameters():
        weight.requires_grad = "bias_hh" not in name
    return model


def trained(model):
    return {name: weight for name, weight in model.named_parameters() if weight.requires_grad}


def loss_of(logits, targets):
    return nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum") / targets.shape[1]


def global_norm(gradients):
    return torch.sqrt(sum(gradient.square().sum() for gradient in gradients))


def named_state(prefix, state):
    return {f"{prefix}.{i}.{part}": x for i, pair in enumerate(state) for part, x in zip(("hidden", "cell"), pair)}


def single_pass(model, ids, targets, state):
    """Returns all results of one forward and backward pass."""
    state = [tuple(x.clone().requires_grad_() for x in pair) for pair in state]
    logits, final_state = model(ids, state)
    loss = loss_of(logits, targets)
    weights, states = trained(model), named_state("state", state)
    gradients = torch.autograd.grad(loss, [*weights.values(), *states.values()])
    return {
        **states,
        "logits": logits,
        **named_state("finalState", final_state),
        "loss": loss,
        **{f"gradients.{name}": gradient for name, gradient in zip([*weights, *states], gradients)},
        "gradientNorm": global_norm(gradients[: len(weights)]),
    }


def sgd_steps(model, ids, targets, clip):
    """Clipped SGD by hand: torch's clip_grad_norm_ adds 1e-6 to the norm it divides by."""
    dtype, weights, losses, norms = model.output.weight.dtype, trained(model), [], []
    state = [(torch.zeros(BATCH_SIZE, layer.hidden_size, dtype=dtype),) * 2 for layer in model.recurrent]
    for step_ids, step_targets in zip(ids, targets):
        logits, state = model(step_ids, state)
        state = [tuple(x.detach() for x in pair) for pair in state]
        loss = loss_of(logits, step_targets)
        gradients = torch.autograd.grad(loss, list(weights.values()))
        norm = global_norm(gradients)
        scale = clip / norm if norm > clip else 1
        with torch.no_grad():
            for weight, gradient in zip(weights.values(), gradients):
                weight -= LEARNING_RATE * scale * gradient
        losses.append(loss.detach())
        norms.append(norm)
    return {
        "steps.losses": torch.stack(losses),
        "steps.norms": torch.stack(norms),
        **{f"steps.weights.{name}": weight for name, weight in weights.items()},
    }


def largest_difference(results, expected, prefix):
    """The largest absolute difference within each tensor, relative to the tensor's largest magnitude."""
    names = [name for name in expected if name.startswith(prefix)]
    return max(((results[n].double() - expected[n]).abs().max() / expected[n].abs().max()).item() for n in names)


def golden(hidden_sizes, clip, generator):
    """The tensors of one file, and the results of the same inputs in float32."""
    def uniform(*shape):
        return torch.rand(*shape, generator=generator) - 0.5

    def tokens(*shape):
        return torch.randint(VOCABULARY_SIZE, shape, generator=generator)

    weights = {name: torch.zeros_like(weight) if "bias_hh" in name else uniform(*weight.shape)
               for name, weight in LanguageModel(hidden_sizes).state_dict().items()}
    state = [(uniform(BATCH_SIZE, size), uniform(BATCH_SIZE, size)) for size in hidden_sizes]
    ids, targets = tokens(STEP_COUNT, BATCH_SIZE), tokens(STEP_COUNT, BATCH_SIZE)
    step_ids, step_targets = (tokens(UPDATE_COUNT, STEP_COUNT, BATCH_SIZE) for _ in range(2))

    def results(dtype):
        model = model_with(weights, hidden_sizes, dtype)
        once = single_pass(model, ids, targets, [tuple(x.to(dtype) for x in pair) for pair in state])
        return {name: x.detach() for name, x in (once | sgd_steps(model, step_ids, step_targets, clip)).items()}

    inputs = {
        **{f"weights.{name}": weight for name, weight in weights.items()},
        "ids": ids, "targets": targets, "steps.ids": step_ids, "steps.targets": step_targets,
        "learningRate": torch.tensor(LEARNING_RATE), "clip": torch.tensor(clip),
    }
    return inputs, results(torch.float64), results(torch.float32)


def main():
    fixtures = pathlib.Path(__file__).resolve().parents[1] / "Tests" / "MynahModelsTests" / "Fixtures"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=pathlib.Path, default=fixtures)
    folder = parser.parse_args().folder
    torch.set_num_threads(1)
    for hidden_sizes, clip in VARIANTS:
        generator = torch.Generator().manual_seed(1997 + len(hidden_sizes))
        inputs, expected, single = golden(hidden_sizes, clip, generator)
        drift = largest_difference(single, expected, "steps.weights")
        path = folder / f"golden-lstm-{len(hidden_sizes)}.safetensors"
        print(f"{path.name}: hidden {hidden_sizes}, loss {expected['loss']:.4f}, norm {expected['gradientNorm']:.4f}; "
              f"clip {clip}, active in {(expected['steps.norms'] > clip).sum()} of {UPDATE_COUNT} steps, "
              f"step losses {expected['steps.losses'].min():.2f} to {expected['steps.losses'].max():.2f}")
        print("  float32 against float64: " + ", ".join(
            f"{prefix} {largest_difference(single, expected, prefix):.1e}"
            for prefix in ("logits", "loss", "gradients", "steps.losses", "steps.norms", "steps.weights")))
        if not drift < LARGEST_DRIFT:
            sys.exit(f"error: float32 drifts by {drift:.1e} in {path.name}, more than {LARGEST_DRIFT}; "
                     "choose other weights.")
        tensors = {name: x.to(torch.float32 if x.is_floating_point() else torch.int32).contiguous()
                   for name, x in (inputs | expected).items()}
        # A single entry, because the writer does not preserve the order of several entries.
        save_file(tensors, path, metadata={
            "producer": f"Scripts/golden-pytorch.py, PyTorch {torch.__version__}, float64"})
        print(f"  {path.stat().st_size} bytes, {len(tensors)} tensors")


if __name__ == "__main__":
    main()
