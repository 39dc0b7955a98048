"""A page in a headless Chromium, controlled through the DevTools protocol over a pipe.

https://chromedevtools.github.io/devtools-protocol/
"""
import base64
import json
import os
import select
import subprocess
import time

KEYS = {"Tab": 9, "Enter": 13, "Escape": 27, "Home": 36, "End": 35, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39,
        "ArrowDown": 40, "Delete": 46}


class BrowserSession:
    """One browser with one page. `complaints` collects console errors, exceptions and blocked resources."""

    def __init__(self, browser, profile):
        (child_in, self.out), (self.inward, child_out) = os.pipe(), os.pipe()
        # The browser reads commands from descriptor 3 and writes replies to descriptor 4.
        command = f'exec "$0" "$@" 3<&{child_in} 4>&{child_out}'
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-pipe",
                 f"--user-data-dir={profile}", "about:blank"]
        # The browser's own output is about the machine (no D-Bus, no GPU), not about the page.
        self.process = subprocess.Popen(["bash", "-c", command, browser, *flags], pass_fds=(child_in, child_out),
                                        stderr=subprocess.DEVNULL)
        os.close(child_in), os.close(child_out)
        self.number, self.buffer, self.replies, self.events = 0, b"", {}, []
        self.session, self.complaints = None, []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setFocusEmulationEnabled", enabled=True)

    def close(self):
        self.session = None
        self.call("Browser.close")
        self.process.wait(timeout=30)

    # Messages

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        number = self.number
        self.receive(lambda: number in self.replies, method)
        reply = self.replies.pop(number)
        if "error" in reply:
            raise RuntimeError(f"{method}: {reply['error']['message']}")
        return reply["result"]

    def receive(self, is_done, what, limit=60):
        end = time.monotonic() + limit
        while not is_done():
            if not select.select([self.inward], [], [], max(0, end - time.monotonic()))[0]:
                raise TimeoutError(f"no answer to {what} in {limit} s")
            data = os.read(self.inward, 1 << 20)
            if not data:
                raise RuntimeError(f"the browser ended at {what}")
            *messages, self.buffer = (self.buffer + data).split(b"\0")
            for message in messages:
                self.take(json.loads(message))

    def take(self, message):
        if "id" in message:
            self.replies[message["id"]] = message
            return
        method, parameters = message["method"], message.get("params", {})
        self.events.append(method)
        if method == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description") or details["text"])
        elif method == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "warning", "assert"):
            self.complaints.append(" ".join(str(value.get("value")) for value in parameters["args"]))
        elif method == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
            self.complaints.append(parameters["entry"]["text"])

    # Pages

    def open(self, address, width, height, is_dark):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        # An address that differs only in the fragment would not reload the page.
        for place in ("about:blank", address):
            self.events.clear()
            self.call("Page.navigate", url=place)
            self.receive(lambda: "Page.loadEventFired" in self.events, place)

    def evaluate(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{expression}: {result['exceptionDetails']['exception']['description']}")
        return result["result"].get("value")

    def press(self, key, shift=False, control=False):
        """Presses a key: the name of one in KEYS, or a character."""
        code = KEYS.get(key, ord(key[0].upper()))
        modifiers = (8 if shift else 0) + (2 if control else 0)
        text = "" if control else {"Enter": "\r"}.get(key, "" if key in KEYS else key)
        for kind in ("keyDown" if text else "rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code,
                      modifiers=modifiers, **({"text": text} if text and kind == "keyDown" else {}))

    def click(self, selector):
        """Clicks the middle of an element after scrolling to it."""
        x, y = self.evaluate(f"""(() => {{
          const element = document.querySelector({json.dumps(selector)});
          element.scrollIntoView({{ block: "center" }});
          const box = element.getBoundingClientRect();
          return [box.left + box.width / 2, box.top + box.height / 2];
        }})()""")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def screenshot(self, path):
        # Waits for two frames, so that the changes of the last event are painted.
        self.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(0))))")
        data = self.call("Page.captureScreenshot", format="png")["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))
