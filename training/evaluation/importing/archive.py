"""The members of an Inspect archive: a zip of JSON files, which newer versions compress with Zstandard.

Python before 3.14 cannot read such members, so they are taken out of the file and decompressed here, within bounds.
Nothing is ever written to disk.
"""

from __future__ import annotations

import json
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from governance.errors import InputError, LimitExceeded

ZSTANDARD = 93
LARGEST = 256 << 20
"""Bytes of one member once decompressed; a sample with its events is rarely above one."""
ALL = 8 << 30
MEMBERS = 500_000
_LOCAL = struct.Struct("<4s5H3I2H")


class Archive:
    """An open archive; members are read one by one."""

    def __init__(self, path: Path, file: BinaryIO, index: zipfile.ZipFile) -> None:
        self._path, self._file, self._index = path, file, index
        self._left = ALL
        if len(index.infolist()) > MEMBERS:
            raise LimitExceeded(f"the archive has more than {MEMBERS:,} members", where=str(path))

    def names(self) -> list[str]:
        """The members' names, as they stand."""
        return self._index.namelist()

    def json(self, name: str) -> Any:
        """A member's JSON value.

        Raises:
            InputError: it is not there, too large, damaged, or not JSON.
        """
        try:
            return json.loads(self._bytes(self._index.getinfo(name)))
        except KeyError:
            raise self._unusable("is not in the archive", name) from None
        except (ValueError, RecursionError) as error:
            raise self._unusable("is not JSON", name) from error

    def _bytes(self, info: zipfile.ZipInfo) -> bytes:
        size = info.file_size
        if size > LARGEST or size > self._left:
            raise LimitExceeded(
                f"a member of {size:,} bytes is more than is read",
                where=f"{self._path}: {info.filename[:200]}",
                hint="export the log with fewer events",
            )
        self._left -= size
        try:
            if info.compress_type == ZSTANDARD:
                return _decompressed(self._raw(info), size)
            with self._index.open(info) as member:
                return member.read(size)
        except (zipfile.BadZipFile, RuntimeError, EOFError, OSError, struct.error, zlib.error) as error:
            raise self._unusable("is damaged or packed in an unknown way", info.filename) from error

    def _raw(self, info: zipfile.ZipInfo) -> bytes:
        """The bytes of a member as they stand in the file."""
        self._file.seek(info.header_offset)
        header = _LOCAL.unpack(self._file.read(_LOCAL.size))
        if header[0] != b"PK\x03\x04":
            raise zipfile.BadZipFile
        self._file.seek(info.header_offset + _LOCAL.size + header[9] + header[10])
        return self._file.read(min(info.compress_size, LARGEST))

    def _unusable(self, what: str, name: str) -> InputError:
        return InputError(
            f"a member {what}", where=f"{self._path}: {name[:200]}", hint="export the log again"
        )


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """The archive at a path.

    Raises:
        InputError: it is no zip archive.
    """
    try:
        with path.open("rb") as file, zipfile.ZipFile(path) as index:
            yield Archive(path, file, index)
    except zipfile.BadZipFile as error:
        raise InputError(
            "this is no Inspect log", where=str(path), hint="give a .eval or .json log"
        ) from error


def _decompressed(raw: bytes, size: int) -> bytes:
    """A member of one or several Zstandard frames; never more than its stated size."""
    import io

    import zstandard

    try:
        with zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(
            io.BytesIO(raw), read_across_frames=True
        ) as stream:
            return stream.read(size)
    except zstandard.ZstdError as error:
        raise zipfile.BadZipFile from error
