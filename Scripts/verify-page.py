#!/usr/bin/env python3
"""Uses the page of a running `mynah serve` in a browser, with the keyboard, and takes screenshots of it.

    mynah serve MODEL &
    python3 Scripts/verify-page.py http://127.0.0.1:8080/ FOLDER [--browser chromium] [--token TOKEN]

The pictures of each tab, at three widths, light and dark, are written to FOLDER as TAB-WIDTH.png and
TAB-WIDTH-dark.png. It is an error if a view does not work, if text has too little contrast, if the focus cannot be
seen, or if the page is wider than the window, prints an error on the console, sends a request to another host, or
leaves states on the server. Needs Chromium or Chrome.
"""
import argparse
import contextlib
import json
import pathlib
import shlex
import sys
import tempfile
import time
import urllib.parse
import urllib.request

from browser_session import BrowserSession

TABS = ["write", "surprisal", "type", "map", "model"]
WIDTHS = [360, 820, 1440]
HEIGHT = 900
LONG_TEXT = 4000  # tokens

# The download rate while the script watches a text grow. On a busy machine, a small model generates hundreds of tokens
# between two frames; at this rate, 600 tokens take seconds on any machine.
SLOW = 200_000  # bytes per second

TOKENS = "document.querySelectorAll('#text .token')"
ITEMS = "document.querySelectorAll('#tree [role=treeitem]')"
IS_IDLE = "document.getElementById('generate').textContent === 'Generate'"
FOCUSED = "document.activeElement"
ALTERNATIVES = "[...document.querySelectorAll('#tip:not([hidden]) .alternative')]"
PATH = f"[...{TOKENS}].map((token) => token.textContent)"

# The headers of the script's own requests.
HEADERS = """(sessionStorage.getItem("mynah-token")
  ? { Authorization: `Bearer ${sessionStorage.getItem("mynah-token")}` } : {})"""

# Counts the tokens that are shown in each frame, and the longest time between two frames.
WATCH = f"""(() => {{
  const seen = window.seen = {{ counts: [], longest: 0 }};
  let before = performance.now();
  const look = () => {{
    const now = performance.now(), count = {TOKENS}.length;
    seen.longest = Math.max(seen.longest, now - before);
    before = now;
    if (count !== seen.counts.at(-1)) seen.counts.push(count);
    if (window.seen === seen) requestAnimationFrame(look);
  }};
  requestAnimationFrame(look);
}})()"""

# The element with the focus: its name, and whether it, or the row of a tree item, has an outline.
FOCUS = """(() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const style = getComputedStyle(element.getAttribute("role") === "treeitem" ? element.firstElementChild : element);
  const detail = element.id ? "#" + element.id : ` '${element.textContent.slice(0, 20)}'`;
  const name = element.tagName.toLowerCase() + detail;
  return [name, style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1];
})()"""

# The texts whose contrast with their background is below 4.5 (WCAG AA; 3 for large text).
CONTRAST = """(() => {
  const painter = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    painter.clearRect(0, 0, 1, 1);
    painter.fillStyle = colour;
    painter.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = painter.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3]));
  const luminance = (colour) => {
    const linear = (value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    const [r, g, b] = colour.map((value) => linear(value / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = new Set();
  for (const element of document.querySelectorAll("body *")) {
    const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!hasText || !element.checkVisibility() || element.closest(".unseen, :disabled, noscript, svg")) continue;
    const chain = [];
    for (let one = element; one; one = one.parentElement) chain.unshift(rgba(getComputedStyle(one).backgroundColor));
    const behind = chain.reduce((below, top) => over(top, below), [255, 255, 255]);
    const style = getComputedStyle(element), front = over(rgba(style.color), behind);
    const [low, high] = [luminance(front), luminance(behind)].sort((a, b) => a - b);
    const ratio = (high + 0.05) / (low + 0.05), isLarge = parseFloat(style.fontSize) >= 24;
    const name = `${element.tagName.toLowerCase()} '${element.textContent.trim().slice(0, 20)}'`;
    if (ratio < (isLarge ? 3 : 4.5)) found.add(`${name} (${ratio.toFixed(2)})`);
  }
  return [...found];
})()"""


