"""Two evaluations over the same items: what the later one fixes, what it breaks, and how sure the difference is.

Pure: two tables of `governance.evaluations.EVALUATION_ITEM` in, a value out. Items are matched by their id. An item
without a score in either evaluation is listed as such and counts in no mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from governance.errors import UsageError
from training.scoring.statistics import (
    Interval,
    Scores,
    accuracy,
    macro_difference,
    macro_mean,
    mcnemar,
    paired_difference,
)

STRICT, OFFICIAL, CHOICE = "strict", "official", "choice"
SCORERS = {STRICT: "strict", OFFICIAL: "official", CHOICE: "choice_score"}
"""The scores that can be compared, and their columns."""

FIXED, BROKEN, BOTH_RIGHT, BOTH_WRONG = "fixed", "broken", "both right", "both wrong"
UNSCORED, ONLY_BEFORE, ONLY_AFTER = "unscored", "only before", "only after"
CHANGES = (FIXED, BROKEN, BOTH_RIGHT, BOTH_WRONG, UNSCORED, ONLY_BEFORE, ONLY_AFTER)

COMPARED = pa.schema(
    [
        pa.field("item", pa.string(), False),
        pa.field("change", pa.string(), False),  # one of CHANGES
        pa.field("subject", pa.string()),
        pa.field("label", pa.string()),
        pa.field("gold", pa.large_string()),  # as the later evaluation asked it
        pa.field("before", pa.float64()),  # scores, 0 to 1; null where there is none
        pa.field("after", pa.float64()),
        pa.field("before_answer", pa.large_string()),
        pa.field("after_answer", pa.large_string()),
        pa.field("gold_loglik_change", pa.float64()),  # nats; positive where the gold became likelier
        pa.field("margin_change", pa.float64()),  # nats
    ]
)


@dataclass(frozen=True)
class Difference:
    """The items of both evaluations that have a score, or those of one subject or label.

    Attributes:
        name: the subject or label; empty for all items, or for items that have none.
        p: exact McNemar, two-sided; of items that became better against those that became worse.
    """

    name: str
    items: int
    fixed: int
    broken: int
    before: Interval
    after: Interval
    difference: Interval
    p: float


@dataclass(frozen=True)
class Macro:
    """Unweighted means over subjects, as FinanceIQ and Finova are reported."""

    subjects: int
    before: Interval
    after: Interval
    difference: Interval


@dataclass(frozen=True)
class EvaluationComparison:
    """How a later evaluation stands against an earlier one.

    Attributes:
        scorer: strict, official or choice.
        counts: items by change, every change named.
        macro: None with fewer than two subjects.
        items: `COMPARED`, in the order of the earlier evaluation, then what only the later one has.
    """

    scorer: str
    counts: dict[str, int]
    overall: Difference
    macro: Macro | None
    subjects: tuple[Difference, ...]
    labels: tuple[Difference, ...]
    items: pa.Table

    @property
    def same(self) -> bool:
        """True where no item's score changed and both hold the same items."""
        return not any(self.counts[c] for c in (FIXED, BROKEN, ONLY_BEFORE, ONLY_AFTER))


def compare(before: pa.Table, after: pa.Table, scorer: str = STRICT) -> EvaluationComparison:
    """The comparison of two tables of `EVALUATION_ITEM`.

    Raises:
        UsageError: no item has such a score in both.
    """
    items = matched(before, after, scorer)
    scored = items.filter(pl.col("before").is_not_null() & pl.col("after").is_not_null())
    if not scored.height:
        raise UsageError(
            f"no item has a {scorer} score in both evaluations",
            where=f"{before.num_rows:,} items before, {after.num_rows:,} after",
            hint="compare evaluations of one suite; --scorer choice compares log-likelihoods",
        )
    found = dict(items.group_by("change").len().iter_rows())
    return EvaluationComparison(
        scorer,
        {change: found.get(change, 0) for change in CHANGES},
        _difference("", scored),
        _macro(scored),
        _by(scored, "subject"),
        _by(scored, "label"),
        items.to_arrow().cast(COMPARED),
    )


