"""The measurements."""
import dataclasses
import statistics


@dataclasses.dataclass(frozen=True)
class Sample:
    """One or more figures of one engine for one case in one round."""
    section: str  # peak, gemm, recurrent, train, generate, score, start
    case: str  # a product, a preset, a command
    engine: str  # mynah, PyTorch, ONNX Runtime, Keras, Keras XLA, oneDNN, OpenBLAS
    precision: str
    threads: int
    values: dict  # figures by name: milliseconds, tokensPerSecond, peakMiB, gigaflops, shareOfPeak, shareOfBfloat16Peak
    streams: int = 1


@dataclasses.dataclass(frozen=True)
class About:
    """The machine and the software; names as in the report of mynah-benchmarks."""
    machine: dict  # cpu, cores
    instructionSet: str
    commit: str
    date: str
    swift: str
    rounds: int
    isDisturbed: bool  # by other programs
    engines: dict  # versions by name
    notes: list  # sentences that belong to the figures
    isChosen: bool = False  # whether the instruction set was named, instead of the machine's best


class Samples:
    def __init__(self, samples=()):
        self.all = list(samples)

    def matching(self, **wanted):
        return [s for s in self.all if all(getattr(s, key) == value for key, value in wanted.items())]

    def cases(self, section):
        """The section's cases in the order of their first samples."""
        return list(dict.fromkeys(s.case for s in self.all if s.section == section))

    def median(self, value, **wanted):
        """The median over the rounds, or None if nothing was measured."""
        found = [s.values[value] for s in self.matching(**wanted) if s.values.get(value) is not None]
        return statistics.median(found) if found else None

    def best(self, value, engines, precisions, **wanted):
        """The largest median of some engines in some precisions, with its engine and precision; (None, None) if none
        was measured.
        """
        medians = [(self.median(value, engine=e, precision=p, **wanted), f"{e} {p}")
                   for e in engines for p in precisions]
        return max((pair for pair in medians if pair[0] is not None), default=(None, None))


def ratio(ours, theirs):
    return ours / theirs if ours is not None and theirs else None
