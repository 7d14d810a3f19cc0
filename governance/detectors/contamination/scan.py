"""Where the words of an item's question stand in a turn: the compiled search over a batch.

For every turn the n-grams that some item has are looked up; each is extended both ways to the longest run of
equal words. A question whose words form one run is there verbatim. Otherwise the window of comparable length
with the greatest weight of covered words is taken, and kept when it covers enough to be worth a closer look.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from governance.detectors.contamination.index import ItemIndex, sequence_hash
from governance.detectors.contamination.match import best_window, find, last_place
from governance.samples import SampleBatch
from governance.text.compiled import kept
from governance.text.ngrams import GRAM, finished, inner, lookup, words

VERBATIM, OVERLAP, WHOLE_TURN = range(3)
"""How a question was found: all of it in one run, part of it in a window, as the whole turn."""

KEPT_FROM = 0.6  # covered part of a question from which on a window is looked at more closely
_BASE = np.uint64(0xD6E8FEB86659FD93)
_BASE4 = np.uint64(pow(0xD6E8FEB86659FD93, GRAM - 1, 1 << 64))
_MOST_RUNS = 1 << 22  # a turn with more runs than this is a repetition of itself; the rest of it is counted
_OCCURRENCES = 16  # places in one turn where a question stands verbatim that are looked at
_HELPS = 0.5  # part of an option that has to stand in one run before its question is looked for
SHORTEST_OVERLAP = 10  # tokens; in shorter questions a changed word changes what is asked
_NEAR = 2048  # tokens before and behind an option or context within which its question is looked for


class Candidates(NamedTuple):
    """Places of a batch where a question may stand; positions are token numbers of the turn.

    Attributes:
        turns, items: (n,) int32.
        how: (n,) uint8, VERBATIM | OVERLAP | WHOLE_TURN.
        windows: (n, 2) int32, first and past-last token in the turn.
        first: (n + 1,) int64; candidate i owns the runs first[i]:first[i + 1].
        runs: (runs, 3) int32: token of the turn, token of the question, length.
    """

    turns: npt.NDArray[np.int32]
    items: npt.NDArray[np.int32]
    how: npt.NDArray[np.uint8]
    windows: npt.NDArray[np.int32]
    first: npt.NDArray[np.int64]
    runs: npt.NDArray[np.int32]


@dataclass(frozen=True)
class Scanned:
    """What a batch gave: candidates, and how many of its rows hold each n-gram that any row holds."""

    candidates: Candidates
    grams: npt.NDArray[np.int32]
    rows_with: npt.NDArray[np.int32]
    cut: int  # turns too repetitive to be searched to their end


class _Buffers(NamedTuple):
    turns: npt.NDArray[np.int32]
    items: npt.NDArray[np.int32]
    how: npt.NDArray[np.uint8]
    windows: npt.NDArray[np.int32]
    first: npt.NDArray[np.int64]
    runs: npt.NDArray[np.int32]
    used: npt.NDArray[np.int64]  # candidates, runs, distinct n-grams, turns cut short


class _Counts(NamedTuple):
    rows: npt.NDArray[np.int32]  # (grams,) rows of this batch that hold the n-gram
    stamp: npt.NDArray[np.int32]  # (grams,) 1 + the last row that was counted
    seen: npt.NDArray[np.int32]  # the n-grams that occurred, in order of appearance


def scan(batch: SampleBatch, index: ItemIndex) -> Scanned:
    """The candidates of every turn of the batch, in the order of turns."""
    data, offsets = batch.turns.buffers
    owners = np.repeat(np.arange(len(batch), dtype=np.int32), np.diff(batch.turns.starts))
    grams = len(index.gram_weights)
    counts = _Counts(*(np.zeros(grams, np.int32) for _ in range(3)))
    room, turn = 1 << 12, 0
    used = np.zeros(4, np.int64)
    parts: list[Candidates] = []
    while turn < len(offsets) - 1:
        buffers = _buffers(room, used)
        reached = _scan_turns(data, offsets, owners, turn, index.items.arrays, index.postings, index.weights,
                              index.whole, counts, buffers)  # fmt: skip
        room = room * 2 if reached == turn else room
        turn = reached
        parts.append(_taken(buffers))
        used[:2] = 0
    seen = np.sort(counts.seen[: used[2]])
    return Scanned(_joined(parts), seen, counts.rows[seen], int(used[3]))


def _buffers(room: int, used: npt.NDArray[np.int64]) -> _Buffers:
    return _Buffers(
        np.empty(room, np.int32),
        np.empty(room, np.int32),
        np.empty(room, np.uint8),
        np.empty((room, 2), np.int32),
        np.zeros(room + 1, np.int64),
        np.empty((room * 8, 3), np.int32),
        used,
    )


def _taken(b: _Buffers) -> Candidates:
    n, runs = int(b.used[0]), int(b.used[1])
    return Candidates(b.turns[:n], b.items[:n], b.how[:n], b.windows[:n], b.first[: n + 1], b.runs[:runs])


def _joined(parts: list[Candidates]) -> Candidates:
    if not parts:
        return _taken(_buffers(1, np.zeros(4, np.int64)))
    starts = np.cumsum([0] + [len(p.runs) for p in parts])
    first = np.concatenate([*(p.first[:-1] + s for p, s in zip(parts, starts, strict=False)), starts[-1:]])
    turns, items, how, windows, runs = (
        np.concatenate([getattr(p, name) for p in parts])
        for name in ("turns", "items", "how", "windows", "runs")
    )
    return Candidates(turns, items, how, windows, first, runs)


@kept
def _scan_turns(
    data: Any, offsets: Any, owners: Any, turn: int, items: Any, postings: Any, weights: Any, whole: Any,
    counts: Any, out: Any,
) -> int:  # fmt: skip
    """The first turn that was not searched because the buffers were full, or the number of turns."""
    longest = 0
    for t in range(turn, len(offsets) - 1):
        longest = max(longest, offsets[t + 1] - offsets[t])
    room = max_tokens_of(longest)
    hashes = np.empty(room, np.uint64)
    starts, ends = np.empty(room, np.int64), np.empty(room, np.int64)
    runs = np.empty((1024, 4), np.int32)
    covered = np.zeros(_longest_question(items) + 1, np.int32)
    for t in range(turn, len(offsets) - 1):
        count = words(data, offsets[t], offsets[t + 1], hashes, starts, ends)
        before = out.used[0], out.used[1]
        if count <= whole.longest and not _whole_turn(hashes, count, t, whole, out):
            return int(_rolled_back(out, before, t))
        found, runs = _runs(hashes, count, owners[t] + 1, items, postings, counts, out, runs)
        if found and not _evaluate(hashes, count, t, runs[:found], items, weights, covered, out):
            return int(_rolled_back(out, before, t))
    return len(offsets) - 1


@inner()
def _rolled_back(out: Any, before: Any, turn: int) -> int:
    out.used[0], out.used[1] = before
    return turn


@inner()
def max_tokens_of(size: int) -> int:
    """`max_tokens` for compiled callers."""
    return size // 2 + 1


@inner()
def _longest_question(items: Any) -> int:
    longest = 0
    for i in range(len(items.options) - 1):
        longest = max(longest, items.bounds[i + 1] - items.bounds[i])
    return longest


@inner()
def _whole_turn(hashes: Any, count: int, turn: int, whole: Any, out: Any) -> bool:
    """False where the buffers are full; notes the items whose text the whole turn is."""
    if count == 0 or len(whole.keys) == 0:
        return True
    key = sequence_hash(hashes, count)
    at = np.searchsorted(whole.keys, key)
    while at < len(whole.keys) and whole.keys[at] == key:
        if not _emit(turn, np.int64(whole.items[at]), WHOLE_TURN, np.int64(0), count, out):
            return False
        at += 1
    return True


@inner()
def _emit(turn: int, item: int, how: int, first: int, last: int, out: Any) -> bool:
    """False where there is no room; else the candidate is added, without runs."""
    n = out.used[0]
    if n >= len(out.turns):
        return False
    out.turns[n], out.items[n], out.how[n] = turn, item, how
    out.windows[n, 0], out.windows[n, 1] = first, last
    out.used[0] = n + 1
    out.first[n + 1] = out.used[1]
    return True


@inner()
def _emit_stem(turn: int, item: int, how: int, first: int, last: int, items: Any, out: Any) -> bool:
    """False where there is no room; else a candidate is added for each item with this item's question."""
    begin, end = out.first[out.used[0]], out.used[1]
    for m in range(items.stems[item], items.stems[item + 1]):
        if m > items.stems[item]:
            for r in range(begin, end):
                if not _add_run(out.runs[r, 0], out.runs[r, 1], out.runs[r, 2], out):
                    return False
        if not _emit(turn, np.int64(items.members[m]), how, first, last, out):
            return False
    return True


