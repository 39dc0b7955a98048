#!/usr/bin/env python3
"""Writes the golden fixture of training steps of mogrifier LSTMs, computed by PyTorch in float64 from the papers'
equations.

    python3 -m venv .venv
    .venv/bin/pip install 'torch==2.13.0+cpu' numpy safetensors
    .venv/bin/python Scripts/golden-mogrifier.py [FILE]

FILE defaults to Tests/MynahModelsTests/Fixtures/golden-mogrifier.safetensors; a second run writes the same bytes.

G. Melis, T. Kočiský, P. Blunsom, "Mogrifier LSTM", 2020, equations 1 and 2, with 5 rounds; G. Melis, C. Dyer,
P. Blunsom, "On the state of the art of evaluation in neural language models", 2018, for i' = min(i, 1 − f); Z. Yang,
Z. Dai, R. Salakhutdinov, W. Cohen, "Breaking the softmax bottleneck", 2018, equation 3.

V = 17, embedding size 6; S = 50 steps of SGD with clipping at a learning rate of 1, on T = 6 time steps of B = 3 rows,
from a zero state that is carried from step to step without gradient; the loss is summed over time and averaged over the
batch.

    ids, targets [S, T, B]
    KIND.NAME, KIND.trained.NAME: the weights before the first and after the last step
    KIND.losses, KIND.norms [S], before each step's update; the norm is before clipping
    for KIND in
        softmax   H = 9, rank 3
        mixture   H = 7, rank 2, capped input gates, a mixture of K = 3 softmaxes of size D = 5
"""
import argparse
import pathlib
import sys

try:
    import torch
    from safetensors.torch import save_file
except ImportError as missing:
    sys.exit(f"error: {missing}; install what this script needs as described at its top.")

VOCABULARY, EMBEDDING, STEPS, ROWS, UPDATES, ROUNDS, RATE, CLIP = 17, 6, 6, 3, 50, 5, 1.0, 2.0
COMPONENTS, LATENT = 3, 5
# The same steps in float32 must agree much more closely than the tolerance of the tests, 1e-4.
LARGEST_DRIFT = 2e-5


