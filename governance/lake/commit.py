"""How anything gets in: one short transaction under the writer lock, with its event and ledger rows.

    with writing(lake) as tx:
        tx.add(files)                                  # staged before, outside the lock
        tx.insert(AUDITS, rows)                        # a few rows that need the lock's numbers
        tx.describe("audit.commit", subject, details)  # without this nothing is committed

Every file is registered with DuckLake, so either all of a transaction is in the lake or none of it. The
ledger keeps each file's SHA-256 and the key of its transaction, which a retry after a kill looks up first.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from governance.errors import LakeError
from governance.lake import events
from governance.lake.canonical import canonical_json, digest
from governance.lake.failures import translated
from governance.lake.sql import identifier, literal, literals
from governance.lake.staging import StagedFile, stage, sync_folder
from governance.lake.tables import EVENTS, LEDGER, Table, table_of

if TYPE_CHECKING:
    from governance.lake.catalog import Lake


class Transaction:
    """What one commit is made of. Reads go through the lake; the lock is held, so nothing moves meanwhile.

    Attributes:
        seq: the number of this transaction's event.
    """

    def __init__(self, lake: Lake, db: duckdb.DuckDBPyConnection, head: events.Head) -> None:
        self.lake = lake
        self.seq = head.seq + 1
        self.at = lake.now()
        self._db = db
        self._head = head
        self._files: list[StagedFile] = []
        self._deleted: set[str] = set()
        self._started = time.time()
        self._word: tuple[str, str, Mapping[str, Any], str] | None = None

    @property
    def files(self) -> list[str]:
        """Paths of every file of this transaction."""
        return [f.path for f in self._files]

    def moved_on(self, seen: int) -> bool:
        """True where something was committed since the log ended with event `seen`: look again."""
        return self.seq != seen + 1

    @property
    def described(self) -> bool:
        """True where there is something to commit."""
        return self._word is not None

    def add(self, files: Iterable[StagedFile]) -> None:
        """Staged files are part of their tables. Others are refused: DuckLake deletes files it was given."""
        by_table: dict[str, list[StagedFile]] = {}
        for file in files:
            if not self.lake.session.holds(file) or file.path in self.files:
                raise LakeError(
                    "only a file staged for this transaction is registered, once", where=file.path
                )
            by_table.setdefault(file.table, []).append(file)
        for table, group in by_table.items():
            paths = literals(str(self.lake.data / f.path) for f in group)
            self._db.execute(f"CALL ducklake_add_data_files('lake', {literal(table)}, {paths})")
            self._files += group

    def insert(self, table: Table, rows: pa.Table) -> None:
        """A few rows are part of the table."""
        if rows.num_rows:
            self.add(stage(self.lake.session, table, rows))

    def create_table(self, table: Table) -> None:
        """The table is there, empty where it was not."""
        self._db.execute(table.create())

    def create(self, name: str, columns: str) -> None:
        """A table made for one owner, such as the kept rows of one version."""
        self._db.execute(f"CREATE TABLE lake.{identifier(name)} ({columns})")

    def ensure(self, table: Table) -> None:
        """The table is there: it is made now in a lake that is older than the table."""
        from governance.lake.catalog import table_names

        if table.name not in table_names(self.lake):
            self._db.execute(table.create())

    def drop(self, name: str) -> None:
        """The table is gone from this moment on; earlier snapshots keep it until they expire."""
        self._db.execute(f"DROP TABLE IF EXISTS lake.{identifier(name)}")

    def delete(self, table: Table, column: str, value: str) -> None:
        """The owner's rows are gone. A file has one owner, so whole files go and none is rewritten."""
        self._deleted.add(table.name)
        where = f"{identifier(column)} = ?"
        self._db.execute(f"DELETE FROM lake.{identifier(table.name)} WHERE {where}", [value])

    def describe(self, action: str, subject: str, details: Mapping[str, Any], key: str = "") -> None:
        """The event of this transaction; `key` is what a retry of the same work looks up in the ledger."""
        self._word = (action, subject, details, key)

    def close(self) -> events.Event:
        """The event, the ledger rows and the message are in the transaction; COMMIT comes next."""
        action, subject, details, key = self._word or ("", "", {}, "")
        self._check_new()
        files = list(self._files)
        content = {
            **details,
            "files": len(files),
            "ledger": ledger_root((f.path, f.sha256, f.rows) for f in files),
        }
        actor = self.lake.actor
        event = events.following(self._head, self.at, actor, action, subject, canonical_json(content))
        self.insert(EVENTS, table_of(EVENTS.schema, [event.as_row()]))
        self.insert(LEDGER, self._ledger_rows(event, key or f"event:{event.seq}"))
        note = canonical_json({"govern": 1, "seq": event.seq, "hash": event.hash})
        message = f"{action} {subject}"
        self._db.execute("CALL lake.set_commit_message(?, ?, extra_info => ?)", [actor, message, note])
        for table in self._deleted:
            sync_delete_files(self.lake.data / "main" / table, self._started)
        return event

    def _ledger_rows(self, event: events.Event, key: str) -> pa.Table:
        shared = {"key": key, "seq": event.seq, "event_hash": event.hash}
        rows: list[dict[str, object]] = [
            {
                **shared,
                "table_name": f.table,
                "path": f.path,
                "sha256": f.sha256,
                "bytes": f.bytes,
                "rows": f.rows,
            }
            for f in self._files
        ]
        return table_of(LEDGER.schema, rows)

    def _check_new(self) -> None:
        """No file is in the lake already: DuckLake would take it again and double its rows."""
        known = self.lake.fetch(
            f"SELECT path FROM {self.lake.meta}.ducklake_data_file"
            " WHERE list_contains(?, parse_filename(path))",
            [[f.name for f in self._files]],
        )
        if known:
            raise LakeError("the file is registered in the lake already", where=str(known[0][0]))


