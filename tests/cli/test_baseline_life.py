"""A baseline's whole life through the program: made, compared with, fixed, renewed, and recorded."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from governance.lake import open_lake
from governance.lake.events import events
from governance.waivers import actions, judge, model
from tests.cli.conftest import Run, clean_rows, train_rows, write_rows

AUDIT = ("audit", "train.jsonl", "--select", "DUP001,GOV", "--set", "DUP001.severity=error")
TODAY = date(2026, 11, 26)


@pytest.fixture
def first(run: Run, folder: Path) -> str:
    """The id of an audit with one finding, which is in earlier.json too."""
    write_rows(folder / "train.jsonl", train_rows())
    assert run(*AUDIT, "-f", "json", "-o", "earlier.json").code == 1
    return str(json.loads((folder / "earlier.json").read_text())["run"]["id"])


def against(run: Run, *options: str) -> tuple[int, dict[str, Any]]:
    ended = run(*AUDIT, "-f", "json", *options)
    return ended.code, json.loads(ended.out)


def test_a_stored_run_serves_as_well_as_its_report(run: Run, folder: Path, first: str) -> None:
    write_rows(folder / "train.jsonl", [*train_rows(), clean_rows()[1]])

    found = [against(run, "--baseline", name, "--new-only") for name in ("earlier.json", first)]

    assert [code for code, _ in found] == [1, 1]
    standing = [{**r["gate"]["baseline"], "name": ""} for _, r in found]
    assert standing[0] == standing[1]
    assert (standing[0]["new"], standing[0]["unchanged"], standing[0]["fixed"]) == (1, 1, 0)
    assert [r["gate"]["baseline"]["name"] for _, r in found] == ["earlier.json", first]


def test_from_the_first_to_the_next(run: Run, folder: Path, first: str) -> None:
    code, found = against(run, "--baseline", "latest", "--new-only")
    assert (code, found["findings"]) == (0, [])
    assert found["gate"]["explanation"] == (
        f"Nothing at or above the gate (fail on: error); not counted: 1 that {first} has."
    )

    write_rows(folder / "train.jsonl", [*clean_rows(), clean_rows()[1]])
    code, found = against(run, "--baseline", first, "--new-only")
    assert (code, found["baseline"]["new"], len(found["baseline"]["fixed"])) == (1, 1, 1)

    code, found = against(run, "--baseline", "latest", "--new-only")
    assert (code, found["baseline"]["unchanged"]) == (0, 1)
    assert run("runs", "verify").code == 0


def test_a_stored_audit_still_says_why_it_passed(run: Run, first: str) -> None:
    against(run, "--baseline", first, "--new-only")

    again = json.loads(run("report", "latest", "-f", "json").out)

    assert (again["verdict"], len(again["findings"])) == ("pass", 1)
    assert again["gate"]["baseline"]["new_only"] is True
    assert "not counted: 1 that" in again["gate"]["explanation"]
    assert 'failures="0"' in run("report", "latest", "-f", "junit").out


def test_the_event_of_an_audit_names_its_baseline(run: Run, folder: Path, first: str) -> None:
    against(run, "--baseline", "earlier.json")

    with open_lake(str(folder / ".govern")) as lake:
        kept = events(lake)[-1].data["baseline"]

    assert (kept["name"], kept["new_only"], kept["unchanged"], len(kept["content"])) == (
        "earlier.json",
        False,
        1,
        64,
    )


def test_without_new_only_everything_counts(run: Run, first: str) -> None:
    assert against(run, "--baseline", first)[0] == 1


def test_a_report_and_a_diff_take_a_run_too(run: Run, first: str) -> None:
    assert f"Against {first}: 0 new, 1 unchanged, 0 fixed" in run("report", "latest", "--baseline", first).out
    assert run("diff", first, "latest", "--exit-code").code == 0


def test_what_was_waived_is_not_accepted_by_the_baseline(
    run: Run, folder: Path, first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the end of a waiver would go unseen by everyone who looks at what is new only."""
    for module in (model, actions, judge):
        monkeypatch.setattr(module, "today", lambda: TODAY)
    expires = TODAY + timedelta(days=9)
    run("waiver", "add", "--rule", "DUP001", "--where", "rows = 1", "--reason", "x", "--by", "ann",
        "--expires", expires.isoformat())  # fmt: skip
    run("waiver", "approve", "W-0001", "--by", "ben")
    assert run(*AUDIT, "-f", "json", "-o", "waived.json").code == 0
    names = ("waived.json", "latest")

    still = [against(run, "--baseline", name, "--new-only") for name in names]
    for module in (model, actions, judge):
        monkeypatch.setattr(module, "today", lambda: expires + timedelta(days=1))
    over = [against(run, "--baseline", "waived.json", "--new-only")]

    assert [(code, r["baseline"]["unchanged"]) for code, r in still] == [(0, 1), (0, 1)]
    assert [(code, [f["rule"] for f in r["findings"]]) for code, r in over] == [(1, ["DUP001", "GOV001"])]
