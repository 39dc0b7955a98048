"""The sections of measurements.

A job is a call that returns samples; the jobs of a group are run one after the other, round by round.
"""
from . import gemm, inference, peak, start, train

SECTIONS = {"peak": peak, "gemm": gemm, "train": train, "generate": inference, "start": start}
