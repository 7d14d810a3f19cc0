"""`govern audit` through the program: the verdict becomes an exit code, and each stream has its use."""

from __future__ import annotations

import json
import os
import pty
import shlex
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import COMMAND, Run, clean_rows, environment, train_rows, write_rows
from ui.cli.session import Session

FAILING = ("--select", "DUP001", "--set", "DUP001.severity=error")


@pytest.fixture
def train(folder: Path) -> str:
    """A file with an exact duplicate in it."""
    return write_rows(folder / "train.jsonl", train_rows()).name


@pytest.fixture
def clean(folder: Path) -> str:
    """A file with nothing to find in it."""
    return write_rows(folder / "clean.jsonl", clean_rows()).name


def test_nothing_found_is_0(run: Run, clean: str) -> None:
    assert run("audit", clean, *FAILING).code == 0


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ((), 1),
        (("--fail-on", "note"), 1),
        (("--exit-zero",), 0),
        (("--fail-on", "never"), 0),
        (("--set", "DUP001.severity=note"), 0),
        (("--set", "DUP001.severity=note", "--fail-on", "note"), 1),
        (("--ignore", "DUP"), 0),
    ],
)
def test_what_is_found_decides_at_the_gate(run: Run, train: str, options: tuple[str, ...], code: int) -> None:
    assert run("audit", train, *FAILING, *options).code == code


@pytest.mark.parametrize("format_", ["text", "json", "sarif", "junit"])
def test_the_code_is_the_same_in_every_format(run: Run, train: str, format_: str) -> None:
    assert run("audit", train, *FAILING, "-f", format_).code == 1


@pytest.mark.parametrize(
    ("options", "code"),
    [((), 2), (("--exit-zero",), 2), (("--allow-incomplete",), 0), (("--fail-on", "never"), 2)],
)
def test_an_incomplete_audit_is_2_unless_allowed(
    run: Run, clean: str, options: tuple[str, ...], code: int
) -> None:
    assert run("audit", clean, "--select", "CON001", *options).code == code


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (("gone.jsonl",), ""),
        (("train.jsonl", "--select", "DUP999"), "there is no rule 'DUP999'"),
        (("train.jsonl", "--set", "DUP003"), "'DUP003' sets nothing"),
        (("train.jsonl", "--set", "DUP003.treshold=1"), "DUP003 has no option 'treshold'"),
        (("train.jsonl", "--set", "DUP003.threshold=lots"), "'lots' is not a value"),
        (("train.jsonl", "--memory", "lots"), "'lots' does not fit 'memory'"),
        (("train.jsonl", "--new-only"), "--new-only needs --baseline"),
        (("train.jsonl", "--baseline", "gone.json"), "the baseline is neither a file nor a stored run"),
        (("train.jsonl", "--waivers", "gone.toml"), "the waivers cannot be read"),
        (("train.jsonl", "--waivers", "w.toml", "--no-waivers"), "--waivers and --no-waivers exclude"),
        (("train.jsonl", "--set", "DUP003.max_rate=2"), "'2' does not fit 'max_rate'"),
        (("train.jsonl", "--eval", "nowhere"), "there is neither a file nor a registered"),
        (("train.jsonl", "--also", "json"), "'json' names no file"),
        (("train.jsonl", "-o", "gone/report.txt"), "there is no such folder"),
        (("train.jsonl", "--show-sensitive"), "--show-sensitive works on a terminal only"),
        (("train.jsonl", "--text-column", "prompts"), "there is no column 'prompts'"),
    ],
)
def test_a_mistake_is_2_and_leaves_stdout_empty(
    run: Run, train: str, options: tuple[str, ...], what: str
) -> None:
    ended = run("audit", *options)

    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"error: {what}")
    assert "Traceback" not in ended.err


def test_a_mistake_names_its_option_or_file(run: Run, train: str, folder: Path) -> None:
    (folder / "govern.toml").write_text('select = ["DUP999"]')

    assert "  at: govern.toml: select" in run("audit", train).err
    assert "  at: --select: select" in run("audit", train, "--select", "DUP998").err


