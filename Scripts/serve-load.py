#!/usr/bin/env python3
"""Loads a running `mynah serve` and prints its figures as JSON.

    Scripts/serve-load.py streams URL --streams 64 --tokens 200 --seconds 20
    Scripts/serve-load.py health URL --streams 64 --seconds 20
    Scripts/serve-load.py soak URL --pid PID --streams 64 --seconds 600

`streams` runs n streams at once, each of them one completion after another, and then one stream alone; it measures the
tokens per second and the time to the first token. `health` requests /health every 10 ms while streams run. `soak` runs
requests of all kinds, some of which are abandoned by their clients at a random moment, and compares each complete
response with the response to the same request, run alone at the start. The exit code is 1 if a response is wrong or
lost, or if the server's memory grew by more than 5 % after the first fifth of the time.
"""
import argparse
import asyncio
import concurrent.futures
import json
import random
import selectors
import socket
import sys
import time
import urllib.parse

import server_process


class Lost(Exception):
    """Raised if a connection ends before its response."""


class Server:
    def __init__(self, url, model, key):
        parts = urllib.parse.urlsplit(url)
        self.host, self.port, self.netloc = parts.hostname, parts.port or 80, parts.netloc
        self.model, self.key = model, key

    def request(self, method, path, body=None):
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.netloc}"]
        if self.key:
            lines.append(f"Authorization: Bearer {self.key}")
        data = b""
        if body is not None:
            if self.model and path == "/v1/completions":
                body = {"model": self.model, **body}
            data = json.dumps(body).encode()
            lines += ["Content-Type: application/json", f"Content-Length: {len(data)}"]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + data


class Connection:
    """A connection that is kept for several requests."""

    def __init__(self, server):
        self.server, self.reader, self.writer = server, None, None

    async def send(self, data):
        if self.writer is None or self.writer.is_closing() or self.reader.at_eof():
            self.close()
            self.reader, self.writer = await asyncio.open_connection(self.server.host, self.server.port, limit=1 << 20)
        self.writer.write(data)

    def close(self):
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None

    def abort(self):
        """Closes the connection with RST."""
        if self.writer is not None:
            self.writer.transport.abort()
        self.reader = self.writer = None

    async def head(self):
        """Returns the status and the headers."""
        try:
            block = await self.reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise Lost(f"no answer: {error}") from None
        first, *lines = block.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
        return int(first.split(" ")[1]), headers

    async def pieces(self, headers):
        """Yields the pieces of a body."""
        try:
            if headers.get("transfer-encoding") == "chunked":
                while True:
                    size = int(await self.reader.readuntil(b"\r\n"), 16)
                    piece = await self.reader.readexactly(size + 2)
                    if size == 0:
                        break
                    yield piece[:-2]
            elif "content-length" in headers:
                yield await self.reader.readexactly(int(headers["content-length"]))
            else:
                while piece := await self.reader.read(1 << 16):
                    yield piece
                self.close()
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise Lost(f"an answer is cut: {error}") from None
        if headers.get("connection", "").lower() == "close":
            self.close()

    async def fetch(self, data):
        await self.send(data)
        status, headers = await self.head()
        return status, b"".join([piece async for piece in self.pieces(headers)])


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))] if values else None


def milliseconds(values):
    return {"count": len(values), "p50": round(1000 * percentile(values, 0.5), 3),
            "p99": round(1000 * percentile(values, 0.99), 3), "max": round(1000 * max(values), 3)} if values else None


# Streams

# Streams are read this often once their first event has arrived, so that this program leaves the cores to the server.
SWEEP_SECONDS = 0.02


