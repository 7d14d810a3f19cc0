"""The evaluation items by their units: what each unit weighs, and which items hold a rare one.

A row of the dataset is read once. Its units are looked up in one table, and only those that few items hold count for
an item, so a text that has nothing to do with the items costs little more than finding its words.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from governance.detectors.contamination.items import PreparedItems
from governance.detectors.paraphrase.numerals import Lexicon, sequence_hashes
from governance.detectors.paraphrase.units import (
    NUMBER,
    PAIR,
    WORD,
    Units,
    lexicon,
    units_of_texts,
    word_hashes,
)
from governance.samples import utf8_buffers
from governance.text import generic_words
from governance.text.ngrams import Table, build_table

COMMON = 40
"""A unit that more items hold finds none by itself, but still counts where an item was found."""
RAREST = 10
"""Units by which an item is found: so many of its rarest."""
PRIOR = 1000
"""Items that are taken to exist besides the suite's, so that a suite of three has weights too."""
STOP_WEIGHT = 0.15
"""What a word that every text has weighs, as a share of the heaviest."""
NUMBER_WEIGHT = 1.5
"""Numbers are what a rewriting cannot change."""
FEWEST = 6
"""Words or pairs, stop words and single letters left out, from which on a text can be recognised in other words."""
LITTLE = 16
"""Words that carry content, below which a question is compared together with its options."""
MOST = 400
"""Units of an item that are compared; of a longer one, the last, where it asks."""
_SUFFIXES = ("", "s", "es", "d", "ed", "ing", "e", "y", "ies", "ied", "er", "ly")
_ASCII_WORD = re.compile(rb"[A-Za-z]{3,}")


class ParaphraseArrays(NamedTuple):
    """What compiled code reads. K items, V different units.

    Attributes:
        table: hash of a unit (of every form of a word) -> its number.
        numbers: (table entries,) int32, the unit of each table entry.
        weights: (V,) float32.
        unknown: (2,) float32, weight of a word, and of a number, that no item has.
        first: (V + 1,) int64; unit v is held by the items items[first[v]:first[v + 1]], none where it is common.
        items: (postings,) int32.
        bounds: (K + 1,) int64; item i is the units units[bounds[i]:bounds[i + 1]], none where it is not looked for.
        units: (all,) int32. kinds: (all,) uint8. values: (all,) float64, of numbers.
        asks: (K, 2) int64, which of the item's units ask.
        sequences: hash of two numbers that follow each other in an item -> its number; `unknown[1]` is its weight.
        followed: (sequences + 1,) int64; sequence s is in the items following[followed[s]:followed[s + 1]].
        following: (postings,) int32.
        masses: (K,) float32, summed weights.
        rare: (K,) float32, summed weights of its different rare units and sequences.
    """

    table: Table
    numbers: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]
    unknown: npt.NDArray[np.float32]
    first: npt.NDArray[np.int64]
    items: npt.NDArray[np.int32]
    bounds: npt.NDArray[np.int64]
    units: npt.NDArray[np.int32]
    kinds: npt.NDArray[np.uint8]
    values: npt.NDArray[np.float64]
    asks: npt.NDArray[np.int64]
    sequences: Table
    followed: npt.NDArray[np.int64]
    following: npt.NDArray[np.int32]
    masses: npt.NDArray[np.float32]
    rare: npt.NDArray[np.float32]


@dataclass(frozen=True)
class ParaphraseIndex:
    """The items as paraphrases are looked for.

    Attributes:
        items: the prepared items, in whose order everything else is.
        arrays: for compiled code.
        texts: (K,) what each item is compared by: its question, with the options where that says too little.
        reasons: per item why it is not looked for in other words, or ''.
    """

    items: PreparedItems
    arrays: ParaphraseArrays
    texts: tuple[str, ...]
    reasons: tuple[str, ...]


