"""Detects other programs that disturb the measurements."""
import os
import pathlib
import time

THREADS = 2  # that the measurements use
ALLOWANCE = 0.2  # of a core


def busy_seconds(statistics, ticks_per_second):
    """The time that all processors were busy, including the work of other virtual machines, from a text in the format
    of Linux's /proc/stat.
    """
    fields = statistics.split("\n", 1)[0].split()
    if not fields or fields[0] != "cpu":
        return None
    user, nice, system, _idle, _waiting, interrupts, soft_interrupts, stolen = (
        int(f) for f in (fields[1:] + ["0"] * 8)[:8])
    return (user + nice + system + interrupts + soft_interrupts + stolen) / ticks_per_second


class Watch:
    """Measures the processor time of other programs since its creation."""

    def __init__(self):
        self.start = self._reading()

    @staticmethod
    def _reading():
        try:
            busy = busy_seconds(pathlib.Path("/proc/stat").read_text(), os.sysconf("SC_CLK_TCK"))
        except OSError:
            busy = None
        return time.monotonic(), busy, sum(os.times()[:4])  # of this process and of its children that have ended

    def others(self):
        """The number of cores that other programs kept busy since the start; if unknown, the system's 15-minute load
        average.
        """
        (begin, busy, ours), (end, busy_now, ours_now) = self.start, self._reading()
        if busy is None or busy_now is None:
            return os.getloadavg()[2]
        return max(0.0, busy_now - busy - (ours_now - ours)) / max(end - begin, 1e-3)


def is_disturbed(others, cores):
    """Returns whether this many busy cores leave too few for the measurements."""
    return others > max(0, cores - THREADS) + ALLOWANCE
