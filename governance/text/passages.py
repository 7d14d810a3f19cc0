"""Long passages that stand in several documents which are otherwise different.

A passage is known by the hashes of its windows of `tokens` consecutive tokens. Of every `STRIDE` windows in a row
the one of the least hash is kept (winnowing, Schleimer, Wilkerson, Aiken 2003). Which windows are kept follows from
the text around them only, so two documents that share a run of at least tokens + STRIDE - 1 tokens have kept the same
windows of it; and a window that agrees is `tokens` words that agree. Runs between the two lengths may be missed.

Memory follows from what repeats, not from what was read: a table of small counters says which hashes can reach the
wanted number of documents, and only their places are brought together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba import njit, types

from governance.rules.base import Partials
from governance.samples import SYSTEM, SampleBatch
from governance.text.clusters import components
from governance.text.compiled import compiled
from governance.text.tokens import I64, I64_READ, U8, U64, U64_READ, tokenise
from governance.text.verify import Indices

STRIDE = 16
COUNTERS = 1 << 27

WINDOWS = pa.schema(
    [("hash", pa.uint64()), ("row", pa.int64())]
    + [(name, pa.int32()) for name in ("turn", "token", "start", "end")]
)
"""A kept window: where its first token is in its turn, and its characters there."""

_BASE = np.uint64(0xA0761D6478BD642F)
_P1 = np.uint64(0x9E3779B97F4A7C15)
_SYSTEM = np.uint8(SYSTEM)
_ROLES = types.Array(types.uint8, 1, "C", readonly=True)
_B1_READ = types.Array(types.boolean, 1, "C", readonly=True)
_COUNTS = types.Array(types.uint8, 1, "C")


@dataclass(frozen=True)
class Passages:
    """Passages and their places; places of one passage lie end to end, by document.

    Attributes:
        starts: (passages + 1,) where the places of each begin.
        words: (passages,) how many tokens they have at least.
        hashes: (passages,) the least window hash of each, which names it.
        document, turn, begin, end: (places,) the first place in each document, in characters of the turn.
        documents: (passages,) different groups of documents that hold it.
    """

    starts: Indices
    words: Indices
    hashes: npt.NDArray[np.uint64]
    document: Indices
    turn: Indices
    begin: Indices
    end: Indices
    documents: Indices


def map_windows(batch: SampleBatch, tokens: int) -> pa.Table | None:
    """The kept windows of a batch as `WINDOWS`, system turns not read."""
    turns = batch.turns
    data, offsets = turns.buffers
    room = int(offsets[-1] - offsets[0]) // 2 + 1 if len(offsets) else 0
    hashes = np.empty(room, np.uint64)
    places = np.empty((4, room), np.int64)
    kept = _winnow(
        data,
        offsets,
        turns.roles,
        np.int64(tokens),
        np.uint64(pow(int(_BASE), tokens, 1 << 64)),
        hashes,
        *places,
    )
    if not kept:
        return None
    turn = places[0, :kept]
    document = np.searchsorted(turns.starts, turn, "right") - 1
    columns = [hashes[:kept].copy(), batch.rows[document], turn - turns.starts[document], *places[1:, :kept]]
    return pa.table([pa.array(c).cast(f.type) for c, f in zip(columns, WINDOWS, strict=True)], schema=WINDOWS)


def find_passages(windows: Partials, document: Indices, group: Indices, tokens: int, least: int) -> Passages:
    """Passages of at least `tokens` tokens that stand in at least `least` groups of documents.

    Args:
        document: (rows,) by row number, the document a row stands for, -1 for rows that do not count.
        group: (documents,) what documents that belong together have in common.
    """
    table = _repeated(windows, document, least)
    columns = [table.column(name).to_numpy() for name in WINDOWS.names]
    hashes, rows, turn, token, begin, end = columns
    of = document[rows]
    hashes, kind, holders = _frequent(hashes, of, group, least)
    keep = np.flatnonzero(kind >= 0)
    keep = keep[np.lexsort((token[keep], turn[keep], of[keep]))]
    kind, of, turn, token, begin, end = (
        x[keep].astype(np.int64) for x in (kind, of, turn, token, begin, end)
    )
    beside = (of[1:] == of[:-1]) & (turn[1:] == turn[:-1]) & (token[1:] - token[:-1] <= tokens)
    linked = _always_beside(kind, of, beside, holders)
    passage = components(len(holders), kind[:-1][linked], kind[1:][linked])[kind]
    return _places(passage, linked, hashes, group, (of, turn, token, begin, end), tokens)


def _places(
    passage: Indices,
    linked: npt.NDArray[np.bool_],
    hashes: npt.NDArray[np.uint64],
    group: Indices,
    places: tuple[Indices, ...],
    tokens: int,
) -> Passages:
    """Runs of windows put together, the first run of a passage in each document, by passage and document."""
    of, turn, token, begin, end = places
    if not len(of):
        nothing = np.empty(0, np.int64)
        return Passages(np.zeros(1, np.int64), nothing, np.empty(0, np.uint64), *[nothing] * 5)
    first = np.flatnonzero(np.concatenate([[True], ~linked | (passage[1:] != passage[:-1])]))
    last = np.concatenate([first[1:], [len(of)]]) - 1
    length = token[last] - token[first] + tokens
    order = np.lexsort((first, of[first], passage[first]))
    named, holder = passage[first][order], of[first][order]
    keep = np.concatenate([[True], (named[1:] != named[:-1]) | (holder[1:] != holder[:-1])])
    order, named = order[keep], named[keep]
    starts = np.flatnonzero(np.concatenate([[True], named[1:] != named[:-1]]))
    run_first, run_last = first[order], last[order]
    number = np.repeat(np.arange(len(starts)), np.diff(np.concatenate([starts, [len(order)]])))
    together = np.unique(np.stack([number, group[of[run_first]]], axis=1), axis=0)
    return Passages(
        np.concatenate([starts, [len(order)]]).astype(np.int64),
        np.minimum.reduceat(length[order], starts),
        hashes[named[starts]],
        of[run_first],
        turn[run_first],
        begin[run_first],
        end[run_last],
        np.bincount(together[:, 0], minlength=len(starts)),
    )


def _always_beside(
    kind: Indices, of: Indices, beside: npt.NDArray[np.bool_], holders: Indices
) -> npt.NDArray[np.bool_]:
    """Which neighbouring windows are parts of one passage: the rarer never stands without the other beside it.

    At the ends of a passage a window is kept in some documents only, because what follows differs; and a longer
    passage in few documents may hold a shorter one of many.
    """
    at = np.flatnonzero(beside)
    low, high = np.minimum(kind[at], kind[at + 1]), np.maximum(kind[at], kind[at + 1])
    names, pair = np.unique(low * len(holders) + high, return_inverse=True)
    pair = pair.reshape(-1)
    together = np.bincount(np.unique(np.stack([pair, of[at]], axis=1), axis=0)[:, 0], minlength=len(names))
    always = together >= np.minimum(holders[names // len(holders)], holders[names % len(holders)])
    linked = np.zeros(len(beside), np.bool_)
    linked[at] = always[pair]
    return linked


def _frequent(
    hashes: npt.NDArray[np.uint64], of: Indices, group: Indices, least: int
) -> tuple[npt.NDArray[np.uint64], Indices, Indices]:
    """(different hashes, (windows,) number of each window's hash or -1 where too few groups hold it,
    how many documents hold each hash).
    """
    names, kind = np.unique(hashes, return_inverse=True)
    kind = kind.reshape(-1)
    pairs = np.unique(np.stack([kind, of], axis=1), axis=0)
    grouped = np.unique(np.stack([pairs[:, 0], group[pairs[:, 1]]], axis=1), axis=0)
    counted = np.bincount(grouped[:, 0], minlength=len(names))
    return names, np.where(counted[kind] >= least, kind, -1), np.bincount(pairs[:, 0], minlength=len(names))


def _repeated(windows: Partials, document: Indices, least: int) -> pa.Table:
    """The windows whose hash may stand in `least` places of rows that count."""
    size = 1 << 16
    while size < min(4 * windows.rows, COUNTERS):
        size *= 2
    counts = np.zeros(size, np.uint8)
    counting = np.asarray(document >= 0)
    for table in windows.tables(["hash", "row"]):
        _count(table.column("hash").to_numpy(), table.column("row").to_numpy(), counting, counts)
    return pa.concat_tables([WINDOWS.empty_table(), *_often(windows, counting, counts, least)])


def _often(
    windows: Partials, counting: npt.NDArray[np.bool_], counts: npt.NDArray[np.uint8], least: int
) -> Iterator[pa.Table]:
    for table in windows.tables(WINDOWS.names):
        hashes, rows = table.column("hash").to_numpy(), table.column("row").to_numpy()
        often = counting[rows] & (counts[hashes & np.uint64(len(counts) - 1)] >= min(least, 255))
        if often.any():
            yield table.filter(pa.array(often))


@compiled(types.void, U64_READ, I64_READ, _B1_READ, _COUNTS)
def _count(hashes: Any, rows: Any, counting: Any, counts: Any) -> None:
    mask = np.uint64(len(counts) - 1)
    for i in range(len(hashes)):
        at = hashes[i] & mask
        if counting[rows[i]] and counts[at] < 255:
            counts[at] += np.uint8(1)


@njit
def _window_hashes(words: Any, count: int, tokens: int, power: Any, out: Any) -> int:
    """The number of windows of `tokens` words; their hashes go to `out`."""
    state = np.uint64(0)
    for i in range(count):
        state = state * _BASE + words[i]
        if i >= tokens:
            state -= words[i - tokens] * power
        if i >= tokens - 1:
            mixed = (state ^ (state >> np.uint64(32))) * _P1
            out[i - tokens + 1] = mixed ^ (mixed >> np.uint64(29))
    return max(count - tokens + 1, 0)


@njit
def _least(values: Any, first: int, last: int) -> int:
    """Place of the least of values[first:last], the last of equal ones."""
    best = first
    for i in range(first + 1, last):
        if values[i] <= values[best]:
            best = i
    return best


@njit
def _characters(data: Any, at: int, stop: int) -> int:
    count = 0
    for i in range(at, stop):
        count += (data[i] & np.uint8(0xC0)) != np.uint8(0x80)
    return count


@compiled(types.int64, U8, I64_READ, _ROLES, types.int64, types.uint64, U64, I64, I64, I64, I64)
def _winnow(
    data: Any, offsets: Any, roles: Any, tokens: int, power: Any,
    hashes: Any, turns: Any, firsts: Any, begins: Any, ends: Any,
) -> int:  # fmt: skip
    """Writes the kept windows of every turn; how many there are."""
    longest = 0
    for turn in range(len(roles)):
        longest = max(longest, offsets[turn + 1] - offsets[turn])
    room = longest // 2 + 1
    words, windows = np.empty(room, np.uint64), np.empty(room, np.uint64)
    starts, stops = np.empty(room, np.int64), np.empty(room, np.int64)
    kept = 0
    for turn in range(len(roles)):
        origin = offsets[turn]
        if roles[turn] == _SYSTEM or (offsets[turn + 1] - origin) // 2 + 1 < tokens:
            continue
        count = tokenise(data, origin, offsets[turn + 1], words, starts, stops)
        found = _window_hashes(words, count, tokens, power, windows)
        last, seen, characters = -1, origin, 0
        for at in range(max(found - STRIDE + 1, min(found, 1))):
            best = last
            if last < at or windows[min(at + STRIDE, found) - 1] <= windows[last]:
                best = _least(windows, at, min(at + STRIDE, found))
            if best == last:
                continue
            last = best
            characters += _characters(data, seen, starts[best])
            seen = starts[best]
            hashes[kept], turns[kept], firsts[kept] = windows[best], turn, best
            begins[kept] = characters
            ends[kept] = characters + _characters(data, seen, stops[best + tokens - 1])
            kept += 1
    return kept
