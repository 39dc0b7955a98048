"""Builds, finds and runs programs."""
import json
import os
import pathlib
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BENCHMARKS = ROOT / "Benchmarks"
PEERS = BENCHMARKS / "Peers"
MYNAH = ROOT / ".build/release/mynah"
MYNAH_BENCHMARKS = BENCHMARKS / ".build/release/mynah-benchmarks"
LONGEST_RUN = 1800  # seconds


class Failure(Exception):
    """Raised if a program fails to print its figures; the message is a sentence."""


# Environment variables that restrict the peers to an instruction set.
PEER_SETTINGS = {
    "avx2": {"ONEDNN_MAX_CPU_ISA": "AVX2", "DNNL_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2",
             "MKL_ENABLE_INSTRUCTIONS": "AVX2", "OPENBLAS_CORETYPE": "HASWELL"},
}


def use_instruction_set(name):
    """Makes all programs that are run afterwards use an instruction set."""
    os.environ.update({"MYNAH_INSTRUCTION_SET": name, **PEER_SETTINGS.get(name, {})})


def is_restricted():
    """Returns whether the peers are restricted to an older instruction set than the machine's."""
    return os.environ.get("MYNAH_INSTRUCTION_SET") in PEER_SETTINGS


def run(command, environment=None):
    """Runs a program; returns its standard output."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=LONGEST_RUN, cwd=ROOT,
                              env={**os.environ, **(environment or {})})
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise Failure(f"{' '.join(words)}: {problem}") from problem
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()
        error = next((line for line in said if line.lower().startswith("error")), said[-1])
        raise Failure(f"{' '.join(words)} ended with code {done.returncode}: {error}")
    return done.stdout


def json_lines(command, environment=None):
    """Runs a program; returns the JSON objects that it prints, one per line."""
    try:
        found = [json.loads(line) for line in run(command, environment).splitlines() if line.startswith("{")]
    except ValueError as problem:
        raise Failure(f"{' '.join(map(str, command))} printed what is not JSON: {problem}") from problem
    if not found:
        raise Failure(f"{' '.join(map(str, command))} printed no JSON object")
    return found


def build_mynah():
    """Builds the measured programs, so that they match the sources."""
    run(["swift", "build", "-c", "release", "--product", "mynah"])
    run(["swift", "build", "-c", "release", "--package-path", BENCHMARKS])


def build_gemm_peer(name, flags):
    """Compiles the program that times a library's products."""
    compiler = os.environ.get("CC") or shutil.which("cc") or shutil.which("clang")
    if not compiler:
        raise Failure("there is no C compiler; set CC")
    program = BENCHMARKS / ".build" / f"gemm-{name.lower()}"
    program.parent.mkdir(exist_ok=True)
    run([compiler, "-O2", f"-D{name.upper()}", PEERS / "gemm_peers.c", *flags, "-o", program])
    return program


def check_interpreter(python, module):
    """Raises a failure if an interpreter cannot import a module."""
    run([python, "-c", f"import {module}"], {"TF_CPP_MIN_LOG_LEVEL": "3"})
