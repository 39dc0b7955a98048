#!/usr/bin/env python3
"""Takes screenshots of pages in a browser, at three widths, light and dark, and uses each page with the keyboard.

    python3 Scripts/photograph-pages.py BROWSER FOLDER PAGE…

PAGE is a file in FOLDER; the pictures are written there too, as PAGE-WIDTH.png and PAGE-WIDTH-dark.png. It is an error
if a page prints an error on the console, is wider than the window, has an element whose focus cannot be seen, or does
not do what USES lists.
"""
import pathlib
import re
import sys

from browser_session import BrowserSession

WIDTHS = [390, 820, 1440]
HEIGHT = 900

TIP = "document.getElementById('tip').hidden ? null : document.getElementById('tip').textContent"
UNIT = "document.getElementById('unit').value"
STATUS = "document.getElementById('status').textContent"
VIEW = "JSON.stringify(view)"

# For pages whose names begin with the key: keys to press or elements to click, a JavaScript expression, a description
# of its expected change, and the condition on its values before and after the actions.
USES = {
    "surprisal": [
        ("ArrowRight ArrowRight", TIP, "changes", lambda then, now: now and now != then),
        ("ArrowRight ArrowDown End", TIP, "changes", lambda then, now: now and now != then),
        ("ArrowRight Escape", TIP, "is empty", lambda then, now: now is None),
        ("click(.line:last-child [data-p]) Home", TIP, "changes", lambda then, now: now and now != then),
    ],
    "surprisal-compare": [
        ("Tab ArrowRight", "document.querySelector('[name=view]:checked').value", "is 'difference'",
         lambda then, now: now == "difference"),
        ("ArrowRight", TIP, "has two models", lambda then, now: "1: " in now and "2: " in now),
    ],
    "units": [
        ("ArrowRight ArrowRight", UNIT, "changes", lambda then, now: now != then),
        ("Tab Tab Tab End", "document.activeElement.ariaChecked + document.activeElement.textContent", "is chosen",
         lambda then, now: now.startswith("true") and "variance" in now),
        ("click(#units button:nth-child(3))", UNIT, "changes", lambda then, now: now != then),
        ("Tab Tab ArrowDown", "document.getElementById('meaning').textContent", "changes with the ranking",
         lambda then, now: now != then),
    ],
    "map": [
        ("Tab d r a g Enter", STATUS, "is 'dragon'", lambda then, now: now.startswith("dragon")),
        ("click(#map) + + ArrowLeft", VIEW, "moves", lambda then, now: now != then),
        ("click(#map) Enter", STATUS, "names a token", lambda then, now: "near:" in now),
        ("click(#in) click(#all)", VIEW, "returns", lambda then, now: now == then),
        ("Tab Tab ArrowDown", "document.getElementById('colour').value", "changes", lambda then, now: now != then),
    ],
}

# The name of the focused element, and whether it has a visible outline.
FOCUS = """(() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const style = getComputedStyle(element);
  const name = element.tagName.toLowerCase() + (element.id ? "#" + element.id : "");
  return [name, style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1];
})()"""


def photograph(session, folder, page):
    """Takes the pictures of a page; returns the complaints."""
    complaints = []
    for width in WIDTHS:
        for is_dark in (False, True):
            session.open(f"file://{folder}/{page}", width, HEIGHT, is_dark)
            session.screenshot(folder / f"{page}-{width}{'-dark' if is_dark else ''}.png")
            wide = session.evaluate("document.documentElement.scrollWidth")
            if page.endswith(".html") and wide > width:
                complaints.append(f"is {wide} pixels wide in a window of {width}")
    return complaints


def visit(session, folder, page):
    """Steps through a page with the Tab key; returns the complaints."""
    session.open(f"file://{folder}/{page}", 820, HEIGHT, False)
    seen, complaints = [], []
    for _ in range(40):
        session.press("Tab")
        focus = session.evaluate(FOCUS)
        if focus is None or focus[0] in seen and "#" in focus[0]:
            break
        seen.append(focus[0])
        if not focus[1]:
            complaints.append(f"does not show the focus of {focus[0]}")
    print(f"{page}: focus order {' '.join(seen) or 'empty'}")
    return complaints if seen else ["has nothing that the tab key reaches"]


def use(session, folder, page):
    """Performs the actions in USES, with a picture after each; returns the complaints."""
    complaints = []
    cases = [case for name, cases in USES.items() if page.startswith(name) for case in cases]
    for number, (actions, expression, expected, is_right) in enumerate(cases, 1):
        session.open(f"file://{folder}/{page}", 820, HEIGHT, False)
        before = session.evaluate(expression)
        for action in re.findall(r"click\(.*?\)(?= |$)|\S+", actions):
            if action.startswith("click("):
                session.click(action[6:-1])
            else:
                session.press(action)
        after = session.evaluate(expression)
        session.screenshot(folder / f"{page}-use{number}.png")
        if not is_right(before, after):
            complaints.append(f"after {actions}: {expression} should be such that it {expected}; "
                              f"found {before!r}, then {after!r}")
    return complaints


def main():
    browser, folder, pages = sys.argv[1], pathlib.Path(sys.argv[2]).resolve(), sys.argv[3:]
    session = BrowserSession(browser, folder / "browser")
    failed = False
    for page in pages:
        session.complaints.clear()
        complaints = photograph(session, folder, page)
        if page.endswith(".html"):
            complaints += visit(session, folder, page) + use(session, folder, page)
        for complaint in complaints + [f"printed on the console: {text}" for text in session.complaints]:
            print(f"error: {page} {complaint}")
            failed = True
    session.close()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
