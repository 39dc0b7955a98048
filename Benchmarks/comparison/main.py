"""The command line and the rounds."""
import argparse
import dataclasses
import json
import os
import pathlib
import sys

from . import programs, quiet, report, tables
from .measures import SECTIONS
from .samples import About, Sample, Samples

DOCUMENTS = (programs.ROOT / "docs/performance.md", programs.ROOT / "README.md")


@dataclasses.dataclass
class Setting:
    """The settings of the measurements, with the engines and notes collected during them."""
    torch: str
    keras: str
    onnx: str
    seconds: float
    gemm_seconds: float
    reduced: bool
    engines: dict = dataclasses.field(default_factory=dict)  # versions by name
    notes: list = dataclasses.field(default_factory=list)

    def say(self, sentence):
        """Adds a note to the figures, unless it has been added before."""
        if sentence not in self.notes:
            self.notes.append(sentence)
            print(f"note: {sentence}", file=sys.stderr, flush=True)


def parse(description):
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--torch", metavar="PYTHON", help="an interpreter that has torch")
    parser.add_argument("--keras", metavar="PYTHON", help="an interpreter that has tensorflow")
    parser.add_argument("--onnx", metavar="PYTHON", help="an interpreter that has onnx and onnxruntime")
    parser.add_argument("--instruction-set", metavar="NAME",
                        help="kernels that mynah uses, such as avx512; avx2 holds the peers to it too")
    parser.add_argument("--only", metavar="SECTION,…", help=f"of {', '.join(SECTIONS)}; generate includes scoring")
    parser.add_argument("--rounds", type=int, default=3, help="how often everything is run (default: 3)")
    parser.add_argument("--seconds", type=float, default=3, help="how long a peer repeats a call (default: 3)")
    parser.add_argument("--gemm-seconds", type=float, default=0.15,
                        help="the same for a matrix product (default: 0.15)")
    parser.add_argument("--reduced", action="store_true", help="one round of small sizes, to see that everything works")
    parser.add_argument("--no-build", action="store_true", help="use the binaries that were built before")
    parser.add_argument("--json", metavar="FILE", type=pathlib.Path, help="write everything that was measured")
    parser.add_argument("--from", dest="sources", metavar="FILE", type=pathlib.Path, action="append",
                        help="run nothing, read what --json wrote; files of several runs are put together")
    parser.add_argument("--update-docs", action="store_true",
                        help="put the tables into docs/performance.md and README.md")
    options = parser.parse_args()
    unknown = set(options.only.split(",") if options.only else ()) - set(SECTIONS)
    if unknown:
        parser.error(f"--only: expected names of {', '.join(SECTIONS)}, found {', '.join(sorted(unknown))}")
    if options.rounds < 1:
        parser.error(f"--rounds must be at least 1, found {options.rounds}")
    if options.reduced:
        options.rounds, options.seconds, options.gemm_seconds = 1, 0.05, 0.01
        if options.update_docs:
            parser.error("--update-docs needs figures of full size, so it cannot go with --reduced")
    return options


def checked_interpreter(setting, option, module):
    """The interpreter of a peer, or None if it was not given or lacks the module."""
    python = getattr(setting, option)
    if not python:
        setting.say(f"{module} is not compared: no interpreter was given with --{option}")
        return None
    try:
        programs.check_interpreter(python, module)
        return python
    except programs.Failure as failure:
        setting.say(f"{module} is not compared: {failure}")
        return None