@contextmanager
def writing(lake: Lake) -> Iterator[Transaction]:
    """A transaction under the writer lock; committed at the end where it was described, else rolled back.

    An error before COMMIT removes the transaction's files. An error in COMMIT leaves them, because the commit
    may have happened (a lost connection, a kill of the server); the next writer finds out and cleans up.
    """
    with lake.locked(), committing(lake) as tx:
        yield tx


@contextmanager
def committing(lake: Lake) -> Iterator[Transaction]:
    """A transaction of a process that is the writer already; see `writing`."""
    with translated(lake.display, lake.dsn), lake.db.cursor() as db:
        head = events.head(lake)
        db.execute("BEGIN")
        tx = Transaction(lake, db, head)
        try:
            yield tx
            if tx.described:
                tx.close()
        except BaseException:
            _roll_back(db)
            lake.session.discard(tx.files)
            raise
        if not tx.described:
            _roll_back(db)
            lake.session.discard(tx.files)
            return
        lake.session.hand_over(tx.files)
        db.execute("COMMIT")
        lake.session.settle(tx.files)


def sync_delete_files(folder: Path, since: float) -> None:
    """Delete files that DuckLake has written since then are on the disk; it does not see to that itself."""
    new = [p for p in folder.glob("*-delete.parquet") if p.stat().st_mtime >= since - 1]
    for path in new:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    if new:
        sync_folder(folder)


def ledger_root(files: Iterable[tuple[str, str, int]]) -> str:
    """SHA-256 over the lines `path sha256 rows` of a transaction's files, sorted; part of its event."""
    return digest("\n".join(sorted(f"{path} {sha256} {rows}" for path, sha256, rows in files)))


def committed(lake: Lake, key: str) -> bool:
    """True where a transaction of that key is in the lake."""
    return bool(lake.fetch("SELECT 1 FROM lake.ledger WHERE key = ? LIMIT 1", [key]))


def _roll_back(db: duckdb.DuckDBPyConnection) -> None:
    try:
        db.execute("ROLLBACK")
    except duckdb.Error:  # the connection is already without a transaction, or broken altogether
        return
