#!/usr/bin/env python3
"""Predicts the time of a training step on several nodes, one rank on each.

    Scripts/rank-cost.py                                            # tables for three models, as Markdown
    Scripts/rank-cost.py --model ptb --bandwidth 10 25 --nodes 1 2 4 --scaling strong
    Scripts/rank-cost.py --vocabulary 33000 --embedding 512 --layers 2048:512 --batch 64 --sequence-length 20 --times

A table has a line for each bandwidth, with the efficiency on each number of nodes, and the knee: the largest number of
nodes whose efficiency is at least 0.9. With weak scaling, the batch grows with the nodes and the efficiency is
T(1) / T(N); with strong scaling, the batch is constant and the efficiency is T(1) / (N T(N)).

    T = C + X + U

C, the computation, is 6 floating-point operations per multiplication of the forward pass and token, at the rate
`--gigaflops` times `--cores`: 2 forward and 4 backward. The output layer does all 6 at the end of the forward pass.

U, the update, reads and writes 12 bytes per parameter for SGD and 28 for Adam, at the rate `--memory`. A rank updates
1/N of the parameters; of the embedding and of a sampled softmax, SGD updates only rows with gradients.

X, the exchange, is the time for which ranks wait. A rank's messages form a queue on a link: a message of b bytes leaves
it after o + b / B seconds and arrives L later, with B, L and o from `--bandwidth`, `--latency` and `--overhead`. A rank
sends, to each of the N - 1 others:

    1. its gradients of the rows that the other one updates, 1/N of each parameter: those of the output layer when its
       backward pass is done, then those of each layer, last layer first, then those of the embedding. They are summed
       at the rate `--memory`, with 12 bytes per element.
    2. 8 bytes per norm block of 16384 elements that it updates, and the loss.
    3. the rows that it has updated, which are then copied at the rate `--memory`, with 8 bytes per element.

    X = (arrival of the last gradient, added up) - C, at least 0
        + norms / B + (N - 1) o + L                                          (2)
        + weights / B + (N - 1) o per parameter + L + copies                 (3)

This holds if the shards of a rank form one block of the pairwise sum, that is, if their number is a power of two.

A message of more than `--eager` KiB leaves after a handshake of 2 L, which takes 2 P longer during the computation,
since a rank checks for messages only every P (`--poll`). By default, Open MPI uses a handshake above 64 KiB over TCP,
which costs more than predicted here, probably because its replies wait behind messages. Mynah sets a limit of 32 MiB
unless OMPI_MCA_btl_tcp_eager_limit and OMPI_MCA_btl_tcp_rndv_eager_limit are set.

The embedding's gradient has a row of 4 + 4 E bytes per distinct token of the rank's rows. Of its weights, it sends a
row per distinct token of all ranks' rows for SGD, and all rows for Adam. The same holds for the output layer with a
sampled softmax, whose candidates, which all ranks share, are included. The number of distinct tokens in n tokens is

    D(n) = sum over tokens i of 1 - exp(-n p_i),    p_i proportional to 1 / (i + 1)^1.05

unless `--distinct` sets it for the batch of one node. All other gradients and weights have 4 bytes per element; for
compressed gradients, use `--gradient-bytes 2`. The model ignores differences in the speed of ranks, switches with
oversubscribed links, memory bandwidth shared by cores, and small matrices that do not occupy all cores. Therefore,
measure the rate of a core with all `--cores` in use: `mynah train --profile --threads`.
"""
import argparse
import dataclasses
import json
import math
import sys

NORM_BLOCK = 16384
KNEE = 0.9


@dataclasses.dataclass
class Model:
    vocabulary: int
    embedding: int
    layers: list  # of pairs: hidden units, size of the projection or None
    batch: int  # of one node, or of all nodes with strong scaling
    sequence_length: int
    tied: bool = False
    sampled: int = 0  # candidates; 0: full softmax
    distinct: float = 0  # distinct tokens in the batch of one node; 0: estimate


@dataclasses.dataclass
class Cluster:
    nodes: int = 1
    cores: int = 16
    gigaflops: float = 100  # of a core
    bandwidth: float = 10  # Gb/s of payload
    latency: float = 0.05  # ms, one way
    overhead: float = 5  # us per message
    memory: float = 20  # GB/s of a rank
    poll: float = 1  # ms
    eager: int = 32768  # KiB of the largest message without a handshake
    gradient_bytes: int = 4
    adam: bool = False
    shards: int = 1  # of each rank
    transport: float = math.inf  # Gb/s that a rank can send through its network stack


