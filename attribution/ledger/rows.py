"""The ledger as tables: CONTRIBUTIONS, BALANCES and REMOVALS of `attribution.entries`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa

from attribution.entries import BALANCES, CONTRIBUTIONS, REMOVALS
from attribution.ledger.ledger import Interval
from attribution.tracing.items import ItemName


def contributions(interval: Interval, names: Sequence[ItemName], samples: Sequence[str]) -> pa.Table:
    """One row for each sample and item of an interval, samples outermost.

    Args:
        interval: settled.
        names: the M lines.
        samples: 64 hex sample ids by number.
    """
    n, m = interval.amounts.shape
    lines = np.tile(np.arange(m), n)
    numbers = np.repeat(interval.samples, m)
    table = {
        "start_step": np.full(n * m, interval.start),
        "stop_step": np.full(n * m, interval.stop),
        "sample": numbers,
        "sample_id": _picked([samples[i] for i in interval.samples], np.repeat(np.arange(n), m)),
        **_item_columns(names, lines),
        "amount": interval.amounts.reshape(-1),
    }
    return pa.table([pa.array(table[f.name], f.type) for f in CONTRIBUTIONS], schema=CONTRIBUTIONS)


def contribution_tables(
    intervals: Iterable[Interval], names: Sequence[ItemName], samples: Sequence[str]
) -> Iterator[pa.Table]:
    """The same, interval by interval, so that a long run is never whole in memory."""
    for interval in intervals:
        yield contributions(interval, names, samples)


def transfers(
    numbers: np.ndarray, amounts: np.ndarray, step: int, names: Sequence[ItemName], samples: Sequence[str]
) -> pa.Table:
    """CONTRIBUTIONS of the close: what samples give each other, in an interval of no steps; sums to 0 for each item.

    Args:
        numbers: (n,) of the samples.
        amounts: (n, M) nats, see `pushes`.
        step: the one at which the ledger closes.
        names: the M lines.
        samples: 64 hex sample ids by number.
    """
    nothing = np.zeros(len(names))
    shape = dict.fromkeys(("before", "after", "change", "decay", "carried", "forgotten", "path"), nothing)
    return contributions(Interval(step, step, numbers, amounts, **shape), names, samples)


def balances(intervals: Sequence[Interval], names: Sequence[ItemName]) -> pa.Table:
    """One row for each interval and item."""
    m = len(names)
    table = {
        "start_step": np.repeat([i.start for i in intervals], m),
        "stop_step": np.repeat([i.stop for i in intervals], m),
        **_item_columns(names, np.tile(np.arange(m), len(intervals))),
    }
    columns = {
        "before": [i.before for i in intervals],
        "after": [i.after for i in intervals],
        "attributed": [i.attributed for i in intervals],
        "weight_decay": [i.decay for i in intervals],
        "carried": [i.carried for i in intervals],
        "residual": [i.residual for i in intervals],
    }
    table |= {name: np.concatenate(parts) if parts else np.zeros(0) for name, parts in columns.items()}
    return pa.table([pa.array(table[f.name], f.type) for f in BALANCES], schema=BALANCES)


def removals(
    numbers: np.ndarray, scores: np.ndarray, names: Sequence[ItemName], samples: Sequence[str]
) -> pa.Table:
    """REMOVALS: one row for each sample that was seen and each item, samples outermost.

    Args:
        numbers: (n,) of the samples.
        scores: (n, M), see `removal`.
        names: the M lines.
        samples: 64 hex sample ids by number.
    """
    n, m = scores.shape
    table = {
        "sample": np.repeat(numbers, m),
        "sample_id": _picked([samples[i] for i in numbers], np.repeat(np.arange(n), m)),
        **_item_columns(names, np.tile(np.arange(m), n)),
        "score": scores.reshape(-1),
    }
    return pa.table([pa.array(table[f.name], f.type) for f in REMOVALS], schema=REMOVALS)


def _item_columns(names: Sequence[ItemName], lines: np.ndarray) -> dict[str, pa.Array]:
    return {
        "suite": _picked([n.suite for n in names], lines),
        "item": _picked([n.item for n in names], lines),
        "functional": _picked([n.functional for n in names], lines),
    }


def _picked(texts: Sequence[str], places: np.ndarray) -> pa.Array:
    return pa.array(texts, pa.string()).take(pa.array(places, pa.int64()))
