"""Training steps of the presets."""
from .. import programs
from ..samples import Sample

PRESETS = ("ptb", "brown", "zaremba-small", "shakespeare", "zaremba-medium")
FIGURES = ("milliseconds", "tokensPerSecond", "peakMiB", "gigaflops", "shareOfPeak", "shareOfBfloat16Peak")
REDUCED_SIZES = ("--vocabulary", 100, "--embedding", 16, "--hidden", "24,16", "--batch", 4, "--steps", 5)


def groups(setting):
    for preset in ("ptb",) if setting.reduced else PRESETS:
        yield f"train {preset}", list(jobs(preset, setting))


def jobs(preset, setting):
    sizes = REDUCED_SIZES if setting.reduced else ()
    ours = (("float32", 2), ("bfloat16", 2), ("float32", 1))
    for precision, threads in ours[:2] if setting.reduced else ours:
        command = [programs.MYNAH, "bench", "train", preset, *sizes, "--precision", precision, "--threads", threads, "--json"]
        yield job(setting, "mynah", preset, precision, threads, command)
    if setting.torch:
        for precision in ("float32", "bfloat16"):
            script = [setting.torch, programs.PEERS / "train_torch.py", preset, *sizes, "--precision", precision]
            yield job(setting, "PyTorch", preset, precision, 2, script + ["--seconds", setting.seconds])
    if setting.keras:
        for engine, flags in (("Keras", []), ("Keras XLA", ["--xla"])):
            script = [setting.keras, programs.PEERS / "train_keras.py", preset, *sizes, *flags]
            yield job(setting, engine, preset, "float32", 2, script + ["--seconds", setting.seconds])


def job(setting, engine, preset, precision, threads, command):
    def measure():
        (found,) = programs.json_lines(command)
        if engine != "mynah":
            setting.engines[engine] = found["engine"]
        used = found.get("precision", precision)
        if used != precision:  # the machine lacks it: no figure of that precision
            setting.say(f"{engine} has no {precision} on this machine and used {used}")
            return []
        return [Sample("train", preset, engine, precision, threads, {k: found.get(k) for k in FIGURES})]
    return measure
