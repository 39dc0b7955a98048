"""Matrix products of mynah and of two libraries, on one thread and on two."""
import os
import platform

from .. import programs
from ..samples import Sample

LIBRARIES = {"oneDNN": (["-ldnnl", "-fopenmp"], "libdnnl-dev"), "OpenBLAS": (["-lopenblas"], "libopenblas-dev")}
PROBE = "1200x1024x200/nn"
CORE_TYPES = ("COOPERLAKE", "SKYLAKEX", "HASWELL", "ZEN") if platform.machine().lower() in ("x86_64", "amd64") else ()
PROBES = 4
REDUCED = ("60x1024x256/nn", "1x1024x256/nn")


def groups(setting):
    products = list(REDUCED) if setting.reduced else listed_products()
    peers = {name: peer for name in LIBRARIES if (peer := library(name, setting))}
    for threads in (1, 2):
        jobs = [lambda threads=threads: ours(products, threads, setting)]
        for name, (program, environment) in peers.items():
            jobs.append(lambda n=name, p=program, e=environment, t=threads: theirs(n, p, e, products, t, setting))
        yield f"gemm, {threads} thread{'s' if threads > 1 else ''}", jobs


def listed_products():
    names = programs.run([programs.MYNAH_BENCHMARKS, "--list", "--filter", "gemm/float32/"]).split()
    return [name.removeprefix("gemm/float32/") for name in names]


def ours(products, threads, setting):
    filters = [f"{kind}/{precision}/{product}" for kind in ("gemm", "recurrent")
               for precision in ("float32", "bfloat16") for product in products]
    if not setting.reduced:
        filters = ["gemm/", "recurrent/"]
    command = [programs.MYNAH_BENCHMARKS, "--json", "--threads", threads, "--seconds", setting.gemm_seconds]
    (found,) = programs.json_lines(command + [word for name in filters for word in ("--filter", name)])
    for result in found["results"]:
        section, precision, product = result["name"].split("/", 2)
        yield Sample(section, product, "mynah", precision, threads,
                     {"milliseconds": result["median"], "gigaflops": result["throughput"]})


def theirs(name, program, environment, products, threads, setting):
    for found in programs.json_lines([program, threads, setting.gemm_seconds, *products], environment):
        setting.engines[name] = found["engine"]
        yield Sample("gemm", found["product"], name, "float32", threads,
                     {key: found[key] for key in ("milliseconds", "gigaflops")})


def library(name, setting):
    """The program that times a library, with its fastest environment; None if the library is not installed."""
    flags, package = LIBRARIES[name]
    try:
        program = programs.build_gemm_peer(name, flags)
        return program, fastest_environment(program, setting) if name == "OpenBLAS" else {}
    except programs.Failure as failure:
        setting.say(f"{name} is not compared; install {package} (Debian's name): {failure}")
        return None


def fastest_environment(program, setting):
    """Tries OpenBLAS's kernels, because it uses slow ones on processors that are newer than it.

    Each choice is tried several times in turn and judged by its fastest run, so that a busy machine does not distort
    the result. An existing choice, such as that of an instruction set, is kept.
    """
    if "OPENBLAS_CORETYPE" in os.environ:
        return {}
    speeds, engine = {}, ""
    for core_type in (None, *CORE_TYPES) * PROBES:
        environment = {"OPENBLAS_CORETYPE": core_type} if core_type else {}
        try:
            (found,) = programs.json_lines([program, 1, 0.02, PROBE], environment)
        except programs.Failure:  # kernels that this processor cannot run
            continue
        speeds[core_type] = max(speeds.get(core_type, 0), found["gigaflops"])
        engine = engine if core_type else found["engine"]
    core_type = max(speeds, key=speeds.get)
    if core_type is None or speeds[core_type] < 1.1 * speeds.get(None, 0):
        return {}
    setting.say(f"OpenBLAS runs with OPENBLAS_CORETYPE={core_type}, {speeds[core_type] / speeds[None]:.1f} times as "
                f"fast as what it chooses by itself here: {engine}")
    return {"OPENBLAS_CORETYPE": core_type}