class Recorder(BrowserSession):
    """A session that records the requests of the page."""

    def __init__(self, browser, profile):
        self.requests = []
        super().__init__(browser, profile)
        self.call("Network.enable")

    def take(self, message):
        if message.get("method") == "Network.requestWillBeSent":
            request = message["params"]["request"]
            self.requests.append((request["method"], request["url"]))
        super().take(message)

    def wait(self, expression, what, limit=30):
        """Waits until the expression is true."""
        end = time.monotonic() + limit
        while not self.evaluate(expression):
            if time.monotonic() > end:
                notice = self.evaluate("document.getElementById('notice').innerText")
                raise AssertionError(f"{what}: not within {limit} s" + (f"; the page says: {notice}" if notice else ""))
            time.sleep(0.02)

    def type(self, text):
        self.call("Input.insertText", text=text)

    def fill(self, element, text):
        """Replaces the text of a field, as a user who selects all of it does."""
        self.evaluate(f"document.getElementById('{element}').focus()")
        self.evaluate(f"document.getElementById('{element}').select()")
        if text:
            self.type(text)
        else:
            self.press("Delete")

    def tab_to(self, condition, what, limit=40):
        for _ in range(limit):
            self.press("Tab")
            if self.evaluate(condition):
                return
        raise AssertionError(f"the Tab key does not reach {what}")


def check(good, what):
    if not good:
        raise AssertionError(what)


def open_tab(session, name):
    """Goes to a tab with the arrow keys."""
    session.evaluate("document.querySelector('[role=tab][aria-selected=true]').focus()")
    for _ in TABS:
        if session.evaluate("location.hash") == f"#{name}":
            break
        session.press("ArrowRight")
    check(session.evaluate("location.hash") == f"#{name}", f"the arrow keys do not reach the tab {name}")
    shown = session.evaluate("[...document.querySelectorAll('[role=tabpanel]:not([hidden])')].map((one) => one.id)")
    check(len(shown) == 1, f"at #{name} the panels {shown} are shown")


@contextlib.contextmanager
def slow_network(session):
    """Limits the page's download rate to SLOW."""
    def limit(rate):
        session.call("Network.emulateNetworkConditions", offline=False, latency=0, downloadThroughput=rate,
                     uploadThroughput=-1)
    limit(SLOW)
    try:
        yield
    finally:
        limit(-1)


def generate(session, length):
    """Generates a text of some tokens with Ctrl+Enter; returns what the page showed meanwhile."""
    session.fill("length", str(length))
    session.evaluate("document.getElementById('prompt').focus()")
    session.evaluate(WATCH)
    session.press("Enter", control=True)
    session.wait(f"{TOKENS}.length > 0", "no token appears")
    session.wait(IS_IDLE, "the text does not end", 300)
    session.wait(f"{TOKENS}.length === {length}", f"the text does not have {length} tokens")
    seen = session.evaluate("window.seen")
    session.evaluate("window.seen = null")
    return seen


