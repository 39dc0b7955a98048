#!/usr/bin/env python3
"""Measures training on two ranks over networks of given rates and latencies, and compares it with Scripts/rank-cost.py.

    Scripts/rank-network.py MYNAH FOLDER --embedding 200 --hidden 256,128 --batch 60 --sequence-length 20 \\
      --link 1 --link 10 --link 1:0.1 --link 1:1

MYNAH is a build of mynah with MPI; FOLDER contains train.txt and valid.txt. Needs Linux, root, `ip`, `tc`, a C compiler
and Open MPI. Each rank runs in a separate network namespace, with one thread. A link has a rate in Gb/s and, after a
colon, a one-way latency in ms. Without a latency, the namespaces are connected by a pair of veth devices, which `tc`
limits to the rate; with a latency, by a packet relay (network-relay.c), since not every kernel has netem.

Before and after each run with ranks, two simultaneous runs without ranks, each with half of the batch, calibrate the
computation of the prediction, because the speed of a shared machine changes within minutes. Two ranks on a veth pair,
or a relay, without a limit then calibrate two values: the factor by which ranks compute more slowly, and `transport`,
the rate of the network stack that explains the waiting time. The rate of a link is that of Ethernet frames of 1514
bytes, 1448 of which are payload. The columns are the throughput of one TCP connection, its round-trip time, the step of
half of the batch without ranks, the step with ranks (the median, then all runs in brackets), the prediction, and so
on.
"""
import argparse
import contextlib
import dataclasses
import importlib
import json
import math
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile

cost = importlib.import_module("rank-cost")

PAYLOAD = 1448 / 1514
ADDRESSES = ["10.77.0.1", "10.77.0.2"]
UNLIMITED = 1000  # Gb/s
TIMEOUT = 600


@dataclasses.dataclass
class Link:
    rate: float = math.inf  # Gb/s
    latency: float = 0  # ms
    is_relayed: bool = False

    @classmethod
    def parse(cls, text):
        rate, _, latency = text.partition(":")
        return cls(float(rate), float(latency or 0), bool(latency))

    def __str__(self):
        rate = f"{self.rate:g} Gb/s" if self.rate < math.inf else "no limit"
        return f"relay, {rate}, {self.latency:g} ms" if self.is_relayed else f"veth, {rate}"


def run(*command):
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)


# The network

@contextlib.contextmanager
def namespaces():
    """Two network namespaces; at the end, they are deleted and their processes killed."""
    names = [f"mynah-{os.getpid()}-{rank}" for rank in range(2)]
    try:
        for name in names:
            run("ip", "netns", "add", name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        yield names
    finally:
        for name in names:
            pids = subprocess.run(["ip", "netns", "pids", name], capture_output=True, text=True).stdout.split()
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
            subprocess.run(["ip", "netns", "delete", name], stderr=subprocess.DEVNULL)


@contextlib.contextmanager
def relay(program, link, devices):
    """The relay between two TUN devices."""
    rate = min(link.rate, UNLIMITED)
    process = subprocess.Popen([program, *devices, str(rate), str(link.latency)], stdout=subprocess.PIPE, text=True)
    try:
        if process.stdout.readline() != "ready\n":
            sys.exit("error: the relay does not start")
        yield
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def network(link, folder, congestion):
    """Two namespaces with a link between them; yields their names and the names of their devices."""
    devices = [f"mynah{os.getpid() % 10000}{end}" for end in "ab"]
    with namespaces() as names, contextlib.ExitStack() as stack:
        if link.is_relayed:
            stack.enter_context(relay(folder / "relay", link, devices))
        else:
            run("ip", "link", "add", devices[0], "type", "veth", "peer", "name", devices[1])
        for name, device, address in zip(names, devices, ADDRESSES):
            run("ip", "link", "set", device, "netns", name)
            run("ip", "-n", name, "address", "add", f"{address}/24", "dev", device)
            run("ip", "-n", name, "link", "set", device, "up")
            if link.is_relayed:
                run("ip", "-n", name, "link", "set", device, "txqueuelen", 10000)
            elif link.rate < math.inf:
                run("ip", "netns", "exec", name, "tc", "qdisc", "replace", "dev", device, "root", "tbf",
                    "rate", f"{link.rate}gbit", "burst", "256k", "limit", "16m")
            if congestion:
                run("ip", "-n", name, "route", "replace", "10.77.0.0/24", "dev", device, "congctl", congestion)
        yield names, devices


def sent_bytes(name, device):
    text = subprocess.run(["ip", "-n", name, "-s", "-j", "link", "show", device], capture_output=True, text=True).stdout
    return json.loads(text)[0]["stats64"]["tx"]["bytes"]


RECEIVER = """
import socket
with socket.create_server(("10.77.0.2", 7000)) as server:
    print("ready", flush=True)
    connection, _ = server.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for _ in range(100): connection.send(connection.recv(1))
    while connection.recv(1 << 20): pass
"""
SENDER = """
import socket, time
connection = socket.create_connection(("10.77.0.2", 7000))
connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
def round_trip():
    start = time.perf_counter()
    connection.send(b"x")
    connection.recv(1)
    return time.perf_counter() - start
times = sorted(round_trip() for _ in range(100))
block, sent, start = bytes(1 << 18), 0, time.perf_counter()
while time.perf_counter() - start < 1: sent += connection.send(block)
connection.shutdown(socket.SHUT_WR)
connection.recv(1)
print(8e-9 * sent / (time.perf_counter() - start), 1e3 * times[50])
"""


def throughput(names):
    """The Gb/s that one TCP connection reaches, and its round-trip time in ms."""
    python = [["ip", "netns", "exec", name, sys.executable, "-c"] for name in names]
    receiver = subprocess.Popen([*python[1], RECEIVER], stdout=subprocess.PIPE, text=True)
    receiver.stdout.readline()
    output = subprocess.run([*python[0], SENDER], capture_output=True, text=True, check=True, timeout=60).stdout
    receiver.wait(timeout=60)
    return tuple(map(float, output.split()))


# Runs

def end(processes):
    """Ends processes that still run, with their children."""
    for process in processes:
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=5)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def profiles(commands):
    """Runs commands simultaneously and returns the first JSON line that each of them prints."""
    processes = [subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True,
                                  stdin=subprocess.DEVNULL, start_new_session=True) for command in commands]
    try:
        outputs = [process.communicate(timeout=TIMEOUT)[0] for process in processes]
        if any(process.returncode for process in processes):
            sys.exit("error: a run failed")
        return [json.loads(output.splitlines()[0]) for output in outputs]
    except subprocess.TimeoutExpired:
        sys.exit(f"error: a run has not ended within {TIMEOUT} s")
    finally:
        end(processes)


