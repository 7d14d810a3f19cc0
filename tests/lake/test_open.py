from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from governance.errors import LakeDamaged, LakeError, LakeTooNew, NotFound, UsageError
from governance.lake import Lake, attach, extensions, open_lake
from governance.lake.datasets import entries, list_datasets, versions
from governance.lake.events import append, events, verify_chain
from governance.lake.location import Folder, Postgres, parse_location
from governance.lake.tables import TABLES
from governance.lake.verify import verify_lake
from tests.lake.builders import add_version, entry_table
from tests.lake.server import Server


def test_first_use_makes_a_whole_lake(location: str):
    with open_lake(location) as lake:
        assert verify_lake(lake).ok
        assert ["lake.create"] == [e.action for e in events(lake)]


def test_what_was_written_is_there_after_reopening(location: str):
    with open_lake(location) as lake:
        add_version(lake, "sft", ["x"])

    with open_lake(location, read_only=True) as lake:
        assert entry_table(["x"]) == entries(lake, "sft")
    with open_lake(location, create=False) as lake:
        assert verify_lake(lake).ok


def test_a_folder_lake_keeps_itself_out_of_git(folder: Path):
    open_lake(str(folder)).close()

    assert "*\n" == (folder / ".gitignore").read_text()


def test_nothing_is_left_beside_the_catalog_when_closed(folder: Path):
    with open_lake(str(folder)) as lake:
        add_version(lake, "sft", ["x"])
        assert lake.scratch.is_dir()

    assert {".gitignore", "catalog.sqlite", "data", "writer.lock"} == {p.name for p in folder.iterdir()}
    assert [] == list((folder / "data" / "staging").iterdir())


@pytest.mark.parametrize("how", [{"read_only": True}, {"create": False}])
def test_a_lake_that_is_not_there_is_not_found(location: str, how: dict[str, bool]):
    with pytest.raises(NotFound, match="there is no lake here") as error:
        open_lake(location, **how)

    assert error.value.hint


def test_looking_for_a_lake_makes_no_folder(folder: Path):
    with pytest.raises(NotFound):
        open_lake(str(folder), read_only=True)

    assert not folder.exists()


def test_a_read_only_lake_is_not_written(location: str):
    open_lake(location).close()

    with (
        open_lake(location, read_only=True) as lake,
        pytest.raises(LakeError, match="opened for reading only"),
    ):
        append(lake, "x", "y", {})


def test_a_lake_in_an_odd_folder_that_moves(tmp_path: Path):
    odd = tmp_path / "we[i]rd *?'\" 中文"
    with open_lake(str(odd)) as lake:
        add_version(lake, "sft", ["x"])
    moved = odd.rename(tmp_path / "moved")

    with open_lake(str(moved)) as lake:
        assert entry_table(["x"]) == entries(lake, "sft")
        add_version(lake, "sft", ["y"])
        assert verify_lake(lake).ok


def test_a_file_in_the_way(tmp_path: Path):
    (tmp_path / "lake").write_text("mine")

    with pytest.raises(LakeError):
        open_lake(str(tmp_path / "lake" / "deeper"))
    with pytest.raises(NotFound):
        open_lake(str(tmp_path / "lake"))
    assert "mine" == (tmp_path / "lake").read_text()


def test_a_newer_format_names_both(location: str):
    with open_lake(location) as lake:
        lake.db.execute("UPDATE lake.lake_info SET format = 7, program = '9.9.9'")

    with pytest.raises(LakeTooNew, match=r"format 7, of govern 9\.9\.9; this version knows formats up to 1"):
        open_lake(location)


def test_an_older_format_says_so(location: str):
    with open_lake(location) as lake:
        lake.db.execute("UPDATE lake.lake_info SET format = 0")

    with pytest.raises(LakeError, match="format 0 and this version reads 1"):
        open_lake(location)


def test_a_newer_ducklake_names_both_versions(folder: Path):
    open_lake(str(folder)).close()
    with closing(sqlite3.connect(folder / "catalog.sqlite")) as db, db:
        db.execute("UPDATE ducklake_metadata SET value = '9.0' WHERE key = 'version'")

    with pytest.raises(LakeTooNew, match=r"9\.0.*1\.0"):
        open_lake(str(folder))


