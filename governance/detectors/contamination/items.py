"""Evaluation items as token arrays, with what the search has to know about each question.

A question is more than its words: where it asks, where it leaves a blank, which of its words carry the
content, and whether the same words are also the stem of other items. `prepare` works all of this out once
for a suite.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from governance.detectors.contamination.asks import NO_ASK, ask_ranges, blank_places, find_ask
from governance.detectors.contamination.options import (
    filled_options,
    gold_options,
    letter_hashes,
    siblings,
    stem_groups,
    telling_options,
)
from governance.samples import utf8_buffers
from governance.text import generic_words
from governance.text.compiled import kept
from governance.text.ngrams import TokenLists, token_lists

SHORT = 6  # questions of fewer tokens are not searched for inside longer text

WORD, IDEOGRAPH, NUMBER, COMMAND, SYMBOL = range(5)
"""Classes of a question's tokens; COMMAND is a LaTeX command, SYMBOL a single ASCII letter."""


_JUDGEMENTS = frozenset(["是", "否", "对", "错", "正确", "错误", "true", "false", "yes", "no"])
_NUMBERING = re.compile(r"\s*[（(]?\d{1,3}(?:[)）、．]|\.(?!\d))\s*")


class ItemArrays(NamedTuple):
    """What compiled code reads. K items; part i is the question of item i, K + i its context, 2K + i its
    gold answer, and 3K + j the option j of all items laid end to end.

    Attributes:
        tokens: (tokens,) uint64 hashes of all parts.
        bounds: (parts + 1,) int64; part p owns the tokens bounds[p]:bounds[p + 1].
        options: (K + 1,) int64; item i owns the options options[i]:options[i + 1].
        classes: (question tokens,) uint8, WORD ... SYMBOL.
        ask: (K, 2) int64, the token range of the part of the question that asks.
        how: (K,) uint8, NO_ASK ... REQUEST.
        blanks: (blanks, 2) int64, (item, tokens before the blank), sorted by item.
        stems: (K + 1,) int32; item i stands for the items members[stems[i]:stems[i + 1]], those with the same words
            in the question; none where an earlier item stands for it.
        members: (K,) int32.
        gold: (K,) int8, which option is the gold, or -1.
        letters: (K,) uint64, hash of the gold's letters ("b", "abd") where it is letters of options, else 0.
        filled: (K,) int8, options that have words.
        telling: (K,) uint32, bit j set where option j says something: it has words, is not part of the
            question,
            and is not an option of many other questions ("correct", "none of the above").
    """

    tokens: npt.NDArray[np.uint64]
    bounds: npt.NDArray[np.int64]
    options: npt.NDArray[np.int64]
    classes: npt.NDArray[np.uint8]
    ask: npt.NDArray[np.int64]
    how: npt.NDArray[np.uint8]
    blanks: npt.NDArray[np.int64]
    stems: npt.NDArray[np.int32]
    members: npt.NDArray[np.int32]
    gold: npt.NDArray[np.int8]
    letters: npt.NDArray[np.uint64]
    filled: npt.NDArray[np.int8]
    telling: npt.NDArray[np.uint32]


@dataclass(frozen=True)
class PreparedItems:
    """Distinct items, ready to be searched for.

    Attributes:
        table: `ITEMS` rows, one a distinct content hash, sorted by (suite, item).
        names: per item all the names it goes by, "suite/item", sorted; more than one where it occurs
            repeatedly.
        arrays: the same items for compiled code.
        question_places: (question tokens, 2) int64, first and past-last character of each question token.
        generic: (K,) bool, the question says too little to be recognised by itself.
        shared: (K,) bool, another item asks the same question with other options or another context.
        by_options, by_context: (K,) bool, options (context) differ from those of every item with this
            question.
        content: (K,) int32, words of the question that carry content.
        judged: (K,) bool, the gold is yes or no and there are no options: a statement to be judged.
        reasons: per item why it cannot be searched for, or an empty string.
    """

    table: pa.Table
    names: tuple[tuple[str, ...], ...]
    arrays: ItemArrays
    question_places: npt.NDArray[np.int64]
    generic: npt.NDArray[np.bool_]
    shared: npt.NDArray[np.bool_]
    by_options: npt.NDArray[np.bool_]
    by_context: npt.NDArray[np.bool_]
    content: npt.NDArray[np.int32]
    judged: npt.NDArray[np.bool_]
    reasons: tuple[str, ...]

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """(K,) tokens of each question."""
        return np.diff(self.arrays.bounds)[: self.table.num_rows]


