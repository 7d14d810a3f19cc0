"""A JSON file that holds one array, as lines: one element a line, so that what reads JSONL reads it too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from governance.errors import InputError

Bytes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
OPEN, CLOSE, SPACES = (np.frombuffer(b, np.uint8) for b in (b"[{", b"]}", b" \t\r\n"))


class ArrayLines:
    """Splits the elements of a top-level array without parsing them.

    Brackets outside strings decide where an element ends. White space between tokens becomes spaces,
    commas between elements become newlines; the inside of an element is not looked at: a bad one is a
    bad line.
    """

    def __init__(self, where: str) -> None:
        self._where = where
        self._depth = 0
        self._in_string = False
        self._escaped = False  # the next byte follows an odd number of backslashes
        self._line = 1
        self._fresh = True  # no byte of the coming element was seen yet
        self._closed = False
        self._starts: list[npt.NDArray[np.int64]] = []

    def lines(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The elements as JSON lines.

        Raises:
            InputError: the array is not closed, or something follows it.
        """
        for chunk in chunks:
            if chunk:
                yield self._turned(np.frombuffer(chunk, np.uint8))
        if not self._closed:
            hint = "the file ends early; copy or download it again"
            raise InputError("the JSON array is not closed", where=self._where, hint=hint)

    def take_starts(self, count: int) -> npt.NDArray[np.int64]:
        """(count,) lines of the file on which the next elements begin."""
        known = np.concatenate([*self._starts, np.empty(0, np.int64)])
        self._starts = [known[count:]]
        return known[:count]

    def _turned(self, raw: Bytes) -> bytes:
        """One chunk with its elements on lines of their own."""
        outside = ~self._inside(raw)
        space = np.isin(raw, SPACES)
        change = np.zeros(len(raw), np.int32)
        change[outside & np.isin(raw, OPEN)] = 1
        change[outside & np.isin(raw, CLOSE)] = -1
        depth = self._depth + np.cumsum(change)
        frame = ((depth == 1) & (change == 1)) | ((depth == 0) & (change == -1))
        self._check_end(frame & (change == -1), space)
        breaks = outside & (raw == ord(",")) & (depth == 1)
        self._note_starts(~(frame | breaks | space), breaks, raw == ord("\n"))
        self._depth = int(depth[-1])
        turned = raw.copy()
        turned[(outside & space) | frame] = ord(" ")
        turned[~outside & (raw == ord("\n"))] = 1  # a bare newline in a string is an error, and stays one
        turned[breaks] = ord("\n")
        return turned.tobytes()

    def _inside(self, raw: Bytes) -> Mask:
        """Whether each byte belongs to a string, its opening quote included."""
        quotes = raw == ord('"')
        slashes = raw == ord("\\")
        if self._escaped or slashes.any():
            quotes &= ~self._follows_odd_slashes(slashes)
        parity: Mask = (np.cumsum(quotes) + self._in_string) % 2 == 1
        self._in_string = bool(parity[-1])
        return parity

    def _follows_odd_slashes(self, slashes: Mask) -> Mask:
        """Whether an odd number of backslashes stands right before each byte."""
        run = np.concatenate([[self._escaped], slashes])  # what was carried over counts as one backslash
        index = np.arange(len(run))
        length = index - np.maximum.accumulate(np.where(run, -1, index))
        odd: Mask = length % 2 == 1
        self._escaped = bool(odd[-1])
        return odd[:-1]

    def _check_end(self, closing: Mask, space: Mask) -> None:
        """Nothing but white space may follow the array."""
        after = 0 if self._closed else len(space)
        if not self._closed and closing.any():
            self._closed = True
            after = int(np.argmax(closing)) + 1
        if not space[after:].all():
            hint = "one file holds one array, or one JSON object a line"
            raise InputError("something follows the end of the JSON array", where=self._where, hint=hint)

    def _note_starts(self, content: Mask, breaks: Mask, newlines: Mask) -> None:
        """Remember the line on which each element begins; empty elements are blank lines, no rows."""
        rows = self._line + np.cumsum(newlines) - newlines
        self._line += int(np.count_nonzero(newlines))
        places, ends = np.flatnonzero(content), np.flatnonzero(breaks)
        begins = ends if not self._fresh else np.concatenate([[-1], ends])
        first = np.searchsorted(places, begins)
        stop = np.append(begins[1:], len(content))
        there = first < len(places)
        begun = places[first[there]] < stop[there]
        self._starts.append(rows[places[first[there]][begun]].astype(np.int64))
        last = int(begins[-1]) if len(begins) else -1
        if len(ends) or self._fresh:
            self._fresh = not bool(content[last + 1 :].any())
