"""Training steps of the presets."""
from .. import programs
from ..samples import Sample

PRESETS = ("ptb", "brown", "zaremba-small", "shakespeare", "zaremba-medium")
FIGURES = ("milliseconds", "tokensPerSecond", "peakMiB", "gigaflops", "shareOfPeak", "shareOfBfloat16Peak")
# A case's preset and the sizes that replace its own.
ODD_SIZES = ("zaremba-small", (
    "--vocabulary", 7777, "--embedding", 333, "--hidden", "333,333", "--batch", 7, "--sequence-length", 35))
CASES = {name: (name, ()) for name in PRESETS} | {"odd sizes": ODD_SIZES}
REDUCED_SIZES = ("--vocabulary", 100, "--embedding", 16, "--hidden", "24,16", "--batch", 4, "--sequence-length", 5)


def groups(setting):
    for case in ("ptb",) if setting.reduced else CASES:
        yield f"train {case}", list(jobs(case, setting))


def jobs(case, setting):
    preset, sizes = ("ptb", REDUCED_SIZES) if setting.reduced else CASES[case]
    ours = (("float32", 2), ("bfloat16", 2), ("float32", 1))
    for precision, threads in ours[:2] if setting.reduced else ours:
        command = [programs.MYNAH, "bench", "train", preset, *sizes,
                   "--precision", precision, "--threads", threads, "--json"]
        yield job(setting, "mynah", case, precision, threads, command)
    if setting.torch:
        # PyTorch multiplies in bfloat16 only with AVX-512 or newer instructions.
        for precision in ("float32",) if programs.is_restricted() else ("float32", "bfloat16"):
            script = [setting.torch, programs.PEERS / "train_torch.py", preset, *sizes, "--precision", precision]
            yield job(setting, "PyTorch", case, precision, 2, script + ["--seconds", setting.seconds])
    if setting.keras:
        for engine, flags in (("Keras", []), ("Keras XLA", ["--xla"])):
            script = [setting.keras, programs.PEERS / "train_keras.py", preset, *sizes, *flags]
            yield job(setting, engine, case, "float32", 2, script + ["--seconds", setting.seconds])


def job(setting, engine, case, precision, threads, command):
    def measure():
        (found,) = programs.json_lines(command)
        if engine != "mynah":
            setting.engines[engine] = found["engine"]
        used = found.get("precision", precision)
        if used != precision:  # the machine lacks it: no figure of that precision
            setting.say(f"{engine} has no {precision} on this machine and used {used}")
            return []
        return [Sample("train", case, engine, precision, threads, {k: found.get(k) for k in FIGURES})]
    return measure