def training(options, output, batch, *flags):
    return [options.mynah, "train", options.folder, "--embedding", options.embedding, "--hidden", options.hidden,
            "--batch", batch, "--sequence-length", options.sequence_length, "--dropout", 0, "--learning-rate", 0.5,
            "--epochs", 1, "--overwrite", "--output", output, "--seed", 1, "--profile", "--json", "--quiet",
            "--threads", 1, *flags]


def single_step(options, folder):
    """The time of a step of half of the batch in one process, while another process does the same."""
    half = options.batch // 2
    figures = profiles([training(options, folder / f"{number}.safetensors", half) for number in range(2)])
    rates = [each["profile"]["tokensPerSecond"] for each in figures]
    return half * options.sequence_length / statistics.mean(rates)


def agent(folder, name):
    """The program that starts Open MPI's daemon of rank 1: it takes a host and a command."""
    path = folder / "agent.sh"
    path.write_text(f'#!/bin/sh\nshift\nexec ip netns exec {name} unshare --uts sh -c "hostname {name}; $*"\n')
    path.chmod(0o755)
    return path


def mpirun(options, folder, names):
    eager = 1024 * options.eager
    settings = {"plm_rsh_agent": agent(folder, names[1]), "btl": "tcp,self", "pml": "ob1",
                "btl_tcp_if_include": "10.77.0.0/24", "oob_tcp_if_include": "10.77.0.0/24",
                "btl_tcp_eager_limit": eager, "btl_tcp_rndv_eager_limit": eager,
                **dict(setting.split("=", 1) for setting in options.mca)}
    command = ["ip", "netns", "exec", names[0], "mpirun", "--allow-run-as-root", "--bind-to", "none", "-n", 2,
               "--host", ",".join(f"{address}:1" for address in ADDRESSES), "--map-by", "node"]
    return command + [part for name, value in settings.items() for part in ("--mca", name, value)]


def ranked_step(options, folder, link):
    """Runs two ranks over a link, with single processes before and after; returns the medians of the step time, its
    waiting time, the bytes that rank 0 sends per step, and the throughput and round-trip time of the link."""
    with network(link, folder, options.congestion) as (names, devices):
        speed = throughput(names)
        command = [*mpirun(options, folder, names),
                   *training(options, folder / "ranks.safetensors", options.batch, "--shards", 2)]
        singles, results = [single_step(options, folder)], []
        for _ in range(options.repeat):
            before = sent_bytes(names[0], devices[0])
            figures, = profiles([command])
            sent = sent_bytes(names[0], devices[0]) - before
            profile = figures["profile"]
            step = options.batch * options.sequence_length / profile["tokensPerSecond"]
            results.append({"step": step, "exchange": step * profile["exchange"], "bytes": sent / step_count(options)})
            singles.append(single_step(options, folder))
    median = {name: statistics.median(result[name] for result in results) for name in results[0]}
    return {**median, "single": statistics.median(singles), "speed": speed,
            "steps": [result["step"] for result in results]}


