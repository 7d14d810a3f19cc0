"""Published figures of other models, to compare with."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

FILE = Path(__file__).with_name("leaderboard.toml")


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
