"""The README's commands do what it says, in the order it says it."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.conftest import REPOSITORY
from ui.cli.main import main

README = (REPOSITORY / "README.md").read_text("utf-8")
BLOCK = re.compile(r"<!-- exit (\d) -->\n```\n(.*?)```", re.DOTALL)
SERVER = re.compile(r"<!-- serves (\d+) -->\n```\n(.*?)\n```")
STARTS = 120  # seconds a server may take on a loaded machine


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the README's first command leaves it: the demo audited, `govern` on the path."""
    folder = tmp_path_factory.mktemp("readme")
    scripts = folder / "bin"
    scripts.mkdir()
    govern = scripts / "govern"
    govern.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m ui.cli "$@"\n')
    govern.chmod(0o755)
    done = shell("govern demo --no-train", folder)
    assert 0 == done.returncode, done.stderr
    return folder


def shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, shell=True, cwd=folder, capture_output=True, text=True, env=surroundings(folder)
    )


def surroundings(folder: Path) -> dict[str, str]:
    """Environment variables with `govern` on the path, and no setting of whoever runs the tests."""
    paths = {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "PYTHONPATH": str(REPOSITORY)}
    return {**{k: v for k, v in os.environ.items() if not k.startswith("GOVERN_")}, **paths}


@pytest.fixture
def walked(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], int]]:
    """How a line ends. The first of each command is a process, as in a shell; later ones run in this process.

    Of the CPU time that the tour took as fifty processes, a third went into loading the program.
    """
    monkeypatch.chdir(workplace)
    for name in [n for n in os.environ if n.startswith("GOVERN_")]:
        monkeypatch.delenv(name)
    before, known = signal.getsignal(signal.SIGTERM), set()

    def walk(line: str) -> int:
        program, command, *_ = words = shlex.split(line)
        if program != "govern" or command not in known:
            known.add(command)
            return shell(line, workplace).returncode
        return main(words[1:])

    yield walk
    signal.signal(signal.SIGTERM, before)


def test_the_tour_works_as_printed(walked: Callable[[str], int]):
    """One test and not one a command: the tour is walked in order, each step on what the last one left."""
    ended = [
        (line, walked(line), int(code))
        for code, block in BLOCK.findall(README)
        for line in block.strip().splitlines()
    ]

    assert [] == [(line, got, said) for line, got, said in ended if got != said]
    assert len(ended) >= 35


def test_every_command_of_the_tour_says_how_it_ends():
    tour = README[README.index("## The tour") :]

    assert tour.count("```\ngovern ") == len(BLOCK.findall(tour)) + len(SERVER.findall(tour))


def test_what_the_tour_serves_answers(workplace: Path):
    served = SERVER.findall(README)

    assert 1 == len(served)
    for port, command in served:
        script = workplace / "bin" / "govern"
        server = subprocess.Popen([script, *command.split()[1:]], cwd=workplace, env=surroundings(workplace))
        try:
            assert 200 == status_of(f"http://127.0.0.1:{port}/healthz", server)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(STARTS)


def status_of(url: str, server: subprocess.Popen[bytes]) -> int:
    """The status of the first answer."""
    until = monotonic() + STARTS
    while True:
        try:
            with urlopen(url, timeout=5) as answer:
                return int(answer.status)
        except URLError:
            assert server.poll() is None and monotonic() < until
            sleep(0.2)


def test_the_two_commands_install_from_the_checkout():
    installs = [line for line in README.splitlines() if line.startswith("python3 -m venv")]

    assert [
        "python3 -m venv .venv && .venv/bin/pip install -q -e . && .venv/bin/govern demo",
        "python3 -m venv .venv && .venv/bin/pip install -q -e '.[dev]' && .venv/bin/pytest",
    ] == installs


def test_every_picture_and_page_it_names_is_there():
    named = re.findall(r"\]\(([^)#:]+)\)|`(docs/[\w./-]+|CONTRIBUTING\.md|benchmarks/[\w./-]+)`", README)
    paths = {a or b for a, b in named}

    assert set() == {p for p in paths if not (REPOSITORY / p).exists()}
