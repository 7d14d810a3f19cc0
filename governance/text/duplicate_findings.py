"""Findings and evidence of the duplicate rules, built a column at a time: a large dataset has millions of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from governance.findings import (
    EVIDENCE,
    FINDINGS,
    FINGERPRINT_VERSION,
    Severity,
    empty_evidence,
    empty_findings,
)
from governance.samples import hex_ids, sha256_hex
from governance.text.verify import Indices


@dataclass(frozen=True)
class Groups:
    """Rows that belong together, one group a finding; the groups' rows lie end to end.

    Attributes:
        starts: (groups + 1,) where each group begins.
        rows: (members,) row numbers; the first of a group is its representative.
        ids: (members,) sample ids.
        scores: (members,) similarity to the representative, NaN where none was measured.
    """

    starts: Indices
    rows: Indices
    ids: pa.FixedSizeBinaryArray
    scores: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def sizes(self) -> Indices:
        """(groups,) rows of each, the representative included."""
        return np.diff(self.starts)


@dataclass(frozen=True)
class Wording:
    """What a rule says of a group, after the number of its rows beside the representative."""

    rule: str
    severity: Severity
    kind: str
    one: str  # "row repeats ..."
    several: str  # "rows repeat ..."
    threshold: float | None = None


def group(named: Indices, chosen: npt.NDArray[np.bool_], order: Indices) -> tuple[Indices, Indices]:
    """(starts, members) of the groups that chosen items name, each led by the item named; others by `order`.

    Groups of one are left out, and groups come in the order of the item they name.
    """
    items = np.flatnonzero(chosen)
    items = items[np.lexsort((order[items], named[items] != items, order[named[items]]))]
    bounds = np.flatnonzero(np.diff(named[items])) + 1
    sizes = np.diff(np.concatenate([[0], bounds, [len(items)]])) if len(items) else np.empty(0, np.int64)
    large = np.repeat(sizes > 1, sizes)
    return np.concatenate([[0], np.cumsum(sizes[sizes > 1])]).astype(np.int64), items[large]


def tables(groups: Groups, wording: Wording) -> tuple[pa.Table, pa.Table]:
    """(FINDINGS, EVIDENCE) of groups that are told apart by their sample ids."""
    if not len(groups):
        return empty_findings(), empty_evidence()
    of = np.repeat(np.arange(len(groups)), groups.sizes)
    hexes = hex_ids(groups.ids)
    frame = pl.DataFrame({"group": of, "id": pl.Series(values=hexes), "score": groups.scores}).with_columns(
        pl.col("score").fill_nan(None)
    )
    prints = fingerprints(wording.rule, frame)
    return _findings(groups, wording, frame, prints), _evidence(groups, of, hexes, prints)


def fingerprints(rule: str, frame: pl.DataFrame) -> pa.StringArray:
    """(groups,) the fingerprints of `findings.fingerprint` over the different ids of each group."""
    ids = frame.select("group", "id").unique().sort("group", "id")
    joined = ids.group_by("group", maintain_order=True).agg(pl.col("id").str.join("\n")).get_column("id")
    return sha256_hex((f"{rule}\n{FINGERPRINT_VERSION}\n" + joined).to_arrow())


def _findings(groups: Groups, wording: Wording, frame: pl.DataFrame, prints: pa.StringArray) -> pa.Table:
    summary = frame.group_by("group", maintain_order=True).agg(
        (pl.len() - 1).cast(pl.Int64).alias("rows"),
        pl.col("score").min(),
        pl.col("id").n_unique().alias("samples"),
    )
    words = pl.when(pl.col("rows") == 1).then(pl.lit(wording.one)).otherwise(pl.lit(wording.several))
    found = summary.select(
        pl.Series("fingerprint", prints),
        pl.lit(wording.rule).alias("rule"),
        pl.lit(wording.severity.value).alias("severity"),
        pl.lit(wording.kind).alias("kind"),
        pl.format("{} {}", "rows", words).alias("message"),
        "score",
        pl.lit(wording.threshold, pl.Float64).alias("threshold"),
        "rows",
        pl.struct((pl.col("rows") + 1).alias("rows"), "samples").struct.json_encode().alias("details"),
    )
    return found.to_arrow().cast(FINDINGS)


def _evidence(groups: Groups, of: Indices, hexes: pa.StringArray, prints: pa.StringArray) -> pa.Table:
    n = len(groups.rows)
    leads = np.zeros(n, np.bool_)
    leads[groups.starts[:-1]] = True
    representative = groups.rows[groups.starts[:-1]][of]
    peers = pc.binary_join_element_wise("row:", pa.array(representative).cast(pa.string()), "")
    nothing = pa.scalar(None)
    columns = {field.name: pa.nulls(n, field.type) for field in EVIDENCE}
    columns |= {
        "fingerprint": prints.take(pa.array(of)),
        "row": pa.array(groups.rows),
        "sample_id": hexes,
        "role": pc.if_else(pa.array(leads), "representative", "affected"),
        "score": pc.if_else(pa.array(leads | np.isnan(groups.scores)), nothing, pa.array(groups.scores)),
        "peer": pc.if_else(pa.array(leads), nothing, peers),
    }
    return pa.table(columns).cast(EVIDENCE)
