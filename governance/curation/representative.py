"""Which row of a cluster stays."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import polars as pl

from governance.curation.policy import CLUSTERED, Policy

if TYPE_CHECKING:
    from governance.curation.reasons import Findings

LONGEST = (pl.col("characters") * -1).alias("by_length")
"""The longest row comes first."""


def ranked(rows: pl.DataFrame, findings: Findings, lines: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """The rows with the best of each cluster first.

    Rows that leave at a later step come last; of the others, one that an approved proposal names is first. Ties go to
    the longer row, then to the one that the audit took, then by sample id and place, so the order of rows decides
    between equal samples only.

    Args:
        rows: at, input, row, sample_id, source, licence, characters, cluster, late.
        lines: of `Findings.clusters`.
    """
    chosen = lines.filter(pl.col("role") == "affected").get_column("at")
    rows = rows.with_columns(lost=pl.col("at").is_in(chosen.implode()))
    first = {
        "first": [pl.col("at")],
        "longest": [],
        "quality": [_quality(rows, findings)],
        "licence": [_licence(rows, policy.licence_order)],
        "source": [_source(policy.source_order)],
    }[policy.representative]
    keys = [e.alias(f"key_{i}") for i, e in enumerate(first)]
    rows = rows.with_columns(*keys, LONGEST, by_choice=_choice(policy))
    order = [
        "late",
        "by_choice",
        *(f"key_{i}" for i in range(len(first))),
        "by_length",
        "lost",
        "sample_id",
        "at",
    ]
    return rows.sort(order)


def _choice(policy: Policy) -> pl.Expr:
    """Place among the samples that proposals name, the last approved first; all others after them."""
    places = {sample: -1 - i for i, sample in enumerate(policy.stays)}
    if not places:
        return pl.lit(0)
    return pl.col("sample_id").replace_strict(places, default=0, return_dtype=pl.Int64)


def _quality(rows: pl.DataFrame, findings: Findings) -> pl.Expr:
    """Findings against a row, errors ten times a warning's weight; those about repetition apart."""
    spoken = findings.table.filter(~pl.col("rule").is_in(list(CLUSTERED)) & (pl.col("severity") != "note"))
    weight = pl.when(pl.col("severity") == "error").then(10).otherwise(1)
    lines = findings.every.filter(pl.col("role") == "affected")
    counted = lines.join(spoken.select("fingerprint", weight=weight), on="fingerprint", how="inner")
    found = counted.group_by("at").agg(pl.col("weight").sum())
    known = rows.select("at").join(found, on="at", how="left", maintain_order="left").get_column("weight")
    return pl.lit(known.fill_null(0))


def _licence(rows: pl.DataFrame, order: tuple[str, ...]) -> pl.Expr:
    """Place of the licence among the patterns given; stated ones before none at all."""
    names = rows.get_column("licence").unique().drop_nulls().to_list()
    places = {
        name: next((i for i, p in enumerate(order) if fnmatchcase(name.lower(), p.lower())), len(order))
        for name in names
    }
    if not places:
        return pl.lit(0)
    return pl.col("licence").replace_strict(places, default=len(order) + 1, return_dtype=pl.Int64)


def _source(order: tuple[str, ...]) -> pl.Expr:
    places = {name: i for i, name in enumerate(order)}
    if not places:
        return pl.lit(0)
    return pl.col("source").replace_strict(places, default=len(order), return_dtype=pl.Int64)
