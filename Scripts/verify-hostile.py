#!/usr/bin/env python3
"""Sends hostile input to a running `mynah serve`, and checks that valid requests still succeed.

    mynah serve MODEL --port 8080 &
    Scripts/verify-hostile.py http://127.0.0.1:8080 --pid $!

Each hostile request must get a status from 400 to 499, the status 503 or a closed connection within the time limit.
After each of them, a valid request must succeed within a second, with the same response as before. With --pid, the
memory of the server is also checked.
"""
import argparse
import contextlib
import json
import random
import resource
import socket
import struct
import sys
import threading
import time
import urllib.parse

import server_process

GOOD_SECONDS = 1.0
JSON_TYPE = "Content-Type: application/json"


class Failure(Exception):
    pass


def check(good, message):
    if not good:
        raise Failure(message)


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            return None


class Connection:
    """A socket from which replies are read; the reply is `None` if the connection was closed."""

    def __init__(self, address, limit, receive_buffer=None):
        self.end, self.buffer = time.monotonic() + limit, b""
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(10)
        self.socket.connect(address)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        """Sends bytes; returns whether the server still accepts them."""
        self.socket.settimeout(max(0.01, self.end - time.monotonic()))
        try:
            self.socket.sendall(data)
            return True
        except TimeoutError:
            raise Failure("the server neither reads nor closes the connection within the time limit") from None
        except OSError:
            return False

    def reset(self):
        """Closes the connection with RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def more(self):
        left = self.end - time.monotonic()
        if left <= 0:
            raise Failure("no answer and no closed connection within the time limit")
        self.socket.settimeout(left)
        try:
            data = self.socket.recv(65536)
        except TimeoutError:
            raise Failure("no answer and no closed connection within the time limit") from None
        except OSError:
            data = b""
        self.buffer += data
        return bool(data)

    def take(self, count):
        while len(self.buffer) < count:
            if not self.more():
                return None
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def until(self, end):
        while end not in self.buffer:
            if not self.more():
                return None
        data, _, self.buffer = self.buffer.partition(end)
        return data

    def reply(self, to_head=False):
        head = self.until(b"\r\n\r\n")
        if head is None:
            return None
        first, *lines = head.decode("latin-1").split("\r\n")
        parts = first.split(" ", 2)
        check(parts[0] in ("HTTP/1.1", "HTTP/1.0") and len(parts) > 1 and parts[1].isdigit(),
              f"the reply begins with {first[:60]!r}")
        status = int(parts[1])
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if to_head or status in (204, 304) or status < 200:
            return Reply(status, headers, b"")
        if headers.get("transfer-encoding", "").lower() == "chunked":
            body = b""
            while True:
                size = self.until(b"\r\n")
                if size is None:
                    return None
                count = int(size, 16)
                data = self.take(count + 2)
                if data is None:
                    return None
                body += data[:-2]
                if count == 0:
                    return Reply(status, headers, body)
        if "content-length" in headers:
            body = self.take(int(headers["content-length"]))
            return None if body is None else Reply(status, headers, body)
        while self.more():
            pass
        body, self.buffer = self.buffer, b""
        return Reply(status, headers, body)


class Target:
    """The server, with the expected response to a valid request."""

    def __init__(self, url, pid, limit):
        parts = urllib.parse.urlsplit(url)
        self.address, self.host = (parts.hostname, parts.port or 80), parts.netloc
        self.pid, self.limit, self.slowest, self.count = pid, limit, 0.0, 0
        self.body = json.dumps({"prompt": "", "max_tokens": 8, "temperature": 0}).encode()
        self.expected = None
        self.expected = self.good()
        check(self.expected, "the model generates nothing for an empty prompt")

    def connect(self, limit=None, receive_buffer=None):
        return Connection(self.address, limit or self.limit, receive_buffer)

    def request(self, method, path, *headers, body=b""):
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.host}", *headers]
        if body and not any(header.lower().startswith(("content-length", "transfer-encoding")) for header in headers):
            lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body

    def completion(self, body):
        return self.request("POST", "/v1/completions", JSON_TYPE, body=body)

    def good(self, limit=GOOD_SECONDS):
        """Sends a valid request; returns its text, which must always be the same."""
        begin = time.monotonic()
        with self.connect(limit=max(limit, 5)) as connection:
            connection.send(self.completion(self.body))
            reply = connection.reply()
        seconds = time.monotonic() - begin
        check(reply is not None, "a good request gets no answer")
        check(reply.status == 200, f"a good request gets {reply.status}: {reply.body[:200]!r}")
        check(seconds <= limit, f"a good request takes {seconds:.2f} s")
        if limit == GOOD_SECONDS:
            self.slowest = max(self.slowest, seconds)
        text = json.loads(reply.body)["choices"][0]["text"]
        check(self.expected in (None, text), f"a good request answers {text!r}, before it was {self.expected!r}")
        return text

    def send(self, data, shut=False, allowed=range(400, 500), to_head=False):
        """Sends bytes on a new connection; returns the reply, whose status must be allowed."""
        with self.connect() as connection:
            connection.send(data)
            if shut:
                with contextlib.suppress(OSError):
                    connection.socket.shutdown(socket.SHUT_WR)
            reply = connection.reply(to_head)
        check(reply is None or reply.status in allowed or reply.status == 503,
              f"the status is {reply and reply.status}: {reply and reply.body[:160]!r}")
        return reply


def attempt_all(target, group, cases):
    """Runs cases, which are pairs of a name and a function, each followed by a valid request; returns the failures."""
    failures, begin = [], time.monotonic()
    for name, function in cases:
        try:
            function()
            target.good()
        except (Failure, OSError, ValueError) as failure:
            failures.append(f"{group}: {name}: {type(failure).__name__}: {failure}")
    outcome = "FAILED" if failures else "ok    "
    print(f"{outcome}  {group}: {len(cases)} shapes, {time.monotonic() - begin:.1f} s", flush=True)
    for failure in failures:
        print(f"        {failure}", flush=True)
    target.count += len(cases)
    return failures


# JSON

def json_cases(target):
    """Bodies that are not JSON, or not valid for the endpoint."""
    long = b"[" * 200_000
    bodies = {
        "empty": b"", "white space": b" \n ", "null": b"null", "a number": b"1", "a string": b'"a"', "an array": b"[]",
        "true": b"true", "cut": b'{"prompt": "a', "trailing text": b'{"prompt": ""} x', "two objects": b'{}{}',
        "a comment": b'{"prompt": "" /* a */}', "single quotes": b"{'prompt': ''}", "no quotes": b'{prompt: ""}',
        "a trailing comma": b'{"prompt": "",}', "a control character": b'{"prompt": "\x01"}', "UTF-16":
        '{"prompt": ""}'.encode("utf-16"), "bad escape": b'{"prompt": "\\x41"}',
        "half an escape": b'{"prompt": "\\u12"}',
        "a lone surrogate": b'{"prompt": "\\ud800"}', "bytes that are not UTF-8": b'{"prompt": "\xff\xfe"}',
        "overlong UTF-8": b'{"prompt": "\xc0\xaf"}', "a surrogate in UTF-8": b'{"prompt": "\xed\xa0\x80"}',
        "UTF-8 above U+10FFFF": b'{"prompt": "\xf4\x90\x80\x80"}', "a cut character": b'{"prompt": "\xc3"}',
        "NUL outside of a string": b'{"prompt":\x00""}',
        "a duplicate key": b'{"prompt": "", "prompt": ""}',
        "a duplicate escaped key": b'{"prompt": "", "\\u0070rompt": ""}',
        "NaN": b'{"prompt": "", "temperature": NaN}', "Infinity": b'{"prompt": "", "temperature": Infinity}',
        "-Infinity": b'{"prompt": "", "temperature": -Infinity}', "1e999": b'{"prompt": "", "temperature": 1e999}',
        "-1e999": b'{"prompt": "", "temperature": -1e999}', "+1": b'{"prompt": "", "temperature": +1}',
        "01": b'{"prompt": "", "max_tokens": 01}', ".5": b'{"prompt": "", "temperature": .5}',
        "0x10": b'{"prompt": "", "max_tokens": 0x10}',
        "a long exponent": b'{"prompt": "", "n": 1e' + b"9" * 100_000 + b"}",
        "a long number": b'{"prompt": "", "max_tokens": ' + b"9" * 500_000 + b"}",
        "a long fraction": b'{"prompt": "", "max_tokens": 1.' + b"3" * 500_000 + b"}",
        "deep arrays": long, "deep arrays in a field": b'{"prompt": ' + long + b"1" + b"]" * 200_000 + b"}",
        "deep objects": b'{"a":' * 150_000 + b"1" + b"}" * 150_000,
        "deep and closed": b'{"logit_bias": ' + b'{"1":' * 100_000 + b"1" + b"}" * 100_001,
        "many unknown fields": b"{" + b",".join(b'"k%d":1' % index for index in range(60_000)) + b"}",
        "a long key": b'{"' + b"k" * 900_000 + b'": 1}',
        "a body over the limit": b'{"prompt": "' + b"a" * 40_000_000 + b'"}',
        "a prompt of 400,000 tokens": b'{"prompt": [' + b",".join([b"0"] * 400_000) + b"]}",
        "300,000 prompts": b'{"max_tokens": 1, "prompt": [' + b",".join([b'""'] * 300_000) + b"]}",
        "a long unknown model": b'{"model": "' + b"m" * 900_000 + b'"}',
        "200,000 stop strings": b'{"stop": [' + b",".join([b'"a"'] * 200_000) + b"]}",
        "a bias with 60,000 tokens": b'{"logit_bias": {' + b",".join(b'"%d":1000' % i for i in range(60_000)) + b"}}",
    }

    def case(body):
        def run():
            reply = target.send(target.completion(body) if body else target.request(
                "POST", "/v1/completions", JSON_TYPE, "Content-Length: 0"))
            # A body over the limit may be refused by closing the connection, because it is not read to its end.
            if len(body) < 1_000_000:
                check(reply is not None, "the connection is closed without an answer")
            if reply is not None:
                error = (reply.json() or {}).get("error")
                check(isinstance(error, dict) and {"message", "type", "param", "code"} <= set(error),
                      f"the error's body is {reply.body[:200]!r}")
                check(len(reply.body) < 4096, f"the error's body has {len(reply.body)} bytes")
        return run
    return [(name, case(body)) for name, body in bodies.items()]


WRONG = {"string": [1, True, [], {}, 1.5], "integer": ["1", True, [], {}, 1.5, -1, 10**12, -10**30, 10**30],
         "number": ["1", True, [], {}, -10**6, 1e300, -1e300, 10**40], "boolean": [0, 1, "true", [], {}],
         "tokens": [1.5, "x", {}, True, [-1], [1 << 31], [10**30], [0.5], ["a"], [None], [[[0]]], [True], [[0], 0]],
         "prompt": [1, 1.5, {}, True, [-1], [1 << 31], [10**30], [0.5], [None], [[[0]]], [True], [[0], 0], ["", 0]],
         "texts": [1, True, {}, [1], [None], [["a"]], [{}], []], "object": [1, "x", True, [], [1]],
         "stop": [1, True, {}, [1], [None], [["a"]]], 
         "bias": [1, "x", True, [], {"a": 1}, {"-1": 1}, {"0": "x"}, {"0": 101}, {"0": -101}, {"0": None},
                  {"9" * 40: 1}, {"": 1}]}
FIELDS = {
    "/v1/completions": dict(model="string", prompt="prompt", max_tokens="integer", temperature="number", top_p="number",
                            n="integer", best_of="integer", stream="boolean", stream_options="object",
                            logprobs="integer", echo="boolean", stop="stop", seed="seed", presence_penalty="number",
                            frequency_penalty="number", logit_bias="bias", user="string", suffix="string",
                            state="string", keep_state="boolean"),
    "/tokenize": dict(prompt="string", add_special_tokens="boolean", model="string"),
    "/detokenize": dict(tokens="tokens", model="string"),
    "/v1/score": dict(input="texts", alternatives="integer", model="string"),
    "/v1/suggestions": dict(context="string", prefix="string", count="integer", ignoreCase="boolean", model="string",
                            state="string"),
    "/v1/classify": dict(input="texts", model="string"),
    "/v1/states": dict(model="string", text="string", tokens="tokens"),
    "/v1/states/restore": dict(model="string"),
}
NEEDED = {"/tokenize": {"prompt": ""}, "/detokenize": {"tokens": []}, "/v1/score": {"input": ""},
          "/v1/classify": {"input": ""}}


def field_cases(target):
    """Wrong types and numbers out of range, for every field of every endpoint, and unknown fields."""
    def case(path, body):
        def run():
            reply = target.send(target.request("POST", path, JSON_TYPE, body=json.dumps(body).encode()))
            check(reply is not None, "the connection is closed without an answer")
            check(isinstance((reply.json() or {}).get("error"), dict), f"the error's body is {reply.body[:200]!r}")
        return run
    cases = []
    for path, fields in FIELDS.items():
        for field, kind in fields.items():
            wrong = ["1", True, [], {}, 1.5, 1 << 63, -10**30] if kind == "seed" else WRONG[kind]
            for value in wrong:
                cases.append((f"{path} {field} = {json.dumps(value)[:40]}",
                              case(path, {**NEEDED.get(path, {}), field: value})))
        cases.append((f"{path} with an unknown field", case(path, {**NEEDED.get(path, {}), "unknown": 1})))
    for path in ("/v1/states/state-0/feed", "/v1/states/state-0/next", "/v1/states/state-0/fork"):
        cases.append((path, case(path, {})))
    return cases


def type_cases(target):
    """Content types and encodings that are not plain JSON."""
    def case(*headers):
        return lambda: check(target.send(target.request("POST", "/v1/completions", *headers, body=target.body))
                             is not None, "the connection is closed without an answer")
    return [(" ".join(headers) or "no content type", case(*headers)) for headers in (
        (), ("Content-Type: text/plain",), ("Content-Type: application/x-www-form-urlencoded",), ("Content-Type: ",),
        ("Content-Type: multipart/form-data; boundary=a",), ("Content-Type: application/jsonx",),
        (JSON_TYPE, "Content-Encoding: gzip"))]


# HTTP

def shape_cases(target):
    """Request lines, lengths, chunks and headers that parsers read differently."""
    host, body = target.host, target.body
    smuggled = f"GET /health HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    size = b"%x" % len(body)

    def post(*headers):
        return "\r\n".join(["POST /v1/completions HTTP/1.1", f"Host: {host}", JSON_TYPE, *headers]).encode("latin-1")

    chunk = size + b"\r\n" + body + b"\r\n0\r\n\r\n"
    both = post(f"Content-Length: {len(body)}", "Transfer-Encoding: chunked")
    refused = {
        "Content-Length and Transfer-Encoding": both + b"\r\n\r\n0\r\n\r\n" + smuggled,
        "Transfer-Encoding and Content-Length": post("Transfer-Encoding: chunked", "Content-Length: 4")
        + b"\r\n\r\n" + chunk + smuggled,
        "two lengths": post(f"Content-Length: {len(body)}", "Content-Length: 0") + b"\r\n\r\n" + body + smuggled,
        "a list of lengths": post("Content-Length: 0, 5") + b"\r\n\r\n" + smuggled,
        "two transfer encodings": post("Transfer-Encoding: chunked", "Transfer-Encoding: identity")
        + b"\r\n\r\n" + chunk,
        "an unknown transfer encoding": post("Transfer-Encoding: xchunked") + b"\r\n\r\n" + chunk,
        "gzip as the transfer encoding": post("Transfer-Encoding: gzip") + b"\r\n\r\n" + chunk,
        "chunked, identity": post("Transfer-Encoding: chunked, identity") + b"\r\n\r\n" + chunk,
        "a space before the colon": post("Transfer-Encoding : chunked") + b"\r\n\r\n" + chunk + smuggled,
        "a tab before the colon": post("Content-Length\t: 5") + b"\r\n\r\n" + smuggled,
        "a header without a name": post(": 5", "Content-Length: 0") + b"\r\n\r\n",
        "a header without a colon": post("Content-Length", "Content-Length: 0") + b"\r\n\r\n",
        "a space in a name": post("Content Length: 5", "Content-Length: 0") + b"\r\n\r\n",
        "NUL in a header": post("X-A: a\0b", "Content-Length: 0") + b"\r\n\r\n",
        "NUL in a name": post("X\0A: b", "Content-Length: 0") + b"\r\n\r\n",
        "CR in a header": post("X-A: a\rContent-Length: 50", "Content-Length: 0") + b"\r\n\r\n",
        "a first header with a space": f"GET /health HTTP/1.1\r\n Host: {host}\r\n\r\n".encode(),
        "no host": b"GET /health HTTP/1.1\r\n\r\n",
        "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "TLS": bytes.fromhex("16030100ca010000c60303") + b"\0" * 100 + b"\r\n\r\n",
        "binary": random.Random(1).randbytes(4000) + b"\r\n\r\n", "NULs": b"\0" * 5000 + b"\r\n\r\n",
        "an unknown protocol": f"GET / HTTQ/1.1\r\nHost: {host}\r\n\r\n".encode(),
        "no version digits": f"GET / HTTP/\r\nHost: {host}\r\n\r\n".encode(),
        "spaces in the target": f"GET /health /ready HTTP/1.1\r\nHost: {host}\r\n\r\n".encode(),
        "no target": f"GET HTTP/1.1\r\nHost: {host}\r\n\r\n".encode(),
        "no method": f" / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode(),
    }
    for length in ("-1", "+5", "0x10", "1e3", "5 5", "five", "", "99999999999999999999999999", "18446744073709551617"):
        refused[f"Content-Length: {length}"] = post(f"Content-Length: {length}") + b"\r\n\r\n" + smuggled
    chunked = post("Transfer-Encoding: chunked") + b"\r\n\r\n"
    for name, data in {"-1": b"-1\r\n", "0x": b"0x" + size + b"\r\n", "a plus": b"+" + size + b"\r\n", "empty": b"\r\n",
                       "no digit": b"g\r\n", "too long": b"f" * 17 + b"\r\n", "an overflow": b"10000000000000005\r\n",
                       "a space": b"1 0\r\n", "a long extension": b"5;" + b"a" * 2_000_000 + b"\r\n"}.items():
        refused[f"chunk size: {name}"] = chunked + data + body + b"\r\n0\r\n\r\n" + smuggled
    refused["a chunk without an end of line"] = chunked + size + b"\r\n" + body + b"XX0\r\n\r\n" + smuggled
    refused["a chunk that is longer than its size"] = chunked + b"1\r\n" + body + b"\r\n0\r\n\r\n" + smuggled

    # RFC 9112 lets a server refuse these or read them as one request.
    rest = f"Host: {host}\r\nConnection: close\r\n\r\n"
    one = {
        "bare LF": f"GET /health HTTP/1.1\nHost: {host}\nConnection: close\n\n".encode(),
        "an obsolete folding": f"GET /health HTTP/1.1\r\nX-A: a\r\n b\r\n{rest}".encode(),
        "HTTP/0.9": b"GET /health\r\n\r\n", "HTTP/1.2": f"GET /health HTTP/1.2\r\n{rest}".encode(),
        "two hosts": f"GET /health HTTP/1.1\r\nHost: b\r\n{rest}".encode(),
        "equal lengths": post(f"Content-Length: {len(body)}", f"Content-Length: {len(body)}", "Connection: close")
        + b"\r\n\r\n" + body,
        "bare LF after a chunk size": post("Transfer-Encoding: chunked", "Connection: close") + b"\r\n\r\n"
        + size + b"\n" + body + b"\r\n0\r\n\r\n",
        "a folded transfer encoding": post("Transfer-Encoding:\r\n chunked", "Connection: close") + b"\r\n\r\n" + chunk,
    }

    def refuse(data):
        def run():
            with target.connect() as connection:
                connection.send(data)
                with contextlib.suppress(OSError):
                    connection.socket.shutdown(socket.SHUT_WR)
                replies = []
                while (reply := connection.reply()) is not None:
                    replies.append(reply.status)
            check(len(replies) <= 1, f"the request was read as several, which got {replies}")
            check(all(400 <= status < 500 for status in replies), f"the status is {replies}")
        return run

    def at_most_one(data):
        def run():
            with target.connect() as connection:
                connection.send(data)
                with contextlib.suppress(OSError):
                    connection.socket.shutdown(socket.SHUT_WR)
                replies = []
                while (reply := connection.reply()) is not None:
                    replies.append(reply.status)
            check(len(replies) <= 1 and all(status < 500 or status == 505 for status in replies), f"replies: {replies}")
        return run
    return ([(name, refuse(data)) for name, data in refused.items()]
            + [(name, at_most_one(data)) for name, data in one.items()])


def good_shape_cases(target):
    """Unusual but valid requests: HTTP/1.0, pipelines, Expect, absolute targets, chunks, HEAD, single bytes."""
    def read_all(data, expected):
        with target.connect() as connection:
            connection.send(data)
            statuses = []
            for _ in expected:
                reply = connection.reply()
                statuses.append(reply and reply.status)
            check(statuses == expected, f"the statuses are {statuses}, expected {expected}")

    def version():
        with target.connect() as connection:
            connection.send(b"GET /health HTTP/1.0\r\n\r\n")
            reply = connection.reply()
            check(reply is not None and reply.status == 200, f"HTTP/1.0 gets {reply and reply.status}")
            check(not connection.more() and not connection.buffer, "HTTP/1.0 leaves the connection open")

    def pipeline():
        health = target.request("GET", "/health")
        read_all((health + target.completion(target.body) + target.request("GET", "/nowhere")) * 3, [200, 200, 404] * 3)

    def expect_continue():
        with target.connect() as connection:
            connection.send(target.request("POST", "/v1/completions", JSON_TYPE, "Expect: 100-continue",
                                           f"Content-Length: {len(target.body)}"))
            # A client that receives no 100 sends the body after a while.
            connection.socket.settimeout(2)
            with contextlib.suppress(TimeoutError):
                connection.buffer += connection.socket.recv(65536)
            connection.send(target.body)
            reply = connection.reply()
            if reply is not None and reply.status == 100:
                reply = connection.reply()
            check(reply is not None and reply.status == 200, f"Expect: 100-continue gets {reply and reply.status}")

    def expect_too_much():
        with target.connect(limit=5) as connection:
            connection.send(target.request("POST", "/v1/completions", JSON_TYPE, "Expect: 100-continue",
                                           "Content-Length: 999999999"))
            reply = connection.reply()
            if reply is not None and reply.status == 100:
                reply = connection.reply()
            check(reply is None or reply.status in (413, 417), f"the status is {reply.status}")

    def too_much():
        with target.connect(limit=5) as connection:
            connection.send(target.request("POST", "/v1/completions", JSON_TYPE, "Content-Length: 999999999"))
            reply = connection.reply()
            check(reply is None or reply.status == 413, f"the status is {reply and reply.status}, expected 413")

    def chunks():
        data = b"".join(b"1;name=value\r\n%c\r\n" % byte for byte in target.body) + b"0\r\nX-Trailer: a\r\n\r\n"
        read_all(target.request("POST", "/v1/completions", JSON_TYPE, "Transfer-Encoding: chunked", body=data), [200])

    def single_bytes():
        with target.connect() as connection:
            connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in target.completion(target.body):
                connection.send(bytes([byte]))
            check(connection.reply().status == 200, "a request in single bytes is refused")

    def half_closed():
        with target.connect() as connection:
            connection.send(target.completion(target.body))
            connection.socket.shutdown(socket.SHUT_WR)
            reply = connection.reply()
            # The server treats it like a client that has left and drops it at once, unless the response is faster.
            check(reply is not None and (reply.status == 200 or reply.status == 400 and b"client_closed" in reply.body),
                  f"a half-closed request gets {reply and reply.status}")

    absolute = f"GET http://{target.host}/health HTTP/1.1\r\nHost: {target.host}\r\n\r\n".encode()
    other = b"GET http://example.com/health HTTP/1.1\r\nHost: example.com\r\n\r\n"
    below_500 = range(200, 500)
    return [("HTTP/1.0", version), ("a pipeline of nine", pipeline), ("Expect: 100-continue", expect_continue),
            ("Expect: 100-continue with a long body", expect_too_much), ("a long body that does not come", too_much),
            ("an absolute target", lambda: target.send(absolute, allowed=below_500)),
            ("an absolute target of another host", lambda: target.send(other, allowed=below_500)),
            ("an unknown expectation", lambda: target.send(target.request("GET", "/health", "Expect: b"),
                                                           allowed=below_500)),
            ("a body in chunks of one byte", chunks), ("a request in single bytes", single_bytes),
            ("a request whose client sends no more", half_closed),
            ("HEAD", lambda: target.send(target.request("HEAD", "/health"), allowed=below_500, to_head=True)),
            ("an upgrade", lambda: target.send(target.request("GET", "/health", "Upgrade: h2c", "Connection: Upgrade"),
                                               allowed=below_500))]


def method_cases(target):
    """Methods that a path does not support."""
    cases = []
    paths = {"/health": "GET", "/v1/models": "GET", "/v1/completions": "POST", "/tokenize": "POST", "/v1/score": "POST"}

    def case(method, path, right):
        def run():
            reply = target.send(target.request(method, path))
            if method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
                check(reply is not None and reply.status == 405, f"the status is {reply and reply.status}, not 405")
                check(right in reply.headers.get("allow", ""), f"Allow is {reply.headers.get('allow')!r}")
        return run
    for path, right in paths.items():
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "BREW", "get", "M" * 20_000,
                       "G\0T"):
            if method != right:
                cases.append((f"{method[:10]} {path}", case(method, path, right)))
    for path in ("/v1/completions", "*"):
        cases.append((f"OPTIONS {path}", lambda path=path: target.send(target.request("OPTIONS", path),
                                                                       allowed=range(200, 500))))
    return cases


def path_cases(target):
    """Paths that lead outside the served files, and long paths."""
    outside = ["/page/../../../../../../etc/passwd", "/../../../../etc/passwd", "/page/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
               "/page/..%2f..%2f..%2f..%2fetc%2fpasswd", "/page//etc/passwd", "/page/%2fetc%2fpasswd",
               "/page/..\\..\\etc\\passwd", "/page/..%5c..%5cetc%5cpasswd", "/page/%252e%252e%252fetc%252fpasswd",
               "/page/..%c0%af..%c0%afetc%c0%afpasswd", "/page/....//....//etc/passwd", "/page/page.css%00.html",
               "/page/%00", "/%00", "/page/.", "/page/..", "/page/", "/page", "/.git/config",
               "/v1/models/..%2f..%2fetc",
               "/v1/models/%00", "/v1/models/%ff%fe", "/v1/states/..", "/v1/states/%2e%2e%2fmodels", "/v1/models/",
               "/v1/models/a/b/c/d", "/nowhere", "/v1", "/v1/", "/V1/MODELS", "/%", "/%z", "/%zz", "/%f", "/\xff\xfe",
               "/v1/states/" + "a" * 4000, "/v1/models/" + "a" * 4000, "/" + "a" * 100_000, "/" + "a/" * 50_000,
               "/" + "%41" * 30_000, "nowhere", "?", "#", "/v1/models/name#fragment",
               "/v1/models/x/embeddings?count=1", "/v1/states/state-0?" + "a=b&" * 100]
    allowed = ["http://", "http:///", "//", "///health", "/./health", "/health/", "/health/..",
               "/health/../health", "/health?", "/health?%00",
               "/health?" + "a=b&" * 1000, "/health#fragment", "/health;a=b", "/he%61lth", "/v1/../health",
               "/health?" + "a" * 100_000]

    def case(path, statuses):
        def run():
            data = f"GET {path} HTTP/1.1\r\nHost: {target.host}\r\n\r\n".encode("latin-1")
            reply = target.send(data, allowed=statuses)
            check(reply is None or b"root:" not in reply.body, "a file from outside is served")
            check(reply is None or len(reply.body) < 4096 or reply.status == 200, "the error repeats a long path")
        return run
    return ([(path[:60], case(path, range(400, 500))) for path in outside]
            + [(path[:60], case(path, range(200, 500))) for path in allowed])


def flood_cases(target):
    """More and longer headers than any client sends, and endless bodies and headers."""
    def endless(begin, part, most):
        def run():
            with target.connect() as connection:
                connection.send(begin)
                sent = 0
                while connection.send(part):
                    sent += len(part)
                    check(sent <= most, f"the server still reads after {sent} bytes")
        return run
    many = [f"X-{index}: {index}" for index in range(20_000)]
    line = f"GET /health HTTP/1.1\r\nHost: {target.host}\r\n"
    chunked = target.request("POST", "/v1/completions", JSON_TYPE, "Transfer-Encoding: chunked")
    most = 64 << 20
    return [("20,000 headers", lambda: target.send(target.request("GET", "/health", *many))),
            ("a header of 1 MB", lambda: target.send(target.request("GET", "/health", "X-A: " + "a" * 1_000_000))),
            ("a name of 1 MB", lambda: target.send(target.request("GET", "/health", "X" * 1_000_000 + ": a"))),
            ("300 headers of 8 kB",
             lambda: target.send(target.request("GET", "/health", *["X-A: " + "a" * 8000] * 300))),
            ("1,000 cookies",
             lambda: target.send(target.request("GET", "/health", *["Cookie: a=" + "b" * 100] * 1000))),
            ("a header without an end", endless(line.encode() + b"X-A: ", b"a" * 65536, most)),
            ("headers without an end", endless(line.encode(), b"X-A: a\r\n" * 8192, most)),
            ("a request line without an end", endless(b"GET /", b"a" * 65536, most)),
            ("a method without an end", endless(b"G", b"A" * 65536, most)),
            ("empty lines without an end", endless(b"", b"\r\n" * 32768, most)),
            ("chunks without an end", endless(chunked, b"10000\r\n" + b" " * 65536 + b"\r\n", most)),
            ("chunks of one byte without an end", endless(chunked, b"1\r\n \r\n" * 10_000, most)),
            ("a chunk extension without an end", endless(chunked + b"1;", b"a" * 65536, most)),
            ("trailers without an end", endless(chunked + b"0\r\n", b"X-A: a\r\n" * 8192, most))]


# Time

def stream_request(target, tokens, **fields):
    body = {"prompt": "", "max_tokens": tokens, "stream": True, "temperature": 1, **fields}
    return target.completion(json.dumps(body).encode())


def vanishing(target, tokens):
    """Clients that leave in the middle of a stream, in three ways, more often than there are places for streams."""
    def leave(how):
        def run():
            for _ in range(100):
                with target.connect() as connection:
                    connection.send(stream_request(target, tokens))
                    check(connection.more(), "a stream does not begin")
                    if how == "reset":
                        connection.reset()
                    elif how == "shutdown":
                        connection.socket.shutdown(socket.SHUT_RDWR)
        return run

    def before_the_answer():
        for _ in range(100):
            with target.connect() as connection:
                connection.send(target.completion(json.dumps({"prompt": "", "max_tokens": tokens}).encode()))
                connection.reset()
    return [("clients that close", leave("close")), ("clients that reset", leave("reset")),
            ("clients that shut down", leave("shutdown")), ("clients that leave before the answer", before_the_answer)]


def not_reading(target, tokens):
    """Clients that do not read their streams."""
    def run(count, limit):
        before = target.pid and server_process.resident_bytes(target.pid)
        with contextlib.ExitStack() as stack:
            for _ in range(count):
                connection = stack.enter_context(target.connect(receive_buffer=2048))
                connection.send(stream_request(target, tokens, logprobs=5))
            end = time.monotonic() + 5
            while time.monotonic() < end:
                target.good(limit)
                time.sleep(0.2)
            if target.pid:
                grown = server_process.resident_bytes(target.pid) - before
                check(grown < 64 << 20, f"{count} clients that do not read cost {grown >> 20} MiB")
    return [("32 streams that are not read", lambda: run(32, GOOD_SECONDS)),
            ("32 more", lambda: run(32, GOOD_SECONDS)),
            # All places for streams are taken until the server closes such a connection.
            ("80 streams that are not read", lambda: run(80, target.limit))]


def slow_cases(target, count=50):
    """Clients that send a byte now and then, or nothing; all run at once, for as long as the time limit."""
    whole = target.completion(target.body)
    head = whole[:whole.index(b"\r\n\r\n") + 4]
    # Each case: what is sent at once, what is sent byte by byte, and whether the client sends no more.
    shapes = {"slow headers": (b"", whole[:-len(target.body) - 4] + b"\r\nX-A: " + b"a" * 10_000, False),
              "a slow body": (head, target.body[:-1] + b" " * 10_000, False),
              "slow chunks": (target.request("POST", "/v1/completions", JSON_TYPE, "Transfer-Encoding: chunked"),
                              b"1\r\n \r\n" * 2000, False),
              "headers that stop": (whole[:40], b"", False), "a body that stops": (whole[:-5], b"", False),
              "nothing": (b"", b"", False), "half-closed headers": (whole[:40], b"", True),
              "a half-closed body": (whole[:-5], b"", True), "half-closed at once": (b"", b"", True)}
    failures, lock, longest = [], threading.Lock(), {}

    def run(name, data, rest, is_half_closed):
        begin = time.monotonic()
        try:
            with target.connect(limit=target.limit + 5) as connection:
                connection.send(data)
                if is_half_closed:
                    connection.socket.shutdown(socket.SHUT_WR)
                position = 0
                connection.socket.settimeout(0.5)
                while True:
                    try:
                        part = connection.socket.recv(65536)
                        connection.buffer += part
                        if not part:
                            break
                    except TimeoutError:
                        pass
                    except OSError:
                        break
                    if time.monotonic() - begin > target.limit:
                        raise Failure(f"the connection is still open after {target.limit:.0f} s")
                    if position < len(rest):
                        with contextlib.suppress(OSError):
                            connection.socket.send(rest[position:position + 1])
                        position += 1
                if connection.buffer:
                    status = connection.buffer.split(b" ")[1][:3]
                    check(status[:1] == b"4" or status == b"503", f"the status is {status.decode()}")
        except (Failure, OSError, IndexError) as failure:
            with lock:
                failures.append(f"{name}: {failure}")
        with lock:
            longest[name] = max(longest.get(name, 0), time.monotonic() - begin)

    def all_at_once():
        threads = [threading.Thread(target=run, args=(name, *shape), daemon=True)
                   for name, shape in shapes.items() for _ in range(count)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            target.good()
            time.sleep(0.25)
        print("        closed after " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in longest.items()))
        distinct = sorted(set(failures))
        check(not failures, f"{len(failures)} of {len(threads)} connections: {'; '.join(distinct[:9])}")
    return [(f"{len(shapes)} shapes, {count} connections each", all_at_once)]


def connection_cases(target, wanted):
    """The maximum number of connections, idle, in the middle of a request, and after one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    server_limit = None
    if target.pid:
        with open(f"/proc/{target.pid}/limits") as file:
            line = next(line for line in file if line.startswith("Max open files"))
            server_limit = int(line.split()[3]) if line.split()[3].isdigit() else None
    count = min(wanted, hard - 200, (server_limit or hard) - 200)

    def run():
        opened, refused = [], 0
        try:
            begin = time.monotonic()
            for index in range(count):
                connection = socket.socket()
                connection.settimeout(10)
                try:
                    connection.connect(target.address)
                    if index % 3 == 1:
                        connection.send(b"POST /v1/completions HTTP/1.1\r\nHost: ")
                    elif index % 3 == 2:
                        connection.send(target.request("GET", "/health"))
                except OSError:
                    refused += 1
                opened.append(connection)
                if index % 500 == 499:
                    target.good()
            print(f"        {count} connections in {time.monotonic() - begin:.1f} s, {refused} refused (limit of open "
                  f"files here {hard}, of the server {server_limit or 'unknown'})")
            check(refused == 0, f"{refused} of {count} connections were refused")
            for _ in range(10):
                target.good()
        finally:
            for connection in opened:
                connection.close()
    return [(f"{count} connections", run)]


