"""A file is written whole or not at all; stdout carries the result and nothing else."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from governance.errors import UsageError
from ui.cli.output import atomic, cell_len, deliver, put_json, put_table
from ui.cli.reporting import targets


def test_a_result_takes_its_place_only_when_it_is_whole(tmp_path: Path) -> None:
    goal = tmp_path / "out.json"
    goal.write_text("before")

    with atomic(goal) as out:
        out.write("after")
        out.flush()
        assert goal.read_text() == "before"

    assert (goal.read_text(), [p.name for p in tmp_path.iterdir()]) == ("after", ["out.json"])


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError, ValueError])
def test_what_fails_on_the_way_leaves_what_was_there(tmp_path: Path, error: type[BaseException]) -> None:
    goal = tmp_path / "out.json"
    goal.write_text("before")

    with pytest.raises(error), atomic(goal) as out:
        out.write("half")
        raise error

    assert (goal.read_text(), [p.name for p in tmp_path.iterdir()]) == ("before", ["out.json"])


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """fsync is where a disk that is full at last says so."""

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"), atomic(tmp_path / "out") as out:
        out.write("x")

    assert [p.name for p in tmp_path.iterdir()] == []


def test_a_new_file_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "other").touch()

    with atomic(tmp_path / "out") as out:
        out.write("x")

    assert mode(tmp_path / "out") == mode(tmp_path / "other")


def test_a_replaced_file_keeps_its_permissions(tmp_path: Path) -> None:
    goal = tmp_path / "out"
    goal.touch(0o600)

    with atomic(goal) as out:
        out.write("x")

    assert mode(goal) == 0o600


def test_a_link_keeps_pointing_where_it_points(tmp_path: Path) -> None:
    (tmp_path / "real").touch()
    (tmp_path / "link").symlink_to(tmp_path / "real")

    with atomic(tmp_path / "link") as out:
        out.write("x")

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "x"


def test_a_device_is_written_to_as_it_is() -> None:
    deliver(lambda out: out.write("x") and None, os.devnull)

    assert Path(os.devnull).is_char_device()


def test_a_name_as_long_as_names_may_be(tmp_path: Path) -> None:
    goal = tmp_path / ("n" * 255)

    with atomic(goal) as out:
        out.write("x")

    assert goal.read_text() == "x"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_outputs_are_checked_before_any_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    bad = [
        ("text", "gone/out", [], "there is no such folder"),
        ("text", str(tmp_path), [], "the output is a folder"),
        ("text", "a", ["json=a"], "two results go to the same file"),
        ("text", None, ["json=a", "csv=./a"], "two results go to the same file"),
        ("text", None, ["json"], "'json' names no file"),
        ("text", None, ["jsn=a"], "there is no format 'jsn'"),
        ("tex", None, [], "there is no format 'tex'"),
        ("text", None, ["json=-"], "only one result can go to stdout"),
    ]
    for format_, output, also, what in bad:
        with pytest.raises(UsageError) as refused:
            targets(format_, output, also)
        assert refused.value.what == what


def test_several_outputs_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    found = targets("text", None, ["json=a.json", "sarif=b=c.sarif"])

    assert [(t.format, t.path) for t in found] == [("text", None), ("json", "a.json"), ("sarif", "b=c.sarif")]


def test_tables_align_wide_characters_and_spell_out_control_ones(capsys: pytest.CaptureFixture[str]) -> None:
    put_table(("name", "rows"), [("金融", 1), ("\x1b[31mx", 22)], "nothing")

    assert capsys.readouterr().out == "name    rows\n金融    1\n␛[31mx  22\n"
    assert cell_len("金融a") == 5


def test_an_empty_table_is_said_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    put_table(("name",), [], "nothing yet")

    assert capsys.readouterr().out == "nothing yet\n"


def test_json_cannot_act_on_a_terminal_and_loses_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    import json

    value = {"金\x1b[31m\u202e": ["a\nb", 1]}
    put_json(value)
    out = capsys.readouterr().out

    assert json.loads(out) == value
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert "金" in out
