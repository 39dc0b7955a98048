#!/usr/bin/env python3
"""Runs the commands that README.md shows behind `$ ` and writes their standard output below them.

    swift build -c release --product mynah
    Scripts/readme-outputs.py             # rewrites README.md
    Scripts/readme-outputs.py --check     # only runs them; the exit code is 1 if one fails

The model that the commands make is removed first and left behind at the end.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
BLOCK = re.compile(r"^```\n\$ (?P<command>.*)\n(?P<output>(?:.*\n)*?)```$", re.MULTILINE)


def run(match):
    print(f"$ {match['command']}", flush=True)
    done = subprocess.run(match["command"], shell=True, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    print(done.stdout, flush=True)
    if done.returncode != 0:
        sys.exit(f"error: the README's command ended with code {done.returncode}: {match['command']}")
    return f"```\n$ {match['command']}\n{done.stdout.rstrip()}\n```"


def main():
    for name in ("sentences.safetensors", "sentences.safetensors.training"):
        (ROOT / name).unlink(missing_ok=True)
    text = BLOCK.sub(run, README.read_text())
    if "--check" not in sys.argv[1:]:
        README.write_text(text)


if __name__ == "__main__":
    main()
