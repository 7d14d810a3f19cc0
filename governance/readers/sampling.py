"""A uniform sample of rows that depends on the seed and the row numbers only, never on format or batches.

Row i has the key splitmix64(seed, i) (Steele, Lea, Flood 2014); the rows with the N smallest keys are the
sample.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from governance.samples import SampleBatch

CHUNK = 1 << 20
Keys = npt.NDArray[np.uint64]


def keys(rows: npt.NDArray[np.int64], seed: int) -> Keys:
    """(n,) uniform 64-bit keys of row numbers."""
    with np.errstate(over="ignore"):
        x = rows.astype(np.uint64) + np.uint64(1)
        x = x * np.uint64(0x9E3779B97F4A7C15) ^ _mixed(np.array([seed % (1 << 64)], np.uint64))
        return _mixed(x)


def _mixed(x: Keys) -> Keys:
    """The finaliser of splitmix64, a bijection."""
    with np.errstate(over="ignore"):
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


def threshold(total: int, count: int, seed: int) -> int:
    """The largest key among the `count` smallest of rows 0 to total - 1; keys of distinct rows differ."""
    best = np.empty(0, np.uint64)
    for low in range(0, total, CHUNK):
        best = np.concatenate([best, keys(np.arange(low, min(low + CHUNK, total)), seed)])
        if len(best) > count:
            best = np.partition(best, count - 1)[:count]
    return int(best.max()) if len(best) else 0


def sampled(
    batches: Iterable[SampleBatch], total: int | None, count: int, seed: int
) -> Iterator[SampleBatch]:
    """The sample, in reading order, numbered from 0; file and line still tell where each row stands.

    Where the total is not known before the end, the rows of the sample so far are held in memory.
    """
    if total is not None:
        limit = threshold(total, count, seed)
        chosen = (_below(batch, limit, seed) for batch in batches)
    else:
        chosen = (batch for batch in _reservoir(batches, count, seed))
    first = 0
    for batch in chosen:
        numbered, first = _renumbered(batch, first)
        if len(numbered) or numbered.problems.num_rows:
            yield numbered


def _reservoir(batches: Iterable[SampleBatch], count: int, seed: int) -> list[SampleBatch]:
    """Of all batches, the rows with the `count` smallest keys."""
    held: list[SampleBatch] = []
    limit, rows = (1 << 64) - 1, 0
    for batch in batches:
        held.append(_below(batch, limit, seed))
        rows += len(row_numbers(held[-1]))
        if rows > 2 * count:
            limit = _limit(held, count, seed)
            held = [_below(part, limit, seed) for part in held]
            rows = count
    limit = _limit(held, count, seed)
    return [_below(part, limit, seed) for part in held]


def _limit(held: list[SampleBatch], count: int, seed: int) -> int:
    every = np.concatenate([keys(row_numbers(part), seed) for part in held] or [np.empty(0, np.uint64)])
    if len(every) <= count:
        return (1 << 64) - 1
    return int(np.partition(every, count - 1)[count - 1])


def row_numbers(batch: SampleBatch) -> npt.NDArray[np.int64]:
    """Rows of a batch, those that could not be read included, ascending."""
    return np.union1d(batch.rows, batch.problems.column("row").to_numpy())


def _below(batch: SampleBatch, limit: int, seed: int) -> SampleBatch:
    """The rows whose key is at most the limit."""
    own = pa.array(keys(batch.rows, seed) <= np.uint64(limit))
    bad = pa.array(keys(batch.problems.column("row").to_numpy(), seed) <= np.uint64(limit))
    original = None if batch.original is None else batch.original.filter(own)
    return SampleBatch(batch.table.filter(own), batch.problems.filter(bad), original)


def _renumbered(batch: SampleBatch, first: int) -> tuple[SampleBatch, int]:
    rows = row_numbers(batch)
    table, problems = (
        t.set_column(
            0, t.schema.field("row"), pa.array(first + np.searchsorted(rows, t.column("row").to_numpy()))
        )
        for t in (batch.table, batch.problems)
    )
    return SampleBatch(table, problems, batch.original), first + len(rows)