def build(items: PreparedItems) -> ParaphraseIndex:
    """The index of prepared items."""
    words = lexicon()
    texts = _texts(items, words)
    found, bounds = units_of_texts(pa.array(texts, pa.large_string()), words)
    names, of = _numbered(found, bounds, texts)
    stops = _stops(names, words)
    said = _said(found, of, bounds, stops, texts)
    reasons = tuple(
        "" if n >= FEWEST else "it says too little to be recognised in other words" for n in said.tolist()
    )
    chosen, bounds = _chosen(bounds, said >= FEWEST)
    of, kinds, values, starts = of[chosen], found.kinds[chosen], found.values[chosen], found.starts[chosen]
    weights, frequencies = _weights(of, kinds, bounds, stops)
    first, posted = _postings(of, bounds, frequencies, stops)
    table, numbers = _table(names, words, len(weights), of)
    asks = _asks(items, texts, starts, bounds)
    heaviest = np.float32(np.log(1 + PRIOR + len(texts)))
    unknown = np.array([heaviest, heaviest * NUMBER_WEIGHT], np.float32)
    sequences, followed, following = _sequences(kinds, values, bounds)
    masses = np.array([weights[of[a:b]].sum() for a, b in itertools.pairwise(bounds)], np.float32)
    rare = np.zeros(len(texts), np.float32)
    np.add.at(rare, posted, np.repeat(weights, np.diff(first)))
    np.add.at(rare, following, unknown[1])
    arrays = ParaphraseArrays(
        table, numbers, weights, unknown, first, posted, bounds, of, kinds, values, asks,
        sequences, followed, following, masses, rare,
    )  # fmt: skip
    return ParaphraseIndex(items, arrays, texts, reasons)


def _texts(items: PreparedItems, words: Lexicon) -> tuple[str, ...]:
    """What each item is compared by."""
    questions, options = (items.table.column(n).to_pylist() for n in ("question", "options"))
    found = []
    for i, (question, own) in enumerate(zip(questions, options, strict=True)):
        little = items.generic[i] or items.shared[i] or items.content[i] < LITTLE
        found.append("\n".join([question, *own]) if little and own else question)
    return tuple(found)


def _numbered(
    found: Units, bounds: npt.NDArray[np.int64], texts: tuple[str, ...]
) -> tuple[dict[int, int], npt.NDArray[np.int32]]:
    """(number of each hash, (all,) number of each unit); the forms of one English word share a number."""
    encoded = [t.encode() for t in texts]
    stems: dict[bytes, int] = {}
    names: dict[int, int] = {}
    of = np.zeros(len(found.hashes), np.int32)
    owner = np.repeat(np.arange(len(texts)), np.diff(bounds))
    places = zip(
        found.hashes.tolist(), found.starts.tolist(), found.ends.tolist(), owner.tolist(), strict=True
    )
    count = 0
    for at, (token, start, end, text) in enumerate(places):
        number = names.get(token)
        if number is None:
            word = encoded[text][start:end].lower()
            plain = found.kinds[at] == WORD and _ASCII_WORD.fullmatch(word)
            number = stems.setdefault(stem(word) if plain else b"\0%d" % token, count)
            count = max(count, number + 1)
            names[token] = number
        of[at] = number
    _add_forms(stems, names)
    return names, of


def _add_forms(stems: dict[bytes, int], names: dict[int, int]) -> None:
    """Every form of the words that occur, under the number of the word."""
    forms = [(form, number) for word, number in stems.items() if word[:1] != b"\0" for form in _forms(word)]
    if forms:
        hashes = word_hashes([form.decode() for form, _ in forms], lexicon())
        for token, (_, number) in zip(hashes.tolist(), forms, strict=True):
            names.setdefault(token, number)


