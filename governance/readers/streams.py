"""Bytes of a file or of standard input: hashed as they pass, unpacked within bounds, in chunks."""

from __future__ import annotations

import hashlib
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

import zstandard

from governance.errors import InputError, LimitExceeded
from governance.readers.options import MB, ReadLimits
from governance.report import FileRecord

CHUNK = 1 << 20
GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
STEP = {GZIP: 1 << 16, ZSTD: 1 << 11}
"""Bytes given to a decompressor at once: about 64 MiB come back at most before the bound is looked at
(gzip packs at most 1,032 to 1, zstd about 32,768 to 1)."""
UNCOUNTED = 64 * MB
STDIN = "-"


class Decompressor(Protocol):
    """What zlib and zstandard have in common."""

    @property
    def eof(self) -> bool:
        """Whether the member or frame is complete."""
        ...

    @property
    def unused_data(self) -> bytes:
        """Bytes given after its end."""
        ...

    def decompress(self, data: bytes, /) -> bytes:
        """The bytes these bytes unpack to."""
        ...


class Intake:
    """A file or standard input as chunks of unpacked bytes."""

    def __init__(self, path: str, limits: ReadLimits) -> None:
        self.path = path
        self._limits = limits
        self._size = 0
        self._hash = hashlib.sha256()
        self._complete = False
        self._given = False
        self._stdin: Iterator[bytes] | None = None
        self._held: list[bytes] = []

    @property
    def name(self) -> str:
        """The file as an error names it."""
        return "standard input" if self.path == STDIN else self.path

    def head(self, size: int) -> bytes:
        """The first unpacked bytes, `size` or a few more; reading starts at the front again."""
        if self.path != STDIN:
            return _at_least(size, unpacked(self._file(), self._limits, self.name))
        if self._stdin is None:
            self._stdin = unpacked(self._counted(sys.stdin.buffer), self._limits, self.name)
        self._held.append(_at_least(size - sum(map(len, self._held)), self._stdin))
        return b"".join(self._held)

    def chunks(self) -> Iterator[bytes]:
        """All unpacked bytes.

        Raises:
            InputError: the file cannot be read or unpacked, or standard input was read before.
            LimitExceeded: the file unpacks to more than the limits allow.
        """
        if self.path == STDIN:
            if self._given:
                hint = "write the rows to a file first"
                raise InputError("standard input can be read only once", where=self.name, hint=hint)
            self._given = True
            self.head(1)
            held, self._held = self._held, []
            yield from held
            yield from self._stdin or ()
            return
        self._size, self._hash, self._complete = 0, hashlib.sha256(), False
        with opened(self.path) as file:
            yield from unpacked(self._counted(file), self._limits, self.name)

    def record(self, rows: int) -> FileRecord:
        """Size and hash of the packed bytes; the file is read again only if the rows ended before it did."""
        if not self._complete and self.path != STDIN:
            return hashed(self.path, rows)
        return FileRecord(self.path, self._size, self._hash.hexdigest(), rows)

    def _file(self) -> Iterator[bytes]:
        with opened(self.path) as file:
            yield from _pieces(file, self.name)

    def _counted(self, file: BinaryIO) -> Iterator[bytes]:
        for piece in _pieces(file, self.name):
            self._size += len(piece)
            self._hash.update(piece)
            yield piece
        self._complete = True


def opened(path: str) -> BinaryIO:
    """The file, open for reading.

    Raises:
        InputError: it is not there or may not be read.
    """
    try:
        return Path(path).open("rb")
    except OSError as error:
        hint = "check the name and the permissions"
        raise InputError(f"the file cannot be read: {error.strerror}", where=path, hint=hint) from error


def hashed(path: str, rows: int) -> FileRecord:
    """Size and hash of a file, read in chunks."""
    found, size = hashlib.sha256(), 0
    with opened(path) as file:
        for piece in _pieces(file, path):
            found.update(piece)
            size += len(piece)
    return FileRecord(path, size, found.hexdigest(), rows)


def unpacked(pieces: Iterator[bytes], limits: ReadLimits, where: str) -> Iterator[bytes]:
    """The bytes as they are, or what they unpack to if they begin as gzip or zstd do.

    Raises:
        InputError: the packed data are damaged or end early.
        LimitExceeded: more comes out than the limits allow.
    """
    first = next(pieces, b"")
    magic = next((m for m in (GZIP, ZSTD) if first.startswith(m)), None)
    if magic is None:
        yield from (first, *()) if first else ()
        yield from pieces
        return
    yield from _bounded(_expanded(first, pieces, magic, limits, where), limits, where)


def _expanded(
    first: bytes, pieces: Iterator[bytes], magic: bytes, limits: ReadLimits, where: str
) -> Iterator[tuple[int, bytes]]:
    """(bytes in, bytes out) step by step, through every member or frame of the file."""
    machine, rest = _decompressor(magic, limits), first
    while True:
        step, rest = rest[: STEP[magic]], rest[STEP[magic] :]
        try:
            yield len(step), machine.decompress(step)
        except (zlib.error, zstandard.ZstdError) as error:
            raise InputError(f"the packed data are damaged: {error}", where=where, hint=COPY_AGAIN) from error
        if machine.eof:
            rest = machine.unused_data + rest
        rest = rest or next(pieces, b"")
        if machine.eof:
            rest = _next_member(rest, pieces, magic, where)
            machine = _decompressor(magic, limits)
            if not rest:
                return
        elif not rest:
            raise InputError("the packed data end early", where=where, hint=COPY_AGAIN)


COPY_AGAIN = "copy or download the file again"


def _next_member(rest: bytes, pieces: Iterator[bytes], magic: bytes, where: str) -> bytes:
    """Where the next member begins, past zero padding; empty at the end of the file."""
    while rest and not (rest := rest.lstrip(b"\0")):
        rest = next(pieces, b"")
    if rest and not magic.startswith(rest[: len(magic)]):
        raise InputError("other bytes follow the packed data", where=where, hint=COPY_AGAIN)
    return rest


def _decompressor(magic: bytes, limits: ReadLimits) -> Decompressor:
    if magic == GZIP:
        return zlib.decompressobj(wbits=31)
    return zstandard.ZstdDecompressor(max_window_size=limits.window_mb * MB).decompressobj()


def _bounded(steps: Iterator[tuple[int, bytes]], limits: ReadLimits, where: str) -> Iterator[bytes]:
    taken = given = 0
    for size, out in steps:
        taken, given = taken + size, given + len(out)
        if given > limits.expansion_mb * MB:
            raise _too_much(f"it unpacks to more than {limits.expansion_mb} MiB", "expansion_mb", where)
        if given > UNCOUNTED and given > limits.expansion_ratio * taken:
            what = f"it unpacks to more than {limits.expansion_ratio} times its size"
            raise _too_much(what, "expansion_ratio", where)
        if out:
            yield out


def _too_much(what: str, limit: str, where: str) -> LimitExceeded:
    return LimitExceeded(what, where=where, hint=f"if you trust the file, raise {limit} under [limits]")


def _pieces(file: BinaryIO, where: str) -> Iterator[bytes]:
    # read1 makes one system call: read makes one for every 64 KiB of a pipe and does not look for Ctrl-C between
    read = getattr(file, "read1", file.read)
    try:
        while piece := read(CHUNK):
            yield piece
    except OSError as error:
        raise InputError(f"reading failed: {error.strerror}", where=where) from error


def _at_least(size: int, chunks: Iterator[bytes]) -> bytes:
    found = bytearray()
    while len(found) < size and (chunk := next(chunks, b"")):
        found += chunk
    return bytes(found)