GROUPS = ["JSON", "fields", "content types", "shapes", "good shapes", "methods", "paths", "floods", "vanishing clients",
          "clients that do not read", "connections", "slow clients"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("url")
    parser.add_argument("--pid", type=int, help="the server's process id, to check its memory and life")
    parser.add_argument("--time-limit", type=float, default=60,
                        help="the seconds after which the server must have closed a connection (default: 60)")
    parser.add_argument("--connections", type=int, default=10_000, help="(default: 10000)")
    parser.add_argument("--tokens", type=int, default=4000, help="the length of long streams (default: 4000)")
    parser.add_argument("--only", choices=GROUPS, help="run one group")
    options = parser.parse_args()
    try:
        target = Target(options.url, options.pid, options.time_limit)
        before = options.pid and server_process.resident_bytes(options.pid)
        groups = {"JSON": json_cases, "fields": field_cases, "content types": type_cases, "shapes": shape_cases,
                  "good shapes": good_shape_cases, "methods": method_cases, "paths": path_cases, "floods": flood_cases,
                  "vanishing clients": lambda target: vanishing(target, options.tokens),
                  "clients that do not read": lambda target: not_reading(target, options.tokens),
                  "connections": lambda target: connection_cases(target, options.connections),
                  "slow clients": slow_cases}
        failures = []
        for group in GROUPS:
            if options.only in (None, group):
                failures += attempt_all(target, group, groups[group](target))
        if options.pid:
            grown = server_process.resident_bytes(options.pid) - before
            print(f"the server's memory grew by {grown / (1 << 20):.1f} MiB")
            if grown > 256 << 20:  # 10,000 connections take 16 KiB each, once
                failures.append(f"the server's memory grew by {grown >> 20} MiB")
    except (Failure, OSError) as failure:
        sys.exit(f"error: {failure}")
    if failures:
        sys.exit(f"error: {len(failures)} of {target.count} hostile shapes failed; the first: {failures[0]}")
    print(f"{target.count} hostile shapes; the slowest good request took {target.slowest:.3f} s")


if __name__ == "__main__":
    main()