def stem(word: bytes) -> bytes:
    """An English word without its ending: -s, -es, -ed, -ing, then a last e, y, i or a doubled consonant."""
    own = word
    if len(own) > 3 and own.endswith(b"s") and not own.endswith((b"ss", b"us")):
        own = own[:-1]
    elif len(own) > 5 and own.endswith(b"ing"):
        own = own[:-3]
    elif len(own) > 4 and own.endswith(b"ed"):
        own = own[:-2]
    if len(own) > 3 and own.endswith(b"e"):
        own = own[:-1]
    if len(own) > 3 and own.endswith((b"i", b"y")):
        return own[:-1]
    if len(own) > 3 and own[-1] == own[-2] and own[-1:] not in b"lse":
        own = own[:-1]
    return own


def _forms(word: bytes) -> list[bytes]:
    doubled = word + word[-1:]
    return [*(word + s.encode() for s in _SUFFIXES), doubled + b"ed", doubled + b"ing"]


def _stop_hashes(words: Lexicon) -> npt.NDArray[np.uint64]:
    """Units that every text has: function words, and the phrases of exam questions."""
    return np.unique(word_hashes(generic_words.stop_texts(), words))


def _stops(names: dict[int, int], words: Lexicon) -> npt.NDArray[np.bool_]:
    """(V,) whether a unit is a stop word; those that no item has get one number together."""
    hashes = _stop_hashes(words).tolist()
    others = max(names.values(), default=-1) + 1
    for token in hashes:
        names.setdefault(token, others)
    stops = np.zeros(others + 1, np.bool_)
    stops[[names[token] for token in hashes]] = True
    return stops


def _said(
    found: Units,
    of: npt.NDArray[np.int32],
    bounds: npt.NDArray[np.int64],
    stops: npt.NDArray[np.bool_],
    texts: tuple[str, ...],
) -> npt.NDArray[np.int64]:
    """(texts,) how many units of each say something: no numbers, stop words, letters or commands of a formula."""
    data, offsets = utf8_buffers(pa.array(texts, pa.large_string()))
    before = np.repeat(offsets[:-1], np.diff(bounds)) + found.starts - 1
    command = (
        (found.starts > 0) & (data[np.maximum(before, 0)] == ord("\\")) if len(data) else found.starts > 0
    )
    telling = (found.kinds != NUMBER) & ~stops[of] & (found.ends - found.starts > 1) & ~command
    owner = np.repeat(np.arange(len(texts)), np.diff(bounds))
    formula = (
        np.bincount(owner[command], minlength=len(texts)) > 0
    )  # exp, sin and log among the options tell nothing
    asked = np.array([len(text.partition("\n")[0].encode()) for text in texts], np.int64)
    telling &= ~formula[owner] | (found.starts < asked[owner])
    total = np.concatenate([[0], np.cumsum(telling)])
    return np.asarray(total[bounds[1:]] - total[bounds[:-1]], np.int64)