def matched(before: pa.Table, after: pa.Table, scorer: str) -> pl.DataFrame:
    """`COMPARED`: every item of either evaluation, and what became of it."""
    if scorer not in SCORERS:
        raise UsageError(f"there is no scorer {scorer!r}", hint=f"scorers are: {', '.join(SCORERS)}")
    sides = [_side(before, scorer, "before"), _side(after, scorer, "after")]
    joined = sides[0].join(sides[1], on="item", how="full", coalesce=True, maintain_order="left_right")
    better, worse = pl.col("after") > pl.col("before"), pl.col("after") < pl.col("before")
    unscored = pl.col("before").is_null() | pl.col("after").is_null()
    change = (
        pl.when(pl.col("in_after").is_null()).then(pl.lit(ONLY_BEFORE))
        .when(pl.col("in_before").is_null()).then(pl.lit(ONLY_AFTER))
        .when(unscored).then(pl.lit(UNSCORED))
        .when(better).then(pl.lit(FIXED))
        .when(worse).then(pl.lit(BROKEN))
        .when(pl.col("after") == 1).then(pl.lit(BOTH_RIGHT))
        .otherwise(pl.lit(BOTH_WRONG))
    )  # fmt: skip
    return joined.with_columns(
        change=change,
        subject=pl.coalesce("after_subject", "before_subject"),
        label=pl.coalesce("after_label", "before_label"),
        gold=pl.coalesce("after_gold", "before_gold"),
        gold_loglik_change=pl.col("after_loglik") - pl.col("before_loglik"),
        margin_change=pl.col("after_margin") - pl.col("before_margin"),
    ).select(COMPARED.names)


def _side(table: pa.Table, scorer: str, side: str) -> pl.DataFrame:
    """One evaluation's columns under the side's names; an item that is not scored has no score."""
    answer = {STRICT: "extracted", OFFICIAL: "official_answer", CHOICE: "choice"}[scorer]
    columns = ["item", "state", "subject", "label", "gold", SCORERS[scorer], answer, "gold_loglik", "margin"]
    score = pl.when(pl.col("state") == "scored").then(pl.col(SCORERS[scorer]))
    return pl.DataFrame(pl.from_arrow(table.select(columns))).select(
        "item",
        pl.lit(True).alias(f"in_{side}"),
        *(pl.col(name).alias(f"{side}_{name}") for name in ("subject", "label", "gold")),
        score.alias(side),
        pl.col(answer).alias(f"{side}_answer"),
        pl.col("gold_loglik").alias(f"{side}_loglik"),
        pl.col("margin").alias(f"{side}_margin"),
    )


def difference(name: str, before: Sequence[float] | Scores, after: Sequence[float] | Scores) -> Difference:
    """How scores of the same items, in the same order, differ."""
    rise = np.asarray(after, np.float64) - np.asarray(before, np.float64)
    fixed, broken = int((rise > 0).sum()), int((rise < 0).sum())
    return Difference(
        name,
        len(rise),
        fixed,
        broken,
        accuracy(before),
        accuracy(after),
        paired_difference(before, after),
        mcnemar(fixed, broken),
    )


def _difference(name: str, items: pl.DataFrame) -> Difference:
    return difference(name, *(items.get_column(side).to_numpy() for side in ("before", "after")))


def _macro(items: pl.DataFrame) -> Macro | None:
    subjects = items.get_column("subject").to_list()
    names = set(subjects) - {None}
    if len(names) < 2 or None in subjects:
        return None
    before, after = items.get_column("before").to_list(), items.get_column("after").to_list()
    return Macro(
        len(names),
        macro_mean(before, subjects),
        macro_mean(after, subjects),
        macro_difference(before, after, subjects),
    )


def _by(items: pl.DataFrame, column: str) -> tuple[Difference, ...]:
    """The difference of every subject or label, the largest change first; none where no item has one."""
    if items.get_column(column).null_count() == items.height:
        return ()
    parts = items.partition_by(column, maintain_order=True, include_key=True)
    found = [_difference(part.get_column(column)[0] or "", part) for part in parts]
    return tuple(sorted(found, key=lambda d: (-abs(d.difference.value), d.name)))


def changed(comparison: EvaluationComparison, change: str) -> Sequence[dict[str, object]]:
    """The items of one change, as rows."""
    rows = pl.DataFrame(pl.from_arrow(comparison.items)).filter(pl.col("change") == change)
    return rows.to_dicts()