def test_hostile_column_names_are_inert(run: Run, folder: Path) -> None:
    path = write_rows(folder / "odd.jsonl", [{'\x1b[31m"; DROP TABLE x; --': 1, "[bold]\u202ename": 2}])

    ended = run("audit", path.name, "--text-column", "text")

    assert ended.code == 2
    assert "\x1b" not in ended.err
    assert "\u202e" not in ended.err


def test_the_result_is_on_stdout_and_the_rest_on_stderr(run: Run, train: str) -> None:
    ended = run("audit", train, *FAILING, "-f", "json")

    assert json.loads(ended.out)["verdict"] == "fail"
    assert ended.err.startswith("fail: 1 error, 0 warnings, 0 notes; `govern report ")
    assert run("audit", train, *FAILING, "-q").err == ""


def test_several_results_at_once(run: Run, train: str, folder: Path) -> None:
    ended = run(
        "audit", train, *FAILING, "-o", "report.txt", "--also", "json=report.json", "--also", "csv=report.csv"
    )

    assert (ended.code, ended.out) == (1, "")
    assert json.loads((folder / "report.json").read_text())["verdict"] == "fail"
    assert "DUP001" in (folder / "report.txt").read_text()
    assert "DUP001" in (folder / "report.csv").read_text()


def test_json_is_the_same_every_time_but_for_the_run(run: Run, train: str) -> None:
    reports = [without_run(run("audit", train, "-f", "json", "--exit-zero").out) for _ in range(2)]

    assert reports[0] == reports[1]


def without_run(text: str) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(text)
    del report["run"]
    return report


def test_a_dry_run_says_what_and_writes_nothing(run: Run, train: str, folder: Path) -> None:
    write_rows(folder / "eval.jsonl", [{"question": "What is a bond?", "answer": "A loan."}])

    ended = run("audit", train, "--eval", "eval.jsonl", "--select", "DUP001,CON001", "--dry-run")

    assert ended.code == 0
    assert [line.split()[0] for line in ended.out.splitlines()] == [
        "dataset",
        "file",
        "suite",
        "rule",
        "rule",
    ]
    assert sorted(p.name for p in folder.iterdir()) == ["eval.jsonl", "train.jsonl"]


def test_only_what_is_new_counts(run: Run, train: str, folder: Path) -> None:
    run("audit", train, *FAILING, "-f", "json", "-o", "earlier.json")

    again = run("audit", train, *FAILING, "--baseline", "earlier.json", "--new-only", "-f", "json")
    write_rows(folder / "train.jsonl", [*train_rows(), clean_rows()[1]])
    more = run("audit", train, *FAILING, "--baseline", "earlier.json", "--new-only", "-f", "json")

    assert (again.code, len(json.loads(again.out)["findings"])) == (0, 0)
    assert (more.code, len(json.loads(more.out)["findings"])) == (1, 1)


def test_a_stored_audit_renders_again(run: Run, train: str) -> None:
    first = run("audit", train, *FAILING, "-f", "json").out

    assert run("report", "latest", "-f", "json").out == first


