#!/usr/bin/env python3
"""Writes the golden fixture of an AWD-LSTM run: 50 steps with all of its regularisers, by PyTorch in float64.

    python3 -m venv .venv
    .venv/bin/pip install 'torch==2.13.0+cpu' numpy safetensors
    .venv/bin/python Scripts/golden-awd-lstm.py [FILE]

FILE defaults to Tests/MynahTrainingTests/Fixtures/golden-awd-lstm.safetensors; a second run writes the same bytes.

The model and its training are a small version of S. Merity, N. Keskar, R. Socher, "Regularizing and optimizing LSTM
language models", 2018: three LSTMs, the last as wide as the embedding, which is tied to the output layer; embedding
dropout, input dropout, dropout between the layers and of the last outputs, and weight drop of recurrent weights; AR and
TAR; the mean loss over targets, with gradients clipped by norm; random sequence lengths with a proportional learning
rate; weight decay; SGD with weights averaged once the validation loss is above the lowest loss of more than PATIENCE
epochs ago. Each LSTM has one bias, as in Mynah.

Masks and lengths are drawn from Philox 4x32-10 (J. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011)
at the same positions of the stream as in Mynah, so that both use the same masks and lengths.

    ids [N], validation [M]                              the texts
    NAME for each parameter                              the initial weights
    lengths, rates, losses, norms [S]                    for each step: its sequence length, its learning rate, the mean
                                                         loss of its targets before the update, and the norm of the
                                                         gradients before clipping
    validationLosses [EPOCHS]                            with the averaged weights once averaging has begun
    trained.NAME, average.NAME                           the weights after the last step, and their average
"""
import argparse
import math
import pathlib
import sys

try:
    import torch
    from safetensors.torch import save_file
except ImportError as missing:
    sys.exit(f"error: {missing}; install what this script needs as described at its top.")

VOCABULARY, EMBEDDING, HIDDEN = 13, 6, [9, 8, 6]
ROWS, LENGTH, EPOCHS, STEPS_PER_EPOCH = 4, 12, 5, 10
SEED, RATE, CLIP, DECAY, AR, TAR, PATIENCE = 141, 10.0, 0.25, 0.002, 2.0, 1.0, 1
TOKENS, INPUT, BETWEEN, OUTPUT, WEIGHTS = 0.1, 0.4, 0.25, 0.4, 0.5  # dropout rates
# The same steps in float32 must agree much more closely than the tolerance of the tests, 1e-4.
LARGEST_DRIFT = 3e-5
SHAPES = {"embedding.weight": (VOCABULARY, EMBEDDING)}
for index, (size, hidden) in enumerate(zip([EMBEDDING, *HIDDEN], HIDDEN)):
    SHAPES |= {
        f"recurrent.{index}.weight_ih_l0": (4 * hidden, size), f"recurrent.{index}.weight_hh_l0": (4 * hidden, hidden),
        f"recurrent.{index}.bias_ih_l0": (4 * hidden,),
    }
SHAPES["output.bias"] = (VOCABULARY,)


