"""Open or create a lake: DuckLake with a SQLite catalog in a folder, or with a PostgreSQL catalog.

One DuckDB connection a process, kept open. Inlining is off: with DuckLake's default of 10 rows, a DELETE that
ran beside a compaction was acknowledged and lost (reproduced; upstream #1084, #1215). The option is stored in
the lake and looked at whenever it is opened.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb
import pyarrow as pa

from governance.errors import LakeDamaged, LakeError, LakeTooNew, NotFound, UsageError
from governance.lake import attach
from governance.lake.all_tables import ALL_TABLES
from governance.lake.create import create_folder, finish_postgres, remembered_data_path
from governance.lake.failures import translated
from governance.lake.location import Folder, Location, Postgres, parse_location
from governance.lake.lock import advisory_lock, file_lock, user
from governance.lake.sql import identifier
from governance.lake.staging import Session
from governance.lake.tables import FORMAT

READ_ROWS = 65_536
NO_INLINING = "0"
MAGIC = b"SQLite format 3\0"


class Lake:
    """An open lake. Close it, or use it as a context manager.

    Attributes:
        display: what messages call it; without a password.
        data: the folder of Parquet files.
        meta: the SQL prefix of DuckLake's own tables.
        actor: who events say did it.
        wait: seconds to wait for the writer lock before `LakeBusy`.
    """

    def __init__(
        self, location: Location, db: duckdb.DuckDBPyConnection, data: Path, *, read_only: bool, wait: float
    ) -> None:
        self.location = location
        self.display = location.display
        self.dsn = location.dsn if isinstance(location, Postgres) else ""
        self.db = db
        self.data = data
        self.read_only = read_only
        self.wait = wait
        self.actor = user()
        self.session = Session(data)
        schema = identifier(location.schema) if isinstance(location, Postgres) else "main"
        self.meta = f"__ducklake_metadata_lake.{schema}"
        self._after = ExitStack()
        self._scratch: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> Lake:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Nothing of this process is left open; files that were never committed are removed."""
        self.session.close()
        if self._scratch is not None:
            self._scratch.cleanup()
        self.db.close()
        self._after.close()

    def at_close(self, stack: ExitStack) -> None:
        """The stack is unwound after the lake is closed."""
        self._after = stack

    def now(self) -> str:
        """The time, ISO 8601 in UTC."""
        return datetime.now(UTC).isoformat(timespec="microseconds")

    def fetch(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """A few rows as tuples, of the last committed state."""
        with self._failures(), self.db.cursor() as cursor:
            return cursor.execute(sql, list(values)).fetchall()

    def query(self, sql: str, schema: pa.Schema, values: Sequence[object] = ()) -> pa.Table:
        """The result as a table of the schema, whose names and order it must have."""
        return pa.Table.from_batches(
            [b for table in self.stream(sql, schema, values) for b in table.to_batches()], schema
        )

    def stream(self, sql: str, schema: pa.Schema, values: Sequence[object] = ()) -> Iterator[pa.Table]:
        """The result as tables of some 65,000 rows of the schema."""
        with self._failures(), self.db.cursor() as cursor:
            for batch in cursor.execute(sql, list(values)).to_arrow_reader(READ_ROWS):
                yield pa.Table.from_batches([batch]).cast(schema)

    @property
    def scratch(self) -> Path:
        """A folder for intermediate results, gone when the lake is closed; or swept after a kill."""
        if self.read_only or isinstance(self.location, Postgres):  # files of a team may be far away
            if self._scratch is None:
                self._scratch = tempfile.TemporaryDirectory(prefix="govern-")
            return Path(self._scratch.name)
        return self.session.scratch()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """This process is the writer."""
        if self.read_only:
            raise LakeError("the lake was opened for reading only", where=self.display)
        with ExitStack() as stack:
            with translated(self.display, self.dsn):
                stack.enter_context(self._lock())
            yield

    def _lock(self) -> Any:
        if isinstance(self.location, Folder):
            return file_lock(self.location.lock, self.wait)
        return advisory_lock(self.db, attach.SERVER, self.location.schema, self.wait)

    def _failures(self) -> Any:
        return translated(self.display, self.dsn)


def open_lake(
    location: str = ".govern", *, read_only: bool = False, create: bool = True, wait: float = 30.0
) -> Lake:
    """The lake at a folder or a PostgreSQL address, made on first use where that is allowed.

    Raises:
        NotFound: there is no lake, and none is to be made.
        LakeTooNew: a newer version of this program wrote it.
        LakeBusy: another process held the writer lock for `wait` seconds.
        LakeError: it cannot be opened; the message says why.
    """
    place = parse_location(location)
    dsn = place.dsn if isinstance(place, Postgres) else ""
    with translated(place.display, dsn), ExitStack() as stack:
        if isinstance(place, Folder):
            lake = _open_folder(place, stack, read_only=read_only, create=create, wait=wait)
        else:
            lake = _open_postgres(place, stack, read_only=read_only, create=create, wait=wait)
        if not read_only:
            add_missing_tables(lake)
        check(lake)
        if not read_only:
            from governance.lake.orphans import sweep_dead_sessions

            sweep_dead_sessions(lake)
        lake.at_close(stack.pop_all())
        return lake


def add_missing_tables(lake: Lake) -> None:
    """Tables that a newer version of this program brought are in an older lake of the same format too."""
    if not _lacks_tables(lake):
        return
    from governance.lake.commit import committing  # commit opens lakes; only this function needs it back

    with lake.locked():
        missing = [t for t in ALL_TABLES if t.name not in table_names(lake)]
        if not missing:  # another process was faster
            return
        with committing(lake) as tx:
            for table in missing:
                tx.create_table(table)
            tx.describe("lake.upgrade", "lake", {"tables": [t.name for t in missing]})


def _lacks_tables(lake: Lake) -> bool:
    """True of a lake of ours, of this format, with tables missing."""
    names = table_names(lake)
    if "lake_info" not in names or names.issuperset(t.name for t in ALL_TABLES):
        return False
    return lake.fetch("SELECT max(format) FROM lake.lake_info") == [(FORMAT,)]


def check(lake: Lake) -> None:
    """The lake is ours, of a known format and with inlining off; else the error says which."""
    names = table_names(lake)
    if "lake_info" not in names:
        raise LakeError(
            "the catalog is a DuckLake of another program",
            where=lake.display,
            hint="name another folder with --lake DIR",
        )
    found = lake.fetch("SELECT max(format), max(program) FROM lake.lake_info")
    number, program = found[0] if found else (None, None)
    if number is None:
        raise LakeDamaged("the lake does not say which format it has", where=lake.display)
    if number > FORMAT:
        raise LakeTooNew(
            f"the lake has format {number}, of govern {program}; this version knows formats up to {FORMAT}",
            where=lake.display,
            hint="upgrade govern, or name another lake with --lake DIR",
        )
    if number < FORMAT or not names.issuperset(t.name for t in ALL_TABLES if not t.later):
        raise LakeError(
            f"the lake has format {number} and this version reads {FORMAT}, or tables are missing from it",
            where=lake.display,
            hint="`govern runs gc` adds tables that a newer version brought; "
            "else open it with the version of govern that wrote it",
        )
    if any(value != NO_INLINING for value in inlining(lake)):
        raise LakeDamaged(
            "row inlining has been switched on in the lake, which is known to lose deletes",
            where=lake.display,
            hint="ducklake_flush_inlined_data('lake'), then set_option('data_inlining_row_limit', 0)",
        )


def inlining(lake: Lake) -> list[str]:
    """Every stored value of the inlining option, of the lake and of single tables; ['0'] is right."""
    found = lake.fetch(
        f"SELECT value FROM {lake.meta}.ducklake_metadata WHERE key = 'data_inlining_row_limit'"
    )
    return [str(row[0]) for row in found] or ["10"]


def table_names(lake: Lake) -> set[str]:
    """Names of the tables the lake has now."""
    sql = f"SELECT table_name FROM {lake.meta}.ducklake_table WHERE end_snapshot IS NULL"
    return {str(row[0]) for row in lake.fetch(sql)}


def _open_folder(place: Folder, stack: ExitStack, *, read_only: bool, create: bool, wait: float) -> Lake:
    if not place.catalog.is_file():
        if read_only or not create or place.root.is_file():
            raise _absent(place)
        create_folder(place, wait)
    if not read_only and not os.access(place.root, os.W_OK):
        raise LakeError(
            "the lake's folder cannot be written",
            where=place.display,
            hint="name another one with --lake DIR",
        )
    catalog = place.catalog
    with catalog.open("rb") as file:
        magic = file.read(len(MAGIC))
    if magic != MAGIC:
        raise LakeDamaged(
            "the catalog is not a SQLite database", where=place.display, hint="restore it from a backup"
        )
    if read_only and not os.access(place.root, os.W_OK):
        catalog = attach.private_copy(catalog, Path(stack.enter_context(tempfile.TemporaryDirectory())))
    db = stack.enter_context(attach.connection("sqlite_scanner"))
    attach.sqlite(db, catalog, place.data, read_only=read_only)
    return Lake(place, db, place.data, read_only=read_only, wait=wait)


def _open_postgres(place: Postgres, stack: ExitStack, *, read_only: bool, create: bool, wait: float) -> Lake:
    db = stack.enter_context(attach.connection("postgres_scanner"))
    attach.server(db, place, read_only=read_only)
    remembered = remembered_data_path(db, place)
    if remembered is None and (read_only or not create):
        raise _absent(place)
    if place.data is None and remembered is None:
        raise UsageError(
            "a new lake in PostgreSQL needs a folder for its files",
            where=place.display,
            hint="add ?data_path=/folder to the address",
        )
    data = place.data or Path(remembered or "")
    if not read_only:
        finish_postgres(db, place, data, wait)
    attach.postgres(db, place, data, read_only=read_only)
    return Lake(place, db, data, read_only=read_only, wait=wait)


def _absent(place: Location) -> NotFound:
    return NotFound(
        "there is no lake here",
        where=place.display,
        hint="govern init makes one, and so does the first audit",
    )
