"""The published figures to compare with, and the one figure of an evaluation that stands beside them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pyarrow as pa

from training.scoring.base import Item
from training.scoring.finova.tasks import task_of
from training.scoring.statistics import NOTHING, Interval, accuracy, macro_mean

FILE = Path(__file__).with_name("leaderboard.toml")
MACRO = ("financeiq", "finova")
"""Benchmarks that are reported as an unweighted mean, over subjects or over tasks."""


@dataclass(frozen=True)
class Published:
    """A model's accuracies as its authors or others publish them, in percent by benchmark."""

    name: str
    scores: Mapping[str, float]


@dataclass(frozen=True)
class Leaderboard:
    """A table of published accuracies.

    Attributes:
        benchmarks: names as they are written, by the names that scorers go by, in order of the columns.
        notes: what a reader has to know before comparing.
    """

    source: str
    notes: tuple[str, ...]
    benchmarks: Mapping[str, str]
    models: tuple[Published, ...]


@lru_cache(maxsize=1)
def leaderboard() -> Leaderboard:
    """The built-in table, that of the Agentar-Fin-R1 paper."""
    found = tomllib.loads(FILE.read_text(encoding="utf-8"))
    models = tuple(Published(m["name"], m["scores"]) for m in found["model"])
    return Leaderboard(found["source"], tuple(found["notes"]), found["benchmarks"], models)


def headline(benchmark: str, results: pa.Table, scorer: str = "official") -> Interval:
    """The figure that the benchmark is reported by, with its 95 % interval, of rows of `EVALUATION_ITEM`.

    Where no item has such a score, the likeliest option counts, as it does for log-likelihoods.
    """
    rows = results.select(["item", "subject", "state", scorer, "choice_score"]).to_pylist()
    scored = [row for row in rows if row["state"] == "scored"]
    column = scorer if any(row[scorer] is not None for row in scored) else "choice_score"
    kept = [row for row in scored if row[column] is not None]
    if not kept:
        return NOTHING
    scores = [row[column] for row in kept]
    return macro_mean(scores, _strata(benchmark, kept)) if benchmark in MACRO else accuracy(scores)


def _strata(benchmark: str, rows: Sequence[Mapping[str, str]]) -> list[str]:
    """What is averaged without weights: Finova's six tasks, else the subjects."""
    if benchmark != "finova":
        return [row["subject"] or "" for row in rows]
    tasks = (task_of(Item("finova", row["item"], "", subject=row["subject"])) for row in rows)
    return [task.name if task else "" for task in tasks]
