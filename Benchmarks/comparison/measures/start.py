"""The time to the first output: the start of the program, and a model's first token."""
import pathlib
import statistics
import tempfile
import time

from .. import programs
from ..samples import Sample

REPEATS = 15


def groups(setting):
    repeats = 3 if setting.reduced else REPEATS
    yield "start", [
        lambda: [sample("mynah --version", [programs.MYNAH, "--version"], repeats)],
        lambda: first_token(repeats, setting.reduced),
    ]


def sample(case, command, repeats):
    programs.run(command)
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        programs.run(command)
        seconds.append(time.perf_counter() - start)
    return Sample("start", case, "mynah", "float32", 2, {"milliseconds": 1e3 * statistics.median(seconds)})


def first_token(repeats, reduced):
    """A model with E 256 and H 1024, as in the preset shakespeare, trained briefly to create a file."""
    hidden = 16 if reduced else 1024
    with tempfile.TemporaryDirectory() as folder:
        text, model = pathlib.Path(folder, "text.txt"), pathlib.Path(folder, "model.safetensors")
        sentences = (programs.ROOT / "Examples/Texts/sentences.txt").read_text()
        text.write_text(sentences[:4000])
        programs.run([programs.MYNAH, "train", text, "--output", model, "--tokenizer", "character", "--embedding", 256,
                      "--hidden", hidden, "--epochs", 1, "--learning-rate", 0.01])
        size = model.stat().st_size / 1e6
        command = [programs.MYNAH, "generate", model, "the", "--length", 1]
        return [sample(f"open a model of {size:.0f} MB and write a token", command, repeats)]
