"""The machine's peaks: float32 multiply-adds and bfloat16 products in registers, and memory read in order."""
from .. import programs
from ..samples import Sample

FIGURES = {"gigaflops": "float32 multiply-add, GFLOP/s", "bfloat16Gigaflops": "bfloat16 products, GFLOP/s",
           "cacheGigabytesPerSecond": "reading 8 MiB, GB/s",
           "memoryGigabytesPerSecond": "reading 256 MiB, GB/s"}


def groups(setting):
    yield "peak", [lambda threads=threads: measure(threads) for threads in ((2,) if setting.reduced else (1, 2))]


def measure(threads):
    found = programs.json_lines([programs.MYNAH, "bench", "peak", "--threads", threads, "--json"])
    record = next((line for line in found if line.get("config") == "peak"), found[0])
    return [Sample("peak", "peak", "mynah", "float32", threads, {key: record.get(key) for key in FIGURES})]
