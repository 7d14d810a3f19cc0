"""A whole group left out: what evaluation suites lost by it, beside what the ledger says the group brought.

The estimate is of what the group did in this run, the measure of what the run does without it. They differ where others
teach the same, so they stand beside each other and are never mixed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from attribution.entries import ANSWER_LOSS
from attribution.explaining.drivers import amounts_of
from attribution.explaining.groups import By
from attribution.ledger.balance import by_item
from attribution.ledger.intervals import Floats, bootstrap_sums
from attribution.reports import words
from attribution.testing.retraining import Retrain
from attribution.tracing.items import ItemName
from attribution.tracing.keeping import competitors_of
from attribution.tracing.rerun import TraceRequest, retrainer_of
from governance.errors import NotFound, UsageError, did_you_mean
from governance.lake.contributions import Check, Ledger, StoredAttribution, record_check
from governance.lake.suites import load_suite
from governance.reports.words import plural
from training.evaluation.plan import Choice

if TYPE_CHECKING:
    import polars as pl

    from governance.lake import Lake

Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True)
class Group:
    """Samples that are left out together: their numbers, and what they are called; empty for those without a name."""

    by: By
    name: str
    samples: tuple[int, ...]


@dataclass(frozen=True)
class GroupEffect:
    """What became of one suite without a group.

    Attributes:
        after, without: worth of the suite's items after training, with the group and without it: minus the loss or the
            margin, summed over items, nats.
        low, high: 95 % interval of what the suite lost, items drawn anew; None with fewer than two items.
        claimed: what the ledger says the group brought, nats.
    """

    group: Group
    suite: str
    functional: str
    items: int
    after: float
    without: float
    low: float | None
    high: float | None
    claimed: float

    @property
    def lost(self) -> float:
        """Nats that the suite lost without the group; positive where the group had helped."""
        return self.after - self.without

    def check(self) -> Check:
        """What the lake keeps of it: positive where the group did what the ledger says."""
        record = {
            "by": self.group.by, "group": self.group.name, "samples": len(self.group.samples), "suite": self.suite,
            "functional": self.functional, "after": self.after, "without": self.without, "low": self.low,
            "high": self.high, "claimed": self.claimed,
        }  # fmt: skip
        sign = 1.0 if self.claimed >= 0 else -1.0
        ends = [sign * end for end in (self.low, self.high) if end is not None]
        low, high = (min(ends), max(ends)) if ends else (None, None)
        return Check("group", "contribution", sign * self.lost, low, high, self.items, record)


def measure_groups(
    lake: Lake,
    stored: StoredAttribution,
    ledger: Ledger,
    groups: pl.DataFrame,
    by: By,
    names: Sequence[str],
    progress: Progress,
    *,
    offline: bool,
) -> tuple[GroupEffect, ...]:
    """Trains the run again without each of the groups; the outcomes are in the lake afterwards.

    Args:
        groups: which samples are in which, as `groups_of` gives them.
        names: the groups to leave out.

    Raises:
        NotFound: the run has no such group.
        UsageError: a group is all of the run, or the run cannot be repeated.
    """
    asked = [group_called(groups, by, name) for name in names]  # all are known before anything is trained
    request = TraceRequest(
        run=stored.record.run,
        suites=tuple(load_suite(lake, suite) for suite in _suites(ledger)),
        choice=Choice(named=tuple(dict.fromkeys(ledger.balances.column("item").to_pylist()))),
        competitors=competitors_of(lake, stored.record.evaluations)[0],
        offline=offline,
    )
    retrain, lines = retrainer_of(lake, request, progress)
    found = [effect for group in asked for effect in effects(ledger, groups, group, retrain, lines)]
    for effect in found:
        record_check(lake, stored.id, effect.check())
    return tuple(found)


def group_called(groups: pl.DataFrame, by: By, name: str) -> Group:
    """The group of that name, or of what those without one are called."""
    known = {words.group(group, by): group for group in groups["group"].unique().sort()}
    if name not in known:
        hint = f"{did_you_mean(name, list(known))}by {by} there are: {', '.join(list(known)[:10])}"
        raise NotFound(f"no sample of the run is in {name!r}", where="--verify", hint=hint)
    samples = groups.filter(group=known[name])["sample"].unique().sort().to_list()
    if len(samples) == groups["sample"].n_unique():
        hint = "roll up by something finer"
        raise UsageError("without this group nothing is left to train on", where=name, hint=hint)
    return Group(by, known[name], tuple(samples))


def effects(
    ledger: Ledger, groups: pl.DataFrame, group: Group, retrain: Retrain, lines: Sequence[ItemName]
) -> list[GroupEffect]:
    """The run without the group, for every suite and functional that was traced.

    Args:
        lines: the items, in the order of what `retrain` gives.
    """
    names = ((n.suite, n.item, n.functional) for n in lines)
    without = dict(zip(names, retrain(group.samples), strict=True))
    found = []
    pairs = by_item(ledger.balances).group_by("suite", "functional", maintain_order=True)
    for (suite, functional), part in pairs:
        sign = -1.0 if functional == ANSWER_LOSS else 1.0
        after = sign * part["after"].to_numpy()
        left = np.array([without[str(suite), item, str(functional)] for item in part["item"]])
        claimed = amounts_of(ledger, groups.filter(group=group.name), str(suite), str(functional))
        totals = (
            float(after.sum()),
            float(left.sum()),
            *_interval(after - left),
            float(claimed["amount"].sum()),
        )
        found.append(GroupEffect(group, str(suite), str(functional), len(left), *totals))
    return found


def _interval(lost: Floats) -> tuple[float | None, float | None]:
    found = bootstrap_sums(lost[None])
    return (None, None) if found is None else (float(found[0][0]), float(found[1][0]))


def _suites(ledger: Ledger) -> list[str]:
    return sorted(set(ledger.balances.column("suite").to_pylist()))


def sentence(one: GroupEffect) -> str:
    """The outcome in words."""
    ends = () if one.low is None or one.high is None else (words.nats(-one.high), words.nats(-one.low))
    count = plural(len(one.group.samples), "sample")
    return (
        f"verified: without the {count} of {one.group.by} {words.group(one.group.name, one.group.by)}, "
        f"{one.suite} changes by {words.nats(-one.lost)}{f' ({ends[0]} to {ends[1]})' if ends else ''} "
        f"in the {words.functional(one.functional)}; the ledger says they brought {words.nats(one.claimed)}"
    )
