"""Rows and findings by label: what the labeller said of each row, kept during the pass and counted after it.

A finding counts for each label whose rows it affects, so the findings of several labels may add up to more than there
are. The row that a cluster keeps is not affected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from governance.findings import Severity
from governance.labels.labeller import BASES, Labeller
from governance.report import LabelCount
from governance.rules.base import Mapper, Partials
from governance.samples import SampleBatch

if TYPE_CHECKING:
    import polars as pl

NAME = "labels"
MOST = 200
"""Labels that are counted one by one; the rest, rarest first, are one line."""
SEVERITIES = [s.value for s in Severity]


def label_mapper(labeller: Labeller) -> Mapper:
    """The mapper that labels each batch of an audit and keeps what is counted."""
    return Mapper(NAME, lambda batch, _: counted(batch, labeller.label(batch)))


def counted(batch: SampleBatch, labels: pa.Table) -> pa.Table:
    """What is kept of each row to count it: `row`, `label`, `basis` (place in BASES), `characters`."""
    basis = pc.index_in(labels.column("basis"), value_set=pa.array(BASES)).cast(pa.int8())
    found = labels.select(["row", "label"]).append_column("basis", basis)
    return found.append_column("characters", pa.array(_characters(batch)))


def _characters(batch: SampleBatch) -> Any:
    """(rows,) characters of each conversation."""
    import numpy as np

    turns = batch.turns
    total = np.concatenate([[0], np.cumsum(pc.utf8_length(turns.contents).to_numpy())])
    return np.diff(total[turns.starts])


def label_counts(partials: Partials, findings: pa.Table, evidence: pa.Table) -> tuple[LabelCount, ...]:
    """Every label with its rows and findings, most rows first; rows without a label come last.

    Empty where no row has a label and none was given by the data: there is nothing to tell apart then.
    """
    import polars as pl

    rows = _rows(partials)
    if rows.is_empty() or rows.get_column("label").null_count() == len(rows):
        return ()
    sizes = rows.group_by("label").agg(
        pl.len().alias("rows"),
        pl.col("characters").sum(),
        pl.col("basis").value_counts(),
        (pl.col("basis") == BASES.index("unmapped")).any().alias("unmapped"),
    )
    table = sizes.join(_found(rows, findings, evidence), on="label", how="left", nulls_equal=True)
    ordered = table.sort(pl.col("label").is_null(), -pl.col("rows").cast(pl.Int64), "label")
    return _shortened([_count(row) for row in ordered.iter_rows(named=True)])


def _rows(partials: Partials) -> pl.DataFrame:
    import polars as pl

    made: list[Any] = [pl.from_arrow(table) for table in partials.tables()]
    return pl.concat(made) if made else pl.DataFrame()


def _found(rows: pl.DataFrame, findings: pa.Table, evidence: pa.Table) -> pl.DataFrame:
    """By label: affected rows, and findings by severity."""
    import polars as pl

    lines: Any = pl.from_arrow(evidence.select(["fingerprint", "row", "role"]))
    levels: Any = pl.from_arrow(findings.select(["fingerprint", "severity"]))
    affected = lines.filter(pl.col("role") == "affected").join(rows.select("row", "label"), on="row")
    touched = affected.group_by("label").agg(pl.col("row").n_unique().alias("affected"))
    distinct = affected.select("fingerprint", "label").unique().join(levels.unique(), on="fingerprint")
    counted = distinct.group_by("label").agg(
        *((pl.col("severity") == level).sum().alias(level) for level in SEVERITIES)
    )
    joined: pl.DataFrame = touched.join(counted, on="label", how="left", nulls_equal=True)
    return joined


def _count(row: dict[str, Any]) -> LabelCount:
    kind = "none" if row["label"] is None else "unmapped" if row["unmapped"] else "taxonomy"
    basis = {BASES[entry["basis"]]: int(entry["count"]) for entry in row["basis"]}
    return LabelCount(
        label=row["label"] or "",
        kind=kind,
        rows=int(row["rows"]),
        characters=int(row["characters"]),
        basis=dict(sorted(basis.items())),
        affected=int(row["affected"] or 0),
        findings={level: int(row[level] or 0) for level in SEVERITIES},
    )


def _shortened(counts: list[LabelCount]) -> tuple[LabelCount, ...]:
    """At most `MOST` labels; those beyond them as one line, of the kind `others`, before the rows without a label."""
    named = [c for c in counts if c.kind != "none"]
    none = [c for c in counts if c.kind == "none"]
    rest = named[MOST:]
    if not rest:
        return tuple(counts)
    basis: dict[str, int] = {}
    for count in rest:
        for name, number in count.basis.items():
            basis[name] = basis.get(name, 0) + number
    others = LabelCount(
        label=f"{len(rest):,} other labels",
        kind="others",
        rows=sum(c.rows for c in rest),
        characters=sum(c.characters for c in rest),
        basis=dict(sorted(basis.items())),
        affected=sum(c.affected for c in rest),
        findings={level: sum(c.findings[level] for c in rest) for level in SEVERITIES},
    )
    return (*named[:MOST], others, *none)
