"""Lines of a text file in blocks: whole lines, a bounded number of bytes, numbered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

BLOCK = 8 << 20
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Block:
    """Whole lines.

    Attributes:
        data: the bytes; the last line may lack its newline.
        first: 1-based number of the first line.
    """

    data: bytes
    first: int

    @cached_property
    def bounds(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """(starts, ends) of the lines, without their newlines and a carriage return before them."""
        raw = np.frombuffer(self.data, np.uint8)
        breaks = np.flatnonzero(raw == ord("\n"))
        open_end = [] if self.data.endswith(b"\n") else [len(raw)]
        ends = np.concatenate([breaks, np.array(open_end, np.int64)])
        starts = np.concatenate([[0], ends[:-1] + 1]).astype(np.int64)
        returns = (ends > starts) & (raw[np.maximum(ends - 1, 0)] == ord("\r"))
        return starts, ends - returns


def blocks(chunks: Iterable[bytes], *, longest: int, size: int = BLOCK) -> Iterator[Block]:
    """The lines of the chunks, without a byte order mark at the front.

    Of a line longer than `longest` bytes only the first `longest` + 1 are kept, which is how it is known.
    """
    first, held, skipping = 1, bytearray(), False
    for chunk in _without_mark(chunks):
        if skipping:
            end = chunk.find(b"\n")
            skipping = end < 0
            held += b"" if skipping else chunk[end:]
        else:
            held += chunk
        if len(held) < size:
            continue
        end = held.rfind(b"\n") + 1
        if end:
            data = bytes(memoryview(held)[:end])
            del held[:end]
            yield Block(data, first)
            first += data.count(b"\n")
        elif len(held) > longest:
            del held[longest + 1 :]
            skipping = True
    if held:
        yield Block(bytes(held), first)


def _without_mark(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks without a byte order mark at the front."""
    waiting = b""
    stream = iter(chunks)
    for chunk in stream:
        waiting += chunk
        if len(waiting) >= len(BOM):
            break
    if waiting := waiting.removeprefix(BOM):
        yield waiting
    yield from stream
