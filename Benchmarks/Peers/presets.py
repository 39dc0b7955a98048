"""The models and training steps that are compared, and the options that all peers' scripts have.

The presets are those of `mynah bench`. A script prints a JSON object a line with the keys of `mynah bench --json` and `engine`.
"""
import argparse
import dataclasses
import resource
import statistics
import sys
import time


@dataclasses.dataclass(frozen=True)
class Preset:
    vocabulary: int
    embedding: int
    hidden: tuple  # the recurrent layers' sizes, first layer first
    batch: int
    steps: int
    optimizer: str  # sgd or adam
    dropout: float  # of the embedding's and each recurrent layer's output in training
    cell: str = "lstm"  # lstm, gru or rnn; train_keras.py has the LSTM only


PRESETS = {
    "ptb": Preset(10_000, 200, (256, 128), 60, 20, "sgd", 0),
    "brown": Preset(10_000, 200, (200, 200), 100, 25, "adam", 0.1),
    "zaremba-small": Preset(10_000, 200, (200, 200), 20, 20, "sgd", 0),
    "shakespeare": Preset(67, 256, (1024,), 64, 100, "adam", 0),
    "zaremba-medium": Preset(10_000, 650, (650, 650), 20, 35, "sgd", 0.5),
}

WARM_UP_CALLS = 2
MINIMUM_REPEATS = 5


def sizes(text):
    return tuple(int(part) for part in text.split(","))


def arguments(description, precisions):
    """The options of the command line; flags for sizes take the place of the preset's."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("config", choices=PRESETS)
    parser.add_argument("--precision", choices=precisions, default="float32")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=3, help="how long repeats go on after the warm-up")
    for name in ("vocabulary", "embedding", "batch", "steps"):
        parser.add_argument(f"--{name}", type=int)
    parser.add_argument("--hidden", type=sizes, help="sizes with commas between")
    parser.add_argument("--cell", choices=("lstm", "gru", "rnn"))
    return parser


def preset(options):
    """The preset that was asked for, with the sizes that were asked for."""
    given = {field.name: getattr(options, field.name, None) for field in dataclasses.fields(Preset)}
    return dataclasses.replace(PRESETS[options.config], **{name: size for name, size in given.items() if size is not None})


def median_seconds(call, seconds):
    """The median time of a call, after calls that warm up."""
    for _ in range(WARM_UP_CALLS):
        call()
    samples, end = [], time.perf_counter() + seconds
    while len(samples) < MINIMUM_REPEATS or time.perf_counter() < end:
        start = time.perf_counter()
        call()
        samples.append(time.perf_counter() - start)
    return statistics.median(samples)


def peak_mebibytes():
    """The process's largest resident memory until now."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20