class StreamConnection:
    """A connection that runs one stream after another."""

    def __init__(self, server, parameters, number):
        self.server, self.parameters, self.seed = server, parameters, number * 1_000_000
        self.socket = None
        # The first stream is shorter, so that the streams of all connections end at different moments.
        self.next_tokens = random.Random(number).randrange(1, parameters["max_tokens"] + 1)
        self.resume_at = 0.0

    def start(self):
        """Sends the next request."""
        self.seed += 1
        body = {**self.parameters, "max_tokens": self.next_tokens, "seed": self.seed, "stream": True}
        self.next_tokens = self.parameters["max_tokens"]
        if self.socket is None:
            self.socket = socket.create_connection((self.server.host, self.server.port), timeout=10)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(10)
        self.socket.sendall(self.server.request("POST", "/v1/completions", body))
        self.socket.setblocking(False)
        self.sent, self.tail, self.head, self.has_begun = time.perf_counter(), b"", b"", False

    def read(self):
        """Reads what has arrived; returns the number of events, and whether the stream has ended."""
        count, is_ended = 0, False
        while True:
            try:
                data = self.socket.recv(1 << 18)
            except BlockingIOError:
                return count, is_ended
            if not data:
                raise Lost("a stream is cut")
            if len(self.head) < 12:
                self.head += data[:12 - len(self.head)]
            joined = self.tail + data
            count += joined.count(b"data: {") - self.tail.count(b"data: {")
            self.tail = joined[-24:]
            # The end of a chunked body, which may come in the chunk of [DONE] or after it.
            is_done = b"[DONE]" in self.tail and self.tail.endswith(b"\r\n0\r\n\r\n")
            is_ended = is_done or not self.head.startswith(b"HTTP/1.1 200")
            if is_ended:
                return count, True

    def close(self):
        if self.socket is not None:
            self.socket.close()
        self.socket = None


def run_streams(server, parameters, count, seconds):
    """Runs streams for some seconds after a second of warming up; returns the figures."""
    begin = time.perf_counter() + 1
    end, next_sweep = begin + seconds, 0.0
    first, before, finished, refused, lost = [], None, 0, 0, 0
    selector = selectors.DefaultSelector()
    waiting = [StreamConnection(server, parameters, number) for number in range(count)]
    running = set()
    while (now := time.perf_counter()) < end:
        if before is None and now >= begin:
            before, begin = generated_tokens(server), time.perf_counter()
        for connection in [connection for connection in waiting if connection.resume_at <= now]:
            waiting.remove(connection)
            try:
                connection.start()
                selector.register(connection.socket, selectors.EVENT_READ, connection)
            except OSError:
                lost += 1
                connection.close()
                connection.resume_at = now + 0.1
                waiting.append(connection)
        # Streams whose first event has not arrived are read at once, the others in sweeps.
        ready = [key.data for key, _ in selector.select(max(0, next_sweep - now))]
        now = time.perf_counter()
        if now >= next_sweep:
            ready += running
            next_sweep = now + SWEEP_SECONDS
        for connection in ready:
            try:
                events, is_ended = connection.read()
            except (Lost, OSError):
                lost += 1
                events, is_ended = 0, True
                if connection not in running:
                    selector.unregister(connection.socket)
                connection.close()
            if events and not connection.has_begun:
                connection.has_begun = True
                if begin <= connection.sent:
                    first.append(now - connection.sent)
                selector.unregister(connection.socket)
                running.add(connection)
            if is_ended:
                if connection.socket is not None and connection not in running:
                    # The response is not a stream; its connection is not used again.
                    selector.unregister(connection.socket)
                    status = connection.head[9:12].decode()
                    if status not in ("429", "503"):
                        raise SystemExit(f"error: a stream gets {status}")
                    refused += 1
                    connection.close()
                    connection.resume_at = now + 1
                elif connection.socket is not None:
                    finished += begin <= now
                running.discard(connection)
                waiting.append(connection)
    tokens, end = generated_tokens(server) - before, time.perf_counter()
    for connection in [*waiting, *running, *(key.data for key in selector.get_map().values())]:
        connection.close()
    return {"streams": count, "tokensPerSecond": round(tokens / (end - begin), 1), "firstTokenMilliseconds": milliseconds(first),
            "finished": finished, "refused": refused, "lost": lost}


