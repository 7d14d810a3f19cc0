"""Which labels a stage trains, by an evaluation of the lake or by a file, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from governance.errors import UsageError
from governance.evaluations import ItemResult, ItemState, result_table
from tests.training.builders import members
from training.data.source import SplitData
from training.models.loading import ModelSpec
from training.stages.file import GrpoStage, StagePlan, read_stages
from training.stages.weak_labels import Chosen, evaluated_rates, weak_labels


def results(*scores: tuple[str | None, float | None]) -> pa.Table:
    """Items of an evaluation with their labels and strict scores."""
    return result_table(
        [ItemResult(f"i{n}", ItemState.SCORED, label=x, strict=y) for n, (x, y) in enumerate(scores)]
    )


RESULTS = results(("a", 1.0), ("a", 0.0), ("b", 1.0), ("b", None), (None, 0.0), ("c", 0.0))
ROWS = [
    {
        "prompt": "3 + 4?",
        "response": "\\boxed{7}" if label != "c" else "Seven, perhaps, or so.",
        "label": label,
    }
    for label in ("a", "b", "c", "d")
]
SPLIT = SplitData("s@1", "s", "h", lambda: [members(ROWS)])


def stage(tmp_path: Path, text: str) -> tuple[GrpoStage, StagePlan]:
    path = tmp_path / "stages.toml"
    path.write_text(f'[[stage]]\nname = "r"\nkind = "grpo"\n{text}', encoding="utf-8")
    plan = read_stages(path)
    found = plan.stages[0]
    assert isinstance(found, GrpoStage)
    return found, plan


def chosen(tmp_path: Path, text: str, lake: Any = None) -> Chosen:
    found, plan = stage(tmp_path, text)
    return weak_labels(found, SPLIT, ModelSpec("none"), plan, lake)


@pytest.fixture
def lake(monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.setattr("governance.lake.evaluations.load_result_table", lambda lake, evaluation: RESULTS)
    return object()


def test_rates_are_mean_strict_scores_of_scored_items_with_a_label():
    assert {"a": 0.5, "b": 1.0, "c": 0.0} == evaluated_rates(RESULTS)
    assert {} == evaluated_rates(results((None, 1.0)))


def test_an_evaluation_says_which_labels_are_weak(tmp_path: Path, lake: object):
    found = chosen(tmp_path, 'weak_below = 0.6\nevaluation = "e1"', lake)

    # c is weaker still, but states no result that a program can check
    assert ("a",) == found.labels
    assert (
        "pass@1 below 0.6: a 0.50, in evaluation e1; 1 label has no answer that can be judged" == found.reason
    )


def test_a_file_says_which_labels_are_weak(tmp_path: Path):
    (tmp_path / "rates.csv").write_text("label,pass_rate\na,0.2\nd,0.1\nb,0.9\nx,0\n", encoding="utf-8")

    found = chosen(tmp_path, 'weak_below = 0.5\nrates = "rates.csv"')

    assert ("a", "d") == found.labels
    assert found.reason.startswith("pass@1 below 0.5: d 0.10, a 0.20;")


def test_labels_that_are_named_are_taken_where_they_can_be_judged(tmp_path: Path):
    assert ("a",) == chosen(tmp_path, 'labels = ["a", "c", "z"]').labels
    assert ("a", "b", "d") == chosen(tmp_path, "").labels


def test_an_evaluation_that_cannot_say_it_is_refused(
    tmp_path: Path, lake: object, monkeypatch: pytest.MonkeyPatch
):
    text = 'weak_below = 0.6\nevaluation = "e1"'
    with pytest.raises(UsageError, match="no lake"):
        chosen(tmp_path, text)

    monkeypatch.setattr("governance.lake.evaluations.load_result_table", lambda *_: results((None, 1.0)))
    with pytest.raises(UsageError, match="has a label"):
        chosen(tmp_path, text, lake)
