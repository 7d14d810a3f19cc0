"""Evaluation items as token arrays, with what the search has to know about each question.

A question is more than its words: where it asks, where it leaves a blank, which of its words carry the content, and
whether the same words are also the stem of other items. `prepare` works all of this out once for a suite.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba import njit

from governance.benchmarks.suite import LETTERS
from governance.samples import utf8_buffers
from governance.text import generic_words
from governance.text.ngrams import TokenLists, token_lists

SHORT = 6  # questions of fewer tokens are not searched for inside longer text
MOST_OPTIONS = 16  # options beyond this are not compared; no benchmark known to us has more than 10

WORD, IDEOGRAPH, NUMBER, COMMAND, SYMBOL = range(5)
"""Classes of a question's tokens; COMMAND is a LaTeX command, SYMBOL a single ASCII letter."""

COMMON_OPTION = 8  # an option of more questions than this says nothing about any of them

NO_ASK, QUESTION_MARK, BLANK, REQUEST = range(4)
"""How a question asks: not at all, by a question mark, by a blank to fill in, by an imperative."""

_BLANK = re.compile(r"_{2,}|＿+|﹍+|(?<![A-Za-z0-9_\]])[（(]\s*[)）]")
_MARK = re.compile(r"[?？]")
_SENTENCE_END = re.compile(r"[。！？?!；;\n]|\.\s")
_LONG = 120  # characters from which on a text may hold a question without being one
_NUMBERING = re.compile(r"\s*[（(]?\d{1,3}(?:[)）、．]|\.(?!\d))\s*")


class ItemArrays(NamedTuple):
    """What compiled code reads. K items; part i is the question of item i, K + i its context, 2K + i its gold
    answer, and 3K + j the option j of all items laid end to end.

    Attributes:
        tokens: (tokens,) uint64 hashes of all parts.
        bounds: (parts + 1,) int64; part p owns the tokens bounds[p]:bounds[p + 1].
        options: (K + 1,) int64; item i owns the options options[i]:options[i + 1].
        classes: (question tokens,) uint8, WORD ... SYMBOL.
        ask: (K, 2) int64, the token range of the part of the question that asks.
        how: (K,) uint8, NO_ASK ... REQUEST.
        blanks: (blanks, 2) int64, (item, tokens before the blank), sorted by item.
        gold: (K,) int8, which option is the gold, or -1.
        letters: (K,) uint64, hash of the gold's letters ("b", "abd") where it is letters of options, else 0.
        filled: (K,) int8, options that have words.
        telling: (K,) uint32, bit j set where option j says something: it has words, is not part of the question,
            and is not an option of many other questions ("correct", "none of the above").
    """

    tokens: npt.NDArray[np.uint64]
    bounds: npt.NDArray[np.int64]
    options: npt.NDArray[np.int64]
    classes: npt.NDArray[np.uint8]
    ask: npt.NDArray[np.int64]
    how: npt.NDArray[np.uint8]
    blanks: npt.NDArray[np.int64]
    gold: npt.NDArray[np.int8]
    letters: npt.NDArray[np.uint64]
    filled: npt.NDArray[np.int8]
    telling: npt.NDArray[np.uint32]


