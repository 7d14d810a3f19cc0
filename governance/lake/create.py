"""Making a new lake, so that a kill at any moment leaves none or a whole one."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import duckdb

from governance.errors import LakeDamaged, LakeError
from governance.lake import attach
from governance.lake.all_tables import ALL_TABLES
from governance.lake.location import Folder, Postgres
from governance.lake.lock import advisory_lock, file_lock
from governance.lake.sql import literal
from governance.lake.staging import sync_folder
from governance.lake.tables import FORMAT, LAKE_INFO, table_of

UNFINISHED = "unfinished-catalog.sqlite"


def create_folder(place: Folder, wait: float) -> None:
    """The folder holds a whole lake.

    The catalog is made under another name and renamed when it is complete, so a kill leaves at most a file
    that the next attempt removes.
    """
    _make_folder(place)
    with file_lock(place.lock, wait):
        if place.catalog.is_file():  # another process was faster
            return
        if any((place.data / "main").glob("*/*.parquet")) and not any(place.root.glob(f"{UNFINISHED}*")):
            raise LakeDamaged(
                "the catalog is missing, and its data files are there",
                where=str(place.catalog),
                hint="restore the catalog from a backup, or name another folder with --lake DIR",
            )
        unfinished = place.root / UNFINISHED
        for leftover in place.root.glob(f"{UNFINISHED}*"):
            leftover.unlink()
        with attach.connection("sqlite_scanner") as db:
            attach.sqlite(db, unfinished, place.data, read_only=False, create=True)
            _fill(db, place, place.data)
        unfinished.rename(place.catalog)
        sync_folder(place.root)


def finish_postgres(db: duckdb.DuckDBPyConnection, place: Postgres, data: Path, wait: float) -> None:
    """The schema holds a whole lake: made now, or finished where a kill left it without its first row."""
    data.mkdir(parents=True, exist_ok=True)
    if _complete(db, place):
        return
    with advisory_lock(db, attach.SERVER, place.schema, wait):
        if _complete(db, place):  # another process was faster
            return
        attach.make_schema(db, place)
        attach.postgres(db, place, data, read_only=False, create=True)
        _fill(db, place, data)
        db.execute("DETACH lake")


def remembered_data_path(db: duckdb.DuckDBPyConnection, place: Postgres) -> str | None:
    """The folder of files that the catalog knows; None where there is no catalog."""
    if not _has_table(db, place, "ducklake_metadata"):
        return None
    schema = place.schema.replace('"', '""')
    found = attach.server_rows(
        db, f"SELECT value FROM \"{schema}\".ducklake_metadata WHERE key = 'data_path'"
    )
    return str(found[0][0]) if found else None


def _complete(db: duckdb.DuckDBPyConnection, place: Postgres) -> bool:
    """True where the catalog has our first event's note, or tables of another program (`check` tells)."""
    if not _has_table(db, place, "ducklake_snapshot_changes"):
        return False
    schema = place.schema.replace('"', '""')
    changes = f'"{schema}".ducklake_snapshot_changes'
    noted = f"SELECT count(*) FROM {changes} WHERE commit_extra_info LIKE '{{\"govern\"%'"
    tables = f'SELECT table_name FROM "{schema}".ducklake_table'
    ours = {t.name for t in ALL_TABLES}
    foreign = any(str(row[0]) not in ours for row in attach.server_rows(db, tables))
    return foreign or attach.server_rows(db, noted)[0][0] != 0


def _has_table(db: duckdb.DuckDBPyConnection, place: Postgres, name: str) -> bool:
    where = f"table_schema = {literal(place.schema)} AND table_name = {literal(name)}"
    found = attach.server_rows(db, f"SELECT count(*) FROM information_schema.tables WHERE {where}")
    return found[0][0] != 0


def _make_folder(place: Folder) -> None:
    try:
        place.data.mkdir(parents=True, exist_ok=True)
        ignore = place.root / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n")
    except (FileExistsError, NotADirectoryError) as error:
        raise LakeError(
            "the lake's folder cannot be made: a file is in the way",
            where=place.display,
            hint="name another one with --lake DIR",
        ) from error


def _fill(db: duckdb.DuckDBPyConnection, place: Folder | Postgres, data: Path) -> None:
    """Tables, options, the format and the first event are in the attached catalog."""
    from governance.lake.catalog import Lake
    from governance.lake.commit import committing

    db.execute("CALL lake.set_option('data_inlining_row_limit', 0)")
    db.execute("BEGIN")
    for table in ALL_TABLES:
        db.execute(table.create())
    db.execute("COMMIT")
    lake = Lake(place, db, data, read_only=False, wait=0)
    try:
        with committing(lake) as tx:
            info = {"format": FORMAT, "program": program_version(), "created_at": tx.at}
            tx.insert(LAKE_INFO, table_of(LAKE_INFO.schema, [info]))
            tx.describe("lake.create", "lake", {"format": FORMAT, "program": program_version()})
    finally:
        lake.session.close()


def program_version() -> str:
    """The installed version of this program, or `unknown` in a bare checkout."""
    try:
        return version("govern")
    except PackageNotFoundError:
        return "unknown"
