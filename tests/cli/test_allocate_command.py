from __future__ import annotations

import json
from pathlib import Path

import pytest

from governance.allocation_file import read_allocation
from governance.lake import open_lake
from governance.lake.splits import find_split, load_members
from tests.cli.conftest import Run, write_rows

FIRST = "label,items,passed,rows\nbanking/consultation,40,30,500\ninsurance/ner,50,10,100\n"
SECOND = "label,items,passed\nbanking/consultation,40,31\ninsurance/ner,50,20\n"


@pytest.fixture
def measured(folder: Path) -> str:
    (folder / "m.csv").write_text(FIRST)
    return "m.csv"


def test_iterations_of_a_loop_follow_each_other(run: Run, folder: Path, measured: str):
    assert 0 == run("allocate", measured, "--budget", "1000", "-o", "one.toml").code
    (folder / "m.csv").write_text(SECOND)
    assert 0 == run("allocate", measured, "-o", "two.json").code

    one, two = read_allocation(folder / "one.toml"), read_allocation(folder / "two.json")
    assert ([1, 2], [1000, 800]) == ([one.iteration, two.iteration], [one.budget, two.budget])
    assert {line.label: line.rows for line in one.label} == {line.label: line.previous for line in two.label}
    assert 800 == sum(line.added for line in two.label)


def test_a_dry_run_keeps_nothing_and_needs_no_lake(run: Run, folder: Path, measured: str):
    assert 0 == run("allocate", measured, "--budget", "9", "--dry-run").code

    assert not (folder / ".govern").exists()


def test_without_a_budget_the_first_iteration_says_what_is_missing(run: Run, measured: str):
    result = run("allocate", measured)

    assert 2 == result.code
    assert "--budget N" in result.err


def test_json_holds_the_whole_proposal(run: Run, measured: str):
    found = json.loads(run("allocate", measured, "--budget", "10", "--dry-run", "-f", "json").out)

    assert (10, ["banking/consultation", "insurance/ner"]) == (
        sum(one["rows"] - one["previous"] for one in found["label"]),
        [one["label"] for one in found["label"]],
    )


def test_a_hostile_label_is_shown_and_not_acted_on(run: Run, folder: Path):
    (folder / "m.csv").write_text("label,items,passed\n\x1b[31mred\u202e,40,30\n", encoding="utf-8")

    out = run("allocate", "m.csv", "--budget", "10", "--dry-run").out

    assert "\x1b" not in out
    assert "␛[31mred⟦U+202E⟧" in out


def test_a_file_of_no_format_is_refused_before_anything_is_kept(run: Run, folder: Path, measured: str):
    assert 2 == run("allocate", measured, "--budget", "10", "-o", "next.txt").code

    assert not (folder / ".govern").exists()


@pytest.mark.slow
def test_curation_takes_the_proposal(run: Run, folder: Path):
    rows = [
        {"prompt": f"What is {n} times {n + 3}?", "response": f"It is {n * (n + 3)}.", "label": label}
        for label, count in (("a", 30), ("b", 20), ("c", 10))
        for n in range(ord(label), ord(label) + 10 * count, 10)
    ]
    write_rows(folder / "train.jsonl", rows)
    (folder / "m.csv").write_text("label,items,passed,rows,available\na,40,20,5,30\nb,40,20,5,20\n")
    assert 0 == run("allocate", "m.csv", "--budget", "10", "-o", "next.toml").code

    assert 0 == run("ingest", "train.jsonl").code
    ended = run("curate", "train", "--name", "next", "--allocation", "next.toml")

    assert 0 == ended.code, ended.err
    with open_lake(".govern", read_only=True) as lake:
        labels = load_members(lake, find_split(lake, "next")).column("label").to_pylist()
    assert {"a": 10, "b": 10, "c": 10} == {label: labels.count(label) for label in sorted(set(labels))}
