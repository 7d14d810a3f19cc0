"""Texts under a closer look: their tokens, what stands between two of them, and character offsets."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from governance.detectors.contamination.match import find
from governance.text.ngrams import inner, words

ADJACENT, SPACED, MARKED, CLOSED = range(4)
"""What stands between two tokens: nothing, spaces, a mark in a sentence, the end of a sentence or field."""

_MARK_EVERY = 1024  # bytes between two known character counts
_PROBE = 8  # tokens of a probe; such a run is rarely shared by accident
_PROBES = 64

_INSIDE = np.zeros(128, np.bool_)
_INSIDE[[ord(c) for c in " \t,:\"'-/$%&*+<=>@\\^`~"]] = True  # ASCII marks that close nothing


class Text(NamedTuple):
    """The tokens of one text; positions are bytes of the buffer it lies in."""

    hashes: npt.NDArray[np.uint64]
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    size: int


@inner()
def text_of(data: Any, start: int, end: int) -> Text:
    """The tokens of data[start:end]."""
    room = (end - start) // 2 + 1
    hashes = np.empty(room, np.uint64)
    starts, ends = np.empty(room, np.int64), np.empty(room, np.int64)
    return Text(hashes, starts, ends, words(data, start, end, hashes, starts, ends))


@inner()
def marks_of(data: Any, start: int, end: int) -> Any:
    """Characters before each `_MARK_EVERY`-th byte of data[start:end]."""
    marks = np.zeros((end - start) // _MARK_EVERY + 1, np.int64)
    characters = 0
    for at in range(start, end):
        if (at - start) % _MARK_EVERY == 0:
            marks[(at - start) // _MARK_EVERY] = characters
        characters += (data[at] & 0xC0) != 0x80
    if (end - start) % _MARK_EVERY == 0:
        marks[-1] = characters
    return marks


@inner()
def place_of(data: Any, marks: Any, start: int, byte: int) -> int:
    """The character offset, in a text that begins at `start`, of a byte position."""
    at = (byte - start) // _MARK_EVERY
    characters = marks[at]
    for i in range(start + at * _MARK_EVERY, byte):
        characters += (data[i] & 0xC0) != 0x80
    return int(characters)


@inner()
def gap(data: Any, text: Text, left: int, right: int, start: int, end: int) -> int:
    """ADJACENT ... CLOSED: what stands between two tokens of a text that fills data[start:end]."""
    low = text.ends[left] if left >= 0 else start
    high = text.starts[right] if right < text.size else end
    if left < 0 or right >= text.size:
        return CLOSED
    found = SPACED if high > low else ADJACENT
    at = low
    while at < high:
        byte = data[at]
        if byte < 128:
            if not _INSIDE[byte]:
                return CLOSED
            if byte not in (32, 9):
                found = MARKED
            at += 1
        elif byte >= 0xE0 and at + 2 < high + 1:
            if _closes(data[at], data[at + 1], data[at + 2]):
                return CLOSED
            if not (byte == 0xE3 and data[at + 1] == 0x80 and data[at + 2] == 0x80):
                found = MARKED
            at += 3
        else:
            found = MARKED
            at += 1
    return found


@inner()
def _closes(a: int, b: int, c: int) -> bool:
    """Whether a character of three bytes ends a sentence or field: 。！（）．；？【】… ＿."""
    if a == 0xE3:
        return b == 0x80 and c in (0x82, 0x90, 0x91, 0x8A, 0x8B, 0x8C, 0x8D, 0x8E, 0x8F)
    if a == 0xE2:
        return b == 0x80 and c == 0xA6
    if a == 0xEF:
        return b == 0xBC and c in (0x81, 0x88, 0x89, 0x8E, 0x9B, 0x9F, 0xBF)
    return False


@inner()
def probe(text: Text, low: int, high: int, tokens: Any, first: int, last: int) -> tuple[float, int, int]:
    """(share, first token, past-last token): how much of tokens[first:last] stands in a stretch of a text.

    Up to `_PROBES` runs of `_PROBE` tokens, evenly spaced, are searched for; a shorter text as one run. The
    search ends when half of them are missing.
    """
    size = last - first
    width = min(_PROBE, size)
    number = min(_PROBES, max(1, size // width))
    found, start, end = 0, -1, -1
    for i in range(number):
        begin = first + (size - width) * i // max(1, number - 1)
        at = find(text.hashes, low, high, tokens, begin, begin + width)
        if at >= 0:
            found += 1
            start = at if start < 0 else min(start, at)
            end = max(end, at + width)
        elif 2 * (i + 1 - found) > number:
            break
    return found / number, start, end
