"""Whether the gold answer of an item is given behind its question: in the same turn, or in the turn that
follows.

A letter or a small number stands in almost any text, so a short gold counts only where an answer stands:
behind a word such as "答案" or "answer", as the whole turn, or at its end. The options listed under a
question are no answer.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from governance.detectors.contamination.match import find
from governance.detectors.contamination.options import MOST_OPTIONS
from governance.detectors.contamination.spans import MARKED, Text, gap, probe
from governance.text.ngrams import inner, token_lists

LONG = 4  # tokens from which on a gold is told from chance by its words alone
_SAME_TURN = 1500  # tokens behind the question within which the same turn can answer it
_NEXT_TURN = 8192
_BEFORE = 3  # tokens between the answer word and the answer ("答案是", "answer is option")
_PROBED = 32  # a gold longer than this is looked for by probes, so that small changes do not hide it
_ENOUGH = 0.6
_LIST_REACH = 400  # tokens within which the next letter of a list of options follows

ANSWER_WORDS = token_lists(pa.array(["answer answers boxed 案 答 选"], pa.large_string())).hashes
"""Hashes of the words behind which an answer stands; the last only right behind it ("选 B", not "选项 B")."""


@inner()
def find_answer(
    data: Any, here: Text, behind: Text, high: int, item: int, items: Any, words: Any
) -> tuple[int, int, int]:
    """(zone, first byte, past-last byte): zone 0 is the same turn, 1 the next one, -1 nowhere."""
    number = len(items.options) - 1
    first, last = items.bounds[2 * number + item], items.bounds[2 * number + item + 1]
    if behind.size:
        at, size = _in_next(data, behind, item, items, words, first, last)
        if at >= 0:
            return 1, behind.starts[at], behind.ends[at + size - 1]
    reach = min(here.size, high + _SAME_TURN)
    at, size = _in_same(data, here, high, reach, item, items, words, first, last)
    if at >= 0:
        return 0, here.starts[at], here.ends[at + size - 1]
    return -1, 0, 0


@inner()
def _in_next(
    data: Any, text: Text, item: int, items: Any, words: Any, first: int, last: int
) -> tuple[int, int]:
    """(token, tokens) of the answer in the turn behind the question, or (-1, 0)."""
    size, reach = last - first, min(text.size, _NEXT_TURN)
    letters = items.letters[item]
    if letters != 0:
        for at in range(reach):
            if text.hashes[at] == letters and _lettered(data, text, at):
                ends_turn = at + 1 == text.size and _only_letter(text, letters)
                leads = at == 0 and gap(data, text, 0, 1, text.starts[0], text.ends[text.size - 1]) >= MARKED
                if leads or ends_turn or _announced(data, text, at, words):
                    return at, 1
    if size == 0:
        return -1, 0
    if size > _PROBED:
        share, start, end = probe(text, 0, reach, items.tokens, first, last)
        return (start, end - start) if share >= _ENOUGH else (-1, 0)
    at = find(text.hashes, 0, reach, items.tokens, first, last)
    while at >= 0:
        if _stands_alone(data, text, at, size, items, item, words):
            return at, size
        at = find(text.hashes, at + 1, reach, items.tokens, first, last)
    return -1, 0


@inner()
def _stands_alone(data: Any, text: Text, at: int, size: int, items: Any, item: int, words: Any) -> bool:
    """Whether the gold found at a place of the next turn is what that turn answers."""
    if text.size <= size + 4 or at + size >= text.size - 1 or _announced(data, text, at, words):
        return True
    if at == 0 and gap(data, text, size - 1, size, 0, 0) >= MARKED and not 48 <= data[text.starts[0]] <= 57:
        return True
    if items.filled[item] > 1:
        return size >= 2 and 2 * _others(text, item, items) < items.filled[item]
    return size >= LONG


@inner()
def _others(text: Text, item: int, items: Any) -> int:
    """How many options besides the gold one stand in a text too."""
    number = len(items.options) - 1
    first, last = items.options[item], min(items.options[item + 1], items.options[item] + MOST_OPTIONS)
    found = 0
    for j in range(first, last):
        if j - first != items.gold[item]:
            begin, end = items.bounds[3 * number + j], items.bounds[3 * number + j + 1]
            found += find(text.hashes, 0, min(text.size, _NEXT_TURN), items.tokens, begin, end) >= 0
    return found


@inner()
def _in_same(
    data: Any, text: Text, low: int, high: int, item: int, items: Any, words: Any, first: int, last: int
) -> tuple[int, int]:
    """(token, tokens) of the answer behind the question in its own turn, or (-1, 0)."""
    size, letters = last - first, items.letters[item]
    if letters != 0:
        for at in range(low, high):
            if _lettered(data, text, at) and not _listed(data, text, at, high):
                if not _announced(data, text, at, words):
                    continue
                if text.hashes[at] == letters:
                    return at, 1
                break  # the first answer that is announced is the one to this question
    if size == 0:
        return -1, 0
    at = find(text.hashes, low, high, items.tokens, first, last)
    if items.filled[item] > 1:
        while at >= 0 and not _announced(data, text, at, words):
            at = find(text.hashes, at + 1, high, items.tokens, first, last)
        return at, size
    if size > _PROBED:
        share, start, end = probe(text, low, high, items.tokens, first, last)
        return (start, end - start) if share >= _ENOUGH else (-1, 0)
    while at >= 0:
        if size >= LONG or at + size >= text.size - 1 or _announced(data, text, at, words):
            return at, size
        at = find(text.hashes, at + 1, high, items.tokens, first, last)
    return -1, 0


@inner()
def _announced(data: Any, text: Text, at: int, words: Any) -> bool:
    """Whether one of the answer words, or `####`, stands shortly before a token."""
    if text.starts[at] > 1 and data[text.starts[at] - 1] == 35:
        return True
    if text.starts[at] > 2 and data[text.starts[at] - 2] == 35:
        return True
    for back in range(1, min(_BEFORE, at) + 1):
        found = text.hashes[at - back]
        for w in range(len(words)):
            if found == words[w] and (w < len(words) - 1 or back == 1):
                return True
    return False


@inner()
def _listed(data: Any, text: Text, at: int, high: int) -> bool:
    """Whether a letter opens an option: a mark follows it, and later the next letter with a mark."""
    first = text.starts[at]
    if text.ends[at] - first > 1 or not list_mark(data, text, at):
        return False
    for next_at in range(at + 1, min(high, at + _LIST_REACH)):
        byte = text.starts[next_at]
        if (
            text.ends[next_at] - byte == 1
            and data[byte] == data[first] + 1
            and list_mark(data, text, next_at)
        ):
            return True
    return False


@inner()
def list_mark(data: Any, text: Text, at: int) -> bool:
    """Whether one of the marks . ) : 、 or a full-width form follows a token."""
    return text.ends[at] < len(data) and data[text.ends[at]] in (46, 41, 58, 0xE3, 0xEF)


@inner()
def _lettered(data: Any, text: Text, at: int) -> bool:
    """Whether a token is made of capitals A to P only, ASCII or full-width."""
    byte = text.starts[at]
    while byte < text.ends[at]:
        wide = data[byte] == 0xEF and data[byte + 1] == 0xBC
        letter = data[byte + 2] - 0x60 if wide else data[byte]
        if not 65 <= letter <= 80:
            return False
        byte += 3 if wide else 1
    return True


@inner()
def _only_letter(text: Text, letters: Any) -> bool:
    """Whether the turn holds these letters once, so that its last word is what it answers."""
    found = 0
    for at in range(text.size):
        found += text.hashes[at] == letters
    return found == 1