def verify_write(session, others):
    with slow_network(session):
        seen = generate(session, 600)
    grown = [count for count in seen["counts"] if count > 0]
    check(len(grown) >= 3 and grown == sorted(grown), f"the text does not grow: {grown[:10]} tokens are shown in turn")
    classes = session.evaluate(f"[...new Set([...{TOKENS}].flatMap((token) => [...token.classList]))]")
    steps = [name for name in classes if name in ("s0", "s1", "s2", "s3", "s4")]
    check(len(steps) >= 2, f"all tokens have the colour of {steps}")
    print(f"write: {len(grown)} sizes of the text shown while it grew, colours {' '.join(sorted(steps))}")

    # The alternatives of the focused token, and a branch.
    session.tab_to(f"{FOCUSED}.matches('#text .token')", "the text")
    for _ in range(4):
        session.press("ArrowRight")
    index = int(session.evaluate(f"{FOCUSED}.dataset.index"))
    check(index == 4, f"four times the right arrow leads to token {index}")
    names = session.evaluate(f"{ALTERNATIVES}.map((one) => one.innerText)")
    check(len(names) >= 5 and all("%" in name for name in names), f"the alternatives of the token are {names}")
    before = session.evaluate(PATH)
    session.press("Enter")
    check(session.evaluate(f"{FOCUSED}.matches('#tip button.alternative')"), "Enter does not lead to the alternatives")
    session.press("ArrowDown")
    if session.evaluate(f"{FOCUSED}.classList.contains('taken')"):
        session.press("ArrowDown")
    chosen = session.evaluate(f"{FOCUSED}.querySelector('.name').textContent")
    session.evaluate("document.getElementById('length').value = 40")
    session.press("Enter")
    session.wait(f"{ITEMS}.length === 2", "no branch appears in the tree")
    session.wait(f"{IS_IDLE} && {TOKENS}.length === {index + 41}", "the branch is not continued by 40 tokens")
    after = session.evaluate(PATH)
    check(after[:index] == before[:index], "the branch changes tokens before it")
    same = chosen in (after[index].strip(), "⏎") or chosen.strip("␣") == after[index].strip()
    check(same and after[index:] != before[index:], f"the branch starts with {after[index]!r}, not with {chosen!r}")
    check(session.evaluate(f"{ITEMS}[0].contains({ITEMS}[1]) && {ITEMS}[1].ariaSelected === 'true'"),
          "the branch is not below its text in the tree, or not selected")
    check(session.evaluate(f"{FOCUSED}.dataset.index") == str(index), "the branch's first token does not get the focus")
    check(any(url.endswith("/fork") for _, url in session.requests), "the page has not forked a state")

    # The tree.
    session.tab_to(f"{FOCUSED}.matches('[role=treeitem]')", "the tree")
    session.press("ArrowUp")
    check(session.evaluate(PATH) == before, "the up arrow in the tree does not show the first text")
    session.press("ArrowDown")
    check(session.evaluate(PATH) == after, "the down arrow in the tree does not show the branch")
    session.evaluate("document.getElementById('continue').focus()")
    session.press("Enter")
    session.wait(f"{IS_IDLE} && {TOKENS}.length === {index + 81}", "Continue does not write 40 more tokens")
    session.evaluate(f"{ITEMS}[1].focus()")
    deletions = [url for method, url in session.requests if method == "DELETE"]
    session.press("Delete")
    check(session.evaluate(f"{ITEMS}.length") == 1, "the Delete key does not delete a branch")
    session.evaluate("fetch('/health').then((answer) => answer.status)")
    check(len([url for method, url in session.requests if method == "DELETE"]) > len(deletions),
          "a deleted branch leaves its state on the server")

    # Expired states are recreated. States of other clients on the server are left alone.
    session.evaluate(f"""(async () => {{
      const {{ data }} = await (await fetch("/v1/states", {{ headers: {HEADERS} }})).json();
      const own = data.filter(({{ id }}) => !{json.dumps(sorted(others))}.includes(id));
      for (const {{ id }} of own) await fetch(`/v1/states/${{id}}`, {{ method: "DELETE", headers: {HEADERS} }});
    }})()""")
    session.evaluate("document.getElementById('continue').focus()")
    session.press("Enter")
    session.wait(f"{IS_IDLE} && {TOKENS}.length === 640", "a text whose states have expired is not continued")
    # The browser itself prints the status 404 of the expired state.
    session.complaints[:] = [text for text in session.complaints if "404" not in text]
    print(f"write: branch at token {index} with {chosen!r}, continued, deleted; expired states are made again")

    # Escape stops.
    session.fill("length", str(LONG_TEXT))
    session.evaluate("document.getElementById('prompt').focus()")
    with slow_network(session):
        session.press("Enter", control=True)
        session.wait(f"{TOKENS}.length > 0", "no token appears")
        session.press("Escape")
        check(session.evaluate(IS_IDLE), "Escape does not stop the text")
    session.wait(f"{TOKENS}.length < {LONG_TEXT}", "Escape does not stop the text")