def prepare(items: pa.Table) -> PreparedItems:
    """The distinct items of an `ITEMS` table, in an order that does not depend on the order of its rows."""
    table, names = distinct(items)
    questions = table.column("question").to_pylist()
    texts, option_bounds = _parts(table)
    lists = _without_numbering(token_lists(texts), questions)
    count = table.num_rows
    total = int(lists.bounds[count])
    choices = (np.diff(option_bounds) > 1).tolist()
    asks = [find_ask(q, choice=c) for q, c in zip(questions, choices, strict=True)]
    starts, bounds = lists.starts, lists.bounds
    arrays = ItemArrays(
        lists.hashes,
        bounds,
        option_bounds,
        _question_classes(lists, texts.slice(0, count)),
        ask_ranges(asks, starts, bounds),
        np.array([a.how for a in asks], np.uint8),
        blank_places(asks, starts, bounds),
        *stem_groups(lists.hashes, bounds, count),
        gold_options(table),
        letter_hashes(table),
        filled_options(np.diff(bounds)[3 * count :], option_bounds),
        telling_options(lists.hashes, bounds, option_bounds),
    )
    content = np.array([generic_words.content_words(q) for q in questions], np.int32)
    shared, by_options, by_context = siblings(lists.hashes, bounds, option_bounds)
    lengths = np.diff(bounds)[:count]
    generic = (content < generic_words.enough(lengths)) | (
        _formula_only(arrays, count) & (arrays.how == NO_ASK)
    )
    return PreparedItems(
        table,
        names,
        arrays,
        _places(texts.slice(0, count), lists, total),
        generic,
        shared,
        by_options,
        by_context,
        content,
        _judged(table, arrays),
        _reasons(arrays, lengths, generic, shared),
    )


def distinct(items: pa.Table) -> tuple[pa.Table, tuple[tuple[str, ...], ...]]:
    """(one row a content hash, all names of each), both in the order of the first name."""
    columns = (items.column(n).to_pylist() for n in ("suite", "item", "content_hash"))
    keyed = sorted((f"{s}/{i}", h, row) for row, (s, i, h) in enumerate(zip(*columns, strict=True)))
    names: dict[str, list[str]] = {}
    first: list[int] = []
    for name, digest, row in keyed:
        if digest not in names:
            first.append(row)
        names.setdefault(digest, []).append(name)
    return items.take(pa.array(first, pa.int64())).combine_chunks(), tuple(tuple(n) for n in names.values())


def _parts(table: pa.Table) -> tuple[pa.LargeStringArray, npt.NDArray[np.int64]]:
    """(texts of all parts in the order of `ItemArrays`, option bounds)."""
    lists = (
        pa.concat_arrays(table.column("options").chunks)
        if table.num_rows
        else pa.array([], pa.list_(pa.large_string()))
    )
    bounds = lists.offsets.to_numpy().astype(np.int64)
    singles = [
        pa.concat_arrays([*table.column(n).chunks, pa.array([], pa.large_string())])
        for n in ("question", "context", "answer_text")
    ]
    return pa.concat_arrays([*singles, lists.flatten()]), bounds - bounds[0]


def _without_numbering(lists: TokenLists, questions: Sequence[str]) -> TokenLists:
    """The lists without a number such as `12.` or `（3）` before a question, which no leak would keep."""
    drop = np.zeros(len(lists.hashes), np.bool_)
    for i, question in enumerate(questions):
        found = _NUMBERING.match(question)
        if found and found.end() < len(question):
            drop[lists.bounds[i]] = True
    if not drop.any():
        return lists
    kept = ~drop
    before = np.concatenate([[0], np.cumsum(kept)])
    return TokenLists(lists.hashes[kept], lists.starts[kept], lists.ends[kept], before[lists.bounds])


