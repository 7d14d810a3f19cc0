"""Which items a turn may tell in other words, and how much it has of them: one compiled pass over a batch.

A turn is read in windows. In each, the rare units count for the items that hold them; the `BEST` items with the most
are compared with every run of sentences around the window, and the run that is most like the item is measured.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from governance.detectors.paraphrase.index import ParaphraseArrays
from governance.detectors.paraphrase.numerals import sequence_hash
from governance.detectors.paraphrase.units import NUMBER, lexicon, room_for, units_of
from governance.samples import SYSTEM, TOOL, Turns
from governance.text.compiled import kept
from governance.text.ngrams import inner, lookup

BEST = 3
"""Items compared per window; the right one is among the three for 99.9 % of the rewritten GSM8K items."""
WINDOW, STRIDE = 256, 160
"""Units of a window and from one to the next; a shorter turn is one window."""
LEAST_SHARE = 0.2
"""Share of an item's rare units, by weight, from which on it is compared."""
LEAST_DICE = 0.2
"""Likeness below which a pair is not measured: of the rewritten GSM8K items 1 % lie below."""
OPENING = 0.15
"""Share of the first sentence of a run, by weight, that the item has."""
MOST_NUMBERS, MOST_SENTENCES = 48, 40
"""Numbers and sentences of a run that are compared."""

FEATURES = (
    "dice",  # shared weight of units, twice, over the weight of both
    "margin",  # dice less that of the next best item
    "numbers",  # the same of numbers alone, each counting 1
    "numbers_within",  # shared numbers over those of the side that has fewer
    "words",  # dice of what is no number
    "number_order",  # longest common subsequence of numbers, twice, over the numbers of both
    "pairs",  # dice of neighbouring units
    "length",  # units of the shorter side over those of the longer
    "ask",  # share of what the item asks, by weight, that is there
)
D, M, ND, NC, WD, LCS, BD, LR, ASK = range(9)


class Found(NamedTuple):
    """(turn, item) pairs that were compared; up to `BEST` a window.

    Attributes:
        turns, items: (n,) int32.
        spans: (n, 2) int64, bytes of the turn where the run of sentences stands.
        features: (n, 9) float32, `FEATURES`.
        numbers: (n,) int32, numbers of the item.
    """

    turns: npt.NDArray[np.int32]
    items: npt.NDArray[np.int32]
    spans: npt.NDArray[np.int64]
    features: npt.NDArray[np.float32]
    numbers: npt.NDArray[np.int32]