class Toy:
    def __init__(self, hidden, rank, is_capped, is_mixture):
        self.hidden, self.is_capped, self.is_mixture = hidden, is_capped, is_mixture
        layer = {"weight_ih_l0": (4 * hidden, EMBEDDING), "weight_hh_l0": (4 * hidden, hidden),
                 "bias_ih_l0": (4 * hidden,)}
        for i in range(1, ROUNDS + 1):
            rows, columns = (EMBEDDING, hidden) if i % 2 else (hidden, EMBEDDING)
            layer[f"weight_{'rq'[i % 2]}{i}_left_l0"] = (rows, rank)
            layer[f"weight_{'rq'[i % 2]}{i}_right_l0"] = (rank, columns)
        output = {"weight": (VOCABULARY, hidden), "bias": (VOCABULARY,)}
        if is_mixture:
            output = {"prior.weight": (COMPONENTS, hidden), "latent.weight": (COMPONENTS * LATENT, hidden),
                      "latent.bias": (COMPONENTS * LATENT,), "weight": (VOCABULARY, LATENT), "bias": (VOCABULARY,)}
        self.shapes = {"embedding.weight": (VOCABULARY, EMBEDDING)}
        self.shapes |= {"recurrent.0." + name: shape for name, shape in layer.items()}
        self.shapes |= {"output." + name: shape for name, shape in output.items()}

    def step(self, p, x, h, c):
        for i in range(1, ROUNDS + 1):
            left, right = (p[f"recurrent.0.weight_{'rq'[i % 2]}{i}_{side}_l0"] for side in ("left", "right"))
            if i % 2:
                x = 2 * torch.sigmoid(h @ (left @ right).T) * x
            else:
                h = 2 * torch.sigmoid(x @ (left @ right).T) * h
        sums = x @ p["recurrent.0.weight_ih_l0"].T + h @ p["recurrent.0.weight_hh_l0"].T + p["recurrent.0.bias_ih_l0"]
        i, f, j, o = sums.chunk(4, dim=1)
        i, f, j, o = torch.sigmoid(i), torch.sigmoid(f), torch.tanh(j), torch.sigmoid(o)
        if self.is_capped:
            i = torch.minimum(i, 1 - f)
        c = f * c + i * j
        return o * torch.tanh(c), c

    def losses(self, p, hidden, targets):
        linear = lambda x: torch.log_softmax(x @ p["output.weight"].T + p["output.bias"], dim=-1)
        if self.is_mixture:
            prior = torch.log_softmax(hidden @ p["output.prior.weight"].T, dim=1)
            latent = torch.tanh(hidden @ p["output.latent.weight"].T + p["output.latent.bias"])
            logs = torch.logsumexp(prior[:, :, None] + linear(latent.reshape(-1, COMPONENTS, LATENT)), dim=1)
        else:
            logs = linear(hidden)
        return -logs[torch.arange(len(targets)), targets]

    def train(self, initial, ids, targets, dtype):
        p = {name: values.to(dtype, copy=True).requires_grad_() for name, values in initial.items()}
        h, c, losses, norms = *(torch.zeros(ROWS, self.hidden, dtype=dtype) for _ in range(2)), [], []
        for step_ids, step_targets in zip(ids, targets):
            h, c, outputs = h.detach(), c.detach(), []
            for x in p["embedding.weight"][step_ids]:
                h, c = self.step(p, x, h, c)
                outputs.append(h)
            loss = self.losses(p, torch.cat(outputs), step_targets.flatten()).sum() / ROWS
            gradients = torch.autograd.grad(loss, list(p.values()))
            norm = torch.sqrt(sum(gradient.square().sum() for gradient in gradients))
            with torch.no_grad():
                for values, gradient in zip(p.values(), gradients):
                    values -= RATE * (CLIP / norm if norm > CLIP else 1) * gradient
            losses.append(loss.detach())
            norms.append(norm)
        return {"losses": torch.stack(losses), "norms": torch.stack(norms),
                **{"trained." + name: values.detach() for name, values in p.items()}}


def main():
    parser = argparse.ArgumentParser()
    fixtures = pathlib.Path(__file__).resolve().parent.parent / "Tests/MynahModelsTests/Fixtures"
    parser.add_argument("file", nargs="?", type=pathlib.Path, default=fixtures / "golden-mogrifier.safetensors")
    file = parser.parse_args().file
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(2020)
    ids, targets = (torch.randint(VOCABULARY, (UPDATES, STEPS, ROWS), generator=generator) for _ in range(2))
    tensors = {"ids": ids.int(), "targets": targets.int()}
    toys = {"softmax": Toy(9, 3, is_capped=False, is_mixture=False),
            "mixture": Toy(7, 2, is_capped=True, is_mixture=True)}
    for kind, toy in toys.items():
        initial = {name: torch.rand(shape, generator=generator) - 0.5 for name, shape in toy.shapes.items()}
        expected, single = (toy.train(initial, ids, targets, dtype) for dtype in (torch.float64, torch.float32))
        drift = max(((single[name].double() - x).abs().max() / x.abs().max()).item() for name, x in expected.items())
        print(f"{kind}: losses {expected['losses'].min():.2f} to {expected['losses'].max():.2f}, clipped "
              f"{(expected['norms'] > CLIP).sum()} of {UPDATES} steps, float32 drifts by {drift:.1e}")
        if not drift < LARGEST_DRIFT:
            sys.exit(f"error: float32 drifts by more than {LARGEST_DRIFT}; choose other weights.")
        tensors |= {f"{kind}.{name}": x.float() for name, x in {**initial, **expected}.items()}
    save_file(tensors, file, metadata={
        "producer": f"Scripts/golden-mogrifier.py, PyTorch {torch.__version__}, float64"})
    print(f"{file.name}: {file.stat().st_size} bytes, {len(tensors)} tensors")


if __name__ == "__main__":
    main()