def generated_tokens(server):
    """Returns the number of tokens generated by the server, from its metrics, since a chunk may contain several."""
    with socket.create_connection((server.host, server.port), timeout=10) as connection:
        connection.sendall(server.request("GET", "/metrics").replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
        text = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    lines = [line for line in text.split(b"\n") if line.startswith(b"mynah_generated_tokens_total{")]
    if not lines:
        raise SystemExit("error: /metrics has no generated tokens")
    return sum(int(line.split()[-1]) for line in lines)


async def run_load(server, options, count, seconds):
    """Runs streams in a separate process; returns the figures."""
    parameters = {"prompt": options.prompt, "max_tokens": options.tokens}
    with concurrent.futures.ProcessPoolExecutor(1) as pool:
        loop = asyncio.get_running_loop()
        figures = await loop.run_in_executor(pool, run_streams, server, parameters, count, seconds)
    return figures


async def streams(server, options):
    many = await run_load(server, options, options.streams, options.seconds)
    one = await run_load(server, options, 1, min(options.seconds, 10))
    is_good = all(figures["lost"] == 0 and figures["tokensPerSecond"] > 0 for figures in (many, one))
    ratio = many["tokensPerSecond"] / one["tokensPerSecond"] if is_good else None
    return {"mode": "streams", "tokens": options.tokens, "many": many, "one": one,
            "ratio": ratio and round(ratio, 2)}, is_good


async def health(server, options):
    times, failed = [], 0
    load = asyncio.create_task(run_load(server, options, options.streams, options.seconds))
    connection, data = Connection(server), server.request("GET", "/health")
    # Gives the load a second to start.
    await asyncio.sleep(1)
    while not load.done():
        begin = time.perf_counter()
        try:
            status, _ = await connection.fetch(data)
            failed += status != 200
            times.append(time.perf_counter() - begin)
        except (Lost, OSError):
            failed += 1
            connection.close()
        await asyncio.sleep(0.01)
    connection.close()
    figures = await load
    is_good = failed == figures["lost"] == 0 and figures["tokensPerSecond"] > 0
    return {"mode": "health", "healthMilliseconds": milliseconds(times), "failed": failed, "load": figures}, is_good


# Soak

def soak_requests(prompt, tokens):
    """Returns the requests whose texts are compared."""
    source, requests = random.Random(1), []
    for seed in range(40):
        request = {"prompt": prompt, "max_tokens": source.randrange(1, tokens), "seed": seed}
        if seed % 4 == 1:
            request["temperature"] = source.choice([0, 0.5, 1.5])
        if seed % 4 == 2:
            request |= {"top_p": 0.8, "presence_penalty": 0.5}
        if seed % 5 == 3:
            request["n"] = 3
        if seed % 7 == 4:
            request |= {"echo": True, "logprobs": 2}
        if seed % 6 == 5:
            request["stop"] = ["e", ". "]
        requests.append(request)
    # Long prompts, which the server reads in parts while it serves the others.
    for seed in range(4):
        requests.append({"prompt": [0] * 2000, "max_tokens": 5, "seed": seed})
    return requests


def answer(body):
    """Returns the part of a response that must be equal for equal requests."""
    return [(choice["index"], choice["text"], choice["finish_reason"], choice["logprobs"])
            for choice in sorted(json.loads(body)["choices"], key=lambda choice: choice["index"])]


def streamed_answer(body):
    choices = {}
    events = body.split(b"\n\n")
    if b"data: [DONE]" not in events[-2:]:
        raise Lost("a stream ends without [DONE]")
    for event in events:
        if not event.startswith(b"data: {"):
            continue
        for choice in json.loads(event[6:])["choices"]:
            found = choices.setdefault(choice["index"], ["", None, None])
            found[0] += choice["text"]
            found[1] = choice["finish_reason"]
            for name, values in (choice["logprobs"] or {}).items():
                found[2] = found[2] or {}
                found[2].setdefault(name, []).extend(values)
    return [(index, *choices[index]) for index in sorted(choices)]


async def soak(server, options):
    requests = soak_requests(options.prompt, options.tokens)
    connection, expected = Connection(server), []
    for request in requests:
        status, body = await connection.fetch(server.request("POST", "/v1/completions", request))
        if status != 200:
            raise SystemExit(f"error: {request} gets {status}: {body[:300].decode(errors='replace')}")
        expected.append(answer(body))
    connection.close()
    end = time.monotonic() + options.seconds
    counts = dict.fromkeys(("right", "wrong", "lost", "refused", "left"), 0)
    examples, samples, times = [], [], []

    async def client(number):
        source, connection = random.Random(number), Connection(server)
        while time.monotonic() < end:
            index = source.randrange(len(requests))
            is_stream = source.random() < 0.5
            request = {**requests[index], **({"stream": True} if is_stream else {})}
            data = server.request("POST", "/v1/completions", request)
            try:
                if source.random() < 0.3:
                    # This client disconnects before or during the response, with FIN or RST.
                    await connection.send(data)
                    try:
                        await asyncio.wait_for(connection.reader.read(source.choice([1, 500, 5000])),
                                               source.expovariate(20))
                    except asyncio.TimeoutError:
                        pass
                    counts["left"] += 1
                    connection.abort() if source.random() < 0.5 else connection.close()
                    continue
                begin = time.monotonic()
                status, body = await connection.fetch(data)
                if status in (429, 503):
                    counts["refused"] += 1
                    await asyncio.sleep(0.2 * source.random())
                    continue
                if status != 200:
                    raise Lost(f"status {status}: {body[:200].decode(errors='replace')}")
                times.append(time.monotonic() - begin)
                # A stream's logprobs come in parts, which are joined.
                is_right = (streamed_answer(body) if is_stream else answer(body)) == expected[index]
                counts["right" if is_right else "wrong"] += 1
                if not is_right and len(examples) < 5:
                    examples.append(f"{request}: {body[:300].decode(errors='replace')}")
            except (Lost, OSError, ValueError) as error:
                counts["lost"] += 1
                if len(examples) < 5:
                    examples.append(f"{request}: {type(error).__name__}: {error}")
                connection.close()
        connection.close()

    async def sample():
        while time.monotonic() < end:
            if options.pid:
                samples.append(server_process.resident_bytes(options.pid))
            await asyncio.sleep(min(1.0, options.seconds / 50))
    await asyncio.gather(sample(), *(client(number) for number in range(options.streams)))

    report = {"mode": "soak", "seconds": options.seconds, **counts, "milliseconds": milliseconds(times)}
    is_good = counts["wrong"] == counts["lost"] == 0 and counts["right"] > 0
    if samples:
        # The first fifth fills caches and pools.
        early, late = samples[len(samples) // 5], samples[-max(1, len(samples) // 10):]
        growth = percentile(late, 0.5) / early - 1
        report["memory"] = {"firstBytes": samples[0], "afterAFifthBytes": early, "lastBytes": percentile(late, 0.5),
                            "maxBytes": max(samples), "growth": round(growth, 4)}
        is_good = is_good and growth <= 0.05
    if examples:
        report["examples"] = examples
    return report, is_good


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("mode", choices=["streams", "health", "soak"])
    parser.add_argument("url")
    parser.add_argument("--streams", type=int, default=64, help="the number of clients (default: 64)")
    parser.add_argument("--tokens", type=int, default=200, help="the length of a completion (default: 200)")
    parser.add_argument("--seconds", type=float, default=20, help="(default: 20)")
    parser.add_argument("--prompt", default="", help="(default: the beginning of a text)")
    parser.add_argument("--model", help="the model's name (default: the server's first)")
    parser.add_argument("--key", help="a bearer token")
    parser.add_argument("--pid", type=int, help="the server's process id, to sample its memory")
    options = parser.parse_args()
    server = Server(options.url, options.model, options.key)
    report, is_good = asyncio.run({"streams": streams, "health": health, "soak": soak}[options.mode](server, options))
    print(json.dumps(report, indent=2, ensure_ascii=False))
    sys.exit(0 if is_good else 1)


if __name__ == "__main__":
    main()
