"""kill -9 at any moment: the lake opens, verifies, and the same command then gives the same result."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from governance.demo import write_demo
from governance.lake import open_lake
from governance.lake.verify import verify_lake
from tests.audit.forking import Start, loaded, start_whole

T = TypeVar("T")
KILLS = 50
SHARES = 2  # the kills are spread over this many tests, so that they can run side by side
WHOLE = 6
"""Kills of a share that may come while the program is being loaded, too; the others come while it works."""


def govern(lake: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "ui.cli", "--lake", str(lake), *words]


def report(lake: Path, *words: str) -> dict[str, Any]:
    done = subprocess.run(govern(lake, *words), capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    found.pop("run")
    return found


def timed(run: Callable[[], T]) -> tuple[T, float]:
    """What comes of it, and how many seconds that took, five at most; what compiles kernels has run before."""
    began = time.monotonic()
    came = run()
    return came, min(time.monotonic() - began, 5.0)


def seconds(start: Start, lake: Path, words: list[str]) -> float:
    """How long a command takes that is left alone."""
    code, took = timed(lambda: start("--lake", str(lake), *words).ended())
    assert code in (0, 1)
    return took


@pytest.mark.slow
@pytest.mark.parametrize("share", range(SHARES))
def test_fifty_kills_lose_nothing(tmp_path: Path, share: int):
    demo = write_demo(tmp_path / "demo", rows=600)
    audit = ["audit", str(demo.dataset), "--eval", str(demo.suite), "--name", "killed", "-f", "json"]
    ingest = ["ingest", str(demo.dataset), "--name", "killed-rows"]
    expected, of_audit = timed(lambda: report(tmp_path / "reference", *audit))
    lake, other, rng = tmp_path / "lake", tmp_path / "other", random.Random(share)

    with loaded() as start_copy:
        turns = [(start, words) for start in (start_whole, start_copy) for words in (ingest, audit)]
        first, *rest = [seconds(start, other, words) for start, words in (turns[0], *turns[2:])]
        longest = [first, of_audit, *rest]
        for i in range(KILLS // SHARES):
            turn = i % 2 if i < WHOLE else 2 + i % 2
            start, words = turns[turn]
            process = start("--lake", str(lake), *words)
            time.sleep(rng.uniform(0.1, 1.1) * longest[turn])
            process.kill()
            process.ended()
            if lake.exists():
                with open_lake(str(lake)) as opened:
                    assert () == tuple(verify_lake(opened).problems)

    assert expected == report(lake, *audit)
    assert 0 == subprocess.run(govern(lake, *ingest), capture_output=True).returncode
    with open_lake(str(lake)) as opened:
        assert () == tuple(verify_lake(opened).problems)


def test_two_processes_ingesting_at_once_both_succeed(tmp_path: Path):
    demo = write_demo(tmp_path / "demo", rows=600)
    words = [["ingest", str(demo.dataset), "--name", name] for name in ("one", "two")]

    running = [
        subprocess.Popen(govern(tmp_path / "lake", *w), stdout=-3, stderr=subprocess.PIPE) for w in words
    ]
    ended = [(process.communicate()[1].decode(), process.returncode) for process in running]

    assert [0, 0] == [code for _, code in ended], ended