@dataclass(frozen=True)
class PreparedItems:
    """Distinct items, ready to be searched for.

    Attributes:
        table: `ITEMS` rows, one a distinct content hash, sorted by (suite, item).
        names: per item all the names it goes by, "suite/item", sorted; more than one where it occurs repeatedly.
        arrays: the same items for compiled code.
        question_places: (question tokens, 2) int64, first and past-last character of each question token.
        generic: (K,) bool, the question says too little to be recognised by itself.
        shared: (K,) bool, another item asks the same question with other options or another context.
        by_options, by_context: (K,) bool, options (context) differ from those of every item with this question.
        content: (K,) int32, words of the question that carry content.
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
    asks = [_ask(q) for q in questions]
    starts, bounds = lists.starts, lists.bounds
    arrays = ItemArrays(
        lists.hashes,
        bounds,
        option_bounds,
        _question_classes(lists, texts.slice(0, count)),
        _ask_ranges(asks, starts, bounds),
        np.array([a.how for a in asks], np.uint8),
        _blank_places(asks, starts, bounds),
        _gold_options(table),
        _letter_hashes(table),
        _filled_options(np.diff(bounds)[3 * count :], option_bounds),
        _telling_options(lists.hashes, bounds, option_bounds),
    )
    content = np.array([generic_words.content_words(q) for q in questions], np.int32)
    shared, by_options, by_context = _siblings(arrays, count)
    lengths = np.diff(bounds)[:count]
    generic = (content < generic_words.enough(lengths)) | (_formula_only(arrays, count) & (arrays.how == NO_ASK))
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
    lists = pa.concat_arrays(table.column("options").chunks) if table.num_rows else pa.array([], pa.list_(pa.large_string()))
    bounds = lists.offsets.to_numpy().astype(np.int64)
    singles = [pa.concat_arrays([*table.column(n).chunks, pa.array([], pa.large_string())]) for n in
               ("question", "context", "answer_text")]
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


@dataclass(frozen=True)
class _Ask:
    """Where a question asks, in byte positions of its UTF-8 text."""

    how: int
    start: int
    end: int
    blanks: tuple[int, ...]


def _ask(question: str) -> _Ask:
    """The sentence with the last question mark or blank; without one the last sentence.

    A question mark in the middle of a long text is rhetoric: the text asks nothing unless its first sentence, or its
    last third, does.
    """
    blanks = [m.start() for m in _BLANK.finditer(question)]
    marks = [m.start() for m in _MARK.finditer(question)]
    at = max([*blanks, *marks], default=-1)
    last = max(0, len(question.rstrip("。.！!；; \n")) - 1)
    start, end = _sentence(question, at if at >= 0 else last)
    how = BLANK if any(start <= b < end for b in blanks) else QUESTION_MARK
    if at < 0 or (len(question) > _LONG and 0 < start and at < 0.67 * len(question)):
        start, end = _sentence(question, last)
        asks = generic_words.requests(question[start:end]) or generic_words.requests(question[: _sentence(question, 0)[1]])
        how = REQUEST if asks else NO_ASK
    places = tuple(_bytes(question, b) for b in blanks)
    return _Ask(how, _bytes(question, start), _bytes(question, end), places)


def _sentence(question: str, at: int) -> tuple[int, int]:
    """(first, past-last character) of the sentence that holds a place."""
    ends = [m.end() for m in _SENTENCE_END.finditer(question)]
    return max((e for e in ends if e <= at), default=0), min((e for e in ends if e > at), default=len(question))


def _bytes(text: str, characters: int) -> int:
    return len(text[:characters].encode())


def _ask_ranges(
    asks: Sequence[_Ask], starts: npt.NDArray[np.int64], bounds: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """(K, 2) token ranges, relative to the question; the whole question where the asking part has no words."""
    ranges = np.zeros((len(asks), 2), np.int64)
    for i, ask in enumerate(asks):
        own = starts[bounds[i] : bounds[i + 1]]
        first, last = np.searchsorted(own, [ask.start, ask.end])
        ranges[i] = (first, last) if last > first else (0, len(own))
    return ranges


def _blank_places(
    asks: Sequence[_Ask], starts: npt.NDArray[np.int64], bounds: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    found = [
        (i, int(np.searchsorted(starts[bounds[i] : bounds[i + 1]], place)))
        for i, ask in enumerate(asks)
        for place in ask.blanks
    ]
    return np.array(found, np.int64).reshape(-1, 2)


def _gold_options(table: pa.Table) -> npt.NDArray[np.int8]:
    """(K,) which option the gold is, by its text; -1 where it is none or several."""
    options, golds = table.column("options").to_pylist(), table.column("answer_text").to_pylist()
    found = [o.index(g) if g is not None and g in o[:MOST_OPTIONS] else -1 for o, g in zip(options, golds, strict=True)]
    return np.array(found, np.int8)


def _letter_hashes(table: pa.Table) -> npt.NDArray[np.uint64]:
    """(K,) hash of the letters that name the gold options, 0 where the gold is given otherwise."""
    found = []
    for answer, options in zip(*(table.column(n).to_pylist() for n in ("answer", "options")), strict=True):
        letters = (answer or "").strip("().（）。 ").upper()
        named = options and 0 < len(letters) <= len(options) and all(c in LETTERS[: len(options)] for c in letters)
        found.append(letters if named else "")
    lists = token_lists(pa.array(found, pa.large_string()))
    hashes = np.zeros(len(found), np.uint64)
    one = np.diff(lists.bounds) == 1
    hashes[one] = lists.hashes[lists.bounds[:-1][one]]
    return hashes


def _filled_options(sizes: npt.NDArray[np.int64], bounds: npt.NDArray[np.int64]) -> npt.NDArray[np.int8]:
    """(K,) options with at least one word, of the first `MOST_OPTIONS`."""
    filled = np.concatenate([[0], np.cumsum(sizes > 0)])
    last = np.minimum(bounds[1:], bounds[:-1] + MOST_OPTIONS)
    return (filled[last] - filled[bounds[:-1]]).astype(np.int8)


def _telling_options(
    tokens: npt.NDArray[np.uint64], bounds: npt.NDArray[np.int64], options: npt.NDArray[np.int64]
) -> npt.NDArray[np.uint32]:
    """(K,) bit masks of the options that say something about their item."""
    count = len(options) - 1
    keys = [tokens[a:b].tobytes() for a, b in zip(bounds[3 * count : -1], bounds[3 * count + 1 :], strict=True)]
    questions = [tokens[a:b].tobytes() for a, b in zip(bounds[:count], bounds[1 : count + 1], strict=True)]
    asked: dict[bytes, set[bytes]] = {}
    for i, question in enumerate(questions):
        for key in keys[options[i] : options[i + 1]]:
            asked.setdefault(key, set()).add(question)
    masks = np.zeros(count, np.uint32)
    for i, question in enumerate(questions):
        for j, key in enumerate(keys[options[i] : options[i + 1]][:MOST_OPTIONS]):
            if key and len(asked[key]) <= COMMON_OPTION and not _holds(question, key):
                masks[i] |= np.uint32(1 << j)
    return masks


def _holds(question: bytes, option: bytes) -> bool:
    """Whether the tokens of an option stand in those of a question (8 bytes a token)."""
    at = question.find(option)
    while at >= 0 and at % 8:
        at = question.find(option, at + 1)
    return at >= 0


def _places(texts: pa.LargeStringArray, lists: TokenLists, total: int) -> npt.NDArray[np.int64]:
    """(total, 2) character offsets of the question tokens."""
    data, offsets = utf8_buffers(texts)
    places = np.zeros((total, 2), np.int64)
    _count_characters(data, offsets, lists.starts, lists.ends, lists.bounds, places)
    return places


@njit(nogil=True, cache=True)
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


@njit(nogil=True, cache=True)
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
            elif size == 1 and first != 97 and first != 73:  # "a" and "I" are words more often than variables
                out[t] = SYMBOL
            else:
                out[t] = WORD


def _formula_only(arrays: ItemArrays, count: int) -> npt.NDArray[np.bool_]:
    """(K,) bool: fewer than two words or ideographs, so nothing but a formula that many texts may hold."""
    spoken = np.concatenate([[0], np.cumsum((arrays.classes == WORD) | (arrays.classes == IDEOGRAPH))])
    return spoken[arrays.bounds[1 : count + 1]] - spoken[arrays.bounds[:count]] < 2


def _siblings(arrays: ItemArrays, count: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
    """(shared, by_options, by_context): see `PreparedItems`."""
    groups: dict[bytes, list[int]] = {}
    for i in range(count):
        groups.setdefault(_key(arrays, i), []).append(i)
    shared = np.zeros(count, np.bool_)
    by_options, by_context = np.ones(count, np.bool_), np.ones(count, np.bool_)
    for members in groups.values():
        if len(members) == 1:
            continue
        options = [_option_key(arrays, i, count) for i in members]
        contexts = [_key(arrays, count + i) for i in members]
        if len(set(zip(options, contexts, strict=True))) == 1:
            continue
        shared[members] = True
        by_options[members] = [options.count(o) == 1 for o in options]
        by_context[members] = [contexts.count(c) == 1 for c in contexts]
    return shared, by_options, by_context


def _key(arrays: ItemArrays, part: int) -> bytes:
    return arrays.tokens[arrays.bounds[part] : arrays.bounds[part + 1]].tobytes()


def _option_key(arrays: ItemArrays, item: int, count: int) -> bytes:
    """The options of an item as a set: their order is often permuted."""
    parts = range(3 * count + arrays.options[item], 3 * count + arrays.options[item + 1])
    return b"|".join(sorted(_key(arrays, p) for p in parts))


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
