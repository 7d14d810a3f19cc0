"""The house rules that can be checked by machine."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

SOURCES = sorted(p for top in ("governance", "ui") for p in (REPOSITORY / top).rglob("*.py"))


def test_imports_run_one_way():
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )

    assert (0, "") == (done.returncode, "" if done.returncode == 0 else done.stdout + done.stderr)


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(REPOSITORY)))
def test_no_file_is_longer_than_four_hundred_lines(path: Path):
    assert path.read_text(encoding="utf-8").count("\n") <= 400


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(REPOSITORY)))
def test_no_function_is_longer_than_sixty_lines(path: Path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]

    assert [] == [f.name for f in functions if f.end_lineno - f.lineno + 1 > 60]


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(REPOSITORY)))
def test_nothing_is_unpickled_or_evaluated(path: Path):
    text = path.read_text(encoding="utf-8")

    assert [] == re.findall(r"\b(?:import pickle|pickle\.loads?|eval\(|exec\(|yaml\.load\()", text)


def test_sql_against_the_lake_is_written_in_the_lake_only():
    outside = [p for p in SOURCES if "governance/lake" not in p.as_posix()]

    assert [] == [
        str(p) for p in outside if re.search(r"\b(?:ATTACH|INSERT INTO|ducklake_)", p.read_text("utf-8"))
    ]


def test_top_level_holds_only_what_the_ecosystem_expects():
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=REPOSITORY, capture_output=True, text=True
    ).stdout.split()
    expected = {
        *("governance", "attribution", "training", "ui", "tests", "benchmarks", "docs", "examples"),
        *("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "constraints.txt"),
    }
    if not tracked:
        pytest.skip("not a git checkout")

    assert set() == {top for top in (f.split("/")[0] for f in tracked) if not top.startswith(".")} - expected
