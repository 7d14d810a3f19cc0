"""Processes that write to a lake, and their sudden ends."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import REPOSITORY

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Ended:
    """How a process ended: what it had printed, and whether it was killed before its own end."""

    lines: tuple[str, ...]
    killed: bool
    errors: str

    @property
    def acked(self) -> list[int]:
        """Numbers of the commits it said were done."""
        return [int(line.removeprefix("ack ")) for line in self.lines if line.startswith("ack ")]


def worker(location: str, name: str, first: int, count: int, rows: int = 200) -> list[str]:
    """The command that makes commits of `tests.lake.worker`."""
    return [sys.executable, "-m", "tests.lake.worker", location, name, str(first), str(count), str(rows)]


def start(command: Sequence[str]) -> subprocess.Popen[str]:
    """The process, running."""
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=REPOSITORY, env=ENVIRONMENT
    )


def finish(process: subprocess.Popen[str]) -> Ended:
    """How the process ended by itself."""
    out, err = process.communicate(timeout=300)
    return Ended(tuple(out.splitlines()), process.returncode == -signal.SIGKILL, err)


def kill_after(command: Sequence[str], seconds: float, first_line: bool = True) -> Ended:
    """How the process ended when it was killed that long after its first line (or its start)."""
    process = start(command)
    line = process.stdout.readline() if first_line and process.stdout else ""
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    ended = finish(process)
    return Ended((line.strip(), *ended.lines), ended.killed, ended.errors)


def kill_with(file: Path, command: Sequence[str], seconds: float = 120.0) -> Ended:
    """How the process ended when it was killed, after its first commit, while that file was there.

    The file may come and go, so the process is stopped first and then looked at.
    """
    process = start(command)
    before = [process.stdout.readline() for _ in range(2)] if process.stdout else []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        process.send_signal(signal.SIGSTOP)
        if file.exists():
            break
        process.send_signal(signal.SIGCONT)
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    ended = finish(process)
    return Ended((*(line.strip() for line in before), *ended.lines), ended.killed, ended.errors)


def moments(count: int, longest: float, seed: int) -> list[float]:
    """That many random moments, the same for the same seed."""
    rng = random.Random(seed)
    return [rng.uniform(0, longest) for _ in range(count)]
