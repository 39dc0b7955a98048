"""Markdown tables, and the markers in documents that enclose them."""
import math


class Judge:
    """Formats figures with their targets and counts missed targets; without targets, it only formats figures."""

    def __init__(self, has_targets=True):
        self.has_targets = has_targets
        self.met = self.missed = 0

    def at_least(self, value, target):
        return self._judged(value, target, value is not None and target is not None and value >= target, "≥")

    def at_most(self, value, target):
        return self._judged(value, target, value is not None and target is not None and value <= target, "≤")

    def _judged(self, value, target, is_met, sign):
        if value is None or target is None or not self.has_targets:
            return number(value)
        self.met += is_met
        self.missed += not is_met
        return f"{number(value)} ({sign} {target:g}{'' if is_met else ', missed'})"


def number(value):
    """Three significant digits and all digits before the decimal point; – for None."""
    if value is None:
        return "–"
    if value == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{digits}f}"


def table(header, rows):
    """A Markdown table with aligned columns: the first left-aligned, the others right-aligned."""
    cells = [list(map(str, row)) for row in [header, *rows]]
    widths = [max(3, *(len(row[column]) for row in cells)) for column in range(len(header))]

    def line(row):
        first, *rest = (cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths)))
        return "| " + " | ".join([first, *rest]) + " |"

    rule = ["-" * widths[0]] + ["-" * (w - 1) + ":" for w in widths[1:]]
    return "\n".join([line(cells[0]), line(rule), *map(line, cells[1:])])


def put(document, name, text):
    """A document with a text between the markers of a name; unchanged if it has no such markers.

    The markers are the comments `<!-- compare NAME: begin -->` and `<!-- compare NAME: end -->`, on separate lines.
    """
    begin, end = (f"<!-- compare {name}: {edge} -->" for edge in ("begin", "end"))
    before, found, rest = document.partition(begin)
    _, closed, after = rest.partition(end)
    if not found:
        return document
    if not closed:
        raise ValueError(f"the mark {begin} has no {end} behind it")
    return f"{before}{begin}\n{text}\n{end}{after}"
