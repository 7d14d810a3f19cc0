"""A decided curation as what is kept of it: the members, the exclusions, and the record."""

from __future__ import annotations

import json
from collections import Counter as Counts
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
import pyarrow as pa

from governance.curation.decide import Decided
from governance.curation.facts import Counter
from governance.curation.inputs import KeptVersion
from governance.curation.policy import SEVERITIES, Policy
from governance.curation.proposed import decided_by
from governance.curation.record import EXCLUSION, MEMBER, STEPS, UNREADABLE, Part, SplitRecord, Stage
from governance.curation.redact import Redaction, redaction_as_mapping
from governance.curation.request import CurateRequest
from governance.labels.labeller import labeller_of
from governance.lake.canonical import canonical_json, digest, table_hash
from governance.members import PARTS
from governance.report import AuditReport, RuleState, Verdict
from governance.version import VERSION


@dataclass(frozen=True)
class Outcome:
    """Everything a split is made of.

    Attributes:
        verdicts: every finding that counts, with the action that the policy gives it.
        unread: columns input, row of the rows that could not be read.
        lost: at (-1 - n of the nth of these), rule, fingerprint of the findings about them.
        redacted: columns input, row, redacted, kinds.
    """

    request: CurateRequest
    inputs: Sequence[KeptVersion]
    report: AuditReport
    verdicts: pl.DataFrame
    decided: Decided
    unread: pl.DataFrame
    lost: pl.DataFrame
    redacted: pl.DataFrame
    how: Redaction
    counter: Counter

    @property
    def references(self) -> list[str]:
        """NAME@VERSION of each input."""
        return [data.reference for data in self.inputs]


def _references(column: str, references: Sequence[str]) -> pl.Expr:
    return pl.col(column).replace_strict(dict(enumerate(references)), return_dtype=pl.String)


def members_of(made: Outcome) -> pa.Table:
    """MEMBER columns, by dataset and row."""
    gone, references = made.redacted, made.references
    rows = made.decided.rows.filter(pl.col("step").is_null())
    rows = rows.join(
        gone.select("input", "row", "redacted"), on=["input", "row"], how="left", maintain_order="left"
    )
    table = rows.with_columns(dataset=_references("input", references)).select(MEMBER.names)
    return table.to_arrow().cast(MEMBER)


def exclusions_of(made: Outcome) -> pa.Table:
    """EXCLUSION columns, by dataset and row."""
    references = made.references
    every = made.decided.rows
    standing = every.select(
        pl.col("at").alias("stands"),
        pl.col("sample_id").alias("stand"),
        _references("input", references).alias("stands_dataset"),
        pl.col("row").alias("stands_row"),
    )
    out = every.filter(pl.col("step").is_not_null()).join(
        standing, on="stands", how="left", maintain_order="left"
    )
    out = out.select("input", "row", "sample_id", *("step", "rule", "finding", "decision"),
                     pl.col("stand").alias("stands"), "stands_dataset", "stands_row")  # fmt: skip
    spoken = made.lost.sort("rule", "fingerprint").unique("at", keep="first", maintain_order=True)
    numbered = made.unread.with_row_index("n").with_columns(at=-1 - pl.col("n").cast(pl.Int64))
    missing = numbered.join(spoken, on="at", how="left").select(
        "input", "row", sample_id=pl.lit(None, pl.String), step=pl.lit(UNREADABLE), rule=pl.col("rule"),
        finding=pl.col("fingerprint"), decision=pl.lit(None, pl.String), stands=pl.lit(None, pl.String),
        stands_dataset=pl.lit(None, pl.String), stands_row=pl.lit(None, pl.Int64),
    )  # fmt: skip
    whole = pl.concat([out, missing]).sort("input", "row")
    return (
        whole.with_columns(dataset=_references("input", references))
        .select(EXCLUSION.names)
        .to_arrow()
        .cast(EXCLUSION)
    )


