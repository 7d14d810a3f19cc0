"""Parquet files on their way into the lake: written, fsynced and hashed before any transaction knows them.

DuckLake never fsyncs Parquet (seen with strace), so after a power cut a committed table could point at an
empty file; here a file is durable before it is registered. Each process that stages holds the lock of one
file in `staging/`. The lock goes with the process, so a file of a dead process is told from one still being
written, by another container's process too.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import io
import os
import shutil
import threading
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from governance.lake.failures import translated
from governance.lake.tables import Table

if TYPE_CHECKING:
    from typing_extensions import Buffer

GROUP_ROWS = 122_880  # DuckDB reads Parquet in parallel by row group; this is its own size
GROUP_BYTES = 64 << 20
ZSTD_LEVEL = 3


@dataclass(frozen=True)
class StagedFile:
    """A finished file that no transaction knows yet.

    Attributes:
        table: the lake's table it is meant for.
        path: relative to the lake's data folder.
    """

    table: str
    path: str
    sha256: str
    bytes: int
    rows: int

    @property
    def name(self) -> str:
        """The file's own name, unique in the lake."""
        return self.path.rpartition("/")[2]


class Session:
    """The files one open lake has staged; what was not committed is removed when it closes."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.id = uuid.uuid4().hex
        self._files: set[str] = set()
        self._open: set[str] = set()
        self._count = 0
        self._guard = threading.Lock()
        self._lock: int | None = None

    def new_path(self, table: str) -> Path:
        """A path that no other file of the lake has, in the table's folder."""
        with self._guard:
            self._hold()
            self._count += 1
            path = self.data / "main" / table / f"{self.id}-{self._count}.parquet"
            self._files.add(self.relative(path))
        if not path.parent.is_dir():
            path.parent.mkdir(parents=True, exist_ok=True)
            sync_folder(path.parent.parent)
        return path

    def scratch(self) -> Path:
        """A folder for whatever is in between; it goes with the session."""
        with self._guard:
            self._hold()
        folder = scratch_folder(self.data, self.id)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _hold(self) -> None:
        if self._lock is None:
            self._lock = hold(session_lock(self.data, self.id))

    def relative(self, path: Path) -> str:
        """The path as the ledger names it."""
        return path.relative_to(self.data).as_posix()

    def holds(self, file: StagedFile) -> bool:
        """True of a file this session has staged and not given away."""
        return file.path in self._files

    def hand_over(self, paths: Iterable[str]) -> None:
        """COMMIT is about to be said: from here on the files may be the lake's, and this session removes none."""
        with self._guard:
            handed = self._files.intersection(paths)
            self._files -= handed
            self._open |= handed
        if handed:
            os.utime(session_lock(self.data, self.id))

    def settle(self, paths: Iterable[str]) -> None:
        """COMMIT came back: the files are the lake's."""
        with self._guard:
            self._open.difference_update(paths)

    def discard(self, paths: Iterable[str]) -> None:
        """The files are gone; they were never registered."""
        with self._guard:
            mine = self._files.intersection(paths)
            self._files -= mine
        for path in mine:
            (self.data / path).unlink(missing_ok=True)

    def close(self) -> None:
        """What was never committed is gone, and with it the session's lock file.

        Where a COMMIT failed and may have happened all the same, the lock file stays behind, free: the next
        process that opens the lake asks the catalog.
        """
        self.discard(list(self._files))
        if self._lock is not None:
            shutil.rmtree(scratch_folder(self.data, self.id), ignore_errors=True)
            if not self._open:
                session_lock(self.data, self.id).unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None


