"""Connections of DuckDB to a lake."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import duckdb

from governance.lake.extensions import all_checked, load, load_again
from governance.lake.location import Postgres
from governance.lake.sql import identifier, literal

SERVER = "govern_server"
"""The name under which the PostgreSQL server itself is attached, for locks and schemas."""
MEMORY = "1GB"
BUSY_MILLISECONDS = 30_000


def connection(*extensions: str) -> duckdb.DuckDBPyConnection:
    """A connection with DuckLake and the named extensions, which fetches nothing by itself.

    Spills go to the system's temporary folder: DuckDB's default would leave a `.tmp` in the user's own. Where
    `OMP_NUM_THREADS` bounds the threads of a process, as torchrun does it for each of several, DuckDB keeps to it too.
    """
    names = ("ducklake", *extensions)
    again = all_checked(names)
    spill = Path(tempfile.gettempdir()) / f"govern-spill-{os.getpid()}"
    db = duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_unsigned_extensions": str(again).lower(),
            "memory_limit": MEMORY,
            "temp_directory": str(spill),
            **threads(os.environ.get("OMP_NUM_THREADS", "")),
        }
    )
    try:
        if again:
            load_again(db, names)
        else:
            for name in names:
                load(db, name)
        # A commit that meets another one is not to be put on top of it: numbers and the chain would be given twice.
        # Our own writers never meet; a stranger's, or one of a process just killed, does.
        db.execute("SET ducklake_max_retry_count = 0")
    except BaseException:
        db.close()
        raise
    return db


def threads(bound: str) -> dict[str, str | bool | int | float | list[str]]:
    """DuckDB's own setting of a number of threads, a number or a list of them by level; empty where it is none."""
    number = bound.partition(",")[0].strip()
    return {"threads": int(number)} if number.isdecimal() and int(number) > 0 else {}


def sqlite(
    db: duckdb.DuckDBPyConnection, catalog: Path, data: Path, *, read_only: bool, create: bool = False
) -> None:
    """The lake of a SQLite catalog is attached as `lake`. The folder may have moved since it was made."""
    options = [
        f"DATA_PATH {literal(f'{data}/')}",
        "OVERRIDE_DATA_PATH true",
        "DATA_INLINING_ROW_LIMIT 0",
        f"CREATE_IF_NOT_EXISTS {str(create).lower()}",
        f"META_BUSY_TIMEOUT {BUSY_MILLISECONDS}",
        "READ_ONLY" if read_only else "META_JOURNAL_MODE 'WAL'",
    ]
    db.execute(f"ATTACH {literal(f'ducklake:sqlite:{catalog}')} AS lake ({', '.join(options)})")


def server(db: duckdb.DuckDBPyConnection, place: Postgres, *, read_only: bool) -> None:
    """The PostgreSQL database itself is attached, for its locks and schemas."""
    mode = ", READ_ONLY" if read_only else ""
    db.execute(f"ATTACH {literal(place.dsn)} AS {SERVER} (TYPE postgres{mode})")


def postgres(
    db: duckdb.DuckDBPyConnection, place: Postgres, data: Path, *, read_only: bool, create: bool = False
) -> None:
    """The lake of a PostgreSQL catalog is attached as `lake`."""
    options = [
        f"DATA_PATH {literal(f'{data}/')}",
        "OVERRIDE_DATA_PATH true",
        "DATA_INLINING_ROW_LIMIT 0",
        f"CREATE_IF_NOT_EXISTS {str(create).lower()}",
        f"METADATA_SCHEMA {literal(place.schema)}",
        *(["READ_ONLY"] if read_only else []),
    ]
    db.execute(f"ATTACH {literal(f'ducklake:postgres:{place.dsn}')} AS lake ({', '.join(options)})")


def server_rows(db: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[object, ...]]:
    """What PostgreSQL answers to a query of its own."""
    return db.execute(f"SELECT * FROM postgres_query({literal(SERVER)}, {literal(sql)})").fetchall()


def server_do(db: duckdb.DuckDBPyConnection, sql: str) -> None:
    """PostgreSQL has run a statement of its own."""
    db.execute(f"CALL postgres_execute({literal(SERVER)}, {literal(sql)})")


def make_schema(db: duckdb.DuckDBPyConnection, place: Postgres) -> None:
    """The catalog's schema is there."""
    server_do(db, f"CREATE SCHEMA IF NOT EXISTS {identifier(place.schema)}")


def private_copy(catalog: Path, folder: Path) -> Path:
    """A copy of the catalog in our own folder, for a lake in a folder that cannot be written.

    SQLite reads a WAL database only where it may write beside it. With a live writer its backup is used,
    which is consistent; else the file is copied, with the log a killed writer may have left.
    """
    copy = folder / catalog.name
    log = catalog.with_name(catalog.name + "-wal")
    if log.exists() and _backup(catalog, copy):
        return copy
    shutil.copyfile(catalog, copy)
    if log.exists():
        shutil.copyfile(log, copy.with_name(log.name))
    return copy


def _backup(catalog: Path, copy: Path) -> bool:
    try:
        with (
            closing(sqlite3.connect(f"{catalog.as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
    except sqlite3.Error:
        copy.unlink(missing_ok=True)
        return False
    return True
