#!/usr/bin/env python3
"""Runs `mynah demo` and writes its output, with its timing, to docs/demo.svg, an animation for README.md.

    swift build -c release --product mynah
    Scripts/record-demo.py

The animation plays once, in at most ten seconds; without animations (prefers-reduced-motion) the whole text is shown.
"""
import html
import pathlib
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
COMMAND = "swift run -c release mynah demo"
LONGEST = 10  # seconds
COLUMNS, CHARACTER, LINE, MARGIN = 88, 7.8, 17, 16

STYLE = """
text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#24292f;white-space:pre}
.frame{fill:#f6f8fa;stroke:#d0d7de}.typed{font-weight:bold}.line{opacity:0;animation:show .01s linear forwards}
@keyframes show{to{opacity:1}}
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.frame{fill:#161b22;stroke:#30363d}}
@media (prefers-reduced-motion:reduce){.line{opacity:1;animation:none}}
"""


def record():
    """The lines that the demo prints and the times in seconds at which it prints them."""
    start, lines = time.monotonic(), []
    process = subprocess.Popen(
        [ROOT / ".build/release/mynah", "demo"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT)
    for line in process.stdout:
        lines.append((time.monotonic() - start, line.rstrip()))
    if process.wait() != 0:
        raise SystemExit("error: the demo failed; run it by hand to see why")
    return lines


def picture(lines):
    scale = min(1, LONGEST / max(seconds for seconds, _ in lines))
    height = MARGIN * 2 + LINE * (len(lines) + 1)
    width = MARGIN * 2 + CHARACTER * COLUMNS
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" '
        f'width="{width:.0f}" height="{height}">',
        f"<title>The output of {COMMAND}</title><style>{STYLE}</style>",
        f'<rect class="frame" x=".5" y=".5" width="{width - 1:.0f}" height="{height - 1}" rx="8"/>',
        f'<text class="typed" x="{MARGIN}" y="{MARGIN + 12}">$ {html.escape(COMMAND)}</text>']
    for number, (seconds, line) in enumerate(lines, 1):
        if line:
            parts.append(
                f'<text class="line" style="animation-delay:{0.5 + seconds * scale:.2f}s" xml:space="preserve" '
                f'x="{MARGIN}" y="{MARGIN + 12 + LINE * number}">{html.escape(line[:COLUMNS])}</text>')
    return "\n".join(parts + ["</svg>"]) + "\n"


def main():
    (ROOT / "docs/demo.svg").write_text(picture(record()))


if __name__ == "__main__":
    main()