def _chosen(
    bounds: npt.NDArray[np.int64], wanted: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """(places of the units that are kept, their new bounds): the last `MOST` of each item that is looked for."""
    sizes = np.where(wanted, np.minimum(np.diff(bounds), MOST), 0)
    ends = np.cumsum(sizes)
    offsets = np.repeat(bounds[1:] - ends, sizes)
    return offsets + np.arange(int(sizes.sum())), np.concatenate([[0], ends]).astype(np.int64)


def _weights(
    of: npt.NDArray[np.int32],
    kinds: npt.NDArray[np.uint8],
    bounds: npt.NDArray[np.int64],
    stops: npt.NDArray[np.bool_],
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """((V,) inverse document frequencies, (V,) how many items hold each)."""
    count, total = len(bounds) - 1, len(stops)
    owner = np.repeat(np.arange(count), np.diff(bounds))
    pairs = np.unique(of.astype(np.int64) * max(1, count) + owner)
    frequencies = np.bincount(pairs // max(1, count), minlength=total)
    scale = (count + PRIOR) / max(1, count)  # as if the suite went on like this
    weights = np.log((count + PRIOR + 1) / (np.where(frequencies > 1, frequencies * scale, 0) + 1))
    heaviest = np.log(1 + PRIOR + count)
    weights[stops] = np.minimum(weights[stops], STOP_WEIGHT * heaviest)
    number = np.zeros(total, np.bool_)
    number[of[kinds == NUMBER]] = True
    weights[number] *= NUMBER_WEIGHT
    return np.maximum(weights, 0.05 * heaviest).astype(np.float32), frequencies


def _postings(
    of: npt.NDArray[np.int32],
    bounds: npt.NDArray[np.int64],
    frequencies: npt.NDArray[np.int64],
    stops: npt.NDArray[np.bool_],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    count = len(bounds) - 1
    rare = (frequencies <= COMMON) & ~stops
    owner = np.repeat(np.arange(count), np.diff(bounds))
    pairs = np.unique(of[rare[of]].astype(np.int64) * max(1, count) + owner[rare[of]])
    holder = pairs % max(1, count)
    order = np.lexsort((pairs, frequencies[pairs // max(1, count)], holder))
    new = np.concatenate([[0], np.flatnonzero(np.diff(holder[order])) + 1])
    rank = np.arange(len(order)) - np.repeat(new, np.diff(np.concatenate([new, [len(order)]])))
    pairs = np.sort(pairs[order[rank < RAREST]])
    first = np.zeros(len(stops) + 1, np.int64)
    np.cumsum(np.bincount(pairs // max(1, count), minlength=len(stops)), out=first[1:])
    return first, (pairs % max(1, count)).astype(np.int32)


def _sequences(
    kinds: npt.NDArray[np.uint8], values: npt.NDArray[np.float64], bounds: npt.NDArray[np.int64]
) -> tuple[Table, npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """(table, bounds, items) of numbers that follow each other, except in too many items.

    A rewriting may leave no rare word in place; 8, 5, 10 and 2 in this order are still the same problem.
    """
    owner = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
    places = np.flatnonzero(kinds == NUMBER)
    same = np.flatnonzero(owner[places[1:]] == owner[places[:-1]])
    hashes = sequence_hashes(values[places[:-1]][same], values[places[1:]][same])
    names, of = np.unique(hashes, return_inverse=True)
    pairs = np.unique(np.stack([of.reshape(-1), owner[places[1:]][same]], axis=1), axis=0).reshape(-1, 2)
    count = np.bincount(pairs[:, 0], minlength=len(names))
    pairs = pairs[count[pairs[:, 0]] <= COMMON]
    followed = np.zeros(len(names) + 1, np.int64)
    np.cumsum(np.bincount(pairs[:, 0], minlength=len(names)), out=followed[1:])
    return build_table(names), followed, pairs[:, 1].astype(np.int32)


def _table(
    names: dict[int, int], words: Lexicon, total: int, of: npt.NDArray[np.int32]
) -> tuple[Table, npt.NDArray[np.int32]]:
    """(hashes to entries, the unit of each entry)."""
    used = np.zeros(total, np.bool_)
    used[of] = used[-1] = True
    known = {token: number for token, number in names.items() if used[number]}
    hashes = np.array(sorted(known), np.uint64)
    return build_table(hashes), np.array([known[t] for t in hashes.tolist()], np.int32)


def _asks(
    items: PreparedItems, texts: tuple[str, ...], starts: npt.NDArray[np.int64], bounds: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """(K, 2) which units of each item ask, by the characters that `PreparedItems` says ask."""
    found = np.zeros((len(texts), 2), np.int64)
    own, begins = items.arrays.ask, items.arrays.bounds
    for i, text in enumerate(texts):
        a, b = (int(x) for x in own[i])
        if b > a and bounds[i + 1] > bounds[i]:
            low = len(text[: int(items.question_places[begins[i] + a, 0])].encode())
            high = len(text[: int(items.question_places[begins[i] + b - 1, 1])].encode())
            found[i] = np.searchsorted(starts[bounds[i] : bounds[i + 1]], [low, high])
    return found


__all__ = ["PAIR", "ParaphraseArrays", "ParaphraseIndex", "build", "stem"]
