"""LBL003: questions that demand a checkable form, and answers without it."""

from __future__ import annotations

import pytest

from governance.findings import EVIDENCE, FINDINGS
from governance.rules.lbl003_answer_not_extractable import RULE
from tests.builders import batch
from tests.rules.duplicates import fingerprints, run, shuffled

CHOICE = "Which is safest?\nA. Bank\nB. Fund\nC. Bond\nD. Share"
CHINESE = "利率上升时债券价格？\nA. 上升\nB. 下降\nC. 不变"
BOX = "What is 2+2? Put your final answer within \\boxed{}."

FIRES = [
    (CHOICE, "It depends on the market.", "letter"),
    (CHINESE, "要看具体情况而定。", "letter"),
    (CHINESE, "<think>答案是B</think>我不确定。", "letter"),
    (CHOICE, "<think>The answer is B", "letter"),
    (BOX, "The answer is 4.", "boxed"),
    (BOX, "So \\boxed{4", "boxed"),
    ("请把结果放到\\boxed{}中：1+1=？", "结果是2。", "boxed"),
    ("Is gold a metal? Answer yes or no.", "Gold shines.", "boolean"),
    ("黄金是金属吗？请回答“是”或“否”。", "黄金很贵。", "boolean"),
    ("How many are left? Give only the number.", "Some are left.", "number"),
    ("还剩多少？只输出数字。", "剩下一些。", "number"),
]
NEAR_MISSES = [
    (CHOICE, "B"),
    (CHOICE, "The bank is safest, so the answer is (A)."),
    (CHOICE, "Bond"),
    (CHINESE, "故选B。"),
    (CHINESE, "债券价格会下降。"),
    (BOX, "\\boxed{4}"),
    (BOX, ""),
    ("Is gold a metal? Answer yes or no.", "Yes."),
    ("黄金是金属吗？请回答“是”或“否”。", "是，黄金是金属。"),
    ("还剩多少？只输出数字。", "3个"),
    ("Is gold a metal?", "Gold shines."),
    ("Explain each option.\nA. Bank\nB. Fund\nC. Bond", "A bank keeps money."),
    ("数字经济是什么？", "一种经济形态。"),
    ("Rocky boxed 190 fights. How many?", "All of them."),
]


@pytest.mark.parametrize(("question", "answer", "kind"), FIRES)
def test_answers_without_the_form_demanded(question, answer, kind):
    result = run(RULE, batch([("user", question), ("assistant", answer)]))

    assert ([kind], [1]) == (result.findings["kind"].to_pylist(), result.findings["rows"].to_pylist())
    assert [1] == result.evidence["turn"].to_pylist()
    assert (FINDINGS, EVIDENCE) == (result.findings.schema, result.evidence.schema)


@pytest.mark.parametrize(("question", "answer"), NEAR_MISSES)
def test_answers_with_it_and_questions_that_demand_none(question, answer):
    assert 0 == run(RULE, batch([("user", question), ("assistant", answer)])).findings.num_rows


def test_only_the_last_question_counts():
    rows = batch([("user", CHOICE), ("assistant", "B"), ("user", "Why?"), ("assistant", "It is insured.")])

    assert 0 == run(RULE, rows).findings.num_rows


def test_order_changes_nothing():
    rows = batch(*([("user", q), ("assistant", a)] for q, a, _ in FIRES))

    result = run(RULE, rows)

    assert len(FIRES) == result.findings.num_rows
    assert fingerprints(result) == fingerprints(run(RULE, shuffled(rows, range(len(rows))[::-1])))


@pytest.mark.parametrize(
    "rows", [batch(), batch(""), batch("A. B. C."), batch([("user", CHOICE)]), batch([("assistant", "x")])]
)
def test_rows_without_question_or_answer(rows):
    assert 0 == run(RULE, rows).findings.num_rows


def test_a_huge_question():
    rows = batch([("user", "A. x B. y C. z " * 20_000), ("assistant", "😀" * 20_000)])

    assert 1 == run(RULE, rows).findings.num_rows
