#!/usr/bin/env python3
"""Writes the golden fixture for Mynah's QRNN: a PyTorch version of the paper, computed in float64.

    python3 -m venv .venv
    .venv/bin/pip install 'torch==2.13.0+cpu' numpy safetensors
    .venv/bin/python Scripts/golden-qrnn.py [FILE]

FILE defaults to Tests/MynahModelsTests/Fixtures/golden-qrnn.safetensors; a second run writes the same bytes.

J. Bradbury, S. Merity, C. Xiong, R. Socher, "Quasi-recurrent neural networks", 2017: a masked convolution over time
(section 2) and fo-pooling (section 2.1, equation 4). Two layers, as S. Merity et al. stack them: a convolution of width
2 in the first and of width 1 in the second. The file contains (T time steps, B rows of a batch, V tokens, S SGD
steps):

    weights.NAME                           the initial weights under Mynah's names; weight_ih_l0 is [3H, width * I], with
                                           the columns of x_t before those of x_(t-1)
    ids, targets                           [T, B]
    state.LAYER.cell, state.0.input        [B, H] and [B, I], the initial state
    logits                                 [T, B, V]
    finalState.LAYER.cell, finalState.0.input
    loss                                   cross-entropy in nats, summed over time and averaged over the batch
    gradients.NAME, gradients.state.…      of the loss
    learningRate                           of the SGD steps
    steps.ids, steps.targets               [S, T, B], one batch per step
    steps.losses                           [S], before each step's update
    steps.weights.NAME                     the weights after the last step

The steps start from the weights above and from a zero state, which is carried from step to step without gradient.
"""
import argparse
import pathlib
import sys

try:
    import torch
    from safetensors.torch import save_file
    from torch.nn import functional
except ImportError as missing:
    sys.exit(f"error: {missing}; install what this script needs as described at its top.")

STEP_COUNT, BATCH_SIZE, VOCABULARY_SIZE, EMBEDDING_SIZE = 6, 3, 23, 6
LAYERS = [(9, 2), (7, 1)]  # hidden size and width of the convolution
UPDATE_COUNT = 50
LEARNING_RATE = 0.5
# The same steps in float32 must agree much more closely than the tolerance of the tests, 1e-4.
LARGEST_DRIFT = 2e-5


def convolution(x, before, weight, bias, width):
    """A causal convolution over time: [T, B, I] to [T, B, 3H]."""
    padded = torch.cat([before.unsqueeze(0), x]) if width == 2 else x
    # PyTorch's convolution kernels start with the earliest step, the stored columns with the latest.
    kernel = torch.stack(weight.split(x.shape[2], dim=1)[::-1], dim=2)
    return functional.conv1d(padded.permute(1, 2, 0), kernel, bias).permute(2, 0, 1)


def fo_pooling(gates, cell):
    candidates, forget, output = gates.chunk(3, dim=2)
    candidates, forget, output = candidates.tanh(), forget.sigmoid(), output.sigmoid()
    hidden = []
    for z, f, o in zip(candidates, forget, output):
        cell = f * cell + (1 - f) * z
        hidden.append(o * cell)
    return torch.stack(hidden), cell


def logits_of(weights, ids, state):
    x, final_state = weights["embedding.weight"][ids], {}
    for index, (_, width) in enumerate(LAYERS):
        name = f"recurrent.{index}."
        gates = convolution(x, state.get(f"{index}.input"), weights[name + "weight_ih_l0"],
                            weights[name + "bias_ih_l0"], width)
        if width == 2:
            final_state[f"{index}.input"] = x[-1]
        x, final_state[f"{index}.cell"] = fo_pooling(gates, state[f"{index}.cell"])
    return x @ weights["output.weight"].T + weights["output.bias"], final_state


def loss_of(logits, targets):
    return functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum") / targets.shape[1]


def single_pass(weights, ids, targets, state):
    """Returns all results of one forward and backward pass."""
    sources = {name: x.clone().requires_grad_() for name, x in weights.items()}
    states = {name: x.clone().requires_grad_() for name, x in state.items()}
    logits, final_state = logits_of(sources, ids, states)
    loss = loss_of(logits, targets)
    sources |= {f"state.{name}": x for name, x in states.items()}
    gradients = torch.autograd.grad(loss, list(sources.values()))
    return {
        "logits": logits, "loss": loss,
        **{f"finalState.{name}": x for name, x in final_state.items()},
        **{f"gradients.{name}": gradient for name, gradient in zip(sources, gradients)},
    }


