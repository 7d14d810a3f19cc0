"""What the lake keeps, through the program: evaluation sets, health, and what is asked before removing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run, write_rows

ITEMS = [
    {"question": "What is the yield of a zero-coupon bond?", "answer": "The discount rate of its price."},
    {"question": "What limits the loss of a long call option?", "answer": "The premium that was paid."},
]


@pytest.fixture
def suite(folder: Path) -> Path:
    return write_rows(folder / "eval.jsonl", ITEMS)


def test_a_suite_is_kept_listed_and_shown(run: Run, suite: Path) -> None:
    assert run("benchmarks", "add", "finance", suite.name).code == 0

    listed = json.loads(run("benchmarks", "list", "-f", "json").out)
    shown = json.loads(run("benchmarks", "show", "finance", "--items", "1", "-f", "json").out)

    assert [(s["name"], s["version"], s["items"]) for s in listed] == [("finance", 1, 2)]
    assert (shown["items"], shown["shown"][0]["question"]) == (2, ITEMS[0]["question"])


def test_the_same_suite_again_is_the_same_version(run: Run, suite: Path) -> None:
    run("benchmarks", "add", "finance", suite.name)

    assert "finance@1" in run("benchmarks", "add", "finance", suite.name).err
    write_rows(suite, ITEMS[:1])
    assert "finance@2" in run("benchmarks", "add", "finance", suite.name).err


def test_checking_a_suite_keeps_nothing(run: Run, suite: Path, folder: Path) -> None:
    assert json.loads(run("benchmarks", "check", suite.name, "-f", "json").out)["answered"] == 2
    assert sorted(p.name for p in folder.iterdir()) == ["eval.jsonl"]


@pytest.mark.parametrize(
    "command", [("datasets", "list"), ("runs", "list"), ("benchmarks", "list"), ("report", "latest")]
)
def test_without_a_lake_the_way_to_one_is_told(run: Run, command: tuple[str, ...]) -> None:
    ended = run(*command)

    assert (ended.code, ended.out) == (2, "")
    assert "govern init" in ended.err


def test_an_unknown_suite_is_told_the_nearest(run: Run, suite: Path) -> None:
    run("benchmarks", "add", "finance", suite.name)

    assert "did you mean 'finance'?" in run("benchmarks", "show", "finanse").err


def test_a_healthy_machine_is_0(run: Run) -> None:
    ended = run("doctor", "-f", "json")

    found = json.loads(ended.out)
    assert (ended.code, found["ok"], [c for c in found["checks"] if not c["ok"]]) == (0, True, [])
    assert {"python", "duckdb ducklake", "lake", "configuration"} <= {c["name"] for c in found["checks"]}


def test_a_failing_check_is_1(run: Run, folder: Path) -> None:
    (folder / "govern.toml").write_text("job = 1")

    ended = run("doctor", "-f", "json")

    failing = [c for c in json.loads(ended.out)["checks"] if not c["ok"]]
    assert (ended.code, failing[0]["name"]) == (1, "configuration")


def test_a_damaged_lake_fails_the_doctor(run: Run, suite: Path, folder: Path) -> None:
    run("benchmarks", "add", "finance", suite.name)
    for file in (folder / ".govern" / "data").rglob("*.parquet"):
        file.write_bytes(file.read_bytes()[:-1])

    ended = run("doctor", "-f", "json")

    assert (ended.code, [c["name"] for c in json.loads(ended.out)["checks"] if not c["ok"]]) == (1, ["lake"])


def test_the_core_is_what_the_project_declares() -> None:
    import re
    import tomllib

    from tests.cli.conftest import REPOSITORY
    from ui.cli.health import CORE, EXTRAS

    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    declared = {re.split(r"[^\w.-]", d)[0] for d in project["dependencies"]}

    assert {d for d in declared if not d.startswith("duckdb-extension")} == set(CORE)
    assert set(EXTRAS) == set(project["optional-dependencies"]) - {"dev", "all"}
