"""`govern label`, and labels in audits and reports, through the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run, write_rows

TAXONOMY = """
name = "kitchen"
[scenes.baking]
en = "Baking"
strong = ["bread"]
[tasks.question]
en = "Question"
strong = ["how"]
[pairs]
question = "all"
"""
FUND = {"prompt": "What is an index fund?", "response": "A fund that follows an index."}
BREAD = {"prompt": "How is bread made?", "response": "With flour."}


@pytest.fixture
def train(folder: Path) -> Path:
    return write_rows(folder / "train.jsonl", [FUND, FUND, BREAD, FUND | {"label": "Banking/QA"}])


def labels(report: dict[str, Any]) -> dict[str, int]:
    return {label["label"]: label["rows"] for label in report["labels"]}


def test_counts_as_a_table_and_as_json(run: Run, train: Path) -> None:
    text = run("label", "train.jsonl")
    values = json.loads(run("label", "train.jsonl", "-f", "json").out)

    assert text.code == 0
    assert "mutual-funds/consultation" in text.out
    assert "no label" in text.out
    assert {"mutual-funds/consultation": 2, "banking/consultation": 1, "": 1} == labels(values)
    assert ("finance", 0.6, 4, 0) == tuple(
        values[k] for k in ("taxonomy", "min_confidence", "rows", "unreadable")
    )


def test_rows_go_to_a_file(run: Run, train: Path) -> None:
    ended = run("label", "train.jsonl", "-o", "out.jsonl")

    rows = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
    assert "wrote out.jsonl: 4 rows" in ended.err
    assert ["rules", "rules", "none", "data"] == [row["govern_label_basis"] for row in rows]


def test_another_taxonomy_by_option_setting_and_variable(
    run: Run, train: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "conf").mkdir()
    (folder / "conf" / "labels.toml").write_text(TAXONOMY)
    option = run("label", "train.jsonl", "--labels", "conf/labels.toml", "-f", "json")
    (folder / "conf" / "govern.toml").write_text('labels = "labels.toml"\n')
    setting = run("label", "train.jsonl", "--config", "conf/govern.toml", "-f", "json")
    monkeypatch.setenv("GOVERN_LABELS", "conf/labels.toml")
    variable = run("label", "train.jsonl", "-f", "json")

    assert option.out == setting.out == variable.out
    assert "kitchen" == json.loads(option.out)["taxonomy"]
    assert {"baking/question": 1, "Banking/QA": 1, "": 2} == labels(json.loads(option.out))


def test_the_bar_is_an_option(run: Run, train: Path) -> None:
    strict = json.loads(run("label", "train.jsonl", "--min-confidence", "1", "-f", "json").out)

    assert {"banking/consultation": 1, "": 3} == labels(strict)
    assert 2 == run("label", "train.jsonl", "--min-confidence", "1.5").code


def test_the_taxonomy_is_shown(run: Run, folder: Path) -> None:
    text, values = run("label", "--show"), json.loads(run("label", "--show", "-f", "json").out)

    assert "Mutual Funds" in text.out
    assert "基金" in text.out
    assert "banking/consultation" in values["labels"]
    assert "finance" == values["name"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("label",), "name a dataset, or give --show"),
        (("label", "train.jsonl", "--show"), "name a dataset, or give --show"),
        (("label", "train.jsonl", "--labels", "absent.toml"), "the taxonomy cannot be read"),
        (("label", "train.jsonl", "--labels", "none"), "nothing is labelled"),
        (("label", "train.jsonl", "-o", "out.txt"), "tells no format"),
        (("audit", "train.jsonl", "--labels", "absent.toml"), "the taxonomy cannot be read"),
    ],
)
def test_mistakes_are_said_and_exit_2(run: Run, train: Path, arguments: tuple[str, ...], said: str) -> None:
    ended = run(*arguments)

    assert ended.code == 2
    assert said in ended.err


def test_a_report_has_labels_and_renders_them_again(run: Run, train: Path) -> None:
    first = json.loads(run("audit", "train.jsonl", "--select", "DUP", "--exit-zero", "-f", "json").out)
    again = json.loads(run("report", "latest", "-f", "json").out)
    text = run("report", "latest").out

    funds = next(label for label in first["labels"] if label["label"] == "mutual-funds/consultation")
    assert (2, 1, {"rules": 2}) == (funds["rows"], funds["affected"], funds["basis"])
    assert 1 == funds["findings"]["warning"]  # one of the two equal rows repeats the other
    assert first["labels"] == again["labels"]
    assert "finance" == first["config"]["labels"]["taxonomy"]
    assert "mutual-funds/consultation" in text


def test_an_audit_without_labels(run: Run, train: Path) -> None:
    off = json.loads(run("audit", "train.jsonl", "--labels", "none", "--exit-zero", "-f", "json").out)

    assert [] == off["labels"]
    assert {} == off["config"]["labels"]


def test_where_nothing_is_labelled_one_line_says_so(run: Run, folder: Path) -> None:
    write_rows(folder / "train.jsonl", [BREAD])

    text = run("audit", "train.jsonl").out

    assert 1 == text.count("label")
    assert "No row has a label of the taxonomy 'finance'." in text


def test_a_dry_run_finds_a_broken_taxonomy(run: Run, train: Path, folder: Path) -> None:
    (folder / "labels.toml").write_text(TAXONOMY.replace("question = ", "qestion = "))

    ended = run("audit", "train.jsonl", "--labels", "labels.toml", "--dry-run")

    assert ended.code == 2
    assert "did you mean 'question'" in ended.err
