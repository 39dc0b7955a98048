"""A running `mynah serve` for the scripts that check it from outside.

    with server_process.running(mynah, [model], "--threads", "2") as server:
        print(server.url, server.pid)
"""
import contextlib
import dataclasses
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time


@dataclasses.dataclass
class Server:
    """A server that answers /ready."""

    url: str
    pid: int
    port: int


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def is_ready(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/ready")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


@contextlib.contextmanager
def running(mynah, models, *flags, start_seconds=60, stop_seconds=30):
    """Starts the server on a free port, waits for /ready, and ends it with SIGTERM; its exit code must be 0.

    The server's output is shown if it fails.
    """
    port = free_port()
    with tempfile.TemporaryFile() as log:
        command = [mynah, "serve", *map(str, models), "--port", str(port), *flags]
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)

        def fail(message):
            log.seek(0)
            sys.stderr.write(log.read()[-4000:].decode(errors="replace"))
            sys.exit(f"error: {message}")

        try:
            end = time.monotonic() + start_seconds
            while not is_ready(port):
                if process.poll() is not None:
                    fail(f"'{' '.join(command)}' ended with exit code {process.returncode}, before /ready")
                if time.monotonic() > end:
                    fail(f"/ready does not answer 200 within {start_seconds} s")
                time.sleep(0.05)
            yield Server(f"http://127.0.0.1:{port}", process.pid, port)
            if process.poll() is not None:
                fail(f"the server ended by itself, with exit code {process.returncode}")
            process.send_signal(signal.SIGTERM)
            try:
                code = process.wait(stop_seconds)
            except subprocess.TimeoutExpired:
                fail(f"the server does not end within {stop_seconds} s of SIGTERM")
            if code != 0:
                fail(f"the server ended with exit code {code} after SIGTERM, expected 0")
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


def score(mynah, model, text, *flags):
    """Returns the output of `mynah score --json --tokens` for a text: its lines and the summary.

    The state is carried from line to line, as the server carries it within a text.
    """
    command = [mynah, "score", str(model), "--json", "--tokens", "--state", "carry", *flags]
    result = subprocess.run(command, input=text.encode(), stdout=subprocess.PIPE)
    if result.returncode != 0:
        sys.exit(f"error: '{' '.join(command)}' ended with exit code {result.returncode}")
    *lines, summary = [json.loads(line) for line in result.stdout.decode().splitlines()]
    return lines, summary


def resident_bytes(pid):
    """Returns the resident memory of a process, from /proc."""
    try:
        with open(f"/proc/{pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except FileNotFoundError:
        sys.exit(f"error: there is no process {pid}; has the server ended?")
