#!/usr/bin/env python3
"""Compares training by two ranks of one thread each with one process of two threads, on this machine.

    Scripts/rank-efficiency.py MYNAH [--rounds 3] [--only ptb,zaremba-medium,shakespeare]

MYNAH is a build with the trait MPI. The runs of each model alternate; each trains one epoch on a part of a published
text from MYNAH_DATA. Prints the median tokens per second, the efficiency (ranks divided by process), and the share of a
step for which a rank waits for the other one.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

# The text, the number of its bytes to train on, and the flags of each model.
MODELS = {
    "ptb": ("ptb/ptb.train.txt", 1_400_000, "--tokenizer word --embedding 200 --hidden 256,128 --batch 60 "
            "--sequence-length 20 --dropout 0 --learning-rate 0.5"),
    "zaremba-medium": ("ptb/ptb.train.txt", 330_000, "--tokenizer word --minimum-count 1 --embedding 650 "
                       "--hidden 650,650 --batch 20 --sequence-length 35 --dropout 0.5 --learning-rate 0.5"),
    "shakespeare": ("tinyshakespeare/input.txt", 330_000, "--tokenizer character --embedding 256 --hidden 1024 "
                    "--batch 64 --sequence-length 100 --optimizer adam --dropout 0 --learning-rate 0.001"),
}
RANKS = ["mpirun", "--allow-run-as-root", "--oversubscribe", "-n", "2"]


def train(launcher, mynah, text, flags, threads, output):
    """Trains an epoch and returns its line of figures."""
    command = [*launcher, mynah, "train", text, *flags.split(), "--shards", "2", "--epochs", "1", "--seed", "1",
               "--threads", str(threads), "--output", output, "--overwrite", "--json", "--quiet", "--profile"]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{' '.join(command)} failed: {result.stderr.strip()}")
    return json.loads(result.stdout.splitlines()[0])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mynah")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default=",".join(MODELS))
    arguments = parser.parse_args()
    data = pathlib.Path(os.environ.get("MYNAH_DATA", "data"))
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.only.split(","):
            path, size, flags = MODELS[name]
            text = pathlib.Path(folder, f"{name}.txt")
            text.write_bytes((data / path).read_bytes()[:size].rsplit(b"\n", 1)[0] + b"\n")
            alone, ranks, waits = [], [], []
            for _ in range(arguments.rounds):
                output = str(pathlib.Path(folder, "model.safetensors"))
                alone.append(train([], arguments.mynah, str(text), flags, 2, output)["tokensPerSecond"])
                figures = train(RANKS, arguments.mynah, str(text), flags, 1, output)
                ranks.append(figures["tokensPerSecond"])
                waits.append(figures["profile"]["exchange"])
            one, two = statistics.median(alone), statistics.median(ranks)
            print(f"{name:15} 1 process x 2 threads {one:8,.0f} tokens/s   2 ranks x 1 thread {two:8,.0f}   "
                  f"efficiency {statistics.median(b / a for a, b in zip(alone, ranks)):.3f}   "
                  f"waiting {statistics.median(waits):.1%}", flush=True)


if __name__ == "__main__":
    main()
