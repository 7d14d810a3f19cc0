"""What counts at the gate: findings that are neither waived, nor accepted by a baseline, nor within a rule's limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl
import pyarrow as pa

from governance.gate import Tolerance
from governance.report import RuleOutcome


@dataclass(frozen=True)
class Excused:
    """Findings that do not count, whatever their severity: fingerprints.

    Attributes:
        waived: by a waiver in force, or by the data themselves.
        accepted: by a baseline, where only what is new counts.
    """

    waived: pa.Array = field(default_factory=lambda: pa.array([], pa.string()))
    accepted: pa.Array = field(default_factory=lambda: pa.array([], pa.string()))


def counted(
    outcomes: Sequence[RuleOutcome],
    findings: pa.Table,
    evidence: pa.Table,
    excused: Excused,
    tolerances: Mapping[str, Tolerance],
    rows: int,
) -> tuple[RuleOutcome, ...]:
    """The outcomes with what of their findings counts at the gate.

    Limits speak of the rows that remain after waivers and baseline. A finding that counts against no row is not
    tolerated by any limit: a bound on rows says nothing of it.

    Args:
        rows: all rows of the audit, readable or not.
    """
    found = pl.DataFrame(pl.from_arrow(findings.select(["fingerprint", "rule", "severity", "rows"])))
    waived = pl.col("fingerprint").is_in(_values(excused.waived))
    accepted = pl.col("fingerprint").is_in(_values(excused.accepted))
    by_rule = dict(found.filter(waived).group_by("rule").len().iter_rows())
    left = found.filter(~waived & ~accepted)
    return tuple(
        replace(_counted(o, left, evidence, tolerances.get(o.id), rows), waived=by_rule.get(o.id, 0))
        for o in outcomes
    )


def severities(outcomes: Sequence[RuleOutcome]) -> pa.Array:
    """The severity words of findings that count, each at least once where any does."""
    return pa.array([word for o in outcomes for word, n in (o.counted or {}).items() if n], pa.string())


def _counted(
    outcome: RuleOutcome, left: pl.DataFrame, evidence: pa.Table, tolerance: Tolerance | None, rows: int
) -> RuleOutcome:
    mine = left.filter(pl.col("rule") == outcome.id)
    if tolerance is None:
        return replace(outcome, counted=_by_severity(mine))
    within = tolerance.tolerates(_affected(mine, evidence), rows)
    counting = mine.filter(pl.col("rows") == 0) if within else mine
    spared = within and counting.height < mine.height
    return replace(
        outcome, limits=tolerance.as_mapping(), within_limits=spared, counted=_by_severity(counting)
    )


def _by_severity(findings: pl.DataFrame) -> dict[str, int]:
    return dict(sorted(findings.group_by("severity").len().iter_rows()))


def _affected(findings: pl.DataFrame, evidence: pa.Table) -> int:
    """Distinct rows that these findings count against."""
    lines = pl.DataFrame(pl.from_arrow(evidence.select(["fingerprint", "row", "role"])))
    affected = lines.filter(pl.col("role") == "affected")
    return affected.join(findings.select("fingerprint"), on="fingerprint", how="semi")["row"].n_unique()


def _values(fingerprints: pa.Array) -> pl.Series:
    return pl.Series(pl.from_arrow(fingerprints)).implode()
