"""What the contamination rules share: one search of every batch, one decision over all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from governance.rules.base import Mapper, Partials, Setup
from governance.samples import SampleBatch

if TYPE_CHECKING:
    from governance.detectors.contamination.decide import Decided
    from governance.detectors.contamination.index import ItemIndex

THRESHOLD_RULE = "CON002"
LISTED = 1000  # unsearchable items named in a report


def item_index(setup: Setup) -> ItemIndex:
    """The index of the evaluation items, built once an audit."""
    from governance.detectors.contamination.index import build_index

    return setup.once("contamination.index", lambda: build_index(_items(setup)))


def _items(setup: Setup) -> pa.Table:
    from governance.benchmarks.items import ITEMS

    return setup.items if setup.items is not None else ITEMS.empty_table()


def _map(batch: SampleBatch, setup: Setup) -> pa.Table:
    from governance.detectors.contamination.search import search

    return search(batch, item_index(setup))


MAPPER = Mapper("contamination", _map)


def decision(partials: Mapping[str, Partials], setup: Setup) -> Decided:
    """What all batches add up to, worked out once for the three rules."""
    from governance.detectors.contamination.decide import THRESHOLD, decide

    threshold = setup.options.get(THRESHOLD_RULE, {}).get("threshold", THRESHOLD)

    def make() -> Decided:
        return decide(partials[MAPPER.name].tables(), item_index(setup), float(threshold))

    return setup.once("contamination.decision", make)


def unsearchable(setup: Setup) -> dict[str, dict[str, str]]:
    """Per suite, the items that cannot be searched for, each with its reason."""
    items = item_index(setup).items
    found: dict[str, dict[str, str]] = {}
    for names, reason in zip(items.names, items.reasons, strict=True):
        for name in names if reason else ():
            suite, _, item = name.partition("/")
            found.setdefault(suite, {})[item] = reason
    return found


def statistics(decided: Decided, setup: Setup) -> dict[str, Any]:
    """What the search did: rows, pairs looked at, pairs turned away by reason, items it cannot find."""
    items = item_index(setup).items
    missing = [f"{s}/{i}: {r}" for s, found in unsearchable(setup).items() for i, r in found.items()]
    return {
        "items": sum(len(names) for names in items.names),
        "items_repeated": sum(len(names) - 1 for names in items.names),
        "rows_searched": decided.rows,
        "pairs_compared": decided.candidates,
        "pairs_rejected": decided.rejected,
        "turns_cut_short": decided.cut,
        "unsearchable": len(missing),
        "unsearchable_items": sorted(missing)[:LISTED],
    }