MODELS = {
    "ptb": Model(10_000, 200, [(256, None), (128, None)], 60, 20),
    "awd-lstm": Model(10_000, 400, [(1150, None), (1150, None), (400, None)], 80, 70, tied=True),
    "big-lstm": Model(793_471, 512, [(2048, 512), (2048, 512)], 128, 20, sampled=8192),
}


# Tokens

def buckets(vocabulary):
    """Ranges of tokens of nearly equal frequency: the first token and the number of tokens of each."""
    first = 0
    while first < vocabulary:
        count = min(max(1, first // 50), vocabulary - first)
        yield first, count
        first += count


def distinct(vocabulary, tokens, candidates=0):
    """The expected number of distinct tokens among those of a text and the candidates of a sampled softmax."""
    places = [(first + (count - 1) / 2, count) for first, count in buckets(vocabulary)]
    words = [(place + 2) ** -1.05 for place, _ in places]
    total = sum(word * count for word, (_, count) in zip(words, places))
    logs = [math.log1p(1 / (place + 1)) / math.log1p(vocabulary) for place, _ in places]

    def expected(tokens, draws):
        return sum(-math.expm1(-tokens * word / total - draws * log) * count
                   for word, log, (_, count) in zip(words, logs, places))

    low, high = 0, 1
    while candidates and expected(0, high) < min(candidates, vocabulary - 1):
        low, high = high, 2 * high
    for _ in range(40 if candidates else 0):
        draws = (low + high) / 2
        low, high = (draws, high) if expected(0, draws) < candidates else (low, draws)
    return expected(tokens, low)


def distinct_tokens(model, rows, one_node_rows):
    """The number of distinct tokens in some rows."""
    estimate = distinct(model.vocabulary, rows * model.sequence_length)
    if not model.distinct:
        return estimate
    scale = model.distinct / distinct(model.vocabulary, one_node_rows * model.sequence_length)
    return min(model.vocabulary, scale * estimate)


# Parameters

@dataclasses.dataclass
class Parameter:
    rows: int
    width: int
    gradient_rows: float = 0  # the rows of a sparse gradient of one rank; 0: dense
    changed_rows: float = 0  # the rows with a gradient on any rank; 0: all

    @property
    def count(self):
        return self.rows * self.width


@dataclasses.dataclass
class Stage:
    """A part of the model, whose gradients are complete at the same time."""
    parameters: list
    multiplications: int  # per token


def stages(model, own_rows, all_rows, one_node_rows):
    """The parts of a model: the embedding, the layers, and the output layer."""
    own, everyone = (distinct_tokens(model, rows, one_node_rows) for rows in (own_rows, all_rows))
    embedding = Parameter(model.vocabulary, model.embedding, own, everyone)
    result, size = [], model.embedding
    for hidden, projection in model.layers:
        output = projection or hidden
        weights = [Parameter(4 * hidden, size), Parameter(4 * hidden, output)]
        if projection:
            weights.append(Parameter(projection, hidden))
        result.append(Stage(weights + [Parameter(1, 4 * hidden)], sum(weight.count for weight in weights)))
        size = output
    output = Parameter(model.vocabulary, size)
    if model.sampled:
        output.gradient_rows, output.changed_rows = (
            distinct(model.vocabulary, rows * model.sequence_length, model.sampled) for rows in (own_rows, all_rows))
    if model.tied:  # its gradient is the sum of the embedding's and the output layer's
        embedding = Parameter(model.vocabulary, size, *(
            (output.gradient_rows, output.changed_rows) if model.sampled else ()))
    outputs = [] if model.tied else [output]
    width = (model.sampled + 1 if model.sampled else model.vocabulary) * size
    return [Stage([embedding], 0), *result, Stage(outputs + [Parameter(1, model.vocabulary)], width)]


# Time

def computation(parts, tokens, cluster):
    """The time of the computation, and the time at which the gradients of each part are complete."""
    unit = tokens / (cluster.gigaflops * 1e9 * cluster.cores) / cluster.shards
    forward = 2 * unit * sum(part.multiplications for part in parts[:-1])
    time = forward + 6 * unit * parts[-1].multiplications
    ready = [time]
    for part in reversed(parts[:-1]):
        time += 4 * unit * part.multiplications
        ready.append(time)
    before = (cluster.shards - 1) * time
    return before + time, [before + moment for moment in reversed(ready)]


class Link:
    """The link of a rank: a queue of messages."""

    def __init__(self, cluster):
        self.seconds_per_byte = max(8e-9 / cluster.bandwidth, 8e-9 / cluster.transport)
        self.latency, self.overhead = cluster.latency / 1e3, cluster.overhead / 1e6
        self.others, self.eager_bytes = cluster.nodes - 1, 1024 * cluster.eager
        self.free, self.sent = 0.0, 0.0

    def send(self, size, ready, wait=0.0):
        """Sends a message to each other rank, and returns the time when the last one has arrived."""
        start = ready + (2 * self.latency + wait if size > self.eager_bytes else 0)
        self.free = max(start, self.free) + self.others * (self.overhead + size * self.seconds_per_byte)
        self.sent += self.others * size
        return self.free + self.latency


def gradient_bytes(parameter, cluster):
    """The bytes of a parameter's gradient that a rank sends to one other rank."""
    if parameter.gradient_rows:
        return parameter.gradient_rows * (4 + cluster.gradient_bytes * parameter.width) / cluster.nodes
    return parameter.count * cluster.gradient_bytes / cluster.nodes


def updated(parameter, cluster):
    """The number of elements of a parameter that are updated."""
    if parameter.changed_rows and not cluster.adam:
        return parameter.changed_rows * parameter.width
    return parameter.count


def weight_bytes(parameter, cluster):
    """The bytes of updated weights that a rank sends to one other rank."""
    numbers = parameter.changed_rows if parameter.changed_rows and not cluster.adam else 0
    return 4 * (updated(parameter, cluster) + numbers) / cluster.nodes


def step(model, cluster, strong=False):
    """Predicts the seconds of a step and of its parts, and the bytes that a rank sends."""
    nodes, memory = cluster.nodes, cluster.memory * 1e9
    own = model.batch / nodes if strong else model.batch
    parts = stages(model, own, own * nodes, model.batch)
    parameters = [parameter for part in parts for parameter in part.parameters]
    compute, ready = computation(parts, own * model.sequence_length, cluster)
    elements = sum(updated(parameter, cluster) for parameter in parameters)
    update = elements / nodes * (28 if cluster.adam else 12) / memory
    if nodes == 1:
        return {"step": compute + update, "compute": compute, "update": update, "exchange": 0.0, "bytes": 0.0}

    link, time = Link(cluster), compute
    for part, moment in zip(reversed(parts), reversed(ready)):
        wait = 2 * cluster.poll / 1e3 if moment < compute else 0
        for parameter in reversed(part.parameters):
            arrival = link.send(gradient_bytes(parameter, cluster), moment, wait)
            size = parameter.gradient_rows * parameter.width or parameter.count
            time = max(time, arrival) + 12 * size * (nodes - 1) / nodes / memory
    gradients = time - compute
    blocks = sum(parameter.count for parameter in parameters) / NORM_BLOCK
    time = link.send(8 * (blocks / nodes + 2 * cluster.shards), time) + update
    start = time
    for parameter in parameters:
        arrival = link.send(weight_bytes(parameter, cluster), start)
        time = max(time, arrival) + 8 * updated(parameter, cluster) * (nodes - 1) / nodes / memory
    return {"step": time, "compute": compute, "update": update, "exchange": time - compute - update,
            "gradients": gradients, "bytes": link.sent}


def efficiencies(model, cluster, nodes, strong):
    """The prediction for each number of nodes, with its efficiency."""
    alone = step(model, dataclasses.replace(cluster, nodes=1), strong)["step"]
    result = []
    for count in nodes:
        figures = step(model, dataclasses.replace(cluster, nodes=count), strong)
        ideal = alone / count if strong else alone
        result.append({"nodes": count, **figures, "efficiency": ideal / figures["step"]})
    return result


def knee(figures):
    return max((each["nodes"] for each in figures if each["efficiency"] >= KNEE), default=1)


# Output

def table(model, cluster, nodes, bandwidths, strong, shows_times):
    rows = [["Gb/s", *(f"{count}" for count in nodes), "knee"]]
    rows.append(["--:"] * len(rows[0]))
    for bandwidth in bandwidths:
        figures = efficiencies(model, dataclasses.replace(cluster, bandwidth=bandwidth), nodes, strong)
        cells = [f"{each['efficiency']:.2f}" + (f" ({each['step'] * 1e3:.1f} ms)" if shows_times else "")
                 for each in figures]
        rows.append([f"{bandwidth:g}", *cells, f"{knee(figures)}"])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def summary(name, model, cluster, strong):
    """The figures of a model that do not depend on the network."""
    parts = stages(model, model.batch, model.batch, model.batch)
    alone = step(model, dataclasses.replace(cluster, nodes=1))
    two = step(model, dataclasses.replace(cluster, nodes=2), strong)
    parameters = sum(parameter.count for part in parts for parameter in part.parameters) / 1e6
    return (f"{name}: {parameters:.1f} million parameters; on one node {alone['step'] * 1e3:.1f} ms per step of "
            f"{model.batch * model.sequence_length} tokens; on two nodes a rank sends {two['bytes'] / 1e6:.1f} MB "
            "per step")


def layers(text):
    def layer(part):
        hidden, _, projection = part.partition(":")
        return int(hidden), int(projection) if projection else None
    return [layer(part) for part in text.split(",")]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", choices=MODELS, help="one of the models (default: all)")
    parser.add_argument("--vocabulary", type=int)
    parser.add_argument("--embedding", type=int)
    parser.add_argument("--layers", type=layers, help="LSTM sizes, with a projection after a colon: 2048:512,2048:512")
    parser.add_argument("--batch", type=int, help="the batch of one node; with strong scaling, of all nodes")
    parser.add_argument("--sequence-length", type=int, help="the sequence length")
    parser.add_argument("--tied", action="store_true", default=None)
    parser.add_argument("--sampled", type=int, help="candidates of a sampled softmax (0: full softmax)")
    parser.add_argument("--distinct", type=float, help="distinct tokens in the batch of one node (default: estimated)")
    parser.add_argument("--nodes", type=int, nargs="+", default=[1, 2, 4, 8, 16, 32, 64])
    parser.add_argument("--bandwidth", type=float, nargs="+", default=[1, 10, 25, 100], help="Gb/s")
    parser.add_argument("--scaling", choices=["weak", "strong"], default="weak")
    parser.add_argument("--optimizer", choices=["sgd", "adam"], default="sgd")
    parser.add_argument("--times", action="store_true", help="print the time of a step too")
    parser.add_argument("--json", action="store_true", help="print a line of JSON per number of nodes instead")
    units = {"cores": "of a node", "gigaflops": "of a core", "latency": "ms, one way", "overhead": "us per message",
             "memory": "GB/s of a rank", "poll": "ms", "eager": "KiB", "gradient_bytes": "2 if compressed",
             "shards": "of each rank", "transport": "Gb/s that the network stack of a rank reaches"}
    for field in dataclasses.fields(Cluster):
        if field.name in units:
            parser.add_argument("--" + field.name.replace("_", "-"), type=field.type, default=field.default,
                                help=f"{units[field.name]} (default: {field.default:g})")
    return parser.parse_args()


def chosen_models(options):
    """The models of the command line, by name."""
    given = {field.name: getattr(options, field.name) for field in dataclasses.fields(Model)
             if getattr(options, field.name) is not None}
    if options.model:
        return {options.model: dataclasses.replace(MODELS[options.model], **given)}
    if not given:
        return MODELS
    missing = {"vocabulary", "embedding", "layers", "batch", "sequence_length"} - given.keys()
    if missing:
        flags = ", ".join("--" + name.replace("_", "-") for name in sorted(missing))
        sys.exit(f"error: {flags} missing; or name a model with --model")
    return {"model": Model(**given)}


def main():
    options = arguments()
    strong = options.scaling == "strong"
    values = {field.name: getattr(options, field.name) for field in dataclasses.fields(Cluster)
              if field.name not in ("nodes", "bandwidth", "adam")}
    cluster = Cluster(adam=options.optimizer == "adam", **values)
    for name, model in chosen_models(options).items():
        if options.json:
            for bandwidth in options.bandwidth:
                for figures in efficiencies(
                        model, dataclasses.replace(cluster, bandwidth=bandwidth), options.nodes, strong):
                    print(json.dumps({"model": name, "bandwidth": bandwidth, **figures}))
        else:
            print(summary(name, model, cluster, strong) + "\n")
            print(table(model, cluster, options.nodes, options.bandwidth, strong, options.times) + "\n")


if __name__ == "__main__":
    main()