def verify_long_text(session):
    seen = generate(session, LONG_TEXT)
    check(seen["longest"] < 2000, f"while a long text is written, nothing is drawn for {seen['longest']:.0f} ms")
    session.tab_to(f"{FOCUSED}.matches('#text .token')", "the text")
    begin = time.monotonic()
    for key in ["End", "ArrowLeft", "ArrowUp", "Home", "ArrowDown", "ArrowRight"]:
        session.press(key)
    session.evaluate("new Promise((done) => requestAnimationFrame(() => done(0)))")
    duration = time.monotonic() - begin
    check(duration < 5, f"six keys in a text of {LONG_TEXT} tokens take {duration:.2f} s")
    print(f"write: {LONG_TEXT} tokens, longest time between frames {seen['longest']:.0f} ms, "
          f"six keys {1000 * duration:.0f} ms")
    session.press("Escape")


def verify_surprisal(session, text):
    open_tab(session, "surprisal")
    session.fill("input", text)
    session.press("Enter", control=True)
    session.wait("document.querySelectorAll('#heat .token').length > 0", "the heat map does not appear")
    lines = session.evaluate("[...document.querySelectorAll('#heat .measured .line')].map((line) => line.textContent)")
    wanted = text.split("\n")
    check(lines == wanted, f"the heat map has the lines {lines}, expected {wanted}")
    totals = session.evaluate("document.getElementById('totals').innerText")
    check("Perplexity" in totals and "Bits" in totals, f"the totals are {totals!r}")
    session.tab_to(f"{FOCUSED}.matches('#heat .token')", "the heat map")
    tip = session.evaluate("document.getElementById('tip').innerText")
    check("bits" in tip and "rank" in tip and len(session.evaluate(ALTERNATIVES + ".map(String)")) == 5,
          f"the details of a token are {tip!r}")
    session.press("Escape")
    print(f"surprisal: {len(lines)} lines, {' '.join(totals.split())}")


def verify_type(session, word):
    open_tab(session, "type")
    session.evaluate("document.getElementById('typed').focus()")
    for letter in word[:2]:
        session.press(letter)
    offered = "[...document.querySelectorAll('.suggestions:not(.stale) .word')].map((one) => one.textContent)"
    fits = f"(one) => one.toLowerCase().startsWith('{word[:2].lower()}')"
    session.wait(f"{offered}.length > 0 && {offered}.every({fits})", f"no suggestions for {word[:2]!r}")
    first = session.evaluate(offered)[0]
    session.press("Tab")
    value = session.evaluate("document.getElementById('typed').value")
    check(value == f"{first} ", f"the Tab key turns {word[:2]!r} into {value!r}, expected {first + ' '!r}")
    session.wait(f"{offered}.length > 1", "no suggestions for the next word")
    second = session.evaluate(offered)[1]
    session.press("2")
    value = session.evaluate("document.getElementById('typed').value")
    check(value == f"{first} {second} ", f"the key 2 leads to {value!r}, expected {f'{first} {second} '!r}")
    session.wait(f"{offered}.length > 0", "no suggestions for the word after it")
    session.press("Escape")
    session.press("2")
    check(session.evaluate("document.getElementById('typed').value.endsWith(' 2')"), "after Escape, 2 is not a digit")
    session.press("Escape")
    session.press("Tab")
    check(session.evaluate(f"{FOCUSED}.id") != "typed", "after Escape, the Tab key does not leave the box")
    session.fill("typed", f"{first} {second} ")
    session.wait(f"{offered}.length > 0", "no suggestions for the text")
    print(f"type: {word[:2]!r} became {first!r} with Tab, {second!r} followed with 2")


