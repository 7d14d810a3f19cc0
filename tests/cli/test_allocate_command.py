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


QUICK = ("--set", "device=cpu", "--set", "max_steps=2", "--set", "batch_size=2", "-q")


@pytest.mark.slow
def test_the_loop_closes(run: Run, folder: Path):
    """Labelled items, a split, a model, its evaluation, a proposal, the next split, the next model."""

    def done(*arguments: str) -> None:
        ended = run(*arguments)
        assert 0 == ended.code, ended.err

    rows = [
        {"prompt": f"What is {n} {word} {n + 3}?", "response": f"It is {n}.", "label": label}
        for label, word in (("a", "plus"), ("b", "times"))
        for n in range(2, 22)
    ]
    write_rows(folder / "train.jsonl", rows)
    items = [
        {"question": f"What is {n} {word} 30?", "answer": f"{n}", "govern_label": label}
        for label, word in (("a", "plus"), ("b", "times"))
        for n in (31, 32)
    ]
    write_rows(folder / "items.jsonl", items)
    write_rows(
        folder / "bare.jsonl", [{k: v for k, v in item.items() if k != "govern_label"} for item in items]
    )
    (folder / "first.toml").write_text(
        'format = 1\n[[label]]\nlabel = "a"\nrows = 5\n[[label]]\nlabel = "b"\nrows = 5\n'
    )
    done("ingest", "train.jsonl", "-q")
    done("curate", "train", "--name", "sums", "--allocation", "first.toml", "-q")
    done("train", "sums", *QUICK, "-o", "first")
    answer = ("--max-new-tokens", "4", "-q")
    done("eval", "first/model", "--suite", "bare=bare.jsonl", *answer)
    refused = run("allocate", "latest", "--budget", "10")
    done("eval", "first/model", "--suite", "items=items.jsonl", *answer)

    done("allocate", "latest", "--budget", "10", "-o", "allocation.json", "-q")
    done("curate", "train", "--name", "sums", "--allocation", "allocation.json", "-q")
    done("train", "sums", *QUICK, "-o", "second")

    assert (2, True) == (refused.code, "has a label" in refused.err)
    proposal = read_allocation(folder / "allocation.json")
    assert {"a": (5, 10), "b": (5, 10)} == {one.label: (one.previous, one.rows) for one in proposal.label}
    with open_lake(".govern", read_only=True) as lake:
        labels = load_members(lake, find_split(lake, "sums")).column("label").to_pylist()
    assert {"a": 10, "b": 10} == {label: labels.count(label) for label in sorted(set(labels))}
    record = json.loads((folder / "second" / "run.json").read_text())
    assert "sums@2" == record["split"]
