"""Processes of the program: as people start it, and copies of one that has everything loaded.

Loading takes three of the five CPU seconds of an audit of 600 rows, and a kill then tells nothing about a lake.
"""

from __future__ import annotations

import json
import os
import pkgutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol

from tests.conftest import REPOSITORY


class Command(Protocol):
    """A running command."""

    def kill(self) -> None:
        """The command is killed; nothing happens where it has ended."""

    def ended(self) -> int:
        """How it ended: its exit code, or the negative number of the signal."""


Start = Callable[..., Command]


@dataclass(frozen=True)
class Whole:
    """A command as people start it."""

    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        self.process.kill()

    def ended(self) -> int:
        return self.process.wait()


def start_whole(*words: str) -> Command:
    """Starts a command of the program as people do."""
    command = [sys.executable, "-m", "ui.cli", *words]
    nothing = subprocess.DEVNULL
    return Whole(subprocess.Popen(command, stdin=nothing, stdout=nothing, stderr=nothing))


@dataclass(frozen=True)
class Copy:
    """A command that a copy of a loaded process runs."""

    pid: int
    parent: subprocess.Popen[str]

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)  # its number is not given to another before `ended` has asked

    def ended(self) -> int:
        return int(_asked(self.parent, ["wait", str(self.pid)]))


@contextmanager
def loaded() -> Iterator[Start]:
    """Starts commands in copies of a process that has loaded the program."""
    parent = subprocess.Popen(
        [sys.executable, "-m", "tests.audit.forking"],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    with parent:
        yield lambda *words: Copy(int(_asked(parent, ["start", *words])), parent)


def _asked(parent: subprocess.Popen[str], question: list[str]) -> str:
    assert parent.stdin is not None and parent.stdout is not None
    parent.stdin.write(json.dumps(question) + "\n")
    parent.stdin.flush()
    return parent.stdout.readline()


def serve() -> None:
    """Answers questions from standard input, one a line, until there are no more."""
    import governance

    for module in pkgutil.walk_packages(governance.__path__, "governance."):
        import_module(module.name)
    for name in ("audit", "ingest"):
        import_module(f"ui.cli.commands.{name}")
    for line in sys.stdin:
        what, *words = json.loads(line)
        print(_start(words) if what == "start" else _status(int(words[0])), flush=True)


def _start(words: list[str]) -> int:
    """The number of a copy of this process that runs the command."""
    pid = os.fork()
    if pid:
        return pid
    from ui.cli.main import main

    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)
    os._exit(main(words))


def _status(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


if __name__ == "__main__":
    serve()
