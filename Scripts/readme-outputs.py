#!/usr/bin/env python3
"""Runs the commands that README.md, or another page, shows after `$ ` and writes their standard output below them.

    swift build -c release
    Scripts/readme-outputs.py                      # rewrites README.md
    Scripts/readme-outputs.py docs/course/*.md     # rewrites these pages
    Scripts/readme-outputs.py --check [PAGE…]      # only runs them; the exit code is 1 if one fails

The model that the commands create is removed before they run and kept at the end.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"^```\n\$ (?P<command>.*)\n(?P<output>(?:.*\n)*?)```$", re.MULTILINE)


def run(match):
    print(f"$ {match['command']}", flush=True)
    done = subprocess.run(match["command"], shell=True, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    print(done.stdout, flush=True)
    if done.returncode != 0:
        sys.exit(f"error: the page's command ended with code {done.returncode}: {match['command']}")
    return f"```\n$ {match['command']}\n{done.stdout.rstrip()}\n```"


def main():
    for name in ("sentences.safetensors", "sentences.safetensors.training"):
        (ROOT / name).unlink(missing_ok=True)
    pages = [argument for argument in sys.argv[1:] if argument != "--check"] or [ROOT / "README.md"]
    for page in map(pathlib.Path, pages):
        text = BLOCK.sub(run, page.read_text())
        if "--check" not in sys.argv[1:]:
            page.write_text(text)


if __name__ == "__main__":
    main()
