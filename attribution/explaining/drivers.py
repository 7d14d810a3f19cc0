"""Which data drove the change: contributions rolled up by sample, cluster, label, source or rule.

The amounts of all groups add up to what is attributed in the ledger, and with decay, carried momentum and residual to
the measured change. An interval says how far a group's sum would move had other items of the suite been asked.
A removal score is a ranking of its own (the mean over the group's samples and the items); it is never added to
anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from attribution.explaining.groups import By, groups_of
from attribution.explaining.measured import Measured
from attribution.ledger.balance import Sums, Window, by_item, coverage, over_time, sums_of
from attribution.ledger.coverage import ENOUGH
from attribution.ledger.intervals import DRAWS, bootstrap_sums
from governance.lake.browsing.attributions import GroupFacts
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
        measured: what the suite lost without the group; None where nobody trained again without it.
    """

    rank: int
    name: str
    samples: int
    amount: float
    low: float | None
    high: float | None
    removal: float | None
    sample: int | None = None
    measured: Measured | None = None


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


class Rolled(Protocol):
    """Contributions of one suite and functional, rolled up: from tables in memory, or by the lake itself."""

    def totals(self) -> pl.DataFrame:
        """(group, amount), the largest amount first."""
        ...

    def cells(self, groups: Sequence[str]) -> pl.DataFrame:
        """(group, item, amount) of some groups."""
        ...

    def facts(self, groups: Sequence[str]) -> Mapping[str, GroupFacts]:
        """What some groups are."""
        ...


@dataclass(frozen=True)
class Asked:
    """One suite and functional, how many drivers of either sign are listed, and the draws of the intervals."""

    suite: str
    functional: str
    top: int = TOP
    draws: int = DRAWS
    seed: int = 0


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
    pairs = by_item(ledger.balances).select("suite", "functional").unique(maintain_order=True).rows()
    asked = [Asked(s, f, top, draws, seed) for s, f in sorted(pairs) if suite in {None, s}]
    return tuple(suite_drivers(ledger.balances, _InMemory(ledger, groups, one), one) for one in asked)


def beside_measures(part: SuiteDrivers, measures: Mapping[str, Measured]) -> SuiteDrivers:
    """The drivers with what leaving them out did, by group."""

    def beside(lines: tuple[Driver, ...]) -> tuple[Driver, ...]:
        return tuple(replace(d, measured=measures.get(d.name)) for d in lines)

    return replace(part, helped=beside(part.helped), harmed=beside(part.harmed))


def suite_drivers(balances: pa.Table, rolled: Rolled, asked: Asked) -> SuiteDrivers:
    """The drivers of one suite and functional."""
    mine = by_item(balances).filter(suite=asked.suite, functional=asked.functional)
    totals = rolled.totals()
    helped = totals.filter(totals["amount"] > 0).head(asked.top)
    harmed = totals.filter(totals["amount"] < 0).reverse().head(asked.top)
    shown = [*helped["group"], *harmed["group"]]
    facts = _facts(rolled, shown, list(mine["item"]), asked) if shown else {}
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
        windows=over_time(balances, asked.suite, asked.functional),
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


@dataclass(frozen=True)
class _InMemory:
    """A ledger that is loaded, rolled up by groups."""

    ledger: Ledger
    groups: pl.DataFrame
    asked: Asked

    @cached_property
    def amounts(self) -> pl.DataFrame:
        return amounts_of(self.ledger, self.groups, self.asked.suite, self.asked.functional)

    def totals(self) -> pl.DataFrame:
        return (
            self.amounts.group_by("group", maintain_order=True)
            .agg(_sum("amount"))
            .sort(["amount", "group"], descending=[True, False])
        )

    def cells(self, groups: Sequence[str]) -> pl.DataFrame:
        return self.amounts.filter(_among(groups))

    def facts(self, groups: Sequence[str]) -> Mapping[str, GroupFacts]:
        import polars as pl

        listed = self.groups.filter(_among(groups))
        removals = pl.DataFrame(pl.from_arrow(self.ledger.removals))
        removals = removals.filter(suite=self.asked.suite, functional=self.asked.functional)
        mean = removals.join(listed, on="sample").group_by("group").agg(pl.col("score").mean())
        sizes = listed.group_by("group").agg(n=pl.len(), first=pl.col("sample").min())
        rows = sizes.join(mean, on="group", how="left").select("group", "n", "first", "score").rows()
        return {group: GroupFacts(n, first, score) for group, n, first, score in rows}


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


def _among(groups: Sequence[str]) -> Any:
    import polars as pl

    return pl.col("group").is_in(list(groups))


@dataclass(frozen=True)
class _Fact:
    samples: int
    low: float | None
    high: float | None
    removal: float | None
    sample: int | None


def _facts(rolled: Rolled, shown: list[str], items: list[str], asked: Asked) -> dict[str, _Fact]:
    """Size, interval and mean removal score of the groups that are listed."""
    import numpy as np
    import polars as pl

    matrix = np.zeros((len(shown), len(items)))
    places, columns = {g: i for i, g in enumerate(shown)}, {item: i for i, item in enumerate(items)}
    cells = rolled.cells(shown)
    rows = cells["group"].replace_strict(places, return_dtype=pl.Int64).to_numpy()
    matrix[rows, cells["item"].replace_strict(columns, return_dtype=pl.Int64).to_numpy()] = cells["amount"]
    interval = bootstrap_sums(matrix, asked.draws, asked.seed)
    facts = rolled.facts(shown)
    return {
        group: _Fact(
            facts[group].samples,
            float(interval[0][i]) if interval else None,
            float(interval[1][i]) if interval else None,
            facts[group].removal,
            facts[group].first if facts[group].samples == 1 else None,
        )
        for group, i in places.items()
    }


def _lines(totals: pl.DataFrame, facts: dict[str, _Fact]) -> tuple[Driver, ...]:
    return tuple(
        Driver(rank, name, f.samples, amount, f.low, f.high, f.removal, f.sample)
        for rank, (name, amount) in enumerate(totals.rows(), 1)
        for f in [facts[name]]
    )
