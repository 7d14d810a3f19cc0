"""Which scorers a suite has: by its name, else by the shape of each item."""

from __future__ import annotations

import re
from dataclasses import dataclass

from training.scoring import financeiq, fineva, fineval, finova, generic, gpqa, gsm8k, math500
from training.scoring.base import Scorer


@dataclass(frozen=True, slots=True)
class Scorers:
    """The two ways in which a suite's items are scored.

    Attributes:
        benchmark: whose scorers these are; `generic` where the suite's name says nothing.
        official: as the benchmark's authors publish it.
        strict: what the answer is worth.
    """

    benchmark: str
    official: Scorer
    strict: Scorer

    @property
    def differ(self) -> bool:
        """Whether the published score can be another than the strict one."""
        return self.official is not self.strict


_MODULES = {
    "fineval": fineval,
    "financeiq": financeiq,
    "fineva": fineva,
    "finova": finova,
    "math500": math500,
    "gpqa": gpqa,
    "gsm8k": gsm8k,
    "generic": generic,
}
BENCHMARKS = tuple(_MODULES)
"""The benchmarks with scorers of their own, and `generic`."""


def scorers(suite: str) -> Scorers:
    """The scorers of a suite by its name: `finova`, `MATH-500`, `gpqa_diamond`, `gsm8k-test`; else the generic ones."""
    name = benchmark_of(suite)
    module = _MODULES[name]
    return Scorers(name, module.official, module.strict)


def benchmark_of(suite: str) -> str:
    """The benchmark that a suite's name begins with, whatever stands between its words; `generic` without."""
    words = re.findall(r"[a-z]+|\d+", suite.lower())
    heads = {"".join(words[: n + 1]) for n in range(len(words))}
    return next((name for name in BENCHMARKS if name in heads or f"{name}diamond" in heads), "generic")