def verify_map(session):
    marked = """(() => {
      const plot = document.getElementById("plot"), canvas = new OffscreenCanvas(plot.width, plot.height);
      const copy = canvas.getContext("2d", { willReadFrequently: true });
      copy.drawImage(plot, 0, 0);
      const { data } = copy.getImageData(0, 0, plot.width, plot.height);
      const mark = getComputedStyle(document.documentElement).getPropertyValue("--warm").trim().split(" ").map(Number);
      let count = 0;
      for (let i = 0; i < data.length; i += 4) {
        if (data[i + 3] > 250 && mark.every((value, part) => Math.abs(data[i + part] - value) < 4)) count += 1;
      }
      return count;
    })()"""
    frame = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(0))))"
    picture = "document.getElementById('plot').toDataURL()"
    open_tab(session, "map")
    session.wait("document.getElementById('map-empty').hidden", "the map does not appear")
    session.evaluate(frame)
    check(session.evaluate(marked) == 0, "tokens are highlighted before a search")
    words = session.evaluate(f"""(async () => {{
      const name = encodeURIComponent(document.getElementById("model-choice").value);
      const answer = await fetch(`/v1/models/${{name}}/embeddings`, {{ headers: {HEADERS} }});
      return (await answer.json()).tokens.map((token) => token.text);
    }})()""")
    word = next((word for word in words if word.isalpha() and len(word) > 2), words[min(3, len(words) - 1)])
    session.fill("find", word)
    session.evaluate(frame)
    matches = session.evaluate("[...document.querySelectorAll('.match')].map((one) => one.textContent)")
    check(matches and matches[0] == word, f"the matches of {word!r} are {matches}")
    count = session.evaluate(marked)
    check(count > 20, f"a search for {word!r} highlights nothing on the map ({count} pixels)")
    session.press("Enter")
    chosen = session.evaluate("document.getElementById('chosen').innerText")
    check(chosen.startswith(word), f"Enter does not select the match {word!r}, but {chosen!r}")
    session.evaluate("document.getElementById('plot').focus()")
    for key in ["0", "+", "ArrowLeft"]:
        before = session.evaluate(picture)
        session.press(key)
        session.evaluate(frame)
        check(session.evaluate(picture) != before, f"the key {key} does not change the map")
    session.press("0")
    print(f"map: {len(words)} tokens, {len(matches)} matches of {word!r}")


def verify_card(session):
    open_tab(session, "model")
    session.wait("document.querySelectorAll('.model').length > 0", "no model's card appears")
    name = session.evaluate("document.getElementById('model-choice').value")
    title, names, fields = session.evaluate("""(() => {
      const card = document.querySelector(".model"), texts = (all) => [...all].map((one) => one.innerText.trim());
      const title = card.querySelector("h2").textContent;
      return [title, texts(card.querySelectorAll("dt")), texts(card.querySelectorAll("dd"))];
    })()""")
    check(title == name, f"the first card is that of {title}, not of {name}")
    missing = {"Architecture", "Parameters", "Vocabulary", "Tokenizer", "Precision"} - set(names)
    check(not missing, f"the card lacks {' '.join(sorted(missing))}")
    check(all(fields) and not any("[object" in field for field in fields), f"the card's fields are {fields}")
    print(f"model: {name}, {len(fields)} fields")


