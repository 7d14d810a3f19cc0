"""Changing waivers.toml: what a person wrote in it stays, and the file is whole or as before."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from governance.errors import ConfigError
from governance.waivers.book import parse_book
from governance.waivers.edit import HEAD, Rewritten, with_changes
from governance.waivers.model import Status
from tests.waivers.builders import DAY, fp, waiver

BY_HAND = f'''# Our waivers.  Ask Dana first!

[[waiver]]
id     = "W-7"       # the laws
reason = """
quotations"""
rule   = "DUP003"
where  = 'source = "laws"'
expires      = "2027-01-31"   # end of the quarter
requested_on = 2026-11-26
requested_by = "ann"

# this one is odd
[[waiver]]
id = "old"
rule = "DUP001"
fingerprint = "{fp("a")}"
reason = "中文 reason"
requested_by = "eve"
requested_on = 2026-01-01
expires = 2026-06-30
'''


def test_an_approval_touches_three_lines_of_a_hand_written_file():
    known = parse_book(tomllib.loads(BY_HAND), "w.toml")[0]

    text = with_changes(BY_HAND, [replace(known, status=Status.APPROVED, approved_by="ben", approved_on=DAY)])

    added = [line for line in text.splitlines() if line not in BY_HAND.splitlines()]
    assert ['status = "approved"', 'approved_by = "ben"', "approved_on = 2026-11-26"] == added
    assert [line for line in BY_HAND.splitlines() if line not in text.splitlines()] == []


def test_a_new_entry_stands_at_the_end():
    text = with_changes(BY_HAND, [waiver("W-8")])

    assert text.startswith(BY_HAND.rstrip())
    assert ["W-7", "old", "W-8"] == [e["id"] for e in tomllib.loads(text)["waiver"]]


def test_what_is_taken_out_takes_nothing_else_with_it():
    text = with_changes(BY_HAND, [], ["old"])

    assert ["W-7"] == [e["id"] for e in tomllib.loads(text)["waiver"]]
    assert "# Our waivers.  Ask Dana first!" in text
    assert "# end of the quarter" in text


def test_the_last_one_can_go_too():
    text = with_changes(BY_HAND, [], ["old", "W-7"])

    assert {} == tomllib.loads(text)
    assert "Ask Dana first!" in text


@pytest.mark.parametrize("text", ["", HEAD, BY_HAND, BY_HAND.replace("\n", "\r\n")])
def test_what_is_written_is_read_back_equal(text: str):
    one = waiver("W-8", where='label = "a" and source = "b"', reason="say \"no\" to 'it' \\ 中文\ttab")
    two = waiver("W-9", ticket="T", status=Status.REVOKED, closed_by="ann", closed_on=DAY)

    found = parse_book(tomllib.loads(with_changes(text, [one, two])), "w.toml")

    assert (one, two) == found[-2:]


def test_an_expression_with_quotes_stays_readable():
    assert """where = 'source = "laws"'""" in with_changes("", [waiver(where='source = "laws"')])


def test_the_example_in_the_head_is_a_waiver():
    lines = HEAD.splitlines()
    body = "\n".join(line.removeprefix("# ") for line in lines[lines.index("# [[waiver]]") :])

    assert "W-0001" == parse_book(tomllib.loads(body), "w.toml")[0].id


def test_a_file_is_replaced_in_one_step_and_keeps_its_mode(tmp_path: Path):
    path = tmp_path / "w.toml"
    path.write_text("old")
    path.chmod(0o640)

    written = Rewritten(path, "new")
    assert "old" == path.read_text()
    written.put()
    written.drop()

    assert ("new", 0o640) == (path.read_text(), path.stat().st_mode & 0o777)
    assert ["w.toml"] == [p.name for p in tmp_path.iterdir()]


def test_what_is_dropped_leaves_the_old_file_alone(tmp_path: Path):
    path = tmp_path / "w.toml"
    path.write_text("old")

    Rewritten(path, "new").drop()

    assert ("old", ["w.toml"]) == (path.read_text(), [p.name for p in tmp_path.iterdir()])


def test_a_link_keeps_pointing_where_it_points(tmp_path: Path):
    (tmp_path / "real.toml").write_text("old")
    (tmp_path / "w.toml").symlink_to("real.toml")

    Rewritten(tmp_path / "w.toml", "new").put()

    assert (tmp_path / "w.toml").is_symlink()
    assert "new" == (tmp_path / "real.toml").read_text()


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path):
    with pytest.raises(ConfigError, match="cannot be written"):
        Rewritten(tmp_path / "none" / "w.toml", "new")
