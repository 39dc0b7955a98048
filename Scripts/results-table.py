#!/usr/bin/env python3
"""Turns the JSON lines of `mynah reproduce NAME --json` into a Markdown table of docs/results.md.

    .build/release/mynah reproduce ptb --data FOLDER --json > ptb.jsonl
    Scripts/results-table.py ptb.jsonl                           # prints the table
    Scripts/results-table.py ptb.jsonl --into docs/results.md    # puts it between the recipe's marks there

The lines of several runs may be concatenated; if an epoch occurs twice, as in a resumed run, its last line counts.
"""
import argparse
import json
import pathlib
import sys


def pair(ours, reference):
    """Our figure, the reference's and the difference."""
    if reference is None:
        return [f"{ours:.2f}", "", ""]
    return [f"{ours:.2f}", f"{reference:.2f}", f"{100 * (ours / reference - 1):+.2f} %"]


def table(lines):
    epochs = list({line["epoch"]: line for line in lines if "epoch" in line}.values())
    tests = [line for line in lines if "verdict" in line]
    if not epochs:
        sys.exit("error: no epoch in the input; expected the output of mynah reproduce NAME --json")
    source = tests[-1].get("reference") if tests else None
    metrics = sorted({name for line in epochs for name in line.get("metrics") or {}})
    columns = ["epoch", "rate"]
    for part in ["train", "validation"]:
        if any(part in line for line in epochs):
            columns += [part, source or "", "difference" if source else ""]
    columns += metrics
    rows = [columns]
    for line in epochs:
        row = [str(line["epoch"]), f"{line['learningRate']:.6g}"]
        for part in ["train", "validation"]:
            if part in line:
                row += pair(line[part], line.get("reference" + part.capitalize()))
        rows.append(row + [f"{line['metrics'][name]:.4f}" for name in metrics])
    kept = [index for index in range(len(columns)) if columns[index]]
    rows = [[row[index] for index in kept] for row in rows]
    rows.insert(1, ["--:"] * len(kept))
    text = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    for line in tests[-1:]:
        if "test" in line:
            beside = ""
            if "referenceTest" in line:
                _, reference, difference = pair(line["test"], line["referenceTest"])
                beside = f" ({source}: {reference}, {difference})"
            text += f"\n\nTest perplexity after epoch {epochs[-1]['epoch']}: **{line['test']:.2f}**{beside}."
    return text


def put(text, recipe, path):
    begin_mark, end_mark = f"<!-- {recipe}: begin -->", f"<!-- {recipe}: end -->"
    page = path.read_text()
    before, begin, rest = page.partition(begin_mark)
    _, end, after = rest.partition(end_mark)
    if not (begin and end):
        sys.exit(f"error: {path} has no marks {begin_mark} and {end_mark}")
    path.write_text(f"{before}{begin}\n{text}\n{end}{after}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("log", type=pathlib.Path, help="JSON lines; other lines are passed over")
    parser.add_argument("--into", type=pathlib.Path, help="the page to put the table into")
    options = parser.parse_args()
    try:
        lines = [json.loads(line) for line in options.log.read_text().splitlines() if line.startswith("{")]
        text = table(lines)
        put(text, lines[-1].get("recipe", "ptb"), options.into) if options.into else print(text)
    except (OSError, ValueError, KeyError, IndexError) as problem:
        sys.exit(f"error: {options.log}: {problem!r}")


if __name__ == "__main__":
    main()
