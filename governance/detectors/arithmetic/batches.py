"""Equations of the answers in a batch."""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from governance.detectors.arithmetic.equations import Equation, check
from governance.rules.marks import Mark, candidate_turns, marked
from governance.samples import ASSISTANT, SampleBatch
from governance.text.profile import profile

COUNTS = (
    "read",
    "recomputed",
    "wrong",
    "not_arithmetic",
    "no_operation",
    "partial",
    "units",
    "range",
    "ambiguous",
    "mixed",
    "large",
    "undefined",
    "capped",
    "texts_cut",
)
LIMIT = 200_000
"""Characters read of one answer; longer ones are read to here and counted as `texts_cut`."""


def checked(batch: SampleBatch, tolerance: float) -> tuple[pa.Table | None, pa.Table | None]:
    """(MARKS of equations that do not recompute, one row of `COUNTS`); None where a batch has none."""
    return batch.once(f"arithmetic/{tolerance}", lambda: _checked(batch, tolerance))


def _checked(batch: SampleBatch, tolerance: float) -> tuple[pa.Table | None, pa.Table | None]:
    marks: list[Mark] = []
    counts: Counter[str] = Counter()
    for turn, text in candidate_turns(batch, _may_calculate(batch)):
        found = check(text[:LIMIT], tolerance)
        counts.update(found.counts)
        counts["texts_cut"] += len(text) > LIMIT
        marks += [_mark(turn, equation) for equation in found.wrong]
    numbers = pa.table({name: [counts[name]] for name in COUNTS}) if counts else None
    return marked(batch, marks), numbers


def _mark(turn: int, equation: Equation) -> Mark:
    return Mark(turn, equation.start, equation.end, equation.kind, equation.error)


def _may_calculate(batch: SampleBatch) -> npt.NDArray[np.bool_]:
    """Answers with two digits or more and a sign of equality."""
    counts = profile(batch)
    answers = (batch.turns.roles == ASSISTANT) & (counts.of("digits") > 1)
    equals = counts.of("equals") > 0
    rest = np.flatnonzero(answers & ~equals)
    texts = pl.Series(values=batch.turns.contents.take(pa.array(rest)), dtype=pl.String)
    equals[rest] = texts.str.contains("≈", literal=True).to_numpy()
    wanted: npt.NDArray[np.bool_] = answers & equals
    return wanted
