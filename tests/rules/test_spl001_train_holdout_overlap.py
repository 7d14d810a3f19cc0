"""SPL001: rows on both sides of a split; what the family shares is in test_spl."""

from __future__ import annotations

import random

import pytest

from governance.rules.spl001_train_holdout_overlap import RULE
from tests.builders import Turn, batch
from tests.rules.duplicates import run
from tests.text.makers import edited, prose


def qa(question: str, answer: str) -> list[Turn]:
    return [("user", question), ("assistant", answer)]


LONG = prose(random.Random(1), 200)
CLAUSE = "".join(random.Random(2).choices("公司股东章程决议登记合同违约责任仲裁条款监管处罚", k=200))
FIRES = [
    ("a row", "a row", "exact"),
    (qa("利率是多少？", "3%"), qa("利率是多少？", "3%"), "exact"),
    (qa("What is a bond?", "a loan"), qa("what is a  BOND?", "a debt"), "question"),
    (qa("什么是债券？", "一种借款"), qa("什么是债券？", "一种债务"), "question"),
    (LONG, edited(random.Random(3), LONG, 2), "near"),
    (CLAUSE, CLAUSE[:100] + "等" + CLAUSE[100:], "near"),
]
"""A training row, a held-out row, and how they are the same."""
NEAR_MISSES = [
    (qa("What is a bond?", "a loan"), qa("What is a share?", "a loan")),
    (qa("什么是债券？", "甲"), qa("什么是股票？", "甲")),
    ("one text", "another text"),
    ([("user", "only asked")], [("user", "only asked too")]),
    (LONG, prose(random.Random(4), 200)),
    ("", ""),
]


@pytest.mark.parametrize(("train", "held", "kind"), FIRES)
def test_a_row_on_both_sides_is_found(train: str | list[Turn], held: str | list[Turn], kind: str) -> None:
    found = run(RULE, batch(train, held, split=["train", "test"])).findings

    assert [(kind, 1)] == [(f["kind"], f["rows"]) for f in found.to_pylist()]


@pytest.mark.parametrize(("train", "held"), NEAR_MISSES)
def test_different_rows_are_not(train: str | list[Turn], held: str | list[Turn]) -> None:
    assert 0 == run(RULE, batch(train, held, split=["train", "test"])).findings.num_rows