@inner()
def _add_run(place: int, question_place: int, length: int, out: Any) -> bool:
    """False where there is no room; else the run is added for the candidate to come."""
    n = out.used[1]
    if n >= len(out.runs):
        return False
    out.runs[n, 0], out.runs[n, 1], out.runs[n, 2] = place, question_place, length
    out.used[1] = n + 1
    return True


@inner()
def _runs(
    hashes: Any, count: int, row: int, items: Any, postings: Any, counts: Any, out: Any, runs: Any
) -> tuple[int, Any]:
    """(number, array of (part, token of the turn, token of the part, length)) of the longest equal runs."""
    number = 0
    if count < GRAM:
        return number, runs
    rolling = np.uint64(0)
    for i in range(GRAM - 1):
        rolling = rolling * _BASE + hashes[i]
    for at in range(count - GRAM + 1):
        rolling = rolling * _BASE + hashes[at + GRAM - 1]
        gram = lookup(postings.table, finished(rolling))
        rolling -= hashes[at] * _BASE4
        if gram < 0:
            continue
        if counts.stamp[gram] != row:
            counts.stamp[gram] = row
            if counts.rows[gram] == 0:
                counts.seen[out.used[2]] = gram
                out.used[2] += 1
            counts.rows[gram] += 1
        for p in range(postings.first[gram], postings.first[gram + 1]):
            part, place = postings.parts[p], postings.places[p]
            base = items.bounds[part]
            back = _back(hashes, at, items.tokens, base, place, postings.seeded)
            if back < 0:
                continue
            if number == len(runs):
                if number >= _MOST_RUNS:
                    out.used[3] += 1
                    return number, runs
                runs = np.concatenate((runs, np.empty_like(runs)))
            length = GRAM
            limit = min(count - at, items.bounds[part + 1] - base - place)
            while length < limit and hashes[at + length] == items.tokens[base + place + length]:
                length += 1
            runs[number, 0], runs[number, 1] = part, at - back
            runs[number, 2], runs[number, 3] = place - back, length + back
            number += 1
    return number, runs