def verify_curl(session, base):
    """Copies each tab's request as a command and reads it as a shell does."""
    quoted = "it's \"quoted\" \\ and 'so on'\n$HOME"
    wanted = {"write": ("/v1/completions", "prompt"), "surprisal": ("/v1/score", "input"),
              "type": ("/v1/suggestions", "context"), "map": ("/embeddings", None), "model": ("/v1/models", None)}
    fields = {"write": "prompt", "surprisal": "input", "type": "typed"}
    for name, (path, field) in wanted.items():
        open_tab(session, name)
        kept = None
        if field:
            kept = session.evaluate(f"document.getElementById('{fields[name]}').value")
            session.evaluate(f"document.getElementById('{fields[name]}').value = {json.dumps(quoted + ' ')}")
        copy = "card-copy" if name == "model" else f"{name}-copy"
        session.evaluate(f"document.getElementById('{copy}').focus()")
        session.press("Enter")
        session.wait("!document.getElementById('command').hidden", "the command is not shown")
        session.wait("document.getElementById('command-heading').textContent === 'Copied to the clipboard'",
                     "the page does not confirm the copy", 5)
        text = session.evaluate("document.getElementById('command-text').textContent")
        try:
            words = shlex.split(text.replace("\\\n", " "))
        except ValueError as error:
            raise AssertionError(f"a shell cannot read the command of {name} ({error}): {text!r}") from error
        check(words[0] == "curl" and any(word.startswith(base) and word.endswith(path) for word in words),
              f"the command of {name} is {text!r}")
        if field:
            body = json.loads(words[words.index("-d") + 1])
            check(body[field].startswith(quoted[:10]) and body[field].rstrip() == quoted.rstrip(),
                  f"the command of {name} contains {body[field]!r}, expected {quoted!r}")
            session.evaluate(f"document.getElementById('{fields[name]}').value = {json.dumps(kept)}")
        session.evaluate("document.getElementById('command-close').click()")
    print(f"curl: {len(wanted)} commands")


def verify_focus(session):
    """Goes through each tab with the Tab key."""
    for name in TABS:
        open_tab(session, name)
        seen = []
        for _ in range(30):
            session.press("Tab")
            focus = session.evaluate(FOCUS)
            if focus is None or focus[0].startswith("button#tab-") or focus[0] in seen:
                break
            seen.append(focus[0])
            check(focus[1], f"the focus of {focus[0]} cannot be seen")
            # In this box, the Tab key accepts suggestions until Escape hides them.
            if focus[0] == "textarea#typed":
                session.press("Escape")
        check(len(seen) >= 2, f"at #{name} the Tab key reaches {seen} only")
        print(f"focus at #{name}: {', '.join(seen)}")


def verify_looks(session, folder):
    """Takes the pictures; returns the complaints about contrast and width."""
    complaints = []
    for width in WIDTHS:
        for is_dark in (False, True):
            scheme = "dark" if is_dark else "light"
            session.call("Emulation.setDeviceMetricsOverride", width=width, height=HEIGHT, deviceScaleFactor=1,
                         mobile=False)
            session.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
            for name in TABS:
                open_tab(session, name)
                session.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
                if name == "type":
                    session.fill("typed", session.evaluate("document.getElementById('typed').value"))
                    session.wait("document.querySelector('.suggestions:not(.stale) .suggestion') !== null",
                                 "no suggestions for the picture")
                if name in ("write", "surprisal"):
                    box = "text" if name == "write" else "heat"
                    session.evaluate(f"document.querySelectorAll('#{box} .token')[3].click()")
                session.screenshot(folder / f"{name}-{width}{'-dark' if is_dark else ''}.png")
                wide = session.evaluate("document.documentElement.scrollWidth")
                if wide > width:
                    complaints.append(f"#{name} is {wide} pixels wide in a window of {width}")
                for found in session.evaluate(CONTRAST):
                    complaints.append(f"#{name}, {scheme}, {width}: the contrast of {found} is too low")
                session.press("Escape")
    return complaints


def states_of(base, token):
    request = urllib.request.Request(f"{base}/v1/states", headers={"Authorization": f"Bearer {token}"} if token else {})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return {state["id"] for state in json.load(answer)["data"]}