def test_a_ducklake_of_another_program_is_left_alone(folder: Path):
    folder.mkdir()
    with attach.connection("sqlite_scanner") as db:
        attach.sqlite(db, folder / "catalog.sqlite", folder / "data", read_only=False, create=True)
        db.execute("CREATE TABLE lake.mine AS SELECT 1 AS a")

    with pytest.raises(LakeError, match="another program"):
        open_lake(str(folder))


@pytest.mark.postgres
def test_a_ducklake_of_another_program_in_postgres_is_left_alone(server: Server, tmp_path: Path):
    place = parse_location(server.location("foreign", tmp_path))
    assert isinstance(place, Postgres)
    with attach.connection("postgres_scanner") as db:
        attach.server(db, place, read_only=False)
        attach.make_schema(db, place)
        attach.postgres(db, place, tmp_path, read_only=False, create=True)
        db.execute("CREATE TABLE lake.mine AS SELECT 1 AS a")

    with pytest.raises(LakeError, match="another program"):
        open_lake(server.location("foreign", tmp_path))


@pytest.mark.parametrize("content", [b"", b"hello " * 1000, b"SQLite format 3\x00" + bytes(4000)])
def test_a_catalog_that_is_none(folder: Path, content: bytes):
    folder.mkdir()
    (folder / "catalog.sqlite").write_bytes(content)

    with pytest.raises(LakeError) as error:
        open_lake(str(folder))

    assert str(folder) == error.value.where
    assert content == (folder / "catalog.sqlite").read_bytes()


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_catalog_is_damage(folder: Path, share: float):
    with open_lake(str(folder)) as lake:
        add_version(lake, "sft", ["x"])
    catalog = folder / "catalog.sqlite"
    content = catalog.read_bytes()
    catalog.write_bytes(content[: int(len(content) * share)])

    with pytest.raises(LakeError):
        with open_lake(str(folder)) as lake:
            verify_lake(lake)


def test_a_missing_catalog_beside_its_data_is_not_replaced_in_silence(folder: Path):
    with open_lake(str(folder)) as lake:
        add_version(lake, "sft", ["x"])
    (folder / "catalog.sqlite").unlink()

    with pytest.raises(LakeDamaged, match="catalog is missing"):
        open_lake(str(folder))


def test_a_missing_data_file_is_damage_and_is_named(location: str):
    with open_lake(location) as lake:
        add_version(lake, "sft", ["x"])
        gone = next((lake.data / "main" / "entries").glob("*.parquet"))
        gone.unlink()

        with pytest.raises(LakeDamaged, match=gone.name):
            entries(lake, "sft")
        assert [("a data file is missing", str(gone))] == [
            (p.what, p.where) for p in verify_lake(lake).problems
        ]
        assert 1 == versions(lake, "sft")[0].version


def test_a_mangled_data_file_is_damage(location: str):
    with open_lake(location) as lake:
        add_version(lake, "sft", ["x"])
        file = next((lake.data / "main" / "entries").glob("*.parquet"))
        file.write_bytes(bytes(file.stat().st_size))

        with pytest.raises(LakeDamaged, match="cannot be read"):
            entries(lake, "sft")
        assert ["a data file has another SHA-256 than the ledger says"] == [
            p.what for p in verify_lake(lake).problems
        ]
        assert verify_lake(lake, deep=False).ok


def test_a_creation_that_was_killed_is_begun_again(folder: Path):
    folder.mkdir()
    (folder / "data").mkdir()
    (folder / "unfinished-catalog.sqlite").write_bytes(b"half")
    (folder / "unfinished-catalog.sqlite-wal").write_bytes(b"half")

    with open_lake(str(folder)) as lake:
        assert verify_lake(lake).ok
    assert not list(folder.glob("unfinished*"))