@inner()
def _back(hashes: Any, at: int, tokens: Any, base: int, place: int, seeded: Any) -> int:
    """How many tokens before these are equal too, or -1 where an earlier n-gram already gave this run."""
    back = 0
    while back < at and back < place and hashes[at - back - 1] == tokens[base + place - back - 1]:
        back += 1
        if seeded[base + place - back]:
            return -1
    return back


@inner()
def _evaluate(
    hashes: Any, count: int, turn: int, runs: Any, items: Any, weights: Any, covered: Any, out: Any
) -> bool:
    """False where the buffers are full; else the candidates among the runs of one turn are added."""
    order = np.argsort(runs[:, 0].astype(np.int64) * (count + 1) + runs[:, 1])
    number = len(items.options) - 1
    last_item = -1
    at = 0
    while at < len(order):
        part = np.int64(runs[order[at], 0])  # one integer type, so that callees are compiled once
        end = at
        while end < len(order) and runs[order[end], 0] == part:
            end += 1
        if part < number:
            fits = _question(turn, part, runs, order[at:end], items, weights, covered, out)
        else:
            item = _owner(items, part, number)
            enough = _HELPS * (items.bounds[part + 1] - items.bounds[part]) <= _longest(runs, order[at:end])
            fits = (
                item == last_item
                or not enough
                or _beside(hashes, count, turn, item, np.int64(runs[order[at], 1]), items, out)
            )
            last_item = item if enough else last_item
        if not fits:
            return False
        at = end
    return True


@inner()
def _longest(runs: Any, order: Any) -> int:
    """The length of the longest of some runs."""
    longest = 0
    for k in order:
        longest = max(longest, runs[k, 3])
    return longest


@inner()
def _owner(items: Any, part: int, number: int) -> int:
    if part < 3 * number:
        return part % number
    return int(np.searchsorted(items.options, part - 3 * number, side="right") - 1)


@inner()
def _beside(hashes: Any, count: int, turn: int, item: int, place: int, items: Any, out: Any) -> bool:
    """Looks for the question near one of its options or its context; False where the buffers are full."""
    first, last = items.bounds[item], items.bounds[item + 1]
    size = last - first
    if size == 0:
        return True
    found = last_place(hashes, max(0, place - _NEAR - size), place, items.tokens, first, last)
    if found < 0:
        found = find(hashes, place, min(count, place + _NEAR + size), items.tokens, first, last)
    if found < 0:
        return True
    return bool(_add_run(found, 0, size, out) and _emit(turn, item, VERBATIM, found, found + size, out))


@inner()
def _question(
    turn: int, item: int, runs: Any, order: Any, items: Any, weights: Any, covered: Any, out: Any
) -> bool:
    """Adds the candidate of one question in one turn, if it is one; False where the buffers are full."""
    base = items.bounds[item]
    size = items.bounds[item + 1] - base
    total, whole = 0, 0
    for k in order:
        total += runs[k, 3]
        if runs[k, 3] == size and whole < _OCCURRENCES:
            whole += 1
            if not _add_run(runs[k, 1], 0, size, out):
                return False
            if not _emit_stem(turn, item, VERBATIM, np.int64(runs[k, 1]), runs[k, 1] + size, items, out):
                return False
    if whole or size < SHORTEST_OVERLAP or total < KEPT_FROM * size * 0.5:
        return True
    first, last, score = best_window(runs, order, weights[base : base + size], covered[:size], size)
    if score < KEPT_FROM:
        return True
    end = np.int64(0)
    for k in order[first:last]:
        if not _add_run(runs[k, 1], runs[k, 2], runs[k, 3], out):
            return False
        end = max(end, runs[k, 1] + runs[k, 3])
    return bool(_emit_stem(turn, item, OVERLAP, np.int64(runs[order[first], 1]), end, items, out))
