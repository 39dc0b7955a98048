#!/usr/bin/env python3
"""Writes the golden fixture for Mynah's recurrent cells: PyTorch's results, computed in float64.

    python3 -m venv .venv
    .venv/bin/pip install 'torch==2.13.0+cpu' numpy safetensors
    .venv/bin/python Scripts/golden-cells-pytorch.py [FILE]

FILE defaults to Tests/MynahModelsTests/Fixtures/golden-cells-pytorch.safetensors; a second run writes the same
bytes. For each KIND of rnn-tanh, rnn-relu, gru, lstm and lstm-projected it contains

    KIND.weights.NAME      under PyTorch's names; bias_hh_l0 is zero except for the GRU
    KIND.state.hidden|cell [B, H or P]: the initial state
    KIND.output            [T, B, H or P]
    KIND.finalState.…      after the last step
    KIND.gradients.…       of sum(output * seed), for x, the weights and the initial state
    KIND.padded.…          output and finalState of sequences of the given lengths, with pack_padded_sequence

as well as KIND.seed, which has the output's shape. All kinds share x [T, B, I] and lengths [B].
"""
import argparse
import pathlib
import sys

try:
    import torch
    from safetensors.torch import save_file
    from torch import nn
    from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
except ImportError as missing:
    sys.exit(f"error: {missing}; install what this script needs as described at its top.")

STEP_COUNT, BATCH_SIZE, INPUT_SIZE, HIDDEN_SIZE, PROJECTED_SIZE = 6, 4, 3, 5, 2
LENGTHS = [6, 2, 5, 1]
KINDS = {
    "rnn-tanh": lambda: nn.RNN(INPUT_SIZE, HIDDEN_SIZE, nonlinearity="tanh"),
    "rnn-relu": lambda: nn.RNN(INPUT_SIZE, HIDDEN_SIZE, nonlinearity="relu"),
    "gru": lambda: nn.GRU(INPUT_SIZE, HIDDEN_SIZE),
    "lstm": lambda: nn.LSTM(INPUT_SIZE, HIDDEN_SIZE),
    "lstm-projected": lambda: nn.LSTM(INPUT_SIZE, HIDDEN_SIZE, proj_size=PROJECTED_SIZE),
}


def named(prefix, state):
    return {f"{prefix}.{part}": x for part, x in zip(("hidden", "cell"), state)}


def run(layer, x, state):
    state = tuple(part.unsqueeze(0) for part in state)
    output, last = layer(x, state if len(state) == 2 else state[0])
    return output, [part.squeeze(0) for part in (last if len(state) == 2 else (last,))]


def golden(kind, x, generator):
    def uniform(*shape):
        return (torch.rand(*shape, generator=generator) - 0.5).double()

    layer = KINDS[kind]().double()
    with torch.no_grad():
        for name, weight in layer.named_parameters():
            weight.copy_(uniform(*weight.shape))
            if name.startswith("bias_hh") and kind != "gru":
                weight.zero_()
    output_size = PROJECTED_SIZE if kind == "lstm-projected" else HIDDEN_SIZE
    state = [uniform(BATCH_SIZE, output_size)] + ([uniform(BATCH_SIZE, HIDDEN_SIZE)] if "lstm" in kind else [])
    state = [part.requires_grad_() for part in state]
    x = x.double().requires_grad_()
    output, last = run(layer, x, state)
    seed = uniform(*output.shape)
    weights = dict(layer.named_parameters())
    sources = {"x": x, **weights, **named("state", state)}
    gradients = torch.autograd.grad((output * seed).sum(), list(sources.values()))
    packed = pack_padded_sequence(x, torch.tensor(LENGTHS), enforce_sorted=False)
    padded, padded_last = run(layer, packed, state)
    padded, _ = pad_packed_sequence(padded, total_length=STEP_COUNT)
    return {
        **{f"weights.{name}": weight for name, weight in weights.items()},
        **named("state", state), "seed": seed, "output": output, **named("finalState", last),
        **{f"gradients.{name}": gradient for name, gradient in zip(sources, gradients)},
        "padded.output": padded, **named("padded.finalState", padded_last),
    }


def main():
    fixtures = pathlib.Path(__file__).resolve().parents[1] / "Tests" / "MynahModelsTests" / "Fixtures"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", type=pathlib.Path, default=fixtures / "golden-cells-pytorch.safetensors")
    path = parser.parse_args().file
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(2014)
    x = 2 * torch.rand(STEP_COUNT, BATCH_SIZE, INPUT_SIZE, generator=generator) - 1
    tensors = {"x": x, "lengths": torch.tensor(LENGTHS, dtype=torch.int32)}
    for kind in KINDS:
        tensors |= {f"{kind}.{name}": tensor.detach() for name, tensor in golden(kind, x, generator).items()}
    tensors = {name: (t.float() if t.is_floating_point() else t).contiguous() for name, t in tensors.items()}
    # A single entry, because the writer does not preserve the order of several entries.
    metadata = {"producer": f"Scripts/golden-cells-pytorch.py, PyTorch {torch.__version__}, float64"}
    save_file(tensors, path, metadata=metadata)
    print(f"{path.name}: {path.stat().st_size} bytes, {len(tensors)} tensors")


if __name__ == "__main__":
    main()