def step_count(options):
    text = (options.folder / "train.txt").read_text()
    return (len(text.split()) + text.count("\n")) / (options.batch * options.sequence_length)


# The model

def trained_model(options):
    words = set((options.folder / "train.txt").read_text().split())
    return cost.Model(len(words) + 1, options.embedding, cost.layers(options.hidden), options.batch,
                      options.sequence_length)


def two_ranks(options, model, compute):
    """A cluster of two ranks that takes `compute` seconds for half of the batch, including the update."""
    cluster = cost.Cluster(nodes=2, cores=1, bandwidth=UNLIMITED, latency=0, eager=options.eager)
    half = dataclasses.replace(model, batch=options.batch // 2)
    alone = cost.step(half, dataclasses.replace(cluster, nodes=1))
    cluster.gigaflops *= alone["compute"] / (compute - alone["update"])
    return cluster


def fitted_transport(model, cluster, exchange):
    """The rate of the network stack for which the predicted waiting time equals the measured one."""
    low, high = 0.1, float(UNLIMITED)
    for _ in range(50):
        rate = math.sqrt(low * high)
        time = cost.step(model, dataclasses.replace(cluster, transport=rate), strong=True)["exchange"]
        low, high = (rate, high) if time > exchange else (low, rate)
    return low


def prediction(options, model, link, single, slowdown, transport):
    """The prediction for a link, given the step of half of the batch without ranks."""
    return cost.step(model, dataclasses.replace(
        two_ranks(options, model, single * slowdown), transport=transport, latency=link.latency,
        bandwidth=min(link.rate, UNLIMITED) * PAYLOAD), strong=True)


def line(link, measured, predicted):
    throughput, round_trip = measured["speed"]
    steps = ", ".join(f"{1e3 * step:.1f}" for step in measured["steps"])
    cells = [f"{link}", f"{throughput:.2f}", f"{round_trip:.2f}", f"{1e3 * measured['single']:.1f}",
             f"{1e3 * measured['step']:.1f} ({steps})", f"{1e3 * predicted['step']:.1f}",
             f"{100 * (predicted['step'] / measured['step'] - 1):+.0f} %", f"{1e3 * measured['exchange']:.1f}",
             f"{1e3 * predicted['exchange']:.1f}", f"{measured['bytes'] / 1e6:.2f}", f"{predicted['bytes'] / 1e6:.2f}"]
    return "| " + " | ".join(cells) + " |"


HEADER = ["link", "TCP Gb/s", "RTT ms", "single ms", "step ms", "predicted", "difference", "waiting ms", "predicted",
          "MB sent", "predicted"]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mynah", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--embedding", type=int, default=200)
    parser.add_argument("--hidden", default="256,128")
    parser.add_argument("--batch", type=int, default=60)
    parser.add_argument("--sequence-length", type=int, default=20)
    parser.add_argument("--link", type=Link.parse, action="append", help="RATE or RATE:LATENCY, in Gb/s and ms")
    parser.add_argument("--congestion", help="TCP's congestion control, such as cubic (default: the system's)")
    parser.add_argument("--eager", type=int, default=32768, help="KiB of the largest message without a handshake")
    parser.add_argument("--mca", action="append", default=[], metavar="NAME=VALUE", help="a parameter of Open MPI")
    parser.add_argument("--repeat", type=int, default=1, help="runs per link, whose median is compared (default: 1)")
    return parser.parse_args()


def main():
    options = arguments()
    links = options.link or [Link(1), Link(10), Link(1, 0.1, True), Link(1, 1, True)]
    # Exits through `finally`, so that everything is cleaned up.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        if any(link.is_relayed for link in links):
            source = pathlib.Path(__file__).parent / "network-relay.c"
            run("cc", "-O2", "-o", folder / "relay", source, "-lpthread")
        model = trained_model(options)
        print("| " + " | ".join(HEADER) + " |\n" + "| --- |" + " --: |" * (len(HEADER) - 1), flush=True)
        for is_relayed in sorted({link.is_relayed for link in links}):
            link = Link(is_relayed=is_relayed)
            measured = ranked_step(options, folder, link)
            slowdown = (measured["step"] - measured["exchange"]) / measured["single"]
            cluster = two_ranks(options, model, measured["single"] * slowdown)
            transport = fitted_transport(model, cluster, measured["exchange"])
            print(line(link, measured, prediction(options, model, link, measured["single"], slowdown, transport))
                  + f" {slowdown:.2f} times slower, transport {transport:.1f} Gb/s", flush=True)
            for link in (link for link in links if link.is_relayed == is_relayed):
                measured = ranked_step(options, folder, link)
                predicted = prediction(options, model, link, measured["single"], slowdown, transport)
                print(line(link, measured, predicted), flush=True)


if __name__ == "__main__":
    main()
