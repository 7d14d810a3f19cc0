"""`govern --help` is the first thing people run: it loads next to nothing."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

from tests.cli.conftest import COMMAND, environment
from ui.cli.main import cli

HEAVY = (
    "duckdb",
    "polars",
    "numba",
    "torch",
    "pyarrow",
    "pydantic",
    "numpy",
    "rich",
    "rich_click",
    "datasets",
)


def imported_by(*arguments: str) -> set[str]:
    """Top-level modules that a run imports."""
    code = (
        "import sys\nfrom ui.cli.main import main\n"
        f"assert main({list(arguments)!r}) == 0\n"
        "print(','.join(sorted({m.partition('.')[0] for m in sys.modules})), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment(), check=True
    )
    return set(done.stderr.strip().split(","))


@pytest.mark.parametrize(
    "arguments", [("--help",), ("--version",), *((name, "--help") for name in cli.entries)]
)
def test_help_imports_nothing_heavy(arguments: tuple[str, ...]) -> None:
    heavy = imported_by(*arguments) & set(HEAVY)

    assert heavy == set()


def test_help_costs_less_than_150_ms_of_cpu() -> None:
    """The least of several fresh processes: the rest of the machine is busy too."""
    cheapest = min(cpu_ms("--help") for _ in range(7))

    assert cheapest < 150


def cpu_ms(*arguments: str) -> float:
    """User and system time of one run, in milliseconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([*COMMAND, *arguments], stdout=subprocess.DEVNULL, env=environment(), check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
