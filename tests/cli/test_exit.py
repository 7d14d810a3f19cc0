"""The contract of exit codes, row by row. 1 means findings and nothing else."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Result, Run, environment
from tests.cli.odd import ESCAPE
from ui.cli.lazy import Entry
from ui.cli.main import cli

ODD = (sys.executable, "-m", "tests.cli.odd")


@pytest.fixture
def odd(run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The odd command, in this process."""
    monkeypatch.setitem(cli.entries, "odd", Entry("odd", "tests.cli.odd:command", ""))
    return lambda *arguments: run("odd", *arguments)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("finished", 0),
        ("exit", 0),
        ("findings", 1),
        ("incomplete", 2),
        ("govern-error", 2),
        ("usage", 2),
        ("click", 2),
        ("uncaught", 2),
        ("memory", 2),
        ("missing", 2),
        ("full", 2),
        ("abort", 130),
    ],
)
def test_how_a_command_ends_decides_the_code(odd: Run, kind: str, code: int) -> None:
    assert odd(kind).code == code


@pytest.mark.parametrize(
    "arguments",
    [("adit",), ("--lak",), (), ("config", "shw"), ("rule", "--format", "tex"), ("rule",), ("--color",)],
)
def test_wrong_usage_is_2_and_leaves_stdout_empty(run: Run, arguments: tuple[str, ...]) -> None:
    ended = run(*arguments)

    assert (ended.code, ended.out) == (2, "")
    assert ended.err


def test_an_error_has_three_lines(odd: Run) -> None:
    ended = odd("govern-error")

    assert ended.err == "error: the file is no Parquet\n  at: a.parquet\n  try: name another one\n"


def test_a_system_error_names_its_file(odd: Run) -> None:
    assert odd("missing").err.splitlines()[:2] == ["error: no such file or directory", "  at: gone.jsonl"]
    assert odd("full").err.splitlines()[2] == "  try: free some space, or choose another place"


def test_a_misspelt_command_is_told_the_nearest(run: Run) -> None:
    assert "did you mean 'audit'?" in run("adit").err


def test_a_misspelt_option_is_told_the_nearest(run: Run) -> None:
    assert "did you mean '--lake'?" in run("--lak").err


def test_names_from_data_cannot_act_on_the_terminal(odd: Run) -> None:
    err = odd("hostile").err

    assert "\x1b" not in err
    assert "\u202e" not in err
    assert err.count("␛[31mname⟦U+202E⟧") == 3
    assert "\x1b" in ESCAPE


def test_a_traceback_shows_only_with_v(odd: Run) -> None:
    assert "Traceback" not in odd("uncaught").err
    assert "Traceback" not in odd("govern-error").err

    shown = odd("uncaught", "-v").err

    assert "Traceback" in shown
    assert "\x1b" not in shown


def test_an_uncaught_error_says_that_it_is_ours(odd: Run) -> None:
    assert odd("uncaught").err.startswith("error: internal error: ZeroDivisionError: a mistake of ours")


@pytest.mark.parametrize(
    ("number", "code", "word"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]
)
def test_a_signal_ends_a_real_process(number: signal.Signals, code: int, word: str) -> None:
    with subprocess.Popen([*ODD, "sleep"], stderr=subprocess.PIPE, text=True, env=environment()) as running:
        assert running.stderr is not None
        assert running.stderr.readline() == "asleep\n"
        running.send_signal(number)
        said = running.stderr.read()

    assert (running.returncode, said) == (code, f"\n{word}\n")


def test_a_closed_pipe_is_quiet() -> None:
    with subprocess.Popen(
        [*ODD, "print"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.readline()
        running.stdout.close()
        said = running.stderr.read()

    assert (running.returncode, said) == (0, "")


FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")


@needs_full
def test_a_full_disk_behind_stdout_is_2() -> None:
    with FULL.open("w") as full:
        ended = ended_with("print", stdout=full)

    assert ended.code == 2
    assert ended.err.startswith("error: no space left on device")
    assert "Traceback" not in ended.err


@needs_full
def test_an_error_that_cannot_be_written_is_still_2() -> None:
    with FULL.open("w") as full:
        ended = ended_with("govern-error", stderr=full)

    assert ended.code == 2


def ended_with(*arguments: str, **streams: Any) -> Result:
    done = subprocess.run(
        [*ODD, *arguments], text=True, env=environment(), timeout=60,
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | streams,
    )  # fmt: skip
    return Result(done.returncode, done.stdout or "", done.stderr or "")
