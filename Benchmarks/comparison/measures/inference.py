"""Generation and scoring of the presets."""
from .. import programs
from ..samples import Sample

PRESETS = ("shakespeare", "ptb", "zaremba-medium")
TASKS = (("generate", 1), ("generate", 32), ("score", 1))
PRECISIONS = ("float32", "bfloat16", "int8")
# by engine: the option of its interpreter, its script, and its precisions
PEERS = {
    "PyTorch": ("torch", "generate_torch.py", PRECISIONS),
    "ONNX Runtime": ("onnx", "generate_onnx.py", ("float32", "int8")),
}
FIGURES = ("milliseconds", "tokensPerSecond", "peakMiB", "gigaflops")


def groups(setting):
    for preset in ("ptb",) if setting.reduced else PRESETS:
        for task, streams in (("generate", 1), ("score", 1)) if setting.reduced else TASKS:
            yield f"{task} {preset}, streams: {streams}", list(jobs(task, preset, streams, setting))


def jobs(task, preset, streams, setting):
    for precision in PRECISIONS:
        yield job(setting, "mynah", task, preset, streams, precision, [
            programs.MYNAH, "bench", task, preset, "--streams", streams,
            "--precision", precision, "--threads", 2, "--json"])
    for engine, (option, script, precisions) in PEERS.items():
        python = getattr(setting, option)
        for precision in precisions if python else ():
            yield job(setting, engine, task, preset, streams, precision, [
                python, programs.PEERS / script, task, preset, "--streams", streams,
                "--precision", precision, "--threads", 2, "--seconds", setting.seconds])


def job(setting, engine, task, preset, streams, precision, command):
    def measure():
        (found,) = programs.json_lines(command)
        if engine != "mynah":
            setting.engines[engine] = found["engine"]
        used = found.get("precision", precision)
        if used != precision:
            setting.say(f"{engine} has no {precision} on this machine and used {used}")
            return []
        return [Sample(task, preset, engine, precision, 2, {k: found.get(k) for k in FIGURES}, streams)]
    return measure
