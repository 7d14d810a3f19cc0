"""`govern runs diff` and `govern leaderboard`: evaluations side by side, and beside published figures."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from governance.evaluations import (
    Evaluation,
    EvaluationState,
    ItemResult,
    ItemState,
    ModelRecord,
    SuiteUsed,
    mean_scores,
)
from governance.lake.evaluations import commit_evaluation
from tests.cli.conftest import Run
from ui.cli.session import Session

RESULTS = [
    ItemResult(
        f"test/{i}", ItemState.SCORED, subject="tax", gold="B", extracted="A", official=0.0, strict=0.0
    )
    for i in range(4)
]
OLD, NEW, OTHER = "20261126-140000-aaaaaa", "20261126-140100-bbbbbb", "20261126-140200-cccccc"


def kept(ident: str, right: int, suite: str = "fineval", items: int = 4) -> None:
    """An evaluation in the lake of the working folder, whose first items are right."""
    good = [replace(r, extracted="B", official=1.0, strict=1.0) for r in RESULTS[:right]]
    results = good + RESULTS[right:]
    record = Evaluation(
        ident,
        ModelRecord("models/small", "transformers"),
        SuiteUsed(suite, 1, "b" * 64, suite, items, 4),
        {},
        EvaluationState.COMPLETE,
        started=f"2026-11-26T{ident[9:11]}:{ident[11:13]}:00+00:00",
        scores=mean_scores(results),
    )
    with Session().open_lake(create=True) as lake:
        commit_evaluation(lake, record, results)


def test_evaluations_side_by_side(run: Run, folder: Path):
    kept(OLD, 1)
    kept(NEW, 3)
    kept(OTHER, 4, "gsm8k")

    text = run("runs", "diff", OLD[:15], NEW)
    assert (0, "") == (text.code, text.err)
    assert "25.0 %" in text.out
    assert "2 fixed, 0 broken, 1 both right, 1 both wrong" in text.out

    value = json.loads(run("runs", "diff", OLD, NEW, "-f", "json", "--scorer", "official").out)
    assert ("official", 2) == (value["scorer"], value["counts"]["fixed"])

    assert 1 == run("runs", "diff", OLD, NEW, "--exit-code").code
    assert 0 == run("runs", "diff", OLD, OLD, "--exit-code").code

    different = run("runs", "diff", OLD, OTHER)
    assert 2 == different.code
    assert "different suites" in different.err


def test_published_figures_with_those_of_the_lake(run: Run, folder: Path):
    alone = run("leaderboard", "--published").out
    assert "Agentar-Fin-R1-32B" in alone
    assert "single runs without error bars" in alone
    assert "models/small" not in run("leaderboard").out

    kept(OLD, 1)
    kept(NEW, 3, items=100)
    found = run("leaderboard")
    assert (0, "") == (found.code, found.err)
    line = next(line for line in found.out.splitlines() if line.startswith("models/small"))
    assert "75.00* [30.1, 95.4]" in line

    own = json.loads(run("leaderboard", "-f", "json").out)["own"]
    assert [(NEW, 0.75, 4, 100)] == [(o["evaluation"], o["mean"], o["asked"], o["of"]) for o in own]
    assert "| Qwen3-8B | 76.27 |" in run("leaderboard", "--published", "-f", "markdown").out