def record_of_outcome(made: Outcome, members: pa.Table, exclusions: pa.Table) -> SplitRecord:
    """The record of the split; its version, time and id are for the lake to give."""
    policy, request, rows = made.request.policy, made.request, made.decided.rows
    described = tuple(data.described() for data in made.inputs)
    inside = rows.filter(pl.col("step").is_null())
    told = {
        **policy.as_mapping(),
        "redaction": redaction_as_mapping(made.how),
        "labels": _labels(request.labels),
        **_proposals(rows, policy),
    }
    hashes = {"members": table_hash(members), "exclusions": table_hash(exclusions)}
    inputs = [[i.name, i.version, i.identity] for i in described]
    content = {"inputs": inputs, "policy": told, "tokens": made.counter.name, **hashes}
    return SplitRecord(
        name=request.name,
        content_hash=digest(canonical_json(content)),
        members_hash=hashes["members"],
        exclusions_hash=hashes["exclusions"],
        rows=sum(i.rows for i in described),
        inputs=described,
        policy=told,
        parts={name: _part(inside.filter(pl.col("part") == name)) for name in PARTS},
        funnel=_funnel(rows, made.unread.height),
        findings_hash=digest(canonical_json(sorted(made.verdicts.select("fingerprint", "action").rows()))),
        run=made.report.run.id,
        redactions=_redactions(inside, made.redacted),
        licences=_counted(inside, "licence"),
        sources=_counted(inside, "source"),
        labels=_counted(inside, "label"),
        counted_by=made.counter.name,
        govern=VERSION,
        notes=(*made.decided.notes, *_unheard(policy, made.report)),
    )


def _proposals(rows: pl.DataFrame, policy: Policy) -> dict[str, Any]:
    """The proposals that changed something; others leave the split what it would be without them."""
    counts = decided_by(rows, policy)
    found = {ident: content for ident, content in sorted(policy.proposals.items()) if counts[ident]}
    return {"proposals": found} if found else {}


def _labels(path: str | None) -> dict[str, Any]:
    labeller = labeller_of(path)
    return dict(labeller.settings()) if labeller else {}


def _part(rows: pl.DataFrame) -> Part:
    groups = rows.select(pl.coalesce("group", "sample_id").n_unique()).item()
    return Part(rows.height, int(rows.get_column("tokens").sum()), int(groups))


def _funnel(rows: pl.DataFrame, unread: int) -> tuple[Stage, ...]:
    """Every step in its order; what it excludes and what the last one leaves add up to the rows."""
    left = rows.height + unread
    found = []
    for step in STEPS:
        own = rows.filter(pl.col("step") == step)
        excluded = unread if step == UNREADABLE else own.height
        left -= excluded
        by = dict(own.filter(pl.col("rule").is_not_null()).group_by("rule").len().sort("rule").iter_rows())
        found.append(Stage(step, excluded, left, int(own.get_column("tokens").sum()), by))
    return tuple(found)


def _redactions(inside: pl.DataFrame, gone: pl.DataFrame) -> dict[str, int]:
    """Values that were replaced in members, by kind."""
    kept = gone.join(inside.select("input", "row"), on=["input", "row"], how="semi")
    counts: Counts[str] = Counts()
    for text in kept.get_column("kinds"):
        counts.update(json.loads(text))
    return dict(sorted(counts.items()))


def _counted(rows: pl.DataFrame, column: str) -> dict[str, int]:
    counts = rows.group_by(pl.col(column).fill_null("")).len().sort(column)
    return dict(counts.iter_rows())


def _unheard(policy: Policy, report: AuditReport) -> list[str]:
    """What the policy asks for and no finding could say, because its rule did not run; preview rules need not run."""
    from governance.rules.registry import expand, find

    codes = [c for c in (*policy.drop, *policy.redact, *policy.duplicates) if c not in SEVERITIES]
    asked = {rule for code in codes for rule in expand(code)}
    ran = {r.id for r in report.rules if r.state is RuleState.RAN}
    silent = sorted(rule for rule in asked - ran if find(rule).info.stage == "stable")
    found = [f"rules of the policy did not run in the audit: {', '.join(silent)}"] if silent else []
    if report.verdict is Verdict.INCOMPLETE:
        found.append("the audit is incomplete: rules that were asked for could not run")
    return found
