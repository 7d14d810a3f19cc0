"""The gold answers of the real data through the scorers."""

from __future__ import annotations

import json

import pytest

from governance.benchmarks import load_suite
from training.scoring.base import Item
from training.scoring.registry import scorers

SHAPES = {"fineval": "答案：{}", "fineva": "{}", "gsm8k": "#### {}", "math500": "$\\boxed{{{}}}$"}
COUNTS = {"fineval": 1241, "fineva": 2343, "gsm8k": 8792, "math500": 500}


@pytest.mark.shared
@pytest.mark.parametrize("name", SHAPES)
def test_every_gold_answer_is_right_in_both_ways(shared_data, name):
    rules = scorers(name)
    rows = load_suite(str(shared_data / name)).items.drop_columns(["content_hash"]).to_pylist()
    items = [Item(**{**row, "options": tuple(row["options"])}) for row in rows if row["answer"] is not None]
    outputs = [SHAPES[name].format(i.answer) for i in items]
    missed = [
        i.item
        for i, output in zip(items, outputs, strict=True)
        if (rules.official(i, output).score, rules.strict(i, output).score) != (1.0, 1.0)
    ]

    assert COUNTS[name] == len(items)
    assert [] == missed


@pytest.mark.shared
def test_every_worked_solution_of_math500_is_right(shared_data):
    lines = (shared_data / "math500" / "test.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    rules = scorers("math500")
    missed = [
        row["answer"]
        for row in rows
        for rule in (rules.official, rules.strict)
        if rule(Item("math500", "x", row["problem"], answer=row["answer"]), row["solution"]).score != 1.0
    ]

    assert [] == missed
