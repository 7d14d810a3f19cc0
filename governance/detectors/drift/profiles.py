"""A profile: how many rows come from where, how long they are, in which script, and which words they hold.

It is made batch by batch, adds up in any order, and is small enough (about 70 KB) to be kept with every dataset
version. Words are hashed into `BUCKETS` counters; a row counts once for each bucket it touches, however often a word
comes, so one row that repeats itself does not shift the whole. The counters are kept apart for two halves of
the rows that are looked at, by their sample id: how far the halves differ says how much of a distance is chance.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Counts = npt.NDArray[np.int64]

BUCKETS = 4096
LENGTHS = 128
"""Bins of length in characters, four to a doubling: 0, 1-1.2, ... up to 2^32."""
SCRIPTS = ("latin", "han", "other", "none")
SOURCES = 1000
"""Sources counted by name; the rarer ones are counted together."""
PROFILE = pa.schema(
    [
        pa.field("rows", pa.int64(), False),
        pa.field("sources", pa.string(), False),  # JSON: name -> rows; "" where the row names none
        pa.field("rare", pa.int64(), False),  # rows of sources that are not named
        pa.field("scripts", pa.string(), False),  # JSON: script -> rows
        pa.field("lengths", pa.large_binary(), False),  # LENGTHS little-endian int64
        pa.field("vocabulary", pa.large_binary(), False),  # 2 x BUCKETS little-endian int64
    ]
)
PART = pa.schema([pa.field("first", pa.int64(), False), *PROFILE])
"""A profile of one batch, after the number of its first row."""


@dataclass(frozen=True, eq=False)
class Profile:
    """Counts over rows.

    Attributes:
        sources: rows by source, "" for none.
        rare: rows of sources beyond the first `SOURCES`.
        scripts: rows by the script of most letters.
        lengths: (LENGTHS,) rows by length.
        vocabulary: (2, BUCKETS) rows of each half that hold a word of the bucket.
    """

    rows: int
    sources: Mapping[str, int]
    rare: int
    scripts: Mapping[str, int]
    lengths: Counts
    vocabulary: Counts

    @property
    def digest(self) -> str:
        """64 hex: equal for profiles of equal counts."""
        words = json.dumps([self.rows, sorted(self.sources.items()), self.rare, sorted(self.scripts.items())])
        data = words.encode() + self.lengths.tobytes() + self.vocabulary.tobytes()
        return hashlib.sha256(data).hexdigest()

    def as_row(self) -> dict[str, object]:
        """The profile as a row of `PROFILE`."""
        return {
            "rows": self.rows,
            "sources": json.dumps(dict(sorted(self.sources.items())), ensure_ascii=False),
            "rare": self.rare,
            "scripts": json.dumps(dict(sorted(self.scripts.items()))),
            "lengths": self.lengths.astype("<i8").tobytes(),
            "vocabulary": self.vocabulary.astype("<i8").tobytes(),
        }


def from_row(row: Mapping[str, object]) -> Profile:
    """The profile of a row of `PROFILE`."""
    return Profile(
        int(str(row["rows"])),
        json.loads(str(row["sources"])),
        int(str(row["rare"])),
        json.loads(str(row["scripts"])),
        _numbers(row["lengths"]),
        _numbers(row["vocabulary"]).reshape(2, -1),
    )


def _numbers(data: object) -> Counts:
    return np.frombuffer(bytes(data), "<i8").astype(np.int64)  # type: ignore[call-overload]


def total(profiles: Iterable[Profile]) -> Profile:
    """The profile of all rows together."""
    rows = rare = 0
    sources: Counter[str] = Counter()
    scripts: Counter[str] = Counter()
    lengths, vocabulary = np.zeros(LENGTHS, np.int64), np.zeros((2, BUCKETS), np.int64)
    for one in profiles:
        rows += one.rows
        rare += one.rare
        sources.update(one.sources)
        scripts.update(one.scripts)
        lengths += one.lengths
        vocabulary += one.vocabulary
    named, unnamed = named_sources(sources)
    return Profile(rows, named, rare + unnamed, dict(scripts), lengths, vocabulary)


def named_sources(sources: Mapping[str, int]) -> tuple[dict[str, int], int]:
    """(the `SOURCES` most frequent with their rows, rows of the others)."""
    order = sorted(sources.items(), key=lambda pair: (-pair[1], pair[0]))
    return dict(order[:SOURCES]), sum(count for _, count in order[SOURCES:])
