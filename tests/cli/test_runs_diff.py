"""`govern runs diff`: evaluations item by item, audits as `govern diff` compares them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from governance.evaluations import Evaluation, EvaluationState, ItemResult, ItemState, ModelRecord, SuiteUsed
from governance.lake.evaluations import commit_evaluation
from tests.cli.conftest import Run
from ui.cli.session import Session

RESULTS = [
    ItemResult(
        f"test/{i}", ItemState.SCORED, subject="tax", gold="B", extracted="A", official=0.0, strict=0.0
    )
    for i in range(4)
]


def kept(ident: str, right: int, suite: str = "fineval") -> None:
    """An evaluation in the lake of the working folder, whose first items are right."""
    results = [
        replace(r, extracted="B", official=1.0, strict=1.0) if i < right else r for i, r in enumerate(RESULTS)
    ]
    record = Evaluation(
        ident,
        ModelRecord("models/small", "transformers"),
        SuiteUsed(suite, 1, "b" * 64, suite, 4, 4),
        {},
        EvaluationState.COMPLETE,
        started=f"2026-11-26T14:00:0{right}+00:00",
    )
    with Session().open_lake(create=True) as lake:
        commit_evaluation(lake, record, results)


@pytest.fixture
def both(folder: Path) -> None:
    kept("20261126-140000-aaaaaa", 1)
    kept("20261126-140100-bbbbbb", 3)


def test_two_evaluations(run: Run, both: None):
    found = run("runs", "diff", "20261126-140000", "latest")

    assert (0, "") == (found.code, found.err)
    assert "25.0 %" in found.out
    assert "2 fixed, 0 broken, 1 both right, 1 both wrong" in found.out


def test_the_exit_code_tells_whether_they_differ(run: Run, both: None):
    assert 1 == run("runs", "diff", "20261126-140000", "latest", "--exit-code").code
    assert 0 == run("runs", "diff", "20261126-140000", "20261126-140000", "--exit-code").code


def test_as_json(run: Run, both: None):
    value = json.loads(
        run("runs", "diff", "20261126-140000", "latest", "-f", "json", "--scorer", "official").out
    )

    assert ("official", 2) == (value["scorer"], value["counts"]["fixed"])


def test_evaluations_of_different_suites(run: Run, both: None):
    kept("20261126-140200-cccccc", 4, "gsm8k")
    found = run("runs", "diff", "20261126-140000", "20261126-140200")

    assert 2 == found.code
    assert "different suites" in found.err