def measure(options):
    """Runs all sections round by round; returns the samples, their description, and the number of distinct failures."""
    setting = Setting(
        options.torch, options.keras, options.onnx, options.seconds, options.gemm_seconds, options.reduced)
    if options.instruction_set:
        programs.use_instruction_set(options.instruction_set)
    if not options.no_build:
        programs.build_mynah()
    # Runs first, because it returns the description of the machine and the build.
    (header,) = programs.json_lines([programs.MYNAH_BENCHMARKS, "--json", "--filter", "vector/exp", "--seconds", 0])
    setting.torch = checked_interpreter(setting, "torch", "torch")
    setting.keras = checked_interpreter(setting, "keras", "tensorflow")
    setting.onnx = checked_interpreter(setting, "onnx", "onnxruntime")
    if setting.onnx and programs.is_restricted():
        setting.say("ONNX Runtime cannot be held to an instruction set: it used all that the processor has")
    wanted = options.only.split(",") if options.only else list(SECTIONS)
    groups = [group for name in SECTIONS if name in wanted for group in SECTIONS[name].groups(setting)]
    samples, failures, watch = [], set(), quiet.Watch()
    for round in range(options.rounds):
        for name, jobs in groups:
            print(f"round {round + 1} of {options.rounds}: {name}", file=sys.stderr, flush=True)
            # The order alternates, so that no program always runs on the cooler machine.
            for job in jobs if round % 2 == 0 else reversed(jobs):
                try:
                    samples += job()
                except programs.Failure as failure:
                    failures.add(str(failure))
                    print(f"error: {failure}", file=sys.stderr, flush=True)
    return samples, about(setting, header, options.rounds, watch.others()), len(failures)


def about(setting, header, rounds, others):
    """The machine, the commit and the engines, and whether other programs disturbed the measurements."""
    cores = os.cpu_count() or 1
    is_disturbed = quiet.is_disturbed(others, cores)
    if is_disturbed:
        setting.say(f"other programs kept {others:.1f} of {cores} cores busy meanwhile: peers whose threads wait by "
                    "spinning lose most by that, so ratios are worth nothing and targets are not judged")
    wanted = os.environ.get("MYNAH_INSTRUCTION_SET")
    if wanted and header["instructionSet"] != wanted:
        setting.say(f"the instruction set {wanted} was requested, and this machine used {header['instructionSet']}")
    kept = {key: header[key] for key in ("machine", "instructionSet", "commit", "date", "swift")}
    return About(**kept, rounds=rounds, isDisturbed=is_disturbed, engines=setting.engines, notes=setting.notes,
                 isChosen=bool(wanted))


def load(paths):
    """The samples of several files, with the description of the last one."""
    samples, abouts = [], []
    for path in paths:
        try:
            content = json.loads(path.read_text())
            samples += [Sample(**sample) for sample in content["samples"]]
            abouts.append(About(**content["about"]))
        except (OSError, ValueError, KeyError, TypeError) as problem:
            raise programs.Failure(f"{path} cannot be read as what --json writes: {problem!r}") from problem
    # A peer that is missing in one run may be present in another.
    everywhere = set.intersection(*(set(each.notes) for each in abouts))
    notes = dict.fromkeys(note for each in abouts for note in each.notes)
    return samples, dataclasses.replace(
        abouts[-1], engines={name: version for each in abouts for name, version in each.engines.items()},
        notes=[note for note in notes if " is not compared" not in note or note in everywhere],
        isDisturbed=any(each.isDisturbed for each in abouts))


def main(description):
    options = parse(description)
    try:
        samples, origin, failed = (*load(options.sources), 0) if options.sources else measure(options)
    except programs.Failure as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    judge = tables.Judge(has_targets=not options.reduced and not origin.isDisturbed)
    blocks = report.blocks(Samples(samples), origin, judge)
    for name, text in blocks.items():
        print(f"\n{text}")
    if options.json:
        content = {"about": dataclasses.asdict(origin), "samples": [dataclasses.asdict(sample) for sample in samples]}
        options.json.write_text(json.dumps(content, indent=1) + "\n")
    if options.update_docs:
        for path in DOCUMENTS:
            text = path.read_text()
            for name, block in blocks.items():
                text = tables.put(text, name, block)
            path.write_text(text)
    if judge.met + judge.missed:
        print(f"\n{judge.met} targets met, {judge.missed} missed")
    if failed:
        print(f"error: {failed} programs gave no figures, see above", file=sys.stderr)
    return 1 if failed or not samples else 0
