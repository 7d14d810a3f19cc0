"""A waiver's whole life through the program, on real files."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from governance.waivers import actions, judge, model
from tests.cli.conftest import Run, clean_rows, train_rows, write_rows

FAILING = ("audit", "train.jsonl", "--select", "DUP001,GOV", "--set", "DUP001.severity=error")
TODAY = date(2026, 11, 26)
EXPIRES = TODAY + timedelta(days=30)
ADD = (
    "waiver", "add", "--rule", "exact-duplicate", "--where", 'source = "wiki"', "--reason", "wanted twice",
    "--expires", EXPIRES.isoformat(),
)  # fmt: skip


@pytest.fixture(autouse=True)
def day(monkeypatch: pytest.MonkeyPatch) -> None:
    on(monkeypatch, TODAY)


def on(patch: pytest.MonkeyPatch, day: date) -> None:
    """Let it be another day."""
    for module in (model, actions, judge):
        patch.setattr(module, "today", lambda: day)


@pytest.fixture
def train(folder: Path) -> Path:
    """Six rows of one source, of which the last repeats the first."""
    return write_rows(folder / "train.jsonl", [row | {"source": "wiki"} for row in train_rows()])


def report(run: Run, *options: str) -> tuple[int, dict[str, Any]]:
    """Exit code and JSON report of an audit."""
    ended = run(*FAILING, "-f", "json", *options)
    return ended.code, json.loads(ended.out)


def states(run: Run) -> dict[str, str]:
    return {w["id"]: w["state"] for w in json.loads(run("waiver", "list", "-f", "json").out)}


def approved(run: Run) -> None:
    assert run(*ADD, "--by", "ann").code == 0
    assert run("waiver", "approve", "W-0001", "--by", "ben").code == 0


@pytest.mark.usefixtures("train")
def test_from_the_request_to_the_end(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(*FAILING).code == 1

    asked = run(*ADD, "--by", "ann", "--ticket", "T-1")
    assert (asked.code, asked.out) == (0, "W-0001\n")
    assert (states(run), run(*FAILING).code) == ({"W-0001": "requested"}, 1)

    refused = run("waiver", "approve", "W-0001", "--by", "Ann")
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith("error: Ann asked for waiver W-0001 and cannot approve it\n")

    assert run("waiver", "approve", "W-0001", "--by", "ben").code == 0
    code, found = report(run)
    assert (code, found["verdict"], found["counts"]["waived"]) == (0, "pass", 1)
    assert found["findings"][0]["suppression"] == {
        "kind": "external",
        "waiver": "W-0001",
        "approved_by": "ben",
        "expires": EXPIRES.isoformat(),
    }

    on(monkeypatch, EXPIRES + timedelta(days=1))
    code, found = report(run)
    assert (code, [f["rule"] for f in found["findings"]]) == (1, ["DUP001", "GOV001"])
    assert run("waiver", "prune", "--dry-run").out == "would take out W-0001\n"
    assert run("waiver", "prune").out == "took out W-0001\n"
    assert [f["rule"] for f in report(run)[1]["findings"]] == ["DUP001"]

    assert (run("runs", "verify").code, run("doctor").code) == (0, 0)
    assert states(run) == {}
    assert "quotations" in (folder / "waivers.toml").read_text()  # the head with its example stays


@pytest.mark.usefixtures("train")
def test_a_finding_is_waived_by_its_fingerprint(run: Run) -> None:
    _, found = report(run)
    fingerprint = found["findings"][0]["fingerprint"]

    ended = run(
        "waiver", "add", "--finding", fingerprint[:12], "--reason", "x", "--expires", EXPIRES.isoformat(),
        "--by", "ann",
    )  # fmt: skip
    run("waiver", "approve", "W-0001", "--by", "ben")

    assert (ended.code, report(run)[0]) == (0, 0)
    shown = json.loads(run("waiver", "show", "W-0001", "-f", "json").out)
    assert (shown["fingerprint"], shown["rule"], shown["state"]) == (fingerprint, "DUP001", "in-force")
    assert [h["action"] for h in shown["history"]] == ["waiver.add", "waiver.approve"]


@pytest.mark.usefixtures("train")
def test_a_condition_does_not_cover_a_row_of_another_source(run: Run, folder: Path) -> None:
    approved(run)
    rows = [row | {"source": "wiki"} for row in train_rows()] + [clean_rows()[1] | {"source": "laws"}]
    write_rows(folder / "train.jsonl", rows)

    code, found = report(run)

    assert (code, found["counts"]["waived"], found["counts"]["error"]) == (1, 1, 2)
    assert found["gate"]["explanation"].startswith("1 error at or above the gate")


@pytest.mark.usefixtures("train")
def test_waivers_can_be_left_out_and_named(run: Run, folder: Path) -> None:
    approved(run)

    assert run(*FAILING, "--no-waivers").code == 1
    (folder / "waivers.toml").rename(folder / "ours.toml")
    assert run(*FAILING).code == 1
    assert run(*FAILING, "--waivers", "ours.toml").code == 0
    (folder / "govern.toml").write_text('waivers = "ours.toml"\n')
    assert run(*FAILING).code == 0
    assert run(*FAILING, "--isolated").code == 1
    shown = json.loads(run("config", "show", "--origin", "-f", "json").out)
    assert shown["waivers"] == {"value": "ours.toml", "origin": "govern.toml"}


@pytest.mark.usefixtures("train")
def test_every_format_shows_who_waived_what(run: Run) -> None:
    approved(run)
    run(*FAILING, "-q", "-o", "x.txt")
    words = f"waived by W-0001, approved by ben, until {EXPIRES}"

    shown = {f: run("report", "latest", "-f", f, "--show-waived").out for f in FORMATS}
    hidden = {f: run("report", "latest", "-f", f).out for f in FORMATS}

    assert [f for f, text in shown.items() if words not in text.replace("\n  ", " ")] == []
    assert [f for f, text in hidden.items() if words in text.replace("\n  ", " ")] == ["csv"]
    assert "1 waived" in hidden["text"]
    assert "1 waived" in hidden["markdown"]
    results = json.loads(run("report", "latest", "-f", "sarif").out)["runs"][0]["results"]
    assert results[0]["suppressions"] == [
        {
            "kind": "external",
            "status": "accepted",
            "justification": "wanted twice",
            "properties": {
                "id": "W-0001",
                "requested_by": "ann",
                "approved_by": "ben",
                "expires": EXPIRES.isoformat(),
            },
        }
    ]


FORMATS = ("text", "markdown", "html", "concise", "csv", "junit")


@pytest.mark.usefixtures("train")
def test_a_hand_written_file_keeps_its_comments(run: Run, folder: Path) -> None:
    by_hand = (
        "# ask Dana first\n[[waiver]]\n"
        'id = "laws"   # one of ours\nrule = "DUP001"\nwhere = \'source = "wiki"\'\n'
        'reason = "wanted"\nrequested_by = "ann"\nrequested_on = 2026-11-26\nexpires = 2027-01-31\n'
    )
    (folder / "waivers.toml").write_text(by_hand)

    assert run("waiver", "approve", "laws", "--by", "ben").code == 0

    text = (folder / "waivers.toml").read_text()
    assert text.startswith(by_hand.rstrip())
    assert report(run)[0] == 0


@pytest.mark.usefixtures("train")
def test_an_edit_after_the_approval_fails_the_gate_and_is_named(run: Run, folder: Path) -> None:
    approved(run)
    path = folder / "waivers.toml"
    path.write_text(path.read_text().replace(EXPIRES.isoformat(), "2027-10-01"))

    code, found = report(run)

    assert (code, [f["rule"] for f in found["findings"]]) == (1, ["DUP001", "GOV005"])
    assert found["waivers"][0]["state"] == "changed"
    assert found["waivers"][0]["faults"] == [f"expires is '2027-10-01', the log has '{EXPIRES.isoformat()}'"]
    assert run("waiver", "approve", "W-0001", "--by", "eve").code == 0
    assert report(run)[0] == 0


@pytest.mark.usefixtures("train")
def test_an_unused_waiver_is_a_note(run: Run, folder: Path) -> None:
    approved(run)
    write_rows(folder / "train.jsonl", clean_rows())

    code, found = report(run)

    assert (code, [(f["rule"], f["severity"]) for f in found["findings"]]) == (0, [("GOV002", "note")])
    assert report(run, "--ignore", "DUP001")[1]["findings"] == []


@pytest.mark.usefixtures("train")
def test_who_acts(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOVERN_USER", "zoe")
    run(*ADD)
    run(*ADD, "--by", "ann")
    monkeypatch.delenv("GOVERN_USER")
    monkeypatch.setenv("LOGNAME", "max")
    run(*ADD)

    asked = [w["requested_by"] for w in json.loads(run("waiver", "list", "-f", "json").out)]

    assert asked == ["zoe", "ann", "max"]


@pytest.mark.parametrize(("text", "days"), [("30d", 30), ("0d", 0), ("365d", 365), ("2027-01-01", 36)])
def test_the_last_day_is_a_date_or_a_number_of_days(run: Run, text: str, days: int) -> None:
    run(*ADD[:-1], text, "--by", "ann")

    (found,) = json.loads(run("waiver", "list", "-f", "json").out)

    assert found["expires"] == (TODAY + timedelta(days=days)).isoformat()


def test_rejecting_and_revoking(run: Run) -> None:
    approved(run)
    run(*ADD, "--by", "ann")

    assert run("waiver", "reject", "W-0002", "--reason", "too wide", "--by", "ben").code == 0
    assert run("waiver", "revoke", "W-0001", "--by", "ann").code == 0

    assert states(run) == {"W-0001": "revoked", "W-0002": "rejected"}
    assert "too wide" in run("waiver", "show", "W-0002").out
    assert "W-0002" not in run("waiver", "list", "--status", "revoked").out
    assert run("waiver", "list", "--status", "expired").out == "no waiver is expired\n"


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("add", "--reason", "x", "--expires", "2027-01-01"), "a waiver means either one finding or some"),
        (("add", "--rule", "DUP003", "--reason", "x", "--expires", "2027-01-01"), "a waiver means either"),
        ((*ADD[1:], "--finding", "abc"), "a waiver means either"),
        ((*ADD[1:-1], "soon"), "--expires is no date"),
        ((*ADD[1:-1], "9999d"), "--expires is no date"),
        ((*ADD[1:-1], "999d"), "it expires on 2029-08-21"),
        ((*ADD[1:-1], "2028-01-01"), "it expires on 2028-01-01, and was requested on 2026-11-26"),
        (("add", "--rule", "DUP999", *ADD[4:]), "there is no rule 'DUP999'"),
        (("add", "--rule", "GOV004", *ADD[4:]), "findings of GOV004 cannot be waived"),
        ((*ADD[1:5], "sorce = 1", *ADD[6:]), "'sorce' is no field"),
        (("add", "--finding", "0123456789ab", *ADD[6:]), "no stored audit has a finding '0123456789ab'"),
        (("approve", "W-9999"), "there is no waiver 'W-9999'"),
        (("show", "W-9999"), "there is no waiver 'W-9999'"),
        (("list", "--waivers", "none.toml"), "the waivers cannot be read"),
        (("add", "--rule", "DUP003", "--where", "rows > 1"), "missing option '--reason'"),
    ],
)
def test_a_mistake_is_2_and_changes_nothing(
    run: Run, folder: Path, arguments: tuple[str, ...], what: str
) -> None:
    ended = run("waiver", *arguments)

    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"error: {what}")
    assert not (folder / "waivers.toml").exists()


def test_text_of_a_waiver_cannot_act_on_the_terminal(run: Run, train: Path) -> None:
    run(*ADD[:7], "\x1b[2J[red]<b>|@x", *ADD[8:], "--by", "\x1b[31mann")
    run("waiver", "approve", "W-0001", "--by", "ben\x1b[0m")
    run(*FAILING, "-q", "-o", "x.txt")

    for words in (("waiver", "list"), ("waiver", "show", "W-0001"), ("runs", "show", "latest")):
        assert "\x1b" not in run(*words).out
    for format_ in ("text", "markdown", "html", "concise", "csv", "junit", "sarif", "json", "github"):
        shown = run("report", "latest", "-f", format_, "--show-waived")
        assert (
            shown.code,
            "\x1b" in shown.out,
            "<b>|@x" in shown.out.replace("\\", "") and format_ == "html",
        ) == (
            0,
            False,
            False,
        )
