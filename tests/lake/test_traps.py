"""The ways DuckLake was seen to lose data, each with the guard that keeps it from happening here."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from governance.errors import LakeBusy, LakeError
from governance.lake import Lake, open_lake
from governance.lake.catalog import inlining
from governance.lake.commit import writing
from governance.lake.datasets import entries, remove_version, rows
from governance.lake.events import events, verify_chain
from governance.lake.failures import lake_error
from governance.lake.maintenance import reclaim
from governance.lake.orphans import OLD, find_orphans, remove_orphans
from governance.lake.staging import StagedFile, stage
from governance.lake.tables import ENTRIES, EVENTS, REMOVALS, table_of
from governance.lake.verify import file_sha256, verify_lake
from tests.lake.builders import add_rows, add_version, entry_table, many_entries


def removal(at: str = "x", ident: str = "i") -> pa.Table:
    row = {"kind": "k", "id": ident, "subject": "s", "seq": 1, "at": at, "actor": "b"}
    return table_of(REMOVALS.schema, [row])


def commit_files(lake: Lake, files: list[StagedFile]) -> None:
    with writing(lake) as tx:
        tx.add(files)
        tx.describe("test", "test", {})


def owned_entries(version: str, count: int = 3) -> pa.Table:
    table = many_entries(count)
    return table.add_column(0, "version_id", pa.array([version] * count, pa.string()))


def test_inlining_is_off_in_the_lake_itself_whoever_opens_it(location: str):
    open_lake(location).close()

    with open_lake(location) as lake:
        assert ["0"] == inlining(lake)
        lake.db.execute("INSERT INTO lake.removals VALUES ('k', 'i', 's', 1, 'at', 'b')")
        assert 1 == len(
            lake.fetch("SELECT * FROM ducklake_list_files('lake', 'removals')")
        )  # a file, not a row


def test_a_delete_beside_a_compaction_is_not_lost(location: str):
    """With inlining on both commits came back and the row was still there; now one of them fails."""
    with open_lake(location) as lake, open_lake(location) as other:
        for n in range(2):
            lake.db.execute(
                f"INSERT INTO lake.removals SELECT 'k', 'id' || i, 's', {n}, 'at', 'b' FROM range(5) t(i)"
            )
        other.db.execute("BEGIN")
        other.db.execute("DELETE FROM lake.removals WHERE id = 'id3'")
        failures = 0
        for statement, db in (
            ("CALL ducklake_merge_adjacent_files('lake', 'removals')", lake.db),
            ("COMMIT", other.db),
        ):
            try:
                db.execute(statement)
            except duckdb.Error as error:
                assert isinstance(lake_error(error, "lake"), LakeBusy), error
                failures += 1
        left = lake.fetch("SELECT count(*) FROM lake.removals WHERE id = 'id3'")[0][0]

    assert (failures, left) in {(0, 0), (1, 0), (1, 2)}
    assert (failures, left) != (0, 2)


def test_the_users_own_file_is_never_registered(lake: Lake, tmp_path: Path):
    own = tmp_path / "mine.parquet"
    pq.write_table(removal(), own)
    relative = os.path.relpath(own, lake.data)
    file = StagedFile("removals", relative, file_sha256(own), own.stat().st_size, 1)

    with pytest.raises(LakeError, match="only a file staged for this transaction"):
        commit_files(lake, [file])

    assert own.exists()
    assert [(0,)] == lake.fetch("SELECT count(*) FROM lake.removals")


def test_ingested_files_of_the_user_survive_maintenance(lake: Lake, tmp_path: Path):
    own = tmp_path / "mine.parquet"
    pq.write_table(pa.table({"a": [1, 2]}), own)
    add_rows(lake, "sft", pq.read_table(own))
    remove_version(lake, "sft", 1)

    reclaim(lake, older_than=timedelta(0))
    remove_orphans(lake)

    assert pa.table({"a": [1, 2]}) == pq.read_table(own)


def test_a_file_is_registered_once(lake: Lake):
    files = stage(lake.session, REMOVALS, removal())
    commit_files(lake, files)

    with pytest.raises(LakeError, match="only a file staged for this transaction"):
        commit_files(lake, files)
    with pytest.raises(LakeError, match="once"), writing(lake) as tx:
        again = stage(lake.session, REMOVALS, removal())
        tx.add(again)
        tx.add(again)

    assert [(1,)] == lake.fetch("SELECT count(*) FROM lake.removals")


def test_a_file_the_catalog_knows_is_refused_whatever_the_session_says(lake: Lake):
    files = stage(lake.session, REMOVALS, removal())
    commit_files(lake, files)
    lake.session._files.update(f.path for f in files)  # as if the process had forgotten

    with pytest.raises(LakeError, match="registered in the lake already"):
        commit_files(lake, files)
    lake.session.hand_over([f.path for f in files])

    assert [(1,)] == lake.fetch("SELECT count(*) FROM lake.removals")


def test_a_null_where_none_may_be_is_refused_before_it_is_written(lake: Lake):
    table = removal().set_column(4, "at", pa.array([None], pa.string()))

    with pytest.raises(LakeError, match="column at of table removals may not hold nulls"):
        stage(lake.session, REMOVALS, table)


@pytest.mark.parametrize(
    ("column", "message"),
    [(pa.array(["x"]), "another type"), (pa.array([1.5]), "another type"), (None, "no column seq")],
)
def test_a_column_of_another_type_or_none_is_refused(lake: Lake, column: pa.Array | None, message: str):
    table = removal().drop_columns(["seq"])
    if column is not None:
        table = table.append_column("seq", column)

    with pytest.raises(LakeError, match=message):
        stage(lake.session, REMOVALS, table)


def test_refused_rows_leave_no_file(location: str):
    with open_lake(location) as lake:
        with pytest.raises(LakeError):
            stage(lake.session, REMOVALS, removal().drop_columns(["seq"]))
    with open_lake(location) as lake:
        assert () == verify_lake(lake).orphans


def test_a_fresh_file_of_another_process_is_no_orphan_to_remove(location: str):
    with open_lake(location) as writer, open_lake(location) as janitor:
        files = stage(writer.session, ENTRIES, owned_entries("v"))

        assert [False] == [o.removable for o in find_orphans(janitor)]
        assert [] == remove_orphans(janitor)
        reclaim(janitor, older_than=timedelta(0))
        commit_files(writer, files)

        assert [(3,)] == janitor.fetch("SELECT count(*) FROM lake.entries WHERE version_id = 'v'")
        assert verify_lake(janitor).ok


def test_a_file_nobody_claims_goes_after_a_day(lake: Lake):
    stray = lake.data / "main" / "entries" / "stray.parquet"
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"x")
    assert [False] == [o.removable for o in find_orphans(lake)]
    assert [] == remove_orphans(lake)

    day_before = time.time() - OLD - 1
    os.utime(stray, (day_before, day_before))

    assert ["main/entries/stray.parquet"] == [o.path for o in remove_orphans(lake)]
    assert not stray.exists()


def test_a_session_of_another_machine_is_not_declared_dead(lake: Lake):
    folder = lake.data / "staging"
    folder.mkdir(exist_ok=True)
    (folder / "abc.lock").write_text("boot of another machine")
    stray = lake.data / "main" / "entries" / "abc-1.parquet"
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"x")

    assert [] == remove_orphans(lake)
    assert stray.exists()


def test_an_old_registered_file_is_no_orphan(lake: Lake):
    add_version(lake, "sft", ["x"])
    for path in (lake.data / "main").glob("*/*.parquet"):
        os.utime(path, (0, 0))

    assert [] == remove_orphans(lake)
    assert entry_table(["x"]) == entries(lake, "sft")


def test_expiring_snapshots_leaves_the_log_and_the_data(lake: Lake):
    add_version(lake, "sft", ["x"])
    add_rows(lake, "kept", pa.table({"a": [1]}))
    before = events(lake)

    given_back = reclaim(lake, older_than=timedelta(0))

    assert given_back.snapshots > 0
    assert before == events(lake)
    assert verify_chain(lake).ok
    assert entry_table(["x"]) == entries(lake, "sft")
    assert pa.table({"a": [1]}) == rows(lake, "kept")
    assert verify_lake(lake).ok


def test_space_of_removed_rows_is_given_back_a_day_later(lake: Lake, monkeypatch: pytest.MonkeyPatch):
    version = add_rows(lake, "sft", pa.table({"a": [1]}))
    folder = lake.data / "main" / f"rows_{version.id}"
    remove_version(lake, "sft", 1)

    reclaim(lake, older_than=timedelta(0))
    assert 1 == len(list(folder.glob("*.parquet")))  # a reader may still have it open
    monkeypatch.setattr("governance.lake.maintenance.GRACE", timedelta(0))
    planned = reclaim(lake, older_than=timedelta(0), dry_run=True)
    assert 1 == len(list(folder.glob("*.parquet")))
    done = reclaim(lake, older_than=timedelta(0))

    assert (0, planned.files) == (len(list(folder.glob("*.parquet"))), done.files)
    assert verify_lake(lake).ok


def test_every_staged_file_is_synced_with_its_folder(lake: Lake, monkeypatch: pytest.MonkeyPatch):
    synced: list[str] = []
    fsync = os.fsync

    def note(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    files = stage(lake.session, REMOVALS, removal())

    path = lake.data / files[0].path
    assert {str(path), str(path.parent)} <= set(synced)
    assert (file_sha256(path), path.stat().st_size) == (files[0].sha256, files[0].bytes)


def test_a_deletion_that_rewrites_nothing_is_synced_too(lake: Lake, monkeypatch: pytest.MonkeyPatch):
    rows_of_two = pa.concat_tables([removal(), removal("x", "other")])
    with writing(lake) as tx:
        tx.insert(REMOVALS, rows_of_two)
        tx.describe("test", "test", {})
    synced: list[str] = []
    fsync = os.fsync
    monkeypatch.setattr(
        os, "fsync", lambda d: (synced.append(str(Path(f"/proc/self/fd/{d}").readlink())), fsync(d))
    )

    with writing(lake) as tx:
        tx.delete(REMOVALS, "id", "other")
        tx.describe("test", "test", {})

    assert [(1,)] == lake.fetch("SELECT count(*) FROM lake.removals")
    assert 1 == len([p for p in synced if p.endswith("-delete.parquet")])


def test_statistics_hold_only_what_queries_select_by(lake: Lake):
    add_version(lake, "sft", ["x"])
    columns = lake.fetch(
        f"SELECT DISTINCT t.table_name, c.column_name FROM {lake.meta}.ducklake_file_column_stats s"
        f" JOIN {lake.meta}.ducklake_column c USING (table_id, column_id)"
        f" JOIN {lake.meta}.ducklake_table t USING (table_id) WHERE s.min_value IS NOT NULL"
    )

    assert {c for t, c in columns if t == "entries"} <= set(ENTRIES.filtered)
    assert {c for t, c in columns if t == "events"} <= set(EVENTS.filtered)
