"""Ways to run the program: in this process where it is enough, as a real process where that is the point."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ui.cli.main import main

REPOSITORY = Path(__file__).resolve().parent.parent.parent
COMMAND = (sys.executable, "-m", "ui.cli")
OWN = ("GOVERN_", "NO_COLOR", "FORCE_COLOR", "CI", "COLUMNS")


@dataclass(frozen=True)
class Result:
    """How a run ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of the machine decides a test."""
    for name in [n for n in os.environ if n.startswith(OWN)]:
        monkeypatch.delenv(name)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder. A marker keeps the search for configuration from leaving it."""
    place = tmp_path / "work"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Run the program in this process."""
    before = signal.getsignal(signal.SIGTERM)

    def invoke(*arguments: str) -> Result:
        capsys.readouterr()
        code = main(arguments)
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    yield invoke
    signal.signal(signal.SIGTERM, before)


def environment(**more: str) -> dict[str, str]:
    """Variables for a real process that imports this checkout."""
    return {**os.environ, "PYTHONPATH": str(REPOSITORY), **more}


def process(*arguments: str, **more: Any) -> Result:
    """Run the program as a process of its own."""
    env = environment(**more.pop("env", {}))
    done = subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, env=env, timeout=120, **more
    )
    return Result(done.returncode, done.stdout, done.stderr)


def write_rows(path: Path, rows: list[dict[str, Any]]) -> Path:
    """A JSONL file of rows."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def clean_rows() -> list[dict[str, Any]]:
    """Five rows that share little."""
    return [
        {"prompt": "What does a zero-coupon bond pay before it matures?", "response": "Nothing at all."},
        {"prompt": "Name the buyer's largest loss on a call option.", "response": "The premium paid for it."},
        {
            "prompt": "Why do insurers hold reserves?",
            "response": "To meet claims that have not been settled yet.",
        },
        {
            "prompt": "How is the price earnings ratio built?",
            "response": "Share price over earnings a share.",
        },
        {"prompt": "Which rate moves mortgages most?", "response": "The central bank's, through swap rates."},
    ]


def train_rows() -> list[dict[str, Any]]:
    """Six rows, of which the last repeats the first."""
    return [*clean_rows(), clean_rows()[0]]