def _places(texts: pa.LargeStringArray, lists: TokenLists, total: int) -> npt.NDArray[np.int64]:
    """(total, 2) character offsets of the question tokens."""
    data, offsets = utf8_buffers(texts)
    places = np.zeros((total, 2), np.int64)
    _count_characters(data, offsets, lists.starts, lists.ends, lists.bounds, places)
    return places


@kept
def _count_characters(data: Any, offsets: Any, starts: Any, ends: Any, bounds: Any, out: Any) -> None:
    for i in range(len(offsets) - 1):
        at = offsets[i]
        characters = 0
        for t in range(bounds[i], bounds[i + 1]):
            for side in range(2):
                until = offsets[i] + (ends[t] if side else starts[t])
                while at < until:
                    characters += (data[at] & 0xC0) != 0x80
                    at += 1
                out[t, side] = characters


def _question_classes(lists: TokenLists, questions: pa.LargeStringArray) -> npt.NDArray[np.uint8]:
    data, offsets = utf8_buffers(questions)
    classes = np.zeros(int(lists.bounds[len(questions)]), np.uint8)
    _classify(data, offsets, lists.starts, lists.ends, lists.bounds, classes)
    return classes


@kept
def _classify(data: Any, offsets: Any, starts: Any, ends: Any, bounds: Any, out: Any) -> None:
    for i in range(len(offsets) - 1):
        for t in range(bounds[i], bounds[i + 1]):
            at, size = offsets[i] + starts[t], ends[t] - starts[t]
            first = data[at]
            if 48 <= first <= 57:
                out[t] = NUMBER
            elif first >= 0xE3 and size == 3:
                out[t] = IDEOGRAPH
            elif starts[t] > 0 and data[at - 1] == 92:
                out[t] = COMMAND
            elif size == 1 and first not in (97, 73):  # "a" and "I" are words more often than variables
                out[t] = SYMBOL
            else:
                out[t] = WORD


def _formula_only(arrays: ItemArrays, count: int) -> npt.NDArray[np.bool_]:
    """(K,) bool: fewer than two words or ideographs, so nothing but a formula that many texts may hold."""
    spoken = np.concatenate([[0], np.cumsum((arrays.classes == WORD) | (arrays.classes == IDEOGRAPH))])
    few = spoken[arrays.bounds[1 : count + 1]] - spoken[arrays.bounds[:count]] < 2
    return np.asarray(few, np.bool_)


def _judged(table: pa.Table, arrays: ItemArrays) -> npt.NDArray[np.bool_]:
    """(K,) bool: without options, and with a gold that says yes or no."""
    golds = [(a or "").strip("。. ").lower() in _JUDGEMENTS for a in table.column("answer").to_pylist()]
    return np.asarray(np.array(golds, np.bool_) & (arrays.filled == 0), np.bool_)


def _reasons(
    arrays: ItemArrays,
    lengths: npt.NDArray[np.int64],
    generic: npt.NDArray[np.bool_],
    shared: npt.NDArray[np.bool_],
) -> tuple[str, ...]:
    """Per item why it cannot be searched for, or ''."""
    count = len(lengths)
    sizes = np.diff(arrays.bounds)
    has_context, has_answer = sizes[count : 2 * count] > 0, sizes[2 * count : 3 * count] > 0
    others = has_context | (arrays.filled > 1) | has_answer
    reasons = []
    for i in range(count):
        if lengths[i] == 0:
            reasons.append("the question has no words")
        elif lengths[i] < SHORT and not others[i]:
            reasons.append(f"the question has fewer than {SHORT} words and nothing else to be recognised by")
        elif (generic[i] or shared[i]) and not others[i]:
            reasons.append("the question is generic and nothing else is there to be recognised by")
        else:
            reasons.append("")
    return tuple(reasons)
