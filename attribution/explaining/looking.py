"""The same explanations, of a ledger that stays in the lake: sums are made there, and a page gets what it shows.

`why_report` and `drivers_report` load the whole ledger, which is right for a file that is written once. These load one
item, or one line a group; what they say is the same, and a test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from attribution.explaining.drivers import Asked, SuiteDrivers, suite_drivers
from attribution.explaining.groups import CLUSTERING, By, groups_of
from attribution.explaining.why import TOP, Why, functionals_of, why
from governance.contributions import BALANCES, CONTRIBUTIONS
from governance.lake.browsing import attributions
from governance.lake.browsing.attributions import GroupFacts, Grouping, Part
from governance.lake.contributions import Ledger

if TYPE_CHECKING:
    import polars as pl

    from governance.lake import Lake


def explain(lake: Lake, attribution: str, suite: str, item: str, top: int = TOP) -> dict[str, Why]:
    """The item as the ledger explains it, by functional; nothing where the attribution did not trace it."""
    ledger = attributions.item_ledger(lake, attribution, suite, item, top)
    return {f: why(ledger, suite, item, f, top) for f in functionals_of(ledger, suite, item)}


def grouping(lake: Lake, attribution: str, by: By, audit: str) -> Grouping:
    """What samples are rolled up by, with what the findings of an audit say of them."""
    if by != "cluster":
        return Grouping(by, audit)
    samples, ruled = attributions.clustered(lake, attribution, audit, CLUSTERING)
    ledger = Ledger(samples, CONTRIBUTIONS.empty_table(), BALANCES.empty_table())
    named = groups_of(ledger, "cluster", ruled).select("sample", "group").rows()
    return Grouping(by, audit, tuple((int(n), str(name)) for n, name in named))


def drivers_of(lake: Lake, part: Part, by: Grouping, top: int) -> SuiteDrivers:
    """The drivers of one suite and functional."""
    balances = attributions.balances(lake, part)
    return suite_drivers(balances, _InLake(lake, part, by), Asked(part.suite, part.functional, top))


@dataclass(frozen=True)
class _InLake:
    """A ledger in the lake, rolled up by groups there."""

    lake: Lake
    part: Part
    by: Grouping

    def totals(self) -> pl.DataFrame:
        import polars as pl

        return pl.DataFrame(pl.from_arrow(attributions.totals(self.lake, self.part, self.by)))

    def cells(self, groups: Sequence[str]) -> pl.DataFrame:
        import polars as pl

        return pl.DataFrame(pl.from_arrow(attributions.cells(self.lake, self.part, self.by, groups)))

    def facts(self, groups: Sequence[str]) -> Mapping[str, GroupFacts]:
        return attributions.group_facts(self.lake, self.part, self.by, groups)