def scan(turns: Turns, arrays: ParaphraseArrays) -> Found:
    """What the turns of a batch may tell in other words; system turns and tools' answers are not read."""
    data, offsets = turns.buffers
    read = (turns.roles != SYSTEM) & (turns.roles != TOOL)
    sizes = np.diff(offsets) // 2 + 1
    windows = np.where(read, 1 + sizes // STRIDE, 0)
    room = int(windows.sum()) * BEST
    out = Found(
        np.zeros(room, np.int32),
        np.zeros(room, np.int32),
        np.zeros((room, 2), np.int64),
        np.zeros((room, len(FEATURES)), np.float32),
        np.zeros(room, np.int32),
    )
    longest = int(sizes[read].max(initial=0))
    count = _scan(data, offsets, read, longest, arrays, lexicon(), out) if room and len(arrays.items) else 0
    return Found(
        out.turns[:count], out.items[:count], out.spans[:count], out.features[:count], out.numbers[:count]
    )


class _Work(NamedTuple):
    """Scratch of one pass."""

    of: npt.NDArray[np.int32]  # vocabulary number of each unit of the turn, -1 for none
    weight: npt.NDArray[np.float32]  # of each unit
    closes: npt.NDArray[np.bool_]  # a sentence ends before this unit
    acc: npt.NDArray[np.float32]  # (K,)
    touched: npt.NDArray[np.int32]
    seen: npt.NDArray[np.int64]  # (V,) stamp of the window that last counted a unit
    met: npt.NDArray[np.int64]  # (sequences,) the same of two numbers
    need: npt.NDArray[np.int32]  # (V,) how often the item at hand has a unit


@kept
def _scan(data: Any, offsets: Any, read: Any, longest: int, index: Any, lexicon: Any, out: Any) -> int:
    items, vocabulary = len(index.masses), len(index.weights)
    work = _Work(
        np.empty(longest, np.int32),
        np.empty(longest, np.float32),
        np.empty(longest, np.bool_),
        np.zeros(items, np.float32),
        np.empty(items, np.int32),
        np.zeros(vocabulary, np.int64),
        np.zeros(len(index.followed), np.int64),
        np.zeros(vocabulary, np.int32),
    )
    room = room_for(2 * longest)
    stamp = count = 0
    for turn in range(len(offsets) - 1):
        if not read[turn] or offsets[turn + 1] == offsets[turn]:
            continue
        units = units_of(data, offsets[turn], offsets[turn + 1], lexicon, room)
        _look_up(units, index, work)
        low = 0
        while low < units.size:
            high = units.size if units.size - low <= WINDOW + STRIDE // 2 else low + WINDOW
            stamp += 1
            best = _candidates(units, low, high, stamp, index, work)
            if best[0] >= 0:
                _sentences(data, offsets[turn], units, low, high, work)
                count += _compare(best, low, high, turn, offsets[turn], units, index, work, out, count)
            low = units.size if high == units.size else low + STRIDE
    return count


@inner()
def _look_up(units: Any, index: Any, work: Any) -> None:
    table, numbers, weights = index.table, index.numbers, index.weights
    hashes, kinds, of, weight = units.hashes, units.kinds, work.of, work.weight
    word, figure = index.unknown
    for i in range(units.size):
        entry = lookup(table, hashes[i])
        if entry >= 0:
            of[i], weight[i] = numbers[entry], weights[numbers[entry]]
        else:
            of[i], weight[i] = -1, figure if kinds[i] == NUMBER else word


@inner()
def _candidates(units: Any, low: int, high: int, stamp: int, index: Any, work: Any) -> tuple[int, int, int]:
    """The (up to) three items with most of their rare units in the window; -1 for none."""
    of, seen, met, acc, list_of = work.of, work.seen, work.met, work.acc, work.touched
    first, items, weights = index.first, index.items, index.weights
    kinds, values, sequences = units.kinds, units.values, index.sequences
    followed, following, heavy = index.followed, index.following, index.unknown[1]
    touched = 0
    before = -1.0
    for i in range(low, high):
        unit = of[i]
        if kinds[i] == NUMBER:
            entry = lookup(sequences, sequence_hash(before, values[i])) if before >= 0.0 else -1
            if entry >= 0 and met[entry] != stamp:
                met[entry] = stamp
                for p in range(followed[entry], followed[entry + 1]):
                    item = following[p]
                    if acc[item] == 0:
                        list_of[touched] = item
                        touched += 1
                    acc[item] += heavy
            before = values[i]
        if unit < 0 or seen[unit] == stamp:
            continue
        seen[unit] = stamp
        for p in range(first[unit], first[unit + 1]):
            item = items[p]
            if acc[item] == 0:
                list_of[touched] = item
                touched += 1
            acc[item] += weights[unit]
    best: tuple[int, int, int] = _three_best(touched, list_of, acc, index.rare)
    return best


@inner()
def _three_best(touched: int, list_of: Any, acc: Any, rare: Any) -> tuple[int, int, int]:
    """The items with the highest product of what they share and of its share; what was counted is cleared."""
    a = b = c = -1
    x = y = z = np.float32(0)
    for t in range(touched):
        item = list_of[t]
        share = acc[item] / rare[item]
        score = acc[item] * share
        acc[item] = 0
        if share < LEAST_SHARE or score < z:
            continue
        if _ahead(score, item, x, a):
            a, b, c, x, y, z = item, a, b, score, x, y
        elif _ahead(score, item, y, b):
            b, c, y, z = item, b, score, y
        elif _ahead(score, item, z, c):
            c, z = item, score
    return a, b, c


@inner()
def _ahead(score: float, item: int, other: float, its: int) -> bool:
    return bool(its < 0 or score > other or (score == other and item < its))


@inner()
def _sentences(data: Any, base: int, units: Any, low: int, high: int, work: Any) -> None:
    """Marks the units of the window, and of what stands around it, that begin a sentence."""
    starts, ends, closes = units.starts, units.ends, work.closes
    for i in range(max(0, low - WINDOW), min(units.size, high + WINDOW)):
        begins = i == 0
        if i > 0:
            at, end = ends[i - 1], starts[i]
            while at < end and not begins:
                byte = data[at]
                if byte in {10, 33, 63}:
                    begins = True
                elif byte == 46:
                    begins = at + 1 == end or data[at + 1] <= 34
                elif byte == 0xE3:
                    begins = data[at + 1] == 0x80 and data[at + 2] == 0x82
                elif byte == 0xEF:
                    begins = data[at + 1] == 0xBC and data[at + 2] in (0x81, 0x9B, 0x9F)
                at += 1
        closes[i] = begins


@inner()
def _compare(
    best: tuple[int, int, int], low: int, high: int, turn: int, base: int, units: Any, index: Any, work: Any,
    out: Any, at: int,
) -> int:  # fmt: skip
    """Writes the window's items with their features; the number of those that have enough in common."""
    runs = np.zeros((BEST, 2), np.int64)
    dice = np.zeros(BEST)
    for k in range(BEST):
        item = best[k]
        if item >= 0:
            size = index.bounds[item + 1] - index.bounds[item]
            around = min(size, WINDOW)
            begin, end = max(0, low - around), min(units.size, high + around)
            runs[k, 0], runs[k, 1], dice[k] = _run(item, size, begin, end, index, work)
    written = 0
    for k in range(BEST):
        if dice[k] < LEAST_DICE:
            continue
        others = 0.0
        for other in range(BEST):
            others = max(others, dice[other] if other != k else 0.0)
        first, last = runs[k]
        out.turns[at + written], out.items[at + written] = turn, best[k]
        out.spans[at + written, 0] = units.starts[first] - base
        out.spans[at + written, 1] = units.ends[last - 1] - base
        _features(best[k], first, last, dice[k], others, units, index, work, out, at + written)
        written += 1
    return written


@inner()
def _run(item: int, size: int, low: int, high: int, index: Any, work: Any) -> tuple[int, int, float]:
    """(first, past-last unit, dice) of the run of whole sentences that is most like the item."""
    of, weight, closes, need, units = work.of, work.weight, work.closes, work.need, index.units
    own, whole = index.bounds[item], index.masses[item]
    reach = 2 * size + 16
    best, first, last = 0.0, 0, 0
    starts = 0
    for k in range(own, own + size):
        need[units[k]] += 1
    touched = False
    for begin in range(low, high):
        if not (closes[begin] or begin == low) or starts >= MOST_SENTENCES:
            continue
        if not _opens(begin, high, of, weight, closes, need):
            continue
        starts += 1
        if touched:
            for k in range(own, own + size):
                need[units[k]] = 0
            for k in range(own, own + size):
                need[units[k]] += 1
        touched = True
        common = mass = 0.0
        stop = min(high, begin + reach)
        for i in range(begin, stop):
            unit = of[i]
            mass += weight[i]
            if unit >= 0 and need[unit] > 0:
                need[unit] -= 1
                common += weight[i]
            if i + 1 == stop or closes[i + 1]:
                dice = 2.0 * common / (mass + whole)
                if dice > best + 1e-6:
                    best, first, last = dice, begin, i + 1
    for k in range(own, own + size):
        need[units[k]] = 0
    return first, last, best


@inner()
def _opens(begin: int, high: int, of: Any, weight: Any, closes: Any, need: Any) -> bool:
    """Whether a sentence has enough of the item for a run to begin with it: without it the run would be more alike."""
    common = mass = 0.0
    for i in range(begin, high):
        if i > begin and closes[i]:
            break
        mass += weight[i]
        if of[i] >= 0 and need[of[i]] > 0:
            common += weight[i]
    return common >= OPENING * mass


@inner()
def _features(
    item: int,
    first: int,
    last: int,
    dice: float,
    second: float,
    units: Any,
    index: Any,
    work: Any,
    out: Any,
    at: int,
) -> None:
    of, weight, need, kinds = work.of, work.weight, work.need, units.kinds
    mine_of, weights, own_kinds, asks = index.units, index.weights, index.kinds, index.asks[item]
    own, end = index.bounds[item], index.bounds[item + 1]
    mass = word_mass = word_common = 0.0
    for k in range(own, end):
        need[mine_of[k]] += 1
    theirs = shared = mine = 0
    for i in range(first, last):
        unit, number = of[i], kinds[i] == NUMBER
        theirs += number
        word_mass += 0.0 if number else weight[i]
        if unit >= 0 and need[unit] > 0:
            need[unit] -= 1
            shared += number
            word_common += 0.0 if number else weight[i]
    asked = ask_mass = 0.0
    for k in range(own, end):
        unit, number = mine_of[k], own_kinds[k] == NUMBER
        mine += number
        mass += 0.0 if number else weights[unit]
        if asks[0] <= k - own < asks[1]:
            ask_mass += weights[unit]
            asked += weights[unit] if need[unit] <= 0 else 0.0
    for k in range(own, end):
        need[mine_of[k]] = 0
    size, length = end - own, last - first
    row = out.features[at]
    row[D], row[M] = dice, dice - second
    row[ND] = 2.0 * shared / (theirs + mine) if theirs + mine else 1.0
    row[NC] = shared / min(theirs, mine) if min(theirs, mine) else (1.0 if theirs == mine else 0.0)
    row[WD] = 2.0 * word_common / (mass + word_mass) if mass + word_mass > 0 else 0.0
    row[LCS] = _number_order(first, last, own, end, units, index) if theirs + mine else 1.0
    row[BD] = 2.0 * _common_pairs(first, last, own, end, index, work) / max(1, size + length - 2)
    row[LR] = min(size, length) / max(size, length)
    row[ASK] = asked / ask_mass if ask_mass > 0 else 1.0
    out.numbers[at] = mine


@inner()
def _number_order(first: int, last: int, own: int, end: int, units: Any, index: Any) -> float:
    """Twice the longest common subsequence of numbers over the numbers of both."""
    a, b = np.empty(MOST_NUMBERS), np.empty(MOST_NUMBERS)
    n = m = 0
    for i in range(first, last):
        if units.kinds[i] == NUMBER and n < MOST_NUMBERS:
            a[n] = units.values[i]
            n += 1
    for k in range(own, end):
        if index.kinds[k] == NUMBER and m < MOST_NUMBERS:
            b[m] = index.values[k]
            m += 1
    before = np.zeros(m + 1, np.int64)
    for i in range(n):
        diagonal = 0
        for j in range(m):
            kept_value = before[j + 1]
            before[j + 1] = diagonal + 1 if a[i] == b[j] else max(before[j + 1], before[j])
            diagonal = kept_value
    return 2.0 * before[m] / (n + m) if n + m else 1.0


@inner()
def _common_pairs(first: int, last: int, own: int, end: int, index: Any, work: Any) -> int:
    """Neighbouring units that both have; each of the item's counts once."""
    of, units = work.of, index.units
    used = np.zeros(end - own, np.bool_)
    common = 0
    for i in range(first, last - 1):
        a, b = of[i], of[i + 1]
        if a < 0 or b < 0:
            continue
        for k in range(own, end - 1):
            if units[k] == a and units[k + 1] == b and not used[k - own]:
                used[k - own] = True
                common += 1
                break
    return common