def verify_goodbye(session, base, token, before):
    own = states_of(base, token) - before
    check(own, "the page keeps no states while it is open")
    session.open("about:blank", 820, HEIGHT, False)
    end = time.monotonic() + 5
    while own & states_of(base, token):
        left = len(own & states_of(base, token))
        check(time.monotonic() < end, f"closing the page leaves {left} states on the server")
        time.sleep(0.1)
    print(f"closed: {len(own)} states deleted")


def verify(session, base, token, folder):
    before = states_of(base, token)
    session.open(f"{base}/", 1440, HEIGHT, False)
    if token:
        session.wait("document.getElementById('key').open", "no form asks for the token")
        session.type(f"not {token}")
        session.press("Enter")
        session.wait("document.getElementById('key-error').textContent !== ''", "no word about a refused token")
        session.type(token)
        session.press("Enter")
        session.wait("!document.getElementById('key').open", "the form does not accept the token")
    session.wait("!document.getElementById('generate').disabled", "no model appears")
    # The browser itself prints the 401 that makes the page show the form.
    session.complaints[:] = [text for text in session.complaints if not token or "401" not in text]
    verify_write(session, before)
    verify_long_text(session)
    # The pictures show a text with a branch and the details of a token.
    session.evaluate(f"while ({ITEMS}.length) document.getElementById('delete').click()")
    generate(session, 120)
    for number, steps in enumerate([1, 12, 7], 2):
        session.evaluate("document.getElementById('seed').focus()")
        session.tab_to(f"{FOCUSED}.matches('#text .token')", "the text")
        session.press("Home")
        for _ in range(steps):
            session.press("ArrowRight")
        session.press("Enter")
        session.press("Enter")
        session.wait(f"{ITEMS}.length === {number} && {IS_IDLE} && {TOKENS}.length === {steps + 121}",
                     f"branch {number} does not appear", 60)
    # One more with the pointer.
    session.click("#text .token[data-index='5']")
    session.click("#tip li:nth-child(2) button")
    session.wait(f"{ITEMS}.length === 5 && {IS_IDLE} && {TOKENS}.length === 126", "clicks do not make a branch", 60)
    text = session.evaluate("document.getElementById('text').innerText")
    lines = [line.strip() for line in text.split("\n") if line.strip()][:6]
    word = next((word for line in lines for word in line.split() if word.isalpha() and len(word) > 2), lines[0][:3])
    verify_surprisal(session, "\n".join(lines))
    verify_type(session, word)
    verify_map(session)
    verify_card(session)
    verify_curl(session, base)
    verify_focus(session)
    complaints = verify_looks(session, folder)
    verify_goodbye(session, base, token, before)
    check(not complaints, "; ".join(sorted(set(complaints))))


def main():
    parser = argparse.ArgumentParser(description="Uses the page of a running mynah serve in a browser.")
    parser.add_argument("address")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--browser", default="chromium")
    parser.add_argument("--token")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    parts = urllib.parse.urlsplit(arguments.address)
    base = f"{parts.scheme}://{parts.netloc}"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        session = Recorder(arguments.browser, profile)
        try:
            verify(session, base, arguments.token, arguments.folder)
            failure = None
        # An OSError is what urllib raises if the server cannot be reached or refuses the token.
        except (AssertionError, RuntimeError, TimeoutError, OSError) as error:
            failure = str(error)
            session.screenshot(arguments.folder / "failure.png")
        session.close()
    others = {url for _, url in session.requests if not url.startswith((base + "/", "data:", "about:"))}
    complaints = [failure] if failure else []
    complaints += [f"the page sends requests to {' '.join(sorted(others))}"] if others else []
    complaints += [f"printed on the console: {text}" for text in session.complaints]
    for complaint in complaints:
        print(f"error: {complaint}")
    if complaints:
        sys.exit(1)
    print(f"{len(session.requests)} requests, all to {base}; pictures in {arguments.folder}")


if __name__ == "__main__":
    main()
