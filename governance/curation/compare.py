"""What one split has that another has not, by the identity of the samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from governance.curation.record import SplitRecord
from governance.lake import Lake
from governance.lake.splits import load_members

LISTED = 50
CHANGES = ("added", "removed", "moved", "reweighted", "rewritten")
"""In the newer split only; in the older one only; in another part; of another weight; redacted otherwise."""


@dataclass(frozen=True)
class SplitDiff:
    """Two splits side by side.

    Attributes:
        counts: rows by kind of change; `same` are in both as they are.
        sources: source -> rows added and removed, where there are any.
        policy: keys of the policy that differ, with both values.
        listed: the first rows of each change: sample id, dataset and row.
    """

    old: str
    new: str
    counts: Mapping[str, int]
    sources: Mapping[str, tuple[int, int]]
    policy: Mapping[str, tuple[Any, Any]]
    listed: Mapping[str, tuple[tuple[str, str, int], ...]]

    @property
    def same(self) -> bool:
        """True where both hold the same rows, as they are."""
        return not any(self.counts[name] for name in CHANGES)


def compare_splits(lake: Lake, old: SplitRecord, new: SplitRecord) -> SplitDiff:
    """What became of the rows of the older split in the newer one. The nth of equal samples answers the nth."""
    both = _rows(lake, old).join(_rows(lake, new), on=["sample_id", "nth"], how="full", suffix="_new")
    both = both.with_columns(pl.coalesce("sample_id", "sample_id_new").alias("sample_id"))
    before, after = pl.col("part").is_not_null(), pl.col("part_new").is_not_null()
    change = (
        pl.when(~before)
        .then(pl.lit("added"))
        .when(~after)
        .then(pl.lit("removed"))
        .when(pl.col("part") != pl.col("part_new"))
        .then(pl.lit("moved"))
        .when(pl.col("weight") != pl.col("weight_new"))
        .then(pl.lit("reweighted"))
        .when(pl.col("redacted").fill_null("") != pl.col("redacted_new").fill_null(""))
        .then(pl.lit("rewritten"))
        .otherwise(pl.lit("same"))
    )
    both = both.with_columns(
        change=change, at=pl.coalesce("dataset_new", "dataset"), n=pl.coalesce("row_new", "row")
    )
    counted = dict(both.group_by("change").len().iter_rows())
    return SplitDiff(
        old=old.reference,
        new=new.reference,
        counts={name: int(counted.get(name, 0)) for name in ("same", *CHANGES)},
        sources=_sources(both),
        policy=_policy(old.policy, new.policy),
        listed={name: _listed(both.filter(pl.col("change") == name)) for name in CHANGES},
    )


def _rows(lake: Lake, record: SplitRecord) -> pl.DataFrame:
    frame = pl.DataFrame(pl.from_arrow(load_members(lake, record)))
    frame = frame.select("sample_id", "part", "weight", "redacted", "dataset", "row", "source")
    return frame.with_columns(nth=pl.int_range(pl.len()).over("sample_id"))


def _sources(both: pl.DataFrame) -> dict[str, tuple[int, int]]:
    changed = both.filter(pl.col("change").is_in(["added", "removed"]))
    source = pl.coalesce("source_new", "source").fill_null("")
    table = changed.group_by(source.alias("name")).agg(
        added=(pl.col("change") == "added").sum(), removed=(pl.col("change") == "removed").sum()
    )
    return {name: (int(added), int(removed)) for name, added, removed in table.sort("name").iter_rows()}


def _policy(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    keys = sorted(old.keys() | new.keys())
    return {key: (old.get(key), new.get(key)) for key in keys if old.get(key) != new.get(key)}


def _listed(rows: pl.DataFrame) -> tuple[tuple[str, str, int], ...]:
    first = rows.sort("at", "n").head(LISTED).select("sample_id", "at", "n")
    return tuple((str(s), str(d), int(r)) for s, d, r in first.iter_rows())