class StagedTable:
    """One stream of rows for one table, buffered into row groups of one Parquet file."""

    def __init__(self, session: Session, table: Table) -> None:
        self.table = table
        self.rows = 0
        self._session = session
        self._pending: list[pa.Table] = []
        self._pending_rows = 0
        self._pending_bytes = 0
        self._path = session.new_path(table.name)
        with translated(str(self._path)):
            self._sink = HashingSink(self._path)
            self._writer = pq.ParquetWriter(self._sink, table.schema, **writer_options(table))

    def write(self, rows: pa.Table) -> None:
        """The rows are on their way; they are checked against the table's declaration first."""
        table = self.table.conform(rows)
        self.rows += table.num_rows
        self._pending.append(table)
        self._pending_rows += table.num_rows
        self._pending_bytes += table.nbytes
        if self._pending_rows >= GROUP_ROWS or self._pending_bytes >= GROUP_BYTES:
            self.flush()

    def flush(self) -> None:
        """What was buffered is written as one row group or more."""
        if not self._pending:
            return
        table = pa.concat_tables(self._pending)
        self._pending, self._pending_rows, self._pending_bytes = [], 0, 0
        with translated(str(self._path)):
            whole = self.table.keep_types  # kept rows may not be cut: a cell can speak for a stretch of rows
            self._writer.write_table(table, row_group_size=table.num_rows if whole else GROUP_ROWS)

    def finish(self) -> list[StagedFile]:
        """The durable file, or none where no row came."""
        if not self.rows:
            self.discard()
            return []
        self.flush()
        with translated(str(self._path)):
            self._writer.close()
            self._sink.sync()
            sync_folder(self._path.parent)
        return [
            StagedFile(
                self.table.name,
                self._session.relative(self._path),
                self._sink.digest.hexdigest(),
                self._sink.written,
                self.rows,
            )
        ]

    def discard(self) -> None:
        """Nothing of this stream is left."""
        self._sink.abandon()
        with contextlib.suppress(OSError, pa.ArrowException):  # the writer may be broken: of a full disk, say
            self._writer.close()
        self._session.discard([self._session.relative(self._path)])


class HashingSink(io.RawIOBase):
    """A file that is hashed while it is written, so it is not read again."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.digest = hashlib.sha256()
        self.written = 0
        self._file = path.open("xb", buffering=0)
        self._abandoned = False

    def writable(self) -> bool:
        """True, as Arrow asks."""
        return True

    def tell(self) -> int:
        """Bytes written so far."""
        return self.written

    def write(self, data: Buffer) -> int:
        """Bytes taken: all of them."""
        view = memoryview(data)
        if self._abandoned:
            return len(view)
        done = 0
        while done < len(view):  # a raw write may be short, of a full disk or a signal
            done += self._file.write(view[done:]) or 0
        self.digest.update(view)
        self.written += done
        return done

    def sync(self) -> None:
        """What was written is on the disk, and the file is closed."""
        os.fsync(self._file.fileno())
        self.close()

    def abandon(self) -> None:
        """Nothing more is written; what the Parquet writer still has to say goes nowhere."""
        self._abandoned = True
        self._file.close()

    def close(self) -> None:
        """The file is closed; nothing is synced."""
        self._file.close()
        super().close()


def stage(session: Session, table: Table, rows: pa.Table) -> list[StagedFile]:
    """The durable file of a few rows."""
    stream = StagedTable(session, table)
    stream.write(rows)
    return stream.finish()


def writer_options(table: Table) -> dict[str, object]:
    """How pyarrow is to write the table: zstd where it pays, dictionaries for words that repeat."""
    words = [f.name for f in table.schema if pa.types.is_string(f.type)]
    codecs: object = "zstd"
    if table.random:
        codecs = {f.name: "NONE" if f.name in table.random else "zstd" for f in table.schema}
    return {
        "compression": codecs,
        "use_dictionary": words,
        "write_statistics": list(table.filtered),
        "store_schema": table.keep_types,
    }


def session_lock(data: Path, session: str) -> Path:
    """The file whose lock says that the session is alive."""
    return data / "staging" / f"{session}.lock"


def scratch_folder(data: Path, session: str) -> Path:
    """The folder of the session's intermediate results."""
    return data / "staging" / session


def hold(path: Path) -> int:
    """The descriptor of a new lock file, locked, with this machine's boot in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    os.write(descriptor, boot_id().encode())
    return descriptor


def boot_id() -> str:
    """What tells this machine's present run from others: only there does a free lock mean a dead process."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return os.uname().nodename


def sync_folder(folder: Path) -> None:
    """The folder's list of names is on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
