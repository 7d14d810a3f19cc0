"""Kernels of a fresh checkout, compiled before the tests: else every worker would compile all of them for itself."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path

from governance.text.native import HERE, loaded

REPOSITORY = Path(__file__).resolve().parent.parent  # not from conftest, which this comes before
EAGER = (
    *(f"governance.text.{room}" for room in ("wording", "passages", "phrases", "endings", "profile")),
    *("governance.labels.scan", "governance.answers.questions", "governance.detectors.drift.counting"),
)
"""Modules whose kernels are compiled when they are imported, beside those of the search for near-duplicates."""


def warm() -> None:
    """The kernels of a fresh checkout are compiled, by two processes; nothing is done where there are some already."""
    if any((HERE / "__pycache__").glob("*.nbi")):
        return
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    running = [
        subprocess.Popen([sys.executable, "-m", "tests.warming", half], cwd=REPOSITORY, env=environment)
        for half in HALVES
    ]
    for process in running:
        process.wait()


def imported() -> None:
    """What is compiled by an import: 33 CPU seconds."""
    loaded()
    for module in EAGER:
        import_module(module)


def used() -> None:
    """What is compiled for the types it is called with, in the search for evaluation items: 50 CPU seconds."""
    from governance.demo import write_demo
    from ui.cli.main import main

    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        demo = write_demo(Path("demo"), rows=600)
        words = ["audit", str(demo.dataset), "--eval", str(demo.suite), "--select", "CON", "--exit-zero"]
        main([*words, "--isolated", "--lake", "lake", "-q", "-o", "report.txt"])
        os.chdir(REPOSITORY)


HALVES = {"imported": imported, "used": used}

if __name__ == "__main__":
    HALVES[sys.argv[1]]()
