"""Where a question asks: the sentence with the question mark, the blank, or the imperative."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from governance.text import generic_words

NO_ASK, QUESTION_MARK, BLANK, REQUEST = range(4)
"""How a question asks: not at all, by a question mark, by a blank to fill in, by an imperative."""

_BLANK = re.compile(r"_{2,}|＿+|﹍+|(?<![A-Za-z0-9_\]])[（(]\s*[)）]")
_MARK = re.compile(r"[?？]")
_SENTENCE_END = re.compile(r"[。！？?!；;\n]|\.\s")
_LONG = 120  # characters from which on a text may hold a question without being one
_REMARK = 60  # characters that may follow what is asked ("round to two decimals")


@dataclass(frozen=True)
class Ask:
    """Where a question asks, in byte positions of its UTF-8 text."""

    how: int
    start: int
    end: int
    blanks: tuple[int, ...]


def find_ask(question: str, *, choice: bool) -> Ask:
    """The sentence with the last question mark or blank; without one the last sentence.

    A long text to choose an answer for (`choice`: it has options) may be an article to be summarised or judged. It
    asks only where it has a blank, or where its first sentence or its end does: a question mark, or a word such as
    "how", in between is rhetoric.
    """
    blanks = [m.start() for m in _BLANK.finditer(question)]
    marks = [m.start() for m in _MARK.finditer(question)]
    article = choice and len(question) > _LONG and not blanks
    asks = generic_words.commands if article else generic_words.requests
    last = max(0, len(question.rstrip("。.！!；; \n")) - 1)
    at = max([*blanks, *marks], default=last)
    start, end = _sentence(question, at)
    how = BLANK if any(start <= b < end for b in blanks) else QUESTION_MARK
    if not (blanks or marks) or (article and start > 0 and len(question) - end > _REMARK):
        start, end = _sentence(question, last)
        opening = question[: _sentence(question, 0)[1]]
        spoken = asks(question[start:end]) or asks(opening) or (not article and asks(question))
        how = QUESTION_MARK if question[last : last + 1] in ":：" else REQUEST if spoken else NO_ASK
    places = tuple(_bytes(question, b) for b in blanks)
    return Ask(how, _bytes(question, start), _bytes(question, end), places)


def _sentence(question: str, at: int) -> tuple[int, int]:
    """(first, past-last character) of the sentence that holds a place."""
    ends = [m.end() for m in _SENTENCE_END.finditer(question)]
    return max((e for e in ends if e <= at), default=0), min(
        (e for e in ends if e > at), default=len(question)
    )


def _bytes(text: str, characters: int) -> int:
    return len(text[:characters].encode())


def ask_ranges(
    asks: Sequence[Ask], starts: npt.NDArray[np.int64], bounds: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """(K, 2) token ranges within the question; all of it where the asking part has no words."""
    ranges = np.zeros((len(asks), 2), np.int64)
    for i, ask in enumerate(asks):
        own = starts[bounds[i] : bounds[i + 1]]
        first, last = np.searchsorted(own, [ask.start, ask.end])
        ranges[i] = (first, last) if last > first else (0, len(own))
    return ranges


def blank_places(
    asks: Sequence[Ask], starts: npt.NDArray[np.int64], bounds: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """(blanks, 2): the question of each blank, and how many of its tokens stand before it."""
    found = [
        (i, int(np.searchsorted(starts[bounds[i] : bounds[i + 1]], place)))
        for i, ask in enumerate(asks)
        for place in ask.blanks
    ]
    return np.array(found, np.int64).reshape(-1, 2)
