"""`govern runs verify`: what was changed behind the program's back is found and named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from governance.lake import open_lake
from governance.lake.events import Head, events, following
from tests.cli.conftest import Run, train_rows, write_rows

Sql = Callable[..., None]


@pytest.fixture
def runs(run: Run, folder: Path) -> list[str]:
    """Two audits, older first, and a waiver that was approved between them."""
    write_rows(folder / "train.jsonl", train_rows())
    for step in (
        ("audit", "train.jsonl", "--select", "DUP001", "-q", "-o", "a.txt"),
        (
            "waiver",
            "add",
            "--rule",
            "DUP001",
            "--where",
            "rows > 0",
            "--reason",
            "x",
            *EXPIRES,
            "--by",
            "ann",
        ),
        ("waiver", "approve", "W-0001", "--by", "ben"),
        ("audit", "train.jsonl", "--select", "DUP001", "-q", "-o", "b.txt"),
    ):
        assert run(*step).code == 0
    return [r["run"] for r in json.loads(run("runs", "list", "-f", "json").out)][::-1]


def expires() -> str:
    from datetime import timedelta

    from governance.waivers.model import today

    return (today() + timedelta(days=30)).isoformat()


EXPIRES = ("--expires", expires())


@pytest.fixture
def sql(folder: Path) -> Sql:
    """Run a statement in the lake past everything that keeps record."""

    def execute(statement: str, *values: object) -> None:
        with open_lake(str(folder / ".govern")) as lake:
            lake.db.execute(statement, list(values))

    return execute


def problems(run: Run, *arguments: str) -> list[str]:
    """What is named; the exit code says that something is."""
    ended = run("runs", "verify", *arguments, "-f", "json")
    found = json.loads(ended.out)
    assert (ended.code, found["ok"]) == ((1, False) if found["problems"] else (0, True))
    return list(found["problems"])


def test_a_lake_that_nobody_touched_is_proven(run: Run, runs: list[str]) -> None:
    assert (problems(run), problems(run, "latest")) == ([], [])
    words = run("runs", "verify").out.splitlines()
    assert words[0].startswith("2 runs are as written, and so are ")
    assert words[1].startswith("the log ends with event 5 ")
    assert run("runs", "verify", runs[0][:15]).code in {0, 2}  # one second may hold both runs


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        (
            "UPDATE lake.events SET actor = 'mallory' WHERE seq = 3",
            "event 3 was changed after it was written",
        ),
        ("UPDATE lake.events SET details = '{}' WHERE seq = 4", "event 4 was changed after it was written"),
        ("DELETE FROM lake.events WHERE seq = 4", "event 4 is missing: 5 follows 3"),
        (
            "DELETE FROM lake.events WHERE seq = 5",
            "the log ends with event 4, and the ledger knows another end",
        ),
        (
            "UPDATE lake.events SET seq = CASE seq WHEN 3 THEN 4 ELSE 3 END WHERE seq IN (3, 4)",
            "event 3 does not follow event 2",
        ),
    ],
)
def test_a_tampered_event_log_is_named_at_its_event(
    run: Run, runs: list[str], sql: Sql, statement: str, named: str
) -> None:
    sql(statement)

    found = problems(run)

    assert any(p.startswith(f"event log: {named}") for p in found), found
    ended = run("runs", "verify")
    assert (ended.code, named in ended.out) == (1, True)


def test_an_event_forged_with_a_right_hash_breaks_the_next(run: Run, runs: list[str], folder: Path) -> None:
    with open_lake(str(folder / ".govern")) as lake:
        old = events(lake)[3]
        forged = following(Head(3, old.prev_hash), old.at, "eve", old.action, old.subject, old.details)
        lake.db.execute(
            "UPDATE lake.events SET actor = ?, hash = ? WHERE seq = 4", [forged.actor, forged.hash]
        )

    assert any("event 5 does not follow event 4" in p for p in problems(run))


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE lake.findings SET severity = 'note' WHERE run = ?", "the stored findings are not what was"),
        ("DELETE FROM lake.findings WHERE run = ?", "the stored findings are not what was committed"),
        ("UPDATE lake.evidence SET excerpt = 'x' WHERE run = ?", "the stored evidence is not what was"),
        ("UPDATE lake.evidence SET row = row + 1 WHERE run = ?", "the stored evidence is not what was"),
        ("DELETE FROM lake.suppressions WHERE run = ?", "the stored list of waived findings is not what"),
        (
            "UPDATE lake.audits SET report = replace(report, '\"pass\"', '\"fail\"') WHERE run = ?",
            "the stored report is not what was committed",
        ),
        ("UPDATE lake.audits SET verdict = 'fail' WHERE run = ?", "its line in table audits is not what"),
        ("UPDATE lake.audit_rules SET findings = 9 WHERE run = ?", "its line in table audit_rules is not"),
        ("DELETE FROM lake.audits WHERE run = ?", "it was committed, and is not in the lake"),
    ],
)
def test_a_tampered_audit_is_named_by_its_run(
    run: Run, runs: list[str], sql: Sql, statement: str, named: str
) -> None:
    sql(statement, runs[1])

    found = problems(run)

    assert any(p.startswith(f"run {runs[1]}: {named}") for p in found), found
    # An UPDATE leaves DuckLake with statistics of the new file alone, by which it misreads numbers of the others.
    if not statement.startswith("UPDATE lake.evidence SET row") and "audit_rules" not in statement:
        assert [p for p in found if runs[0] in p] == []


def test_a_data_file_that_was_changed_on_the_disk_is_named(run: Run, runs: list[str], folder: Path) -> None:
    file = next((folder / ".govern" / "data" / "main" / "entries").glob("*.parquet"))
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(bytes(data))

    assert any(str(file.name) in p and "SHA-256" in p for p in problems(run))


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('"x"', '"y"', "waiver W-0001 was changed after event 4: reason is 'y', the log has 'x'"),
        ("rows > 0", "rows > 9", "waiver W-0001 was changed after event 4: where is 'rows > 9'"),
        (
            'approved_by = "ben"',
            'approved_by = "ann"',
            "waiver W-0001 was changed after event 4: approved_by",
        ),
        (
            'id = "W-0001"\nrule = "DUP001"',
            'id = "W-0002"\nrule = "DUP001"',
            "waiver W-0002 is called approved",
        ),
        ("[[waiver]]\nid", "[[waiver]\nid", "not valid TOML"),
    ],
)
def test_a_tampered_waiver_is_named(
    run: Run, runs: list[str], folder: Path, old: str, new: str, named: str
) -> None:
    path = folder / "waivers.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))

    found = problems(run)

    assert any(named in p for p in found), found


def test_a_waiver_that_was_taken_out_by_hand_is_named(run: Run, runs: list[str], folder: Path) -> None:
    (folder / "waivers.toml").write_text("")

    assert problems(run) == [
        "waiver W-0001 is not in waivers.toml: the log has it since event 4 (waiver.approve)"
    ]


def test_a_removed_audit_is_no_tampering(run: Run, runs: list[str]) -> None:
    assert run("runs", "rm", runs[0], "--yes").code == 0

    assert problems(run) == []
