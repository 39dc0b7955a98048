#!/usr/bin/env python3
"""Measures and draws the test perplexity that toolkits reach in some minutes of training on this machine.

    python3 Scripts/leaderboard.py measure FOLDER --text "Penn Treebank" --machine "two cores of a …" --minutes 3,15
    python3 Scripts/leaderboard.py write

FOLDER contains texts with train, valid and test in their names. `measure` runs, one after another, a 5-gram model (with
--ngram), `mynah train --minutes`, and PyTorch's example word_language_model (with --torch PYTHON and
Benchmarks/Peers/minutes_torch.py), and stores the figures in docs/leaderboard.json. Nothing else should run meanwhile.
`write` generates the tables in docs/results.md and the plot docs/leaderboard.svg from that file.
"""
import argparse
import json
import math
import os
import pathlib
import re
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
STORE = ROOT / "docs" / "leaderboard.json"
PAGE = ROOT / "docs" / "results.md"
PLOT = ROOT / "docs" / "leaderboard.svg"
MYNAH = pathlib.Path(os.environ.get("MYNAH_BUILD", ROOT / ".build")) / "release" / "mynah"
COLOURS = {"Mynah": "#0b6e4f", "PyTorch": "#c8553d"}


# Measuring


def run(*words):
    start = time.monotonic()
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{words[0]}: {done.stderr.strip().splitlines()[-1]}")
    return done, time.monotonic() - start


def mynah(folder, minutes, models):
    with tempfile.TemporaryDirectory() as scratch:
        path = pathlib.Path(models or scratch) / f"minutes-{minutes:g}.safetensors"
        done, seconds = run(MYNAH, "train", folder, "--minutes", minutes, "--json", "--output", path)
    model = re.search(r"^embedding (\d+), (.*?), softmax", done.stderr, re.MULTILINE)
    epochs = re.search(r" in ([\d.]+) epochs", done.stderr)
    return {"toolkit": "Mynah", "settings": f"{model[2]}, embedding {model[1]}, {epochs[1]} epochs",
            "test": json.loads(done.stdout.splitlines()[-1])["test"], "seconds": seconds}


def torch(python, sizes, folder, minutes):
    """Trains with each of the sizes HIDDEN:DROPOUT; returns the run with the lowest validation perplexity."""
    runs = []
    for hidden, dropout in (pair.split(":") for pair in sizes.split(",")):
        done, seconds = run(python, ROOT / "Benchmarks/Peers/minutes_torch.py", folder, "--minutes", minutes,
                            "--hidden", hidden, "--dropout", dropout)
        figures = json.loads(done.stdout.splitlines()[-1])
        runs.append({"toolkit": "PyTorch", "test": figures["test"], "validation": figures["validation"],
                     "settings": f"2 × LSTM {hidden}, dropout {dropout}, {figures['epochs']} epochs",
                     "seconds": seconds})
    return min(runs, key=lambda figures: figures.pop("validation"))


def ngram(folder):
    """Estimates a 5-gram model with the vocabulary of a word model of the text."""
    def part(name):
        return next(path for path in sorted(pathlib.Path(folder).iterdir()) if name in path.name)

    with tempfile.TemporaryDirectory() as scratch:
        words, grams = pathlib.Path(scratch) / "words.safetensors", pathlib.Path(scratch) / "5.arpa"
        run(MYNAH, "train", folder, "--output", words, "--tokenizer", "word", "--hidden", 1, "--epochs", 0)
        _, seconds = run(MYNAH, "ngram", part("train"), "--order", 5, "--tokens-of", words, "--output", grams)
        done, _ = run(MYNAH, "evaluate", words, part("test"), "--mix", grams, "--weights", "0,1", "--json")
    return {"toolkit": "5-grams", "settings": "modified Kneser–Ney",
            "test": json.loads(done.stdout.splitlines()[0])["perplexity"], "seconds": seconds}


def measure(options):
    def keep(minutes, figures):
        entry = {"text": options.text, "machine": options.machine, "minutes": minutes, **figures}
        same = ("text", "machine", "minutes", "toolkit")
        store = json.loads(STORE.read_text()) if STORE.exists() else []
        store = [other for other in store if any(other[key] != entry[key] for key in same)] + [entry]
        STORE.write_text(json.dumps(store, indent=1, ensure_ascii=False) + "\n")
        print(json.dumps(entry, ensure_ascii=False), flush=True)

    if options.ngram:
        keep(None, ngram(options.folder))
    for minutes in (float(value) for value in options.minutes.split(",") if value):
        if not options.peers_only:
            keep(minutes, mynah(options.folder, minutes, options.models))
        if options.torch:
            keep(minutes, torch(options.torch, options.torch_sizes, options.folder, minutes))


# The page


def table(entries):
    lines = ["| minutes | toolkit | model | test perplexity |", "|--:|---|---|--:|"]
    for entry in sorted(entries, key=lambda entry: (entry["minutes"] or 0, entry["test"])):
        minutes = f"{entry['minutes']:g}" if entry["minutes"] else "–"
        figure = f"**{entry['test']:.2f}**" if entry["toolkit"] == "Mynah" else f"{entry['test']:.2f}"
        lines.append(f"| {minutes} | {entry['toolkit']} | {entry['settings']} | {figure} |")
    return "\n".join(lines)


