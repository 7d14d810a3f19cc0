"""LBL001: one question, answers that cannot all be right."""

from __future__ import annotations

import json

import pytest

from governance.findings import EVIDENCE, FINDINGS
from governance.rules.lbl001_contradictory_answers import RULE
from tests.builders import batch
from tests.rules.duplicates import fingerprints, run, shuffled


def asked(question: str, answer: str, system: str | None = None) -> list[tuple[str, str]]:
    return [*([("system", system)] if system else []), ("user", question), ("assistant", answer)]


FIRES = [
    [("What is 7 * 8?", "#### 56"), ("what is  7 * 8 ?", "7 * 8 = 54\n#### 54")],
    [("Which one? A. x B. y C. z", "The answer is B."), ("Which one? A. x B. y C. z", "C")],
    [("Is gold a metal?", "Yes, it is."), ("Is gold a metal?", "No, it is not.")],
    [("How much?", "<think>1+1</think>The answer is $2."), ("How much?", "so \\boxed{3}")],
    [("Solve it: 2x = 1", "\\boxed{\\frac{1}{2}}"), ("Solve it: 2x=1", "Hence \\boxed{2}")],
    [
        ("净利润是多少？", "净利润为收入减成本，答案是120万元。"),
        ("净利润是多少", "计算可得，最终答案：130万元"),
    ],
    [("该回答是否合规？", "是"), ("该回答是否合规?", "否")],
    [("下列正确的是（ ）A. 甲 B. 乙 C. 丙", "故选A。"), ("下列正确的是( )Ａ. 甲 B. 乙 C. 丙", "答案：B")],
    [("多选：A B C D", "答案：ABD"), ("多选：A B C D", "答案：AB")],
]
NEAR_MISSES = [
    [("What is 7 * 8?", "#### 56"), ("What is 7 * 8?", "Eight sevens are 56. The answer is 56.")],
    [("What is 3*5?", "#### 15"), ("What is 3/5?", "#### 0.6")],
    [("What is 1 2?", "#### 3"), ("What is 12?", "#### 12")],
    [("Context: a\nHow much?", "#### 1"), ("Context: b\nHow much?", "#### 2")],
    [("Name a fruit.", "Apple, because it is red."), ("Name a fruit.", "Pear, because it is green.")],
    [("What share?", "0.25"), ("What share?", "The answer is 25%.")],
    [("How long?", "The answer is 3.33"), ("How long?", "#### 3.3333")],
    [("How long?", "<think>it may be #### 4"), ("How long?", "#### 5")],
    [("增长率是多少？", "答案是12.5%"), ("增长率是多少？", "增长率为\\boxed{0.125}")],
    [("谈谈你的看法。", "是的，我认为利率会上升。"), ("请谈谈看法。", "否，我认为利率不会上升。")],
    [("背景：甲公司。\n利润？", "答案：10"), ("背景：乙公司。\n利润？", "答案：20")],
    [("选哪个？A. 甲 B. 乙 C. 丙", "选A"), ("选哪个？A. 乙 B. 甲 C. 丙", "选B")],
    [("-3 + 5 = ?", "#### 2"), ("3 + 5 = ?", "#### 8")],
]


@pytest.mark.parametrize("rows", FIRES)
def test_answers_that_contradict_each_other(rows):
    result = run(RULE, batch(*(asked(*row) for row in rows)))

    assert (["answer"], ["warning"], [2]) == tuple(
        result.findings[name].to_pylist() for name in ("kind", "severity", "rows")
    )
    assert [(0, "row:1"), (1, "row:0")] == sorted(
        (line["row"], line["peer"]) for line in result.evidence.to_pylist()
    )
    assert (FINDINGS, EVIDENCE) == (result.findings.schema, result.evidence.schema)


@pytest.mark.parametrize("rows", NEAR_MISSES)
def test_answers_that_do_not(rows):
    assert 0 == run(RULE, batch(*(asked(*row) for row in rows))).findings.num_rows


def test_another_instruction_is_another_question():
    rows = batch(
        asked("How much?", "#### 1", "Answer in dollars."), asked("How much?", "#### 2", "Answer in cents.")
    )

    assert 0 == run(RULE, rows).findings.num_rows


def test_sides_are_counted_and_the_largest_comes_first():
    answers = ["5", "5", "five: the answer is 5", "6", "7"]
    rows = batch(*(asked("How many?", a) for a in answers), asked("How many?", "as many as you like"))

    (finding,) = run(RULE, rows).findings.to_pylist()

    assert {"answer_kind": "number", "answers": 3, "rows": 5, "rows_by_answer": [3, 1, 1]} == json.loads(
        finding["details"]
    )
    assert 5 == finding["rows"]


def test_order_batches_and_spilling_change_nothing():
    conversations = [asked(q, a) for pair in FIRES for q, a in pair]
    rows = batch(*conversations)
    apart = [batch(c, first_row=i) for i, c in enumerate(conversations)]

    expected = fingerprints(run(RULE, rows))

    assert len(FIRES) == len(expected)
    assert expected == fingerprints(run(RULE, shuffled(rows, range(len(rows))[::-1])))
    assert expected == fingerprints(run(RULE, *apart, spill=1))


def test_many_rows_of_one_question_list_twenty():
    rows = batch(*(asked("How many?", f"reason {i}.\n#### {i % 2}") for i in range(200)))

    result = run(RULE, rows)

    assert (1, 20, 200) == (
        result.findings.num_rows,
        result.evidence.num_rows,
        result.findings["rows"][0].as_py(),
    )


@pytest.mark.parametrize(
    "rows",
    [
        batch(),
        batch(""),
        batch("text"),
        batch([("assistant", "5")]),
        batch([("user", "5")]),
        batch(asked("", "")),
    ],
)
def test_rows_without_question_or_answer(rows):
    assert 0 == run(RULE, rows).findings.num_rows


def test_emoji_and_huge_texts():
    big = "why? " * 100_000
    rows = batch(asked(big + "😀", "#### 1"), asked(big + "😀", big + "#### 2"), asked(big + "🎉", "#### 3"))

    assert [2] == run(RULE, rows).findings["rows"].to_pylist()


@pytest.mark.shared
def test_gsm8k_asks_nothing_twice(shared_data):
    lines = (shared_data / "gsm8k" / "train.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines[:3000]]

    result = run(RULE, batch(*(asked(r["question"], r["answer"]) for r in rows)))

    assert (0, 3000) == (result.findings.num_rows, result.stats["rows_with_final_answer"])
