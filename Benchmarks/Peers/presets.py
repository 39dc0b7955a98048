"""The models and training steps that are compared, and the options and the output of all peers' scripts.

The presets are those of `mynah bench`. A script prints a JSON object with the keys of `mynah bench --json` and
`engine`.
"""
import argparse
import dataclasses
import json
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
    cell: str = "lstm"  # lstm, gru or rnn


PRESETS = {
    "ptb": Preset(10_000, 200, (256, 128), 60, 20, "sgd", 0),
    "brown": Preset(10_000, 200, (200, 200), 100, 25, "adam", 0.1),
    "zaremba-small": Preset(10_000, 200, (200, 200), 20, 20, "sgd", 0),
    "shakespeare": Preset(67, 256, (1024,), 64, 100, "adam", 0),
    "zaremba-medium": Preset(10_000, 650, (650, 650), 20, 35, "sgd", 0.5),
}

CELLS = ("lstm", "gru", "rnn")
TOKENS = {"generate": 100, "score": 2000}  # tokens per stream and call, unless --tokens is given
WARM_UP_CALLS = 2
MINIMUM_REPEATS = 5


def sizes(text):
    return tuple(int(part) for part in text.split(","))


def arguments(description, precisions, cells=CELLS, tasks=()):
    """A parser of the command line; flags for sizes replace those of the preset."""
    parser = argparse.ArgumentParser(description=description)
    if tasks:
        parser.add_argument("task", choices=tasks)
    parser.add_argument("config", choices=PRESETS)
    parser.add_argument("--precision", choices=precisions, default="float32")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=3, help="how long repeats go on after the warm-up")
    for name in ("vocabulary", "embedding", "batch"):
        parser.add_argument(f"--{name}", type=int)
    parser.add_argument("--sequence-length", type=int, dest="steps")
    parser.add_argument("--hidden", type=sizes, help="sizes, separated by commas")
    parser.add_argument("--cell", choices=cells)
    return parser


def inference_options(description, precisions, cells=CELLS):
    """The options of a script that generates and scores."""
    parser = arguments(description, precisions, cells, tasks=TOKENS)
    parser.add_argument("--streams", type=int, default=1)
    parser.add_argument("--tokens", type=int, help="tokens per stream and call (default: 100 generated, 2000 scored)")
    options = parser.parse_args()
    options.tokens = options.tokens or TOKENS[options.task]
    return options


def preset(options):
    """The chosen preset with the given sizes."""
    given = {field.name: getattr(options, field.name, None) for field in dataclasses.fields(Preset)}
    return dataclasses.replace(
        PRESETS[options.config], **{name: size for name, size in given.items() if size is not None})


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
    """The process's largest resident memory so far."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20


def print_training(engine, options, preset, seconds):
    """Prints the record of a training step that takes this many seconds."""
    print_record(engine, options, milliseconds=1e3 * seconds, tokensPerSecond=preset.batch * preset.steps / seconds)


def print_inference(engine, options, seconds):
    """Prints the record of a call that takes this many seconds; milliseconds are per generated token, or for the
    whole scored text.
    """
    steps = options.tokens if options.task == "generate" else 1
    print_record(engine, options, streams=options.streams, milliseconds=1e3 * seconds / steps,
                 tokensPerSecond=options.tokens * options.streams / seconds)


def print_record(engine, options, **figures):
    print(json.dumps({"engine": engine, "config": options.config, "precision": options.precision,
                      "threads": options.threads, **figures, "peakMiB": peak_mebibytes()}))