def test_settings_of_the_environment_are_followed(
    run: Run, train: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOVERN_SELECT", "DUP001")
    monkeypatch.setenv("GOVERN_RULES_DUP001_SEVERITY", "error")
    monkeypatch.setenv("GOVERN_FORMAT", "json")

    ended = run("audit", train)

    assert (ended.code, [r["id"] for r in json.loads(ended.out)["rules"]]) == (1, ["DUP001"])


def test_the_command_is_recorded_without_a_password(
    run: Run, train: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["govern", "audit", train, "--name", "postgresql://ann:s3cret@db"])

    run("audit", train, "-q", "--exit-zero")

    assert "postgresql://ann:***@db" in run("runs", "show", "latest").out


def start(*arguments: str, **streams: Any) -> subprocess.Popen[str]:
    return subprocess.Popen([*COMMAND, *arguments], text=True, env=environment(), **streams)


def test_rows_may_come_from_stdin(folder: Path) -> None:
    rows = "".join(json.dumps(row) + "\n" for row in train_rows())

    with start("audit", "-", *FAILING, "-f", "json", stdin=-1, stdout=-1, stderr=-1) as running:
        out, err = running.communicate(rows, timeout=120)

    assert (running.returncode, json.loads(out)["datasets"][0]["rows"]) == (1, 6), err


def test_ctrl_c_is_130_and_leaves_a_whole_lake(run: Run, folder: Path) -> None:
    run("init", "-q")
    with start("audit", "-", "-o", "out.txt", stdin=-1, stdout=-1, stderr=-1) as running:
        assert running.stdin is not None
        assert running.stderr is not None
        line = json.dumps(clean_rows()[0]) + "\n"
        running.stdin.write(line * 20_000)  # more than a batch; what is still to come keeps it reading
        running.stdin.flush()
        wait_for(folder / ".govern" / "data" / "staging")
        interrupt(running)
        err = running.stderr.read()

    assert (running.returncode, err) == (130, "\ninterrupted\n")
    assert run("runs", "list").out == "no run yet\n"
    assert run("doctor").code == 0
    assert not (folder / "out.txt").exists()
    assert [p for p in folder.iterdir() if p.name.startswith(".govern-")] == []


def interrupt(running: subprocess.Popen[str]) -> None:
    """Press Ctrl-C; again, as a person would, where the signal fell between Python's check and the read."""
    for _ in range(10):
        running.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            running.wait(20)
            return


def wait_for(folder: Path) -> None:
    """Until the audit has begun to write."""
    for _ in range(2400):
        if folder.is_dir() and any(folder.iterdir()):
            return
        time.sleep(0.05)
    pytest.fail("the audit did not begin")


def test_a_reader_that_goes_away_does_not_change_the_verdict(train: str) -> None:
    audit = shlex.join([*COMMAND, "audit", train, *FAILING, "-f", "json", "-q"])

    done = subprocess.run(
        ["bash", "-c", f"{audit} | true; echo ${{PIPESTATUS[0]}}"],
        env=environment(),
        capture_output=True,
        text=True,
    )

    assert (done.stdout, done.stderr) == ("1\n", "")


@pytest.mark.parametrize(("variables", "moves"), [({}, True), ({"CI": "true"}, False)])
def test_progress_moves_on_a_terminal_only(train: str, variables: dict[str, str], moves: bool) -> None:
    shown = on_terminal("audit", train, *FAILING, "-o", "out.txt", **variables)

    assert (b"\x1b[?25l" in shown) is moves


@pytest.mark.parametrize(
    ("session", "terminal", "moves"),
    [
        (Session(), True, True),
        (Session(), False, False),
        (Session(no_progress=True), True, False),
        (Session(quiet=1), True, False),
    ],
)
def test_who_asks_for_silence_gets_it(
    monkeypatch: pytest.MonkeyPatch, session: Session, terminal: bool, moves: bool
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)

    assert bool(session.shows_progress) is moves


@pytest.mark.parametrize(
    ("options", "variables", "colored"),
    [
        ((), {}, True),
        ((), {"NO_COLOR": "1"}, False),
        (("--color", "never"), {}, False),
        (("--color", "always"), {"NO_COLOR": "1"}, True),
    ],
)
def test_errors_are_coloured_on_a_terminal_only(
    folder: Path, options: tuple[str, ...], variables: dict[str, str], colored: bool
) -> None:
    shown = on_terminal(*options, "rule", "XXX999", **variables)

    assert b"there is no rule" in shown
    assert (b"\x1b" in shown) is colored


def on_terminal(*arguments: str, **variables: str) -> bytes:
    """What a run writes to a terminal that is its stderr."""
    ours, theirs = pty.openpty()
    env = environment(TERM="xterm", **variables)
    with subprocess.Popen(
        [*COMMAND, *arguments], stderr=theirs, stdin=subprocess.DEVNULL, env=env
    ) as running:
        os.close(theirs)
        shown = b""
        while chunk := read_some(ours):
            shown += chunk
        running.wait(120)
    os.close(ours)
    return shown


def read_some(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 4096)
    except OSError:  # the other side was closed
        return b""
