"""Which rows the findings speak of, and what the policy does about it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl
import pyarrow as pa

from governance.curation.policy import DROP, DUPLICATE, KEEP, REDACT, Policy
from governance.errors import UsageError

GROUPED = ("source", "licence", "revision")
"""Facts that a finding about a group of rows names its rows by; such a finding lists only the first of them."""
LINES = {
    "at": pl.Int64,  # place in the facts, or -1 - n for the nth unreadable row
    "rule": pl.String,
    "severity": pl.String,
    "finding": pl.String,
    "decision": pl.String,
    "peer": pl.Int64,
}


@dataclass(frozen=True)
class Findings:
    """The findings of an audit, with their rows as places in the facts.

    Attributes:
        table: fingerprint, rule, severity, rows, details, action, decision; without those that are waived.
        lines: fingerprint, at, role, peer, of findings that do something.
        every: fingerprint, at, role of all findings.
        notes: what must not be silent.
    """

    table: pl.DataFrame
    lines: pl.DataFrame
    every: pl.DataFrame
    notes: tuple[str, ...] = ()

    def of(self, action: str) -> pl.DataFrame:
        """LINES of the rows that findings with this action count against, worst finding first."""
        mine = self.table.filter(pl.col("action") == action)
        found = self.lines.filter(pl.col("role") == "affected").join(mine, on="fingerprint", how="inner")
        rank = pl.col("severity").replace_strict({"error": 0, "warning": 1}, default=2)
        found = found.sort(rank, "rule", "fingerprint", "at")
        return found.select(
            "at", "rule", "severity", pl.col("fingerprint").alias("finding"), "decision", "peer"
        )

    def clusters(self) -> pl.DataFrame:
        """LINES of all rows of clusters, the representatives too."""
        mine = self.table.filter(pl.col("action") == DUPLICATE)
        found = self.lines.join(mine, on="fingerprint", how="inner").sort("role", "rule", "fingerprint", "at")
        kept = ("at", "role", "rule", "severity", pl.col("fingerprint").alias("finding"), "decision", "peer")
        return found.select(*kept)


@dataclass(frozen=True)
class Audited:
    """What is used of an audit.

    Attributes:
        firsts: for each input, the number that the audit gave its first row.
    """

    findings: pa.Table
    evidence: pa.Table
    suppressions: pa.Table
    firsts: Sequence[int]
    config: Mapping[str, object] = field(default_factory=dict)
    ran: frozenset[str] = frozenset()


def judged(audited: Audited, policy: Policy) -> pl.DataFrame:
    """fingerprint, rule, severity, rows, details, action, decision of every finding that is not waived."""
    wanted = ["fingerprint", "rule", "severity", "rows", "details"]
    table = pl.DataFrame(pl.from_arrow(audited.findings.select(wanted)))
    if policy.keep_waived:
        waived = pl.DataFrame(pl.from_arrow(audited.suppressions.select(["fingerprint"])))
        table = table.join(waived, on="fingerprint", how="anti")
    pairs = table.select("rule", "severity").unique().sort("rule", "severity")
    decided = [policy.action(rule, severity) for rule, severity in pairs.iter_rows()]
    schema = {"action": pl.String, "decision": pl.String}
    actions = pl.DataFrame(decided, schema=schema, orient="row")
    return table.join(pl.concat([pairs, actions], how="horizontal"), on=["rule", "severity"], how="left")


def placed(audited: Audited, judged_: pl.DataFrame, facts: pl.DataFrame, unread: pl.DataFrame) -> Findings:
    """The findings with the rows they speak of.

    Args:
        facts: FACTS in the order of inputs and rows.
        unread: columns input, row of the rows that could not be read.

    Raises:
        UsageError: a finding drops rows, and the audit lists only some of them.
    """
    numbers = _numbers(facts, unread, audited.firsts)
    acting = judged_.filter(pl.col("action") != KEEP)
    evidence = pl.DataFrame(pl.from_arrow(audited.evidence.select(["fingerprint", "row", "role", "peer"])))
    every = evidence.join(numbers, on="row", how="inner").select("fingerprint", "at", "role").unique()
    lines = evidence.join(acting.select("fingerprint"), on="fingerprint", how="semi").unique(
        maintain_order=True
    )
    peers = lines.get_column("peer").str.extract(r"^row:(\d+)$", 1).cast(pl.Int64)
    lines = lines.with_columns(peers.alias("peer_row")).join(numbers, on="row", how="inner")
    other = numbers.rename({"row": "peer_row", "at": "peer_at"})
    lines = lines.join(other, on="peer_row", how="left").select(
        "fingerprint", "at", "role", pl.col("peer_at").alias("peer")
    )
    lines = lines.unique(["fingerprint", "at", "role"], keep="first", maintain_order=True)
    listed = lines.filter(pl.col("role") == "affected").group_by("fingerprint").agg(pl.len().alias("listed"))
    short = acting.join(listed, on="fingerprint", how="left").filter(
        (pl.col("listed").fill_null(0) < pl.col("rows")) & pl.col("action").is_in([DROP, REDACT])
    )
    more = [_whole_group(finding, facts) for finding in short.iter_rows(named=True)]
    whole = lines.join(short.select("fingerprint"), on="fingerprint", how="anti")
    return Findings(judged_, pl.concat([whole, *more]), every, _notes(judged_, audited))


def _numbers(facts: pl.DataFrame, unread: pl.DataFrame, firsts: Sequence[int]) -> pl.DataFrame:
    """Columns row (as the audit numbers it), at."""
    begin = pl.DataFrame(
        {"input": range(len(firsts)), "first": list(firsts)}, schema={"input": pl.Int32, "first": pl.Int64}
    )
    parts = [
        facts.select("input", "row").with_row_index("at").with_columns(pl.col("at").cast(pl.Int64)),
        unread.select("input", "row")
        .with_row_index("n")
        .select((-1 - pl.col("n").cast(pl.Int64)).alias("at"), "input", "row"),
    ]
    whole = pl.concat(parts).join(begin, on="input", how="left")
    return whole.select((pl.col("row") + pl.col("first")).alias("row"), "at")


def _whole_group(finding: Mapping[str, object], facts: pl.DataFrame) -> pl.DataFrame:
    """The lines of a finding about a group, by what its rows have in common."""
    details = json.loads(str(finding["details"]) or "{}")
    fields = details.get("fields", {}) if isinstance(details, dict) else {}
    named = {name: value for name, value in fields.items() if name in GROUPED}
    group = facts.with_row_index("at")
    for name, value in named.items():
        group = group.filter(pl.col(name).is_null() if value is None else pl.col(name) == value)
    if not named or len(named) < len(fields) or group.height != finding["rows"]:
        rule = finding["rule"]
        raise UsageError(
            f"the audit lists only some of the {finding['rows']:,} rows of a finding of {rule}",
            where=f"finding {str(finding['fingerprint'])[:12]}",
            hint=f"mend the data, or keep these rows: --keep {rule}, or keep = [{rule!r}] under [curate]",
        )
    return group.select(
        pl.lit(finding["fingerprint"]).alias("fingerprint"),
        pl.col("at").cast(pl.Int64),
        pl.lit("affected").alias("role"),
        pl.lit(None, pl.Int64).alias("peer"),
    )


def _notes(table: pl.DataFrame, audited: Audited) -> tuple[str, ...]:
    waived = audited.suppressions.num_rows
    found = [f"{waived:,} findings are waived, and leave their rows alone"] if waived else []
    return tuple(found) if table.height < audited.findings.num_rows else ()
