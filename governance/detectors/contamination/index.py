"""The n-grams by which items are found in a text, and what each n-gram weighs.

Only questions are looked for. Where the words of a question are too common or too few to find it by, its
options and its context are looked for instead, and the question is then searched for beside them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from governance.detectors.contamination.items import SHORT, ItemArrays, PreparedItems, prepare
from governance.text.compiled import kept
from governance.text.ngrams import GRAM, Table, build_table, finished, gram_hashes

COMMON = 64  # an n-gram of more items than this finds nothing by itself ("下列说法中正确的")
FORCED = 2  # rarest n-grams by which an item is found that has no others
SMOOTHING = 50  # items that are taken to exist besides the suite's, so a suite of three has weights too
LIGHTEST = 0.05  # no word weighs nothing


class Postings(NamedTuple):
    """Where every known n-gram occurs in the items, for compiled code.

    Attributes:
        table: hash -> n-gram number.
        first: (grams + 1,) int64; gram g owns the postings first[g]:first[g + 1].
        parts, places: (postings,) int32, the part and the token in it.
        seeded: (tokens,) bool, a posting starts at this token of the parts.
    """

    table: Table
    first: npt.NDArray[np.int64]
    parts: npt.NDArray[np.int32]
    places: npt.NDArray[np.int32]
    seeded: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class ItemIndex:
    """All that is needed to search for the items.

    Attributes:
        items: the items themselves.
        postings: the n-grams by which they are found.
        grams: (question tokens,) int32, the number of the n-gram that starts at a question token, or -1.
        gram_weights: (grams,) float64 in (0, 1], how rare an n-gram is among the items.
        weights: (question tokens,) float32 in (0, 1], the mean over the n-grams that cover a token.
        whole: hashes and items of texts that a whole turn is compared with (questions too short to search
            for).
    """

    items: PreparedItems
    postings: Postings
    grams: npt.NDArray[np.int32]
    gram_weights: npt.NDArray[np.float64]
    weights: npt.NDArray[np.float32]
    whole: WholeTexts


class WholeTexts(NamedTuple):
    """Texts that a whole turn can equal.

    Attributes:
        keys: (n,) uint64 sorted hashes of token sequences.
        items: (n,) int32.
        longest: the most tokens such a text has.
    """

    keys: npt.NDArray[np.uint64]
    items: npt.NDArray[np.int32]
    longest: int


def build_index(items: pa.Table) -> ItemIndex:
    """The index of an `ITEMS` table, which may hold several suites."""
    prepared = prepare(items)
    arrays, count = prepared.arrays, prepared.table.num_rows
    hashes, parts, places = _all_grams(arrays)
    questions = parts < count
    distinct, numbers = np.unique(hashes, return_inverse=True)
    asked = _asked_by(numbers[questions], parts[questions], len(distinct), prepared)
    chosen = _seeds(numbers, parts, places, asked, prepared)
    used = np.unique(numbers[chosen | questions])
    renumber = np.full(len(distinct), -1, np.int64)
    renumber[used] = np.arange(len(used))
    numbers = renumber[numbers]
    total = int(arrays.bounds[count])
    grams = np.full(total, -1, np.int32)
    grams[arrays.bounds[parts[questions]] + places[questions]] = numbers[questions]
    rarity = rarities(asked[used], len(np.unique(_stems(prepared))) + SMOOTHING)
    return ItemIndex(
        prepared,
        _postings(distinct[used], numbers[chosen], parts[chosen], places[chosen], arrays),
        grams,
        rarity,
        token_weights(grams, rarity, arrays.bounds[: count + 1]),
        _whole_texts(prepared),
    )


def rarities(frequencies: npt.NDArray[np.int64], total: int) -> npt.NDArray[np.float64]:
    """(n,) inverse document frequencies, scaled: 1 for what occurs once, near 0 for what is everywhere."""
    once = np.log(max(2, total))
    return np.asarray(
        np.clip(np.log(max(2, total) / np.maximum(frequencies, 1)) / once, LIGHTEST, 1.0), np.float64
    )


@kept
def token_weights(grams: Any, weights: Any, bounds: Any) -> Any:
    """(question tokens,) float32: the mean weight of the n-grams that cover a token, 1 where none does."""
    out = np.ones(len(grams), np.float32)
    for i in range(len(bounds) - 1):
        for t in range(bounds[i], bounds[i + 1]):
            total, number = 0.0, 0
            for g in range(max(bounds[i], t - GRAM + 1), t + 1):
                if grams[g] >= 0:
                    total += weights[grams[g]]
                    number += 1
            if number:
                out[t] = total / number
    return out


def _all_grams(
    arrays: ItemArrays,
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """(hashes, parts, places) of every n-gram of every part but the answers."""
    sizes = np.maximum(np.diff(arrays.bounds) - GRAM + 1, 0)
    count = len(arrays.options) - 1
    sizes[2 * count : 3 * count] = 0
    total = int(sizes.sum())
    hashes = np.empty(total, np.uint64)
    parts, places = np.empty(total, np.int32), np.empty(total, np.int32)
    _write_grams(arrays.tokens, arrays.bounds, sizes, hashes, parts, places)
    return hashes, parts, places


@kept
def _write_grams(tokens: Any, bounds: Any, sizes: Any, hashes: Any, parts: Any, places: Any) -> None:
    at = 0
    for p in range(len(sizes)):
        if sizes[p] == 0:
            continue
        number = gram_hashes(tokens[bounds[p] :], bounds[p + 1] - bounds[p], hashes[at:])
        for j in range(number):
            parts[at + j], places[at + j] = p, j
        at += number


def _stems(prepared: PreparedItems) -> npt.NDArray[np.int64]:
    """(K,) for each item the first one with the same words in the question."""
    arrays = prepared.arrays
    stems = np.zeros(prepared.table.num_rows, np.int64)
    stems[arrays.members] = np.repeat(np.arange(len(stems)), np.diff(arrays.stems))
    return stems


def _asked_by(
    numbers: npt.NDArray[np.int64], parts: npt.NDArray[np.int32], total: int, prepared: PreparedItems
) -> npt.NDArray[np.int64]:
    """(grams,) how many different questions hold each n-gram; a question that recurs counts once."""
    stems = _stems(prepared)
    pairs = np.unique(numbers * np.int64(len(stems) + 1) + stems[parts]) if len(numbers) else numbers
    return np.bincount(pairs // (len(stems) + 1), minlength=total)


def _seeds(
    numbers: npt.NDArray[np.int64],
    parts: npt.NDArray[np.int32],
    places: npt.NDArray[np.int32],
    asked: npt.NDArray[np.int64],
    prepared: PreparedItems,
) -> npt.NDArray[np.bool_]:
    """(n-gram occurrences,) bool: those by which items are found."""
    count = prepared.table.num_rows
    questions = parts < count
    light = questions & (asked[numbers] <= COMMON)
    found_by = np.bincount(parts[light], minlength=count)[:count]
    owner = _owners(parts, prepared.arrays)
    needy = (found_by < FORCED) | (prepared.lengths < SHORT)
    everywhere = np.bincount(numbers, minlength=len(asked))
    others = ~questions & needy[owner] & (everywhere[numbers] <= COMMON)
    helped = np.bincount(owner[others], minlength=count) > 0
    stems = _stems(prepared)
    lost = np.bincount(stems[needy & ~helped & (prepared.lengths >= SHORT)], minlength=count) > 0
    forced = questions & lost[owner]
    stand_in = (stems == np.arange(count)) & (prepared.lengths >= SHORT)
    light &= stand_in[owner]  # one item is looked for in place of all with the same question
    return np.asarray(light | others | _rarest(forced, parts, asked[numbers], places), np.bool_)


def _owners(parts: npt.NDArray[np.int32], arrays: ItemArrays) -> npt.NDArray[np.int64]:
    """(n,) the item that each part belongs to."""
    count = len(arrays.options) - 1
    by_option = np.searchsorted(arrays.options, parts - 3 * count, side="right") - 1
    return np.where(parts < 3 * count, parts % max(1, count), by_option)


def _rarest(
    among: npt.NDArray[np.bool_],
    parts: npt.NDArray[np.int32],
    frequencies: npt.NDArray[np.int64],
    places: npt.NDArray[np.int32],
) -> npt.NDArray[np.bool_]:
    """The `FORCED` rarest occurrences of each part among those given."""
    chosen = np.zeros(len(among), np.bool_)
    rows = np.flatnonzero(among)
    if not len(rows):
        return chosen
    rows = rows[np.lexsort((places[rows], frequencies[rows], parts[rows]))]
    new = np.concatenate([[True], np.diff(parts[rows]) != 0])
    rank = np.arange(len(rows)) - np.maximum.accumulate(np.where(new, np.arange(len(rows)), 0))
    chosen[rows[rank < FORCED]] = True
    return chosen


def _postings(
    distinct: npt.NDArray[np.uint64],
    numbers: npt.NDArray[np.int64],
    parts: npt.NDArray[np.int32],
    places: npt.NDArray[np.int32],
    arrays: ItemArrays,
) -> Postings:
    order = np.argsort(numbers, kind="stable")
    first = np.zeros(len(distinct) + 1, np.int64)
    np.cumsum(np.bincount(numbers, minlength=len(distinct)), out=first[1:])
    seeded = np.zeros(len(arrays.tokens), np.bool_)
    seeded[arrays.bounds[parts] + places] = True
    return Postings(build_table(distinct), first, parts[order], places[order], seeded)


def _whole_texts(prepared: PreparedItems) -> WholeTexts:
    """The texts of short questions: alone, with the context before, with the options behind."""
    arrays, count = prepared.arrays, prepared.table.num_rows
    found: list[tuple[int, int]] = []
    longest = 0
    for i in np.flatnonzero((prepared.lengths < SHORT) & (prepared.lengths > 0)).tolist():
        question, context = _tokens(arrays, i), _tokens(arrays, count + i)
        options = [_tokens(arrays, 3 * count + j) for j in range(arrays.options[i], arrays.options[i + 1])]
        behind = np.concatenate([question, *options])
        for text in (
            question,
            behind,
            np.concatenate([context, question]),
            np.concatenate([context, behind]),
        ):
            found.append((int(sequence_hash(text, len(text))), int(i)))
            longest = max(longest, len(text))
    pairs = sorted(set(found))
    keys = np.array([k for k, _ in pairs], np.uint64)
    return WholeTexts(keys, np.array([i for _, i in pairs], np.int32), longest)


def _tokens(arrays: ItemArrays, part: int) -> npt.NDArray[np.uint64]:
    return arrays.tokens[arrays.bounds[part] : arrays.bounds[part + 1]]


@kept
def sequence_hash(tokens: Any, count: int) -> np.uint64:
    """The hash of a whole sequence of tokens."""
    rolling = np.uint64(count)
    for i in range(count):
        rolling = finished(rolling) * np.uint64(31) + tokens[i]
    return np.uint64(finished(rolling))
