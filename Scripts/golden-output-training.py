#!/usr/bin/env python3
"""Writes the golden fixture of small models trained with output layers other than a softmax, by PyTorch in float64.

    python3 -m venv .venv
    .venv/bin/pip install 'torch==2.13.0+cpu' numpy safetensors
    .venv/bin/python Scripts/golden-output-training.py [FILE]

FILE defaults to Tests/MynahTrainingTests/Fixtures/golden-output-training.safetensors; a second run writes the same
bytes.

V = 15, embedding size 6, one LSTM of 16 units with one bias; SGD at a learning rate of 0.5 on B = 4 rows of T = 5
tokens, with the state carried through an epoch; the loss of a batch is summed over its steps and averaged over its
rows.

    ids [401]
    KIND.NAME for KIND in adaptive (cutoffs 4, 9; nn.AdaptiveLogSoftmaxWithLoss) and mixture (K = 3, D = 5): the initial
        parameters
    KIND.perplexities [8]: exp of the mean loss of an epoch's targets, each measured before its batch's update
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

VOCABULARY, EMBEDDING, HIDDEN, ROWS, STEPS, EPOCHS, RATE = 15, 6, 16, 4, 5, 8, 0.5
COMPONENTS, LATENT = 3, 5
LSTM = {
    "embedding.weight": (VOCABULARY, EMBEDDING), "recurrent.0.weight_ih_l0": (4 * HIDDEN, EMBEDDING),
    "recurrent.0.weight_hh_l0": (4 * HIDDEN, HIDDEN), "recurrent.0.bias_ih_l0": (4 * HIDDEN,),
}


def lstm(p, ids, h, c):
    """The outputs [T·B, H] of ids [T, B], and the last state."""
    outputs = []
    for x in p["embedding.weight"][ids]:
        gates = x @ p["recurrent.0.weight_ih_l0"].T + p["recurrent.0.bias_ih_l0"] + h @ p["recurrent.0.weight_hh_l0"].T
        i, f, g, o = gates.chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        outputs.append(h)
    return torch.cat(outputs), h, c


class Adaptive:
    def __init__(self):
        self.layer = nn.AdaptiveLogSoftmaxWithLoss(HIDDEN, VOCABULARY, cutoffs=[4, 9]).double()
        self.shapes = {"output." + name: tuple(values.shape) for name, values in self.layer.named_parameters()}

    def losses(self, p, hidden, targets):
        own = {name: p["output." + name] for name, _ in self.layer.named_parameters()}
        return -torch.func.functional_call(self.layer, own, (hidden, targets)).output


class Mixture:
    shapes = {
        "output.prior.weight": (COMPONENTS, HIDDEN), "output.latent.weight": (COMPONENTS * LATENT, HIDDEN),
        "output.latent.bias": (COMPONENTS * LATENT,), "output.weight": (VOCABULARY, LATENT),
        "output.bias": (VOCABULARY,),
    }

    def losses(self, p, hidden, targets):
        prior = torch.log_softmax(hidden @ p["output.prior.weight"].T, dim=1)
        latent = torch.tanh(hidden @ p["output.latent.weight"].T + p["output.latent.bias"]).reshape(
            -1, COMPONENTS, LATENT)
        components = torch.log_softmax(latent @ p["output.weight"].T + p["output.bias"], dim=2)
        return -torch.logsumexp(prior[:, :, None] + components, dim=1)[torch.arange(len(targets)), targets]


def perplexities(output, initial, ids):
    p = {name: values.double().requires_grad_() for name, values in initial.items()}
    length = len(ids) // ROWS
    rows = ids[: ROWS * length].reshape(ROWS, length).T
    found = []
    for _ in range(EPOCHS):
        h, c, nats, count = torch.zeros(ROWS, HIDDEN).double(), torch.zeros(ROWS, HIDDEN).double(), 0.0, 0
        for start in range(0, length - STEPS, STEPS):
            hidden, h, c = lstm(p, rows[start : start + STEPS], h.detach(), c.detach())
            losses = output.losses(p, hidden, rows[start + 1 : start + STEPS + 1].flatten())
            gradients = torch.autograd.grad(losses.sum() / ROWS, list(p.values()))
            nats, count = nats + losses.sum().item(), count + len(losses)
            with torch.no_grad():
                for values, gradient in zip(p.values(), gradients):
                    values -= RATE * gradient
        found.append(torch.tensor(nats / count).exp())
    return torch.stack(found).float()


def main():
    parser = argparse.ArgumentParser()
    fixtures = pathlib.Path(__file__).resolve().parent.parent / "Tests/MynahTrainingTests/Fixtures"
    parser.add_argument("file", nargs="?", type=pathlib.Path, default=fixtures / "golden-output-training.safetensors")
    file = parser.parse_args().file
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(2017)
    # Every token has three possible successors, so the text can be learned but not fully predicted.
    ids = [0]
    for choice in torch.randint(3, (400,), generator=generator).tolist():
        ids.append((4 * ids[-1] + choice + 1) % VOCABULARY)
    tensors = {"ids": torch.tensor(ids).int()}
    for kind, output in (("adaptive", Adaptive()), ("mixture", Mixture())):
        initial = {
            name: torch.empty(shape).uniform_(-0.5, 0.5, generator=generator)
            for name, shape in {**LSTM, **output.shapes}.items()
        }
        tensors |= {f"{kind}.{name}": values for name, values in initial.items()}
        tensors[f"{kind}.perplexities"] = perplexities(output, initial, torch.tensor(ids))
        print(kind, tensors[f"{kind}.perplexities"].tolist())
    save_file(tensors, file, metadata={
        "producer": f"Scripts/golden-output-training.py, PyTorch {torch.__version__}, float64"})


if __name__ == "__main__":
    main()
