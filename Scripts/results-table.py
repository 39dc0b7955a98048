#!/usr/bin/env python3
"""Turns the JSON lines of `mynah reproduce ptb --json` into the Markdown table of docs/results.md.

    .build/release/mynah reproduce ptb --data FOLDER --json > ptb.jsonl
    Scripts/results-table.py ptb.jsonl                      # prints the table
    Scripts/results-table.py ptb.jsonl --into docs/results.md    # puts it between the marks there
"""
import argparse
import json
import pathlib
import sys

BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
COLUMNS = ["epoch", "rate", "train", "PyTorch", "difference", "validation", "PyTorch", "difference"]


def pair(ours, reference):
    return [f"{ours:.2f}", f"{reference:.2f}", f"{100 * (ours / reference - 1):+.2f} %"]


def table(lines):
    epochs = [line for line in lines if "epoch" in line]
    tests = [line for line in lines if "test" in line]
    if not epochs:
        sys.exit("error: no epoch in the input; expected the output of mynah reproduce ptb --json")
    rows = [COLUMNS, ["--:"] * len(COLUMNS)]
    for line in epochs:
        rows.append([str(line["epoch"]), f"{line['learningRate']:.6g}",
                     *pair(line["train"], line["referenceTrain"]),
                     *pair(line["validation"], line["referenceValidation"])])
    text = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    for line in tests[-1:]:
        beside = ""
        if "referenceTest" in line:
            ours, reference, difference = pair(line["test"], line["referenceTest"])
            beside = f" (PyTorch: {reference}, {difference})"
        text += f"\n\nTest perplexity after epoch {epochs[-1]['epoch']}: **{line['test']:.2f}**{beside}."
    return text


def put(text, path):
    page = path.read_text()
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        sys.exit(f"error: {path} has no marks {BEGIN} and {END}")
    path.write_text(f"{before}{begin}\n{text}\n{end}{after}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("log", type=pathlib.Path, help="JSON lines; other lines are passed over")
    parser.add_argument("--into", type=pathlib.Path, help="the page to put the table into")
    options = parser.parse_args()
    try:
        lines = [json.loads(line) for line in options.log.read_text().splitlines() if line.startswith("{")]
        text = table(lines)
        put(text, options.into) if options.into else print(text)
    except (OSError, ValueError, KeyError) as problem:
        sys.exit(f"error: {options.log}: {problem!r}")


if __name__ == "__main__":
    main()
