#!/usr/bin/env python3
"""Trains models with different settings for the same time and prints a table of the results.

    python3 Scripts/measure-plans.py FOLDER --minutes 3 "" "--hidden 200" "--hidden 400" "--hidden 300,300 --dropout 0.3"

Each argument after the text is a set of flags for `mynah train --minutes`; the plan chooses the other settings, so an
empty argument is the plan itself. The constants of PlanningRule.swift were chosen from such tables (docs/planning.md).
Nothing else should run meanwhile.
"""
import argparse
import json
import os
import pathlib
import re
import shlex
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def train(text, minutes, flags, output):
    """Trains a model and returns its figures, including the sizes of the plan."""
    program = pathlib.Path(os.environ.get("MYNAH_BUILD", ROOT / ".build")) / "release" / "mynah"
    start = time.monotonic()
    run = subprocess.run(
        [program, "train", text, "--output", output, "--overwrite", "--minutes", str(minutes), "--json",
         *shlex.split(flags)], capture_output=True, text=True)
    if run.returncode:
        raise SystemExit(f"{flags}: {run.stderr.strip().splitlines()[-1]}")
    figures = json.loads(run.stdout.splitlines()[-1])
    plan = re.search(r"in ([\d.]+) epochs.*?\(([\d.]+) each of ([\d,]+)\)", run.stderr, re.DOTALL)
    model = re.search(r"^embedding .*$", run.stderr, re.MULTILINE)
    return {**figures, "seconds": time.monotonic() - start, "epochs": plan[1], "perWeight": plan[2],
            "weights": plan[3], "model": model[0].split(":")[0]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("text", help="a text, or a folder of texts for training, validation and test")
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("flags", nargs="+", help="sets of flags, each one argument")
    options = parser.parse_args()
    print("| flags | model | weights | epochs | tokens per weight | time | validation | test |")
    print("|---|---|--:|--:|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        for flags in options.flags:
            figures = train(options.text, options.minutes, flags, pathlib.Path(folder) / "model.safetensors")
            test = f"{figures['test']:.2f}" if figures.get("test") else "–"
            print(f"| `{flags or 'none'}` | {figures['model']} | {figures['weights']} | {figures['epochs']} "
                  f"| {figures['perWeight']} | {figures['seconds']:.0f} s | {figures['validation']:.2f} | {test} |",
                  flush=True)


if __name__ == "__main__":
    main()