class Panel:
    """The plot of a text: minutes on the x axis, perplexity on the y axis, both logarithmic."""

    width, height, margin = 420, 320, 48

    def __init__(self, title, entries, left):
        self.title, self.entries, self.left = title, entries, left
        self.timed = [entry for entry in entries if entry["minutes"]]
        minutes = [entry["minutes"] for entry in self.timed]
        self.times = (math.log(min(minutes) * 0.5), math.log(max(minutes) * 1.6))
        values = [entry["test"] for entry in entries]
        self.lowest, self.highest = min(values) * 0.93, max(values) * 1.07

    def x(self, minutes):
        first, last = self.times
        return self.left + self.margin + (math.log(minutes) - first) / (last - first) * (self.width - self.margin - 20)

    def y(self, value):
        share = math.log(value / self.lowest) / math.log(self.highest / self.lowest)
        return self.height - self.margin - share * (self.height - self.margin - 44)

    def across(self, kind, value):
        return f'<path class="{kind}" d="M{self.left + self.margin} {self.y(value):.1f}H{self.left + self.width - 20}"/>'

    def text(self, kind, x, y, words, colour="#333"):
        return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" fill="{colour}">{words}</text>'

    def drawing(self):
        left, right, bottom = self.left + self.margin, self.left + self.width - 20, self.height - self.margin
        yield self.text("title", left, 24, self.title)
        yield f'<path class="axis" d="M{left} 36V{bottom}H{right}"/>'
        for minutes in sorted({entry["minutes"] for entry in self.timed}):
            yield self.text("mark", self.x(minutes), bottom + 18, f"{minutes:g} min")
        for value in range(10 * math.ceil(self.lowest / 10), int(self.highest) + 1, 10):
            yield self.across("grid", value)
            yield self.text("value", left - 8, self.y(value) + 4, value)
        for entry in self.entries:
            if not entry["minutes"]:
                yield self.across("level", entry["test"])
                yield self.text("value", right - 4, self.y(entry["test"]) - 6, entry["toolkit"])
        for toolkit, colour in COLOURS.items():
            points = sorted((entry["minutes"], entry["test"]) for entry in self.timed if entry["toolkit"] == toolkit)
            if not points:
                continue
            line = " ".join(f"{self.x(minutes):.1f},{self.y(value):.1f}" for minutes, value in points)
            yield f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>'
            for minutes, value in points:
                yield f'<circle cx="{self.x(minutes):.1f}" cy="{self.y(value):.1f}" r="4" fill="{colour}"/>'
                yield self.text("value", self.x(minutes) - 8, self.y(value) + 14, f"{value:.1f}", colour)
            minutes, value = points[0]
            yield self.text("name", self.x(minutes) + 8, self.y(value) - 8, toolkit, colour)


def plot(groups):
    panels = [Panel(title, entries, index * Panel.width) for index, (title, entries) in enumerate(groups)]
    width, height = Panel.width * len(panels), Panel.height
    style = ("text{font:12px sans-serif}.title{font-weight:bold}.mark{text-anchor:middle}.value{text-anchor:end}"
             ".axis{fill:none;stroke:#333}.grid{stroke:#ddd}.level{stroke:#888;stroke-dasharray:4 3}")
    parts = "\n".join(part for panel in panels for part in panel.drawing())
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
            f'height="{height}" role="img" aria-label="Test perplexity against minutes of training">\n'
            f'<style>{style}</style>\n<rect width="{width}" height="{height}" fill="#fff"/>\n{parts}\n</svg>\n')


def write(_):
    groups = {}
    for entry in json.loads(STORE.read_text()):
        groups.setdefault((entry["text"], entry["machine"]), []).append(entry)
    tables = "\n\n".join(f"{text}, {machine}:\n\n{table(entries)}" for (text, machine), entries in groups.items())
    pattern = re.compile(r"(<!-- leaderboard: begin -->\n).*?(<!-- leaderboard: end -->)", re.DOTALL)
    PAGE.write_text(pattern.sub(lambda match: f"{match[1]}\n{tables}\n\n{match[2]}", PAGE.read_text()))
    # A single figure needs no plot.
    PLOT.write_text(plot([(text, entries) for (text, _), entries in groups.items() if len(entries) > 1]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True)
    measuring = commands.add_parser("measure", help="train for some minutes and keep the figures")
    measuring.add_argument("folder", help="a folder of texts with train, valid and test in their names")
    measuring.add_argument("--text", required=True, help="the name of the text")
    measuring.add_argument("--machine", required=True, help="the machine in words")
    measuring.add_argument("--minutes", default="3,15,60", help="times, joined by commas; empty: none")
    measuring.add_argument("--models", help="an existing folder that keeps Mynah's models, minutes-M.safetensors each")
    measuring.add_argument("--ngram", action="store_true", help="estimate the 5-grams")
    measuring.add_argument("--peers-only", action="store_true", help="leave Mynah's own runs out")
    measuring.add_argument("--torch", help="a Python with PyTorch; without it, PyTorch is left out")
    measuring.add_argument("--torch-sizes", default="200:0.2,300:0.3",
                           help="the units of its layers and the rates of dropout to try; the best run counts")
    measuring.set_defaults(action=measure)
    commands.add_parser("write", help="write the tables and the plot").set_defaults(action=write)
    options = parser.parse_args()
    options.action(options)


if __name__ == "__main__":
    main()
