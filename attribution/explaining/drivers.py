"""Which data drove the change: contributions rolled up by sample, cluster, label, source or rule.

The amounts of all groups add up to what is attributed in the ledger, and with decay, carried momentum and residual to
the measured change. An interval says how far a group's sum would move had other items of the suite been asked.
A removal score is a ranking of its own (the mean over the group's samples and the items); it is never added to
anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from attribution.explaining.groups import By, groups_of
from attribution.ledger.balance import Sums, Window, by_item, coverage, over_time, sums_of
from attribution.ledger.coverage import ENOUGH
from attribution.ledger.intervals import DRAWS, bootstrap_sums
from governance.lake.contributions import Ledger

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

TOP = 10


@dataclass(frozen=True)
class Driver:
    """One group of samples.

    Attributes:
        rank: its place by amount, 1 for what helped most; of what harmed, 1 for what harmed most.
        name: of the group; empty for samples without a label, a source or a finding.
        samples: how many it has; a sample shared among groups counts in each.
        amount: nats over all items of the suite; positive helped.
        low, high: 95 % interval of the amount, items drawn anew; None with fewer than two items.
        removal: mean removal score; None where none was computed.
        sample: number of the sample, where the group is one.
    """

    rank: int
    name: str
    samples: int
    amount: float
    low: float | None
    high: float | None
    removal: float | None
    sample: int | None = None


@dataclass(frozen=True)
class Rest:
    """Groups that are not listed."""

    groups: int
    amount: float


@dataclass(frozen=True)
class SuiteDrivers:
    """One suite and functional.

    Attributes:
        helped, harmed: the groups with the largest amounts of either sign, largest first.
        rest: all other groups; with them the amounts add up.
        groups: how many there are in all.
        harm: sum of all negative amounts, nats.
        half: how many of the largest groups it takes to half of all that helped; 0 where nothing did.
        ranks_only: coverage is below `ENOUGH`, so no amount is shown anywhere.
    """

    suite: str
    functional: str
    items: int
    sums: Sums
    coverage: float
    helped: tuple[Driver, ...]
    harmed: tuple[Driver, ...]
    rest: Rest
    windows: tuple[Window, ...]
    groups: int
    harm: float
    half: int

    @property
    def ranks_only(self) -> bool:
        """True where too much of the change is not accounted for."""
        return self.coverage < ENOUGH


def drivers(
    ledger: Ledger,
    by: By,
    *,
    ruled: pa.Table | None = None,
    suite: str | None = None,
    top: int = TOP,
    draws: int = DRAWS,
    seed: int = 0,
) -> tuple[SuiteDrivers, ...]:
    """The drivers of every suite and functional, or of those of one suite."""
    groups = groups_of(ledger, by, ruled)
    items = by_item(ledger.balances)
    pairs = items.select("suite", "functional").unique(maintain_order=True).rows()
    asked = [_Asked(s, f, top, draws, seed) for s, f in sorted(pairs) if suite in {None, s}]
    return tuple(_of_suite(ledger, groups, items, one) for one in asked)


@dataclass(frozen=True)
class _Asked:
    """One suite and functional, how many drivers of either sign are listed, and the draws of the intervals."""

    suite: str
    functional: str
    top: int
    draws: int
    seed: int


def _of_suite(ledger: Ledger, groups: pl.DataFrame, items: pl.DataFrame, asked: _Asked) -> SuiteDrivers:
    mine = items.filter(suite=asked.suite, functional=asked.functional)
    amounts = amounts_of(ledger, groups, asked.suite, asked.functional)
    totals = (
        amounts.group_by("group", maintain_order=True)
        .agg(_sum("amount"))
        .sort(["amount", "group"], descending=[True, False])
    )
    helped = totals.filter(totals["amount"] > 0).head(asked.top)
    harmed = totals.filter(totals["amount"] < 0).reverse().head(asked.top)
    shown = [*helped["group"], *harmed["group"]]
    facts = _facts(ledger, groups, amounts, shown, list(mine["item"]), asked) if shown else {}
    listed = _total(helped) + _total(harmed)
    return SuiteDrivers(
        suite=asked.suite,
        functional=asked.functional,
        items=mine.height,
        sums=sums_of(mine),
        coverage=coverage(mine),
        helped=_lines(helped, facts),
        harmed=_lines(harmed, facts),
        rest=Rest(totals.height - len(shown), _total(totals) - listed),
        windows=over_time(ledger.balances, asked.suite, asked.functional),
        groups=totals.height,
        harm=_total(totals.filter(totals["amount"] < 0)),
        half=_half(totals),
    )


def _half(totals: pl.DataFrame) -> int:
    """How many groups, the largest first, reach half of all that helped."""
    helped = totals.filter(totals["amount"] > 0)["amount"].cum_sum()
    return int((helped < helped[-1] / 2).sum()) + 1 if len(helped) else 0


def _total(rows: pl.DataFrame) -> float:
    return float(rows["amount"].sum())


def amounts_of(ledger: Ledger, groups: pl.DataFrame, suite: str, functional: str) -> pl.DataFrame:
    """(group, item, amount) of one suite and functional, over all intervals."""
    import polars as pl

    mine = pl.DataFrame(pl.from_arrow(ledger.contributions)).filter(suite=suite, functional=functional)
    return (
        mine.join(groups, on="sample")
        .group_by("group", "item")
        .agg(amount=(pl.col("amount") * pl.col("share")).sum())
        .sort("group", "item")
    )


def _sum(name: str) -> Any:
    import polars as pl

    return pl.col(name).sum()


@dataclass(frozen=True)
class _Fact:
    samples: int
    low: float | None
    high: float | None
    removal: float | None
    sample: int | None


def _facts(
    ledger: Ledger,
    groups: pl.DataFrame,
    amounts: pl.DataFrame,
    shown: list[str],
    items: list[str],
    asked: _Asked,
) -> dict[str, _Fact]:
    """Size, interval and mean removal score of the groups that are listed."""
    import numpy as np
    import polars as pl

    listed = groups.filter(pl.col("group").is_in(shown))
    sizes = dict(listed.group_by("group").agg(pl.len()).rows())
    firsts = dict(listed.group_by("group").agg(pl.col("sample").min()).rows())
    matrix = np.zeros((len(shown), len(items)))
    places, columns = {g: i for i, g in enumerate(shown)}, {item: i for i, item in enumerate(items)}
    cells = amounts.filter(pl.col("group").is_in(shown))
    rows = cells["group"].replace_strict(places, return_dtype=pl.Int64).to_numpy()
    matrix[rows, cells["item"].replace_strict(columns, return_dtype=pl.Int64).to_numpy()] = cells["amount"]
    interval = bootstrap_sums(matrix, asked.draws, asked.seed)
    removals = pl.DataFrame(pl.from_arrow(ledger.removals))
    removals = removals.filter(suite=asked.suite, functional=asked.functional)
    scores = dict(removals.join(listed, on="sample").group_by("group").agg(pl.col("score").mean()).rows())
    return {
        group: _Fact(
            sizes[group],
            float(interval[0][i]) if interval else None,
            float(interval[1][i]) if interval else None,
            scores.get(group),
            firsts[group] if sizes[group] == 1 else None,
        )
        for group, i in places.items()
    }


def _lines(totals: pl.DataFrame, facts: dict[str, _Fact]) -> tuple[Driver, ...]:
    return tuple(
        Driver(rank, name, f.samples, amount, f.low, f.high, f.removal, f.sample)
        for rank, (name, amount) in enumerate(totals.rows(), 1)
        for f in [facts[name]]
    )
