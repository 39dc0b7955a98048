#!/usr/bin/env python3
"""Measures and draws the test perplexity that toolkits reach in some minutes of training on this machine.

    python3 Scripts/leaderboard.py measure FOLDER --data "Penn Treebank" --minutes 3,15 --torch /path/to/python
    python3 Scripts/leaderboard.py write

`measure` runs, one after another, `mynah train --minutes`, PyTorch (Benchmarks/Peers/minutes_torch.py, with
some settings of which the best counts) and a 5-gram model (`mynah ngram`, whose figures are those of KenLM), and adds their figures
to docs/leaderboard.json. Nothing else should run meanwhile. `write` makes the tables in docs/results.md and the plot
docs/leaderboard.svg of them.
"""
import argparse
import json
import math
import pathlib
import re
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
STORE = ROOT / "docs" / "leaderboard.json"
MYNAH = ROOT / ".build" / "release" / "mynah"
TORCH = "PyTorch, word_language_model"


def run(*words):
    start = time.monotonic()
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{words[0]}: {done.stderr.strip().splitlines()[-1]}")
    return done, time.monotonic() - start


def instruction_set():
    return json.loads(run(MYNAH, "bench", "peak", "--json")[0].stdout)["instructionSet"]


def mynah(folder, minutes):
    with tempfile.TemporaryDirectory() as scratch:
        done, seconds = run(MYNAH, "train", folder, "--minutes", minutes, "--json",
                            "--output", pathlib.Path(scratch) / "model.safetensors")
    model = re.search(r"^embedding .*?(?=:)", done.stderr, re.MULTILINE)[0]
    return {"toolkit": "Mynah, train --minutes", "settings": model,
            "test": json.loads(done.stdout.splitlines()[-1])["test"], "seconds": seconds}


def torch(python, settings, folder, minutes):
    """The best of some sizes and rates of dropout: the one with the lowest validation perplexity."""
    runs = []
    for hidden, dropout in (pair.split(":") for pair in settings.split(",")):
        done, seconds = run(python, ROOT / "Benchmarks/Peers/minutes_torch.py", folder, "--minutes", minutes,
                            "--hidden", hidden, "--dropout", dropout)
        figures = json.loads(done.stdout.splitlines()[-1])
        runs.append({"toolkit": TORCH, "test": figures["test"], "validation": figures["validation"], "seconds": seconds,
                     "settings": f"{figures['program']}, 2 × {hidden} units, dropout {dropout}, "
                                 f"{figures['epochs']} epochs, bfloat16"})
    return min(runs, key=lambda figures: figures.pop("validation"))


def ngram(folder):
    def part(name):
        return next(path for path in sorted(pathlib.Path(folder).iterdir()) if name in path.name)
    with tempfile.TemporaryDirectory() as scratch:
        model = pathlib.Path(scratch) / "5.arpa"
        _, seconds = run(MYNAH, "ngram", part("train"), "--order", 5, "--output", model)
        done, _ = run(MYNAH, "evaluate", model, part("test"), "--json")
    return {"toolkit": "5-gram, modified Kneser–Ney", "settings": "as KenLM estimates it",
            "test": json.loads(done.stdout.splitlines()[0])["perplexity"], "seconds": seconds}


def measure(options):
    store = json.loads(STORE.read_text()) if STORE.exists() else []
    shared = {"data": options.data, "machine": options.machine, "instructionSet": instruction_set()}

    def add(minutes, figures):
        entry = {**shared, "minutes": minutes, **figures}
        same = ("data", "machine", "instructionSet", "minutes", "toolkit")
        store[:] = [other for other in store if any(other[key] != entry[key] for key in same)] + [entry]
        STORE.write_text(json.dumps(store, indent=1, ensure_ascii=False) + "\n")
        print(json.dumps(entry, ensure_ascii=False), flush=True)

    if options.ngram:
        add(None, ngram(options.folder))
    for minutes in (float(value) for value in options.minutes.split(",")):
        add(minutes, mynah(options.folder, minutes))
        if options.torch:
            add(minutes, torch(options.torch, options.torch_settings, options.folder, minutes))


def table(entries):
    lines = ["| minutes | toolkit | test perplexity | time | settings |", "|--:|---|--:|--:|---|"]
    for entry in sorted(entries, key=lambda entry: (entry["minutes"] or 0, entry["test"])):
        minutes = f"{entry['minutes']:g}" if entry["minutes"] else "–"
        seconds = entry["seconds"]
        lines.append(f"| {minutes} | {entry['toolkit']} | {entry['test']:.2f} "
                     f"| {seconds // 60:.0f}:{seconds % 60:02.0f} | {entry['settings']} |")
    return "\n".join(lines)


