"""Which findings are kept from the gate: those a waiver in force covers, and those the data themselves waive.

A finding that speaks of several rows is waived only where the condition holds for every row it counts against.
A condition over rows never covers a finding without rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import polars as pl
import pyarrow as pa

from governance.findings import SUPPRESSIONS
from governance.waivers.model import Waiver
from governance.waivers.where import ROW_FIELDS, parse

EXTERNAL, IN_SOURCE = "external", "in-source"
IGNORES = "govern_ignore"
"""The metadata column of a batch (list of texts: rule ids, families or ALL) by which a row waives findings itself."""
FACTS = ("row", "source", "licence", "label", "row_id")


@dataclass(frozen=True)
class Rows:
    """What conditions may ask about rows, and what rows say of themselves.

    Attributes:
        facts: `FACTS` columns of every row that was read; empty where no waiver asks.
        datasets: (first row, name) of each dataset, ascending.
        ignores: columns row and `IGNORES`, of rows that waive something.
    """

    facts: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_facts_schema()))
    datasets: tuple[tuple[int, str], ...] = ()
    ignores: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_ignores_schema()))


def _facts_schema() -> dict[str, pl.DataType]:
    return {name: pl.Int64() if name == "row" else pl.String() for name in FACTS}


def _ignores_schema() -> dict[str, pl.DataType]:
    return {"row": pl.Int64(), IGNORES: pl.List(pl.String())}


@dataclass(frozen=True)
class Suppressed:
    """What is kept from the gate.

    Attributes:
        table: SUPPRESSIONS, sorted by fingerprint; one line a finding, the first waiver of the file where several
            cover it.
        matched: findings that each waiver covers, whether another does too; zero where it covers none.
    """

    table: pa.Table
    matched: dict[str, int]


def asks_about_rows(waivers: Iterable[Waiver]) -> bool:
    """True where facts about rows have to be kept during the pass."""
    return any(w.where and parse(w.where).row_fields - {"dataset"} for w in waivers)


def suppress(waivers: Sequence[Waiver], findings: pa.Table, evidence: pa.Table, rows: Rows) -> Suppressed:
    """What the waivers, and the rows themselves, keep from the gate."""
    if not waivers and rows.ignores.is_empty():
        return Suppressed(SUPPRESSIONS.empty_table(), {})
    found = pl.DataFrame(
        pl.from_arrow(findings.select(["fingerprint", "rule", "kind", "severity", "score", "rows"]))
    )
    lines = pl.DataFrame(pl.from_arrow(evidence.select(["fingerprint", "row", "role"])))
    affected = lines.filter(pl.col("role") == "affected").select("fingerprint", "row")
    covered = [_covered(w, found, affected, rows) for w in waivers]
    matched = {w.id: len(c) for w, c in zip(waivers, covered, strict=True)}
    parts = [_lines(c, EXTERNAL, w.id) for w, c in zip(waivers, covered, strict=True)]
    parts.append(_lines(_ignored(found, affected, rows.ignores), IN_SOURCE, ""))
    whole = pl.concat(parts).unique("fingerprint", keep="first", maintain_order=True).sort("fingerprint")
    return Suppressed(whole.to_arrow().cast(SUPPRESSIONS), matched)


def _lines(fingerprints: pl.Series, kind: str, waiver: str) -> pl.DataFrame:
    return pl.DataFrame({"fingerprint": fingerprints}).with_columns(kind=pl.lit(kind), waiver=pl.lit(waiver))


def _covered(waiver: Waiver, found: pl.DataFrame, affected: pl.DataFrame, rows: Rows) -> pl.Series:
    """Fingerprints of the findings that one waiver covers."""
    mine = found.filter(pl.col("rule") == waiver.rule)
    if waiver.fingerprint:
        return mine.filter(pl.col("fingerprint") == waiver.fingerprint).get_column("fingerprint")
    condition = parse(waiver.where)
    if not condition.row_fields:
        return mine.filter(condition.matches).get_column("fingerprint")
    lines = _with_facts(mine.join(affected, on="fingerprint", how="inner", suffix="_of_line"), rows)
    holds = lines.select("fingerprint", holds=condition.matches.fill_null(value=False))
    return holds.group_by("fingerprint").agg(pl.col("holds").all()).filter("holds").get_column("fingerprint")


def _with_facts(lines: pl.DataFrame, rows: Rows) -> pl.DataFrame:
    """Lines of evidence with the row fields of their rows."""
    starts = pl.DataFrame(
        {"row": [first for first, _ in rows.datasets], "dataset": [name for _, name in rows.datasets]},
        schema={"row": pl.Int64, "dataset": pl.String},
    )
    known = lines.sort("row").join_asof(starts, on="row").join(rows.facts, on="row", how="left")
    missing = [pl.lit(None, pl.String).alias(name) for name in ROW_FIELDS if name not in known.columns]
    return known.with_columns(missing)


def _ignored(found: pl.DataFrame, affected: pl.DataFrame, ignores: pl.DataFrame) -> pl.Series:
    """Fingerprints of the findings of which every row says that it waives the rule, its family or ALL."""
    if ignores.is_empty():
        return pl.Series("fingerprint", [], pl.String)
    lines = found.select("fingerprint", "rule").join(affected, on="fingerprint", how="inner")
    known = lines.join(ignores.unique("row", keep="first"), on="row", how="left")
    said = pl.col(IGNORES)
    holds = (
        said.list.contains(pl.col("rule"))
        | said.list.contains(pl.col("rule").str.head(3))
        | said.list.contains("ALL")
    ) & ~pl.col("rule").str.starts_with("GOV")
    held = known.select("fingerprint", holds=holds.fill_null(value=False))
    return held.group_by("fingerprint").agg(pl.col("holds").all()).filter("holds").get_column("fingerprint")