@pytest.mark.postgres
def test_a_creation_in_postgres_that_was_killed_is_finished(server: Server, tmp_path: Path):
    location = server.location("half made", tmp_path)
    place = parse_location(location)
    assert isinstance(place, Postgres)
    with attach.connection("postgres_scanner") as db:
        attach.server(db, place, read_only=False)
        attach.make_schema(db, place)
        attach.postgres(db, place, tmp_path, read_only=False, create=True)
        db.execute(TABLES[0].create())

    with open_lake(location) as lake:
        assert verify_lake(lake).ok


@pytest.mark.postgres
def test_postgres_remembers_where_its_files_are(server: Server, tmp_path: Path):
    location = server.location("remembers", tmp_path / "files")
    with open_lake(location) as lake:
        add_version(lake, "sft", ["x"])

    with open_lake(f"postgresql://lake@127.0.0.1:{server.port}/postgres?schema=remembers") as lake:
        assert entry_table(["x"]) == entries(lake, "sft")


@pytest.mark.postgres
def test_a_new_lake_in_postgres_needs_a_folder(server: Server):
    with pytest.raises(UsageError, match="needs a folder"):
        open_lake(f"postgresql://lake@127.0.0.1:{server.port}/postgres?schema=nowhere")


@pytest.mark.postgres
def test_two_schemas_are_two_lakes(server: Server, tmp_path: Path):
    with (
        open_lake(server.location("one", tmp_path / "1")) as one,
        open_lake(server.location("two", tmp_path / "2")) as two,
    ):
        add_version(one, "sft", ["x"])

        assert [] == list_datasets(two)


def test_a_server_that_does_not_answer_shows_no_password(tmp_path: Path):
    with pytest.raises(LakeError, match="cannot be reached") as error:
        open_lake(f"postgresql://ann:s3cret@127.0.0.1:1/db?data_path={tmp_path}")

    assert "s3cret" not in str(error.value)
    assert "postgresql://ann@127.0.0.1:1/db?schema=govern" == error.value.where


def test_locations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)

    assert Folder(tmp_path / ".govern") == parse_location(".govern")
    assert Folder(Path("/a b")) == parse_location("file:///a%20b")
    assert Postgres(
        r"host=h port=5 user='o\'b' password='a b' dbname=d sslmode=require",
        "postgresql://o'b@h:5/d?schema=s",
        "s",
        Path("/files"),
    ) == parse_location("postgres://o'b:a%20b@h:5/d?schema=s&data_path=/files&sslmode=require")


@pytest.mark.parametrize("text", ["mysql://h/d", "postgresql://h:port/d", "s3://bucket"])
def test_locations_that_are_none(text: str):
    with pytest.raises(UsageError):
        parse_location(text)


def test_a_missing_extension_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(extensions, "wheel_file", lambda name: None)
    with duckdb.connect(
        config={"extension_directory": str(tmp_path), "custom_extension_repository": str(tmp_path)}
    ) as db:
        with pytest.raises(LakeError) as error:
            extensions.load(db, "sqlite_scanner")

    assert f"pip install duckdb-extension-sqlite-scanner=={duckdb.__version__}" == error.value.hint


def test_switched_on_inlining_is_refused(location: str):
    with open_lake(location) as lake:
        lake.db.execute(
            f"UPDATE {lake.meta}.ducklake_metadata SET value = '10' WHERE key = 'data_inlining_row_limit'"
        )
        assert not verify_lake(lake).ok

    with pytest.raises(LakeDamaged, match="inlining"):
        open_lake(location)


def test_inlining_of_one_table_is_refused_too(location: str):
    with open_lake(location) as lake:
        lake.db.execute("CALL lake.set_option('data_inlining_row_limit', 10, table_name => 'events')")

    with pytest.raises(LakeDamaged, match="inlining"):
        open_lake(location)


def test_a_copied_lake_is_a_lake(folder: Path, tmp_path: Path):
    with open_lake(str(folder)) as lake:
        add_version(lake, "sft", ["x"])
    shutil.copytree(folder, tmp_path / "copy")

    with open_lake(str(tmp_path / "copy")) as lake:
        assert verify_chain(lake).ok


def test_closing_twice_is_harmless(lake: Lake):
    lake.close()
    lake.close()