def sgd_steps(weights, ids, targets, zero_state):
    weights, state, losses = {name: x.clone() for name, x in weights.items()}, zero_state, []
    for step_ids, step_targets in zip(ids, targets):
        leaves = {name: x.detach().requires_grad_() for name, x in weights.items()}
        logits, state = logits_of(leaves, step_ids, state)
        state = {name: x.detach() for name, x in state.items()}
        loss = loss_of(logits, step_targets)
        gradients = torch.autograd.grad(loss, list(leaves.values()))
        weights = {name: leaf.detach() - LEARNING_RATE * gradient
                   for (name, leaf), gradient in zip(leaves.items(), gradients)}
        losses.append(loss.detach())
    return {"steps.losses": torch.stack(losses), **{f"steps.weights.{name}": x for name, x in weights.items()}}


def largest_difference(results, expected, prefix):
    """The largest absolute difference within each tensor, relative to the tensor's largest magnitude."""
    names = [name for name in expected if name.startswith(prefix)]
    return max(((results[n].double() - expected[n]).abs().max() / expected[n].abs().max()).item() for n in names)


def main():
    fixtures = pathlib.Path(__file__).resolve().parents[1] / "Tests" / "MynahModelsTests" / "Fixtures"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", type=pathlib.Path, default=fixtures / "golden-qrnn.safetensors")
    path = parser.parse_args().file
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(2017)

    def uniform(*shape):
        return 2 * (torch.rand(*shape, generator=generator) - 0.5)

    def tokens(*shape):
        return torch.randint(VOCABULARY_SIZE, shape, generator=generator)

    shapes, state, size = {"embedding.weight": (VOCABULARY_SIZE, EMBEDDING_SIZE)}, {}, EMBEDDING_SIZE
    for index, (hidden_size, width) in enumerate(LAYERS):
        shapes[f"recurrent.{index}.weight_ih_l0"] = (3 * hidden_size, width * size)
        shapes[f"recurrent.{index}.bias_ih_l0"] = (3 * hidden_size,)
        state[f"{index}.cell"] = uniform(BATCH_SIZE, hidden_size)
        if width == 2:
            state[f"{index}.input"] = uniform(BATCH_SIZE, size)
        size = hidden_size
    shapes |= {"output.weight": (VOCABULARY_SIZE, size), "output.bias": (VOCABULARY_SIZE,)}
    weights = {name: uniform(*shape) for name, shape in shapes.items()}
    ids, targets = tokens(STEP_COUNT, BATCH_SIZE), tokens(STEP_COUNT, BATCH_SIZE)
    step_ids, step_targets = (tokens(UPDATE_COUNT, STEP_COUNT, BATCH_SIZE) for _ in range(2))

    def results(dtype):
        own, start = ({name: x.to(dtype) for name, x in tensors.items()} for tensors in (weights, state))
        zero = {name: torch.zeros_like(x) for name, x in start.items()}
        once = single_pass(own, ids, targets, start)
        return {name: x.detach() for name, x in (once | sgd_steps(own, step_ids, step_targets, zero)).items()}

    expected, single = results(torch.float64), results(torch.float32)
    drift = largest_difference(single, expected, "steps.weights")
    if not drift < LARGEST_DRIFT:
        sys.exit(f"error: float32 drifts by {drift:.1e}, more than {LARGEST_DRIFT}; choose other weights.")
    inputs = {
        **{f"weights.{name}": x for name, x in weights.items()}, **{f"state.{name}": x for name, x in state.items()},
        "ids": ids, "targets": targets, "steps.ids": step_ids, "steps.targets": step_targets,
        "learningRate": torch.tensor(LEARNING_RATE),
    }
    tensors = {name: x.to(torch.float32 if x.is_floating_point() else torch.int32).contiguous()
               for name, x in (inputs | expected).items()}
    # A single entry, because the writer does not preserve the order of several entries.
    save_file(tensors, path, metadata={"producer": f"Scripts/golden-qrnn.py, PyTorch {torch.__version__}, float64"})
    print(f"{path.name}: {path.stat().st_size} bytes, {len(tensors)} tensors; float32 drifts by {drift:.1e}; "
          f"step losses {expected['steps.losses'].min():.2f} to {expected['steps.losses'].max():.2f}")


if __name__ == "__main__":
    main()
