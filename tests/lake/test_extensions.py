"""Files of extensions are checked once a process, and again as soon as they are not the same files."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import duckdb
import pytest

from governance.errors import LakeError
from governance.lake import attach, extensions


@pytest.fixture
def own_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of an extension's file that a test may write to, in the wheel's place; DuckDB installs nothing itself."""
    found = extensions.wheel_file("ducklake")
    if found is None:
        pytest.skip("the extension's wheel is not installed")
    copy = tmp_path / found.name
    shutil.copyfile(found, copy)
    monkeypatch.setattr(extensions, "wheel_file", lambda name: copy)
    monkeypatch.setenv("GOVERN_OFFLINE", "1")
    monkeypatch.setattr(extensions, "_checked", {})
    return copy


def damage(file: Path) -> None:
    """One byte of the middle is another one. Not of a file that this process has loaded: it is mapped into memory."""
    with file.open("r+b") as opened:
        opened.seek(file.stat().st_size // 2)
        byte = opened.read(1)[0]
        opened.seek(-1, os.SEEK_CUR)
        opened.write(bytes([byte ^ 1]))


def test_a_file_is_checked_by_the_first_connection(own_wheel: Path):
    assert not extensions.all_checked(["ducklake"])

    attach.connection().close()

    assert extensions.all_checked(["ducklake"])
    with attach.connection() as again:
        assert again.execute(
            "FROM duckdb_extensions() WHERE loaded AND extension_name = 'ducklake'"
        ).fetchall()


def test_a_file_with_a_wrong_signature_is_refused(own_wheel: Path):
    damage(own_wheel)

    with pytest.raises(LakeError, match="cannot be loaded"):
        attach.connection()
    assert not extensions.all_checked(["ducklake"])


def test_a_file_that_was_touched_is_checked_again(own_wheel: Path):
    attach.connection().close()
    os.utime(own_wheel, (0, 0))

    assert not extensions.all_checked(["ducklake"])
    attach.connection().close()
    assert extensions.all_checked(["ducklake"])


def test_a_file_that_replaced_it_is_checked_again(own_wheel: Path):
    attach.connection().close()
    other = own_wheel.with_name("other")
    shutil.copy2(own_wheel, other)
    damage(other)
    os.utime(other, ns=(own_wheel.stat().st_atime_ns, own_wheel.stat().st_mtime_ns))
    other.replace(own_wheel)

    with pytest.raises(LakeError, match="cannot be loaded"):
        attach.connection()


@pytest.mark.parametrize("time", ["first", "second"])
def test_a_connection_loads_nothing_else_that_is_unsigned(own_wheel: Path, time: str):
    if time == "second":
        attach.connection().close()
    foreign = own_wheel.with_name("foreign.duckdb_extension")
    shutil.copyfile(own_wheel, foreign)
    damage(foreign)

    with attach.connection() as db:
        with pytest.raises(duckdb.IOException, match="signature"):
            db.execute(f"LOAD '{foreign}'")
        with pytest.raises(duckdb.InvalidInputException, match="allow_unsigned_extensions"):
            db.execute("SET allow_unsigned_extensions = true")
