"""Distances of two profiles, each with what chance alone makes of it.

- Sources: population stability index, sum of (p - q) ln(p / q). Of two samples of one population it is about
  (1/n + 1/m) times a chi-square of k - 1 degrees of freedom (Yurdakul and Naranjo 2020).
- Lengths: Kolmogorov-Smirnov's largest difference of the two distributions, over bins of a quarter of a doubling, with
  Kolmogorov's bound.
- Words: Jensen-Shannon divergence in bits, 0 to 1. Chance adds much to it where words are rare: 0.1 bits between
  two samples of 200 rows of GSM8K, far more than a chi-square says, because words come in clusters. So it is measured
  on half of each version against half of the other, and the divergence of the two halves of one version, equally many
  rows of equal texts, is taken off.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from governance.detectors.drift.profiles import Counts, Profile

CHANCE = 1e-4
"""Probability with which chance alone passes the bounds below."""
_NORMAL = 3.719  # the quantile of a normal distribution at 1 - CHANCE
_KOLMOGOROV = math.sqrt(-math.log(CHANCE / 2) / 2)
FLOOR = 1e-3
"""Least share of a source in the index. Without it a new source of 2 % weighs as much as half of the rows moving, and
the more so the more rows there are."""

Floats = npt.NDArray[np.float64]


def source_shift(one: Profile, other: Profile) -> tuple[float, float]:
    """(population stability index of the sources, what chance may make of it)."""
    p, q = _aligned({**one.sources, "\x00": one.rare}, {**other.sources, "\x00": other.rare})
    n, m = int(p.sum()), int(q.sum())
    a, b = np.maximum(p / n, FLOOR), np.maximum(q / m, FLOOR)
    index = float(((a - b) * np.log(a / b)).sum())
    return index, (1 / n + 1 / m) * _chi_square(max(1, len(p) - 1))


def length_shift(one: Profile, other: Profile) -> tuple[float, float]:
    """(largest difference of the two distributions of length, what chance may make of it)."""
    n, m = int(one.lengths.sum()), int(other.lengths.sum())
    difference = np.abs(np.cumsum(one.lengths) / n - np.cumsum(other.lengths) / m).max()
    return float(difference), _KOLMOGOROV * math.sqrt((n + m) / (n * m))


def vocabulary_shift(one: Profile, other: Profile) -> tuple[float, float, float]:
    """(divergence in bits between versions less that within them, that within them, what chance may be left).

    With equally many rows nothing is left (0.01 at most in 30 draws of 100 rows from any of six sets). With few rows
    against many, chance bends: of what it adds to the smaller side, at most half remains.
    """
    across = [jensen_shannon(p, q) for p in one.vocabulary for q in other.vocabulary]
    own, others = jensen_shannon(*one.vocabulary), jensen_shannon(*other.vocabulary)
    within = (own + others) / 2
    return max(0.0, sum(across) / len(across) - within), within, abs(own - others) / 2


def jensen_shannon(p: Counts, q: Counts) -> float:
    """Jensen-Shannon divergence of two counts, in bits: 0 of equal shares, 1 of nothing in common or one empty."""
    if not p.sum() or not q.sum():
        return 0.0 if p.sum() == q.sum() else 1.0
    a, b = p / p.sum(), q / q.sum()
    middle = (a + b) / 2
    return max(0.0, (_entropy_against(a, middle) + _entropy_against(b, middle)) / 2)


def _entropy_against(p: Floats, middle: Floats) -> float:
    there = p > 0
    return float((p[there] * np.log2(p[there] / middle[there])).sum())


def _aligned(p: Mapping[str, int], q: Mapping[str, int]) -> tuple[Counts, Counts]:
    names = sorted(name for name in {*p, *q} if p.get(name, 0) + q.get(name, 0))
    return (
        np.array([p.get(name, 0) for name in names], np.int64),
        np.array([q.get(name, 0) for name in names], np.int64),
    )


def _chi_square(freedom: int) -> float:
    """The quantile at 1 - CHANCE, by Wilson and Hilferty (within 3 % from one degree of freedom on)."""
    part = 2 / (9 * freedom)
    return freedom * (1 - part + _NORMAL * math.sqrt(part)) ** 3


def quartiles(lengths: Counts) -> list[int]:
    """Lengths in characters that a quarter, half and three quarters of the rows do not exceed, by bins."""
    sums = np.cumsum(lengths)
    bins = [int(np.searchsorted(sums, share * sums[-1])) for share in (0.25, 0.5, 0.75)]
    return [round(2 ** ((b - 0.5) / 4)) if b else 0 for b in bins]
