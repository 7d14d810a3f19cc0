from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from attribution.loop.measures import Measured, measured_in, read_measures
from governance.errors import ConfigError, UsageError
from governance.evaluations import (
    Evaluation,
    EvaluationState,
    ItemResult,
    ItemState,
    ModelRecord,
    SuiteUsed,
)
from governance.lake import Lake, open_lake
from governance.lake.evaluations import commit_evaluation


def test_csv_with_empty_cells(tmp_path: Path):
    path = tmp_path / "m.csv"
    path.write_text("label,items,passed,rows\nbanking/qa,40,30,100\n,10,1,\n", encoding="utf-8-sig")

    assert (
        Measured(label="banking/qa", items=40, passed=30, rows=100),
        Measured(label="", items=10, passed=1),
    ) == (read_measures(path))


def test_json(tmp_path: Path):
    path = tmp_path / "m.json"
    path.write_text('[{"label": "a", "items": 4, "pass_at_1": 0.5, "best": 0.7}]')

    assert (Measured(label="a", items=4, pass_at_1=0.5, best=0.7),) == read_measures(path)


def test_pass_at_1_is_passed_over_items():  # equation 17
    assert 0.75 == Measured(label="a", items=40, passed=30).rate
    assert 0.5 == Measured(label="a", items=40, pass_at_1=0.5).rate
    assert Measured(label="a", items=0).rate is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("label,items,passed\na,4,5\n", "more items are passed"),
        ("label,items\na,4\n", "neither passed nor pass_at_1"),
        ("label,items,passed,pass_at_1\na,4,1,0.25\n", "both passed and pass_at_1"),
        ("label,items,passed\na,4,1\na,4,1\n", "measured twice"),
        ("label,items,passed,colour\na,4,1,red\n", "colour"),
        ("label,items,passed\na,4,1,red\n", "entry 1"),
        ("label,items,passed\na,many,1\n", "items"),
        ("items,passed\n4,1\n", "label"),
        ("label,items,pass_at_1\na,4,nan\n", "pass_at_1"),
    ],
)
def test_a_line_that_makes_no_sense_is_named(tmp_path: Path, text: str, says: str):
    path = tmp_path / "m.csv"
    path.write_text(text)

    with pytest.raises(ConfigError, match=says):
        read_measures(path)


@pytest.mark.parametrize("text", ["{}", "[", "[1]"])
def test_json_that_is_no_list_of_objects_is_refused(tmp_path: Path, text: str):
    path = tmp_path / "m.json"
    path.write_text(text)

    with pytest.raises(ConfigError):
        read_measures(path)


def evaluated(lake: Lake, ident: str, *items: tuple[str | None, float | None], run: str = "") -> None:
    """An evaluation of items with a label and a strict score."""
    model = ModelRecord("m", "transformers", run=run)
    suite = SuiteUsed("demo", 1, "ab", "generic", len(items), len(items))
    record = Evaluation(ident, model, suite, {}, EvaluationState.COMPLETE, "2026-01-01")
    results = [
        ItemResult(f"i{n}", ItemState.SCORED if s is not None else ItemState.FAILED, label=label, strict=s)
        for n, (label, s) in enumerate(items)
    ]
    commit_evaluation(lake, record, results)


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    with open_lake(str(tmp_path / "lake")) as opened:
        yield opened


def test_evaluations_are_counted_by_label_and_put_together(lake: Lake):
    evaluated(lake, "e1", ("a", 1.0), ("a", 0.0), ("b", 0.5), (None, 1.0), ("a", None))
    evaluated(lake, "e2", ("a", 1.0))

    found = measured_in(lake, ["e1", "e2"], "strict", count_rows=True)

    assert [("", 1, 1.0), ("a", 3, 2.0), ("b", 1, 0.5)] == [(m.label, m.items, m.passed) for m in found]
    assert {None} == {m.rows for m in found}


def test_naming_an_evaluation_twice_counts_it_once(lake: Lake):
    evaluated(lake, "e1", ("a", 1.0))

    assert 1 == measured_in(lake, ["e1", "e1"], "strict", count_rows=True)[0].items


def test_evaluations_of_two_runs_are_not_mixed(lake: Lake):
    evaluated(lake, "e1", ("a", 1.0), run="r1")
    evaluated(lake, "e2", ("a", 1.0), run="r2")

    with pytest.raises(UsageError, match="different training runs"):
        measured_in(lake, ["e1", "e2"], "strict", count_rows=True)


def test_without_such_a_score_there_is_nothing_to_count(lake: Lake):
    evaluated(lake, "e1", ("a", 1.0))

    with pytest.raises(UsageError, match="no item has a score of kind official"):
        measured_in(lake, ["e1"], "official", count_rows=True)


def test_a_suite_without_labels_is_refused_with_how_to_get_some(lake: Lake):
    evaluated(lake, "e1", (None, 1.0), (None, 0.0), ("", 1.0))

    with pytest.raises(UsageError, match="none of the 3 items with a score has a label") as refused:
        measured_in(lake, ["e1"], "strict", count_rows=True)
    assert "govern label" in refused.value.hint