def plot(groups):
    """A plot with logarithmic axes for each text: minutes to the right, test perplexity upwards."""
    width, height, margin = 420, 320, 56
    colours = {"Mynah, train --minutes": "#0b6e4f", TORCH: "#c8553d"}
    parts = []
    for index, (name, entries) in enumerate(groups):
        left = index * width
        timed = [entry for entry in entries if entry["minutes"]]
        values = [entry["test"] for entry in entries]
        low, high = math.log(min(values) * 0.93), math.log(max(values) * 1.07)
        first, last = math.log(min(e["minutes"] for e in timed) * 0.8), math.log(max(e["minutes"] for e in timed) * 1.6)

        def x(minutes):
            return left + margin + (math.log(minutes) - first) / (last - first) * (width - margin - 20)

        def y(value):
            return height - margin - (math.log(value) - low) / (high - low) * (height - margin - 44)

        parts.append(f'<text x="{left + margin}" y="24" class="title">{name}</text>')
        parts.append(f'<path class="axis" d="M{left + margin} 36V{height - margin}H{left + width - 20}"/>')
        for minutes in sorted({entry["minutes"] for entry in timed}):
            parts.append(f'<text x="{x(minutes):.1f}" y="{height - margin + 18}" class="mark">{minutes:g} min</text>')
        step = 10 if max(values) < 200 else 20
        for value in range(int(min(values) * 0.93 // step + 1) * step, int(max(values) * 1.07) + 1, step):
            parts.append(f'<path class="grid" d="M{left + margin} {y(value):.1f}H{left + width - 20}"/>')
            parts.append(f'<text x="{left + margin - 8}" y="{y(value) + 4:.1f}" class="value">{value}</text>')
        for entry in entries:
            if entry["minutes"] is None:
                parts.append(f'<path class="level" d="M{left + margin} {y(entry["test"]):.1f}H{left + width - 20}"/>')
                parts.append(f'<text x="{left + width - 24}" y="{y(entry["test"]) - 6:.1f}" class="value">'
                             f'{entry["toolkit"].split(",")[0]}</text>')
        for toolkit, colour in colours.items():
            points = sorted((e["minutes"], e["test"]) for e in timed if e["toolkit"] == toolkit)
            if not points:
                continue
            line = " ".join(f"{x(minutes):.1f},{y(value):.1f}" for minutes, value in points)
            parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
            parts += [f'<circle cx="{x(minutes):.1f}" cy="{y(value):.1f}" r="4" fill="{colour}"/>'
                      for minutes, value in points]
            minutes, value = points[-1]
            parts.append(f'<text x="{x(minutes) - 4:.1f}" y="{y(value) - 10:.1f}" class="value" fill="{colour}">'
                         f'{toolkit.split(",")[0]}</text>')
    style = ("text{font:12px sans-serif;fill:#333}.title{font-weight:bold}.mark{text-anchor:middle}"
             ".value{text-anchor:end}.axis{fill:none;stroke:#333}.grid{stroke:#ddd}.level{stroke:#888;"
             "stroke-dasharray:4 3}")
    total = width * len(groups)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {total} {height}" width="{total}" '
            f'height="{height}" role="img" aria-label="Test perplexity against minutes of training">'
            f"<style>{style}</style><rect width=\"{total}\" height=\"{height}\" fill=\"#fff\"/>"
            + "".join(parts) + "</svg>\n")


def write(_):
    store = json.loads(STORE.read_text())
    groups = {}
    for entry in store:
        groups.setdefault((entry["data"], entry["machine"], entry["instructionSet"]), []).append(entry)
    tables = [f"{data}, {machine} ({kind}):\n\n{table(entries)}" for (data, machine, kind), entries in groups.items()]
    page = ROOT / "docs" / "results.md"
    pattern = re.compile(r"(<!-- leaderboard: begin -->\n).*?(<!-- leaderboard: end -->)", re.DOTALL)
    page.write_text(pattern.sub(lambda match: match[1] + "\n\n".join(tables) + "\n" + match[2], page.read_text()))
    drawn = [(f"{data} ({kind})", entries) for (data, _, kind), entries in groups.items()
             if any(entry["minutes"] for entry in entries)]
    (ROOT / "docs" / "leaderboard.svg").write_text(plot(drawn))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True)
    measuring = commands.add_parser("measure", help="train for some minutes and keep the figures")
    measuring.add_argument("folder", help="a folder of texts with train, valid and test in their names")
    measuring.add_argument("--data", required=True, help="the name of the text")
    measuring.add_argument("--minutes", default="3,15")
    measuring.add_argument("--machine", required=True, help="the machine in words: '2 cores of a …'")
    measuring.add_argument("--torch", help="a Python with PyTorch; without it, PyTorch is not measured")
    measuring.add_argument("--torch-settings", default="200:0.2,300:0.3",
                           help="the sizes and rates of dropout to try: the best one counts")
    measuring.add_argument("--ngram", action="store_true", help="measure the 5-gram model as well")
    measuring.set_defaults(action=measure)
    commands.add_parser("write", help="write the tables and the plot").set_defaults(action=write)
    options = parser.parse_args()
    options.action(options)


if __name__ == "__main__":
    main()
