"""What waivers.toml may say, and what is refused, with the entry named."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from governance.errors import ConfigError
from governance.waivers.book import read_book
from governance.waivers.model import Status
from tests.waivers.builders import fp

ENTRY: dict[str, Any] = {
    "id": "W-1",
    "rule": "DUP003",
    "where": 'source = "wiki"',
    "reason": "wanted twice",
    "requested_by": "ann",
    "requested_on": date(2026, 11, 26),
    "expires": date(2027, 11, 26),
}


def write(path: Path, *entries: dict[str, Any]) -> Path:
    def value(v: Any) -> str:
        return v.isoformat() if isinstance(v, date) else repr(v) if isinstance(v, str) else str(v).lower()

    lines = ["\n[[waiver]]\n" + "".join(f"{k} = {value(v)}\n" for k, v in e.items()) for e in entries]
    path.write_text("".join(lines), encoding="utf-8")
    return path


def test_an_entry_is_read_whole(tmp_path: Path):
    entry = ENTRY | {"ticket": "T-1", "status": "approved", "approved_by": "ben", "approved_on": "2026-11-27"}

    found = read_book(write(tmp_path / "w.toml", entry)).find("W-1")

    assert ("DUP003", "wanted twice", "T-1") == (found.rule, found.reason, found.ticket)
    assert (Status.APPROVED, "ben", date(2026, 11, 27)) == (
        found.status,
        found.approved_by,
        found.approved_on,
    )
    assert date(2027, 11, 26) == found.expires


def test_an_entry_without_status_is_requested(tmp_path: Path):
    assert Status.REQUESTED is read_book(write(tmp_path / "w.toml", ENTRY)).find("W-1").status


def test_an_empty_file_has_no_waivers(tmp_path: Path):
    assert () == read_book(write(tmp_path / "w.toml")).waivers


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"reason": ""}, "it has no reason"),
        ({"expires": None}, "it has no expires"),
        ({"requested_by": None}, "it has no requested_by"),
        ({"expires": date(2027, 11, 28)}, "it expires on 2027-11-28, and was requested on 2026-11-26"),
        ({"expires": date(2026, 11, 25)}, "it expires on 2026-11-25"),
        ({"expires": "soon"}, "expires is no date: soon"),
        ({"expires": True}, "expires is no date"),
        ({"rule": "DUP"}, "'DUP' is no rule id"),
        ({"rule": "near-duplicate"}, "'near-duplicate' is no rule id"),
        ({"rule": "DUP099"}, "there is no rule 'DUP099'"),
        ({"rule": "GOV005"}, "findings of GOV005 cannot be waived"),
        ({"where": None}, "it has to say which findings it means, in one way"),
        ({"fingerprint": fp("a")}, "it has to say which findings it means, in one way"),
        ({"where": None, "fingerprint": "abc"}, "the fingerprint is not 64 hex digits"),
        ({"where": "sorce = 1"}, "'sorce' is no field"),
        ({"status": "aproved"}, "'aproved' is no status"),
        ({"status": "approved"}, "it is approved, and does not say by whom and when"),
        ({"reasn": "x"}, "there is no key 'reasn'"),
        ({"reason": 3}, "reason is no text"),
        ({"reason": "x" * 3000}, "reason is no text"),
        ({"id": "../x"}, "'../x' is no id"),
    ],
)
def test_what_makes_no_sense_is_refused_and_named(tmp_path: Path, changes: dict[str, Any], what: str):
    entry = {k: v for k, v in (ENTRY | changes).items() if v is not None}
    path = write(tmp_path / "w.toml", entry)

    with pytest.raises(ConfigError) as refused:
        read_book(path)

    assert refused.value.what.startswith(what)
    assert refused.value.where == f"{path}: waiver {entry['id']!r}"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a = ", "not valid TOML"),
        ("waiver = 3", "waivers are a list of tables"),
        ("waiver = [3]", "a waiver is a table"),
        ("[[waivers]]", "there is no key 'waivers'"),
    ],
)
def test_another_kind_of_file_is_refused(tmp_path: Path, text: str, what: str):
    (tmp_path / "w.toml").write_text(text)

    with pytest.raises(ConfigError, match=what):
        read_book(tmp_path / "w.toml")


def test_an_id_stands_once(tmp_path: Path):
    with pytest.raises(ConfigError, match="two waivers are called 'W-1'"):
        read_book(write(tmp_path / "w.toml", ENTRY, ENTRY))