class Source:
    """A stream of 64-bit words: two for each Philox block."""

    def __init__(self, seed, stream):
        self.seed, self.stream, self.position = seed, stream, 0

    def word(self):
        index = self.position // 2
        c = [index & 0xFFFFFFFF, index >> 32, self.stream & 0xFFFFFFFF, self.stream >> 32]
        k = [self.seed & 0xFFFFFFFF, self.seed >> 32]
        for _ in range(10):
            p0, p1 = c[0] * 0xD2511F53, c[2] * 0xCD9E8D57
            c = [p1 >> 32 ^ c[1] ^ k[0], p1 & 0xFFFFFFFF, p0 >> 32 ^ c[3] ^ k[1], p0 & 0xFFFFFFFF]
            k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
        self.position += 1
        return c[1] << 32 | c[0] if self.position % 2 else c[3] << 32 | c[2]

    def split(self):
        return Source(self.word(), self.stream)

    def uniform(self):
        return (self.word() >> 11) * 2.0**-53

    def mask(self, rate, *shape):
        """0 with probability `rate`, else 1 / (1 - rate)."""
        count, kept = math.prod(shape), torch.tensor(1, dtype=torch.float32) - rate
        pairs = [self.word() for _ in range((count + 1) // 2)]
        halves = [half for pair in pairs for half in (pair & 0xFFFFFFFF, pair >> 32)]
        threshold = int(kept.double() * 2**32)
        values = [1 / kept.double() if half < threshold else 0 for half in halves[:count]]
        return torch.tensor(values, dtype=torch.float64).reshape(shape)


def epoch_lengths(epoch, row_length):
    """The lengths of an epoch's batches, which together cover a row."""
    largest = LENGTH + 25

    def tail(mean, bound):
        return math.erfc((bound - mean) / (5 * math.sqrt(2))) / 2

    probabilities = [
        sum(
            share * ((1 if k == 5 else tail(mean, k)) - (0 if k == largest else tail(mean, k + 1)))
            for share, mean in ((0.95, LENGTH), (0.05, LENGTH / 2)))
        for k in range(5, largest + 1)
    ]
    source, lengths = Source(SEED, 3 << 62 | epoch), []
    for _ in range(round(row_length / sum(k * p for k, p in enumerate(probabilities, 5)))):
        rest, length = source.uniform() * sum(probabilities), 5
        while rest >= probabilities[length - 5]:
            rest -= probabilities[length - 5]
            length += 1
        lengths.append(length)
    while (rest := row_length - sum(lengths)) != 0:
        index = int(source.uniform() * len(lengths))
        length = lengths[index] + (1 if rest > 0 else -1)
        if 5 <= length <= largest:
            lengths[index] = length
    return lengths


def run_layers(p, ids, states, source=None):
    """The last layer's outputs without and with dropout, and the states; without a source there is no dropout."""
    table, rows = p["embedding.weight"], ids.shape[1]
    x, dtype = table[ids], table.dtype
    if source:
        x = x * source.split().mask(TOKENS, VOCABULARY).to(dtype)[ids][..., None]
        x = x * source.split().mask(INPUT, 1, rows, EMBEDDING).to(dtype)
    after = []
    for index, (h, c) in enumerate(states):
        w_ih, w_hh, bias = (
            p[f"recurrent.{index}.{name}"] for name in ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0"))
        if source:
            source.split()  # for the layers' inputs, which have no dropout
            w_hh = w_hh * source.split().split().mask(WEIGHTS, *w_hh.shape).to(dtype)
        outputs = []
        for step in x:
            i, f, g, o = (step @ w_ih.T + bias + h @ w_hh.T).chunk(4, dim=1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
            outputs.append(h)
        after.append((h.detach(), c.detach()))
        raw = x = torch.stack(outputs)
        if source:
            rate = OUTPUT if index == len(states) - 1 else BETWEEN
            x = x * source.split().mask(rate, 1, rows, HIDDEN[index]).to(dtype)
    return raw, x, after


def loss_of(p, hidden, targets):
    logits = hidden.flatten(0, 1) @ p["embedding.weight"].T + p["output.bias"]
    return torch.nn.functional.cross_entropy(logits, targets.flatten())


def zero_state(rows, dtype):
    return [(torch.zeros(rows, hidden, dtype=dtype),) * 2 for hidden in HIDDEN]


def train(initial, ids, validation, dtype):
    p = {name: values.to(dtype, copy=True).requires_grad_() for name, values in initial.items()}
    length = len(ids) // ROWS
    rows = ids[: ROWS * length].reshape(ROWS, length).T
    found = {"lengths": [], "rates": [], "losses": [], "norms": [], "validationLosses": []}
    average, averaged_steps = None, 0
    for epoch in range(1, EPOCHS + 1):
        states, start = zero_state(ROWS, dtype), 0
        for batch, steps in enumerate(epoch_lengths(epoch, length - 1)):
            source = Source(SEED, epoch << 32 | batch)
            raw, dropped, states = run_layers(p, rows[start : start + steps], states, source)
            loss = loss_of(p, dropped, rows[start + 1 : start + steps + 1])
            value = loss + AR * dropped.square().mean() + TAR * (raw[1:] - raw[:-1]).square().mean()
            gradients = torch.autograd.grad(value, list(p.values()))
            norm = torch.sqrt(sum(gradient.square().sum() for gradient in gradients)).item()
            rate = RATE * steps / LENGTH
            with torch.no_grad():
                for values, gradient in zip(p.values(), gradients):
                    values -= rate * (gradient * min(1, CLIP / norm) + DECAY * values)
            if average is not None:
                # The mean of the weights, excluding those after the first step, as in PyTorch's ASGD.
                share, averaged_steps = 1 / max(1, averaged_steps), averaged_steps + 1
                for name, values in p.items():
                    average[name] += share * (values.detach() - average[name])
            for name, number in (("lengths", steps), ("rates", rate), ("losses", loss.item()), ("norms", norm)):
                found[name].append(number)
            start += steps
        assert start == length - 1
        evaluated = average if averaged_steps else {name: values.detach() for name, values in p.items()}
        hidden = run_layers(evaluated, validation[:-1, None], zero_state(1, dtype))[1]
        losses = found["validationLosses"]
        # The released program compares before it appends.
        older = losses[: len(losses) - PATIENCE]
        losses.append(loss_of(evaluated, hidden, validation[1:, None]).item())
        if average is None and older and losses[-1] > min(older):
            average = {name: torch.zeros_like(values) for name, values in p.items()}
            print(f"averaging begins after epoch {epoch}")
    assert averaged_steps > STEPS_PER_EPOCH
    return found, {name: values.detach() for name, values in p.items()}, average


def main():
    fixtures = pathlib.Path(__file__).resolve().parents[1] / "Tests" / "MynahTrainingTests" / "Fixtures"
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="?", type=pathlib.Path, default=fixtures / "golden-awd-lstm.safetensors")
    path = parser.parse_args().file
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(2018)
    # Every token has three possible successors, so the text can be learned but not fully predicted.
    ids = [0]
    for choice in torch.randint(3, (4 * 117 + 130,), generator=generator).tolist():
        ids.append((5 * ids[-1] + choice * choice + 1) % VOCABULARY)
    ids, validation = torch.tensor(ids[: 4 * 117]), torch.tensor(ids[4 * 117 :])
    initial = {
        name: torch.empty(shape).uniform_(-0.4, 0.4, generator=generator) for name, shape in SHAPES.items()
    }
    found, trained, average = train(initial, ids, validation, torch.float64)
    print(found["lengths"], found["validationLosses"], max(found["norms"]), sep="\n")
    assert len(found["losses"]) == EPOCHS * STEPS_PER_EPOCH
    assert 5 <= sum(norm > CLIP for norm in found["norms"]) <= 45 and min(abs(n - CLIP) for n in found["norms"]) > 1e-4
    # The validation losses that are compared must differ by more than rounding errors.
    losses = found["validationLosses"]
    assert min(abs(a - b) for i, a in enumerate(losses) for b in losses[:i]) > 1e-3
    single = train(initial, ids, validation, torch.float32)
    drift = max(
        (single[part][name].double() - values).abs().max().item()
        for part, exact in ((1, trained), (2, average)) for name, values in exact.items())
    print(f"float32 drifts by {drift:.1e}")
    assert drift < LARGEST_DRIFT
    tensors = {"ids": ids.int(), "validation": validation.int(), **initial}
    tensors |= {name: torch.tensor(numbers).float() for name, numbers in found.items()}
    tensors |= {f"trained.{name}": values.float() for name, values in trained.items()}
    tensors |= {f"average.{name}": values.float() for name, values in average.items()}
    save_file({name: x.contiguous() for name, x in tensors.items()}, path, metadata={
        "producer": f"Scripts/golden-awd-lstm.py, PyTorch {torch.__version__}, float64"})
    print(f"{path.name}: {path.stat().st_size} bytes, {len(tensors)} tensors")


if __name__ == "__main__":
    main()
