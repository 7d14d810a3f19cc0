"""Answers and texts with next to nothing in them."""

from __future__ import annotations

import pytest

from governance.rules.qlt001_too_short import RULE
from tests.builders import batch
from tests.rules.quality_rows import asked, check_degenerate, check_order_free, kinds, run

FIRES = {
    "one word to a why": (asked("Why do bond prices fall when interest rates rise?", "Rates."), "answer"),
    "one word to an essay": (asked("Write an essay about central banks.", "Banks."), "answer"),
    "two characters to 为什么": (asked("为什么利率上升时债券价格会下跌？", "利率"), "answer"),
    "论述 in a word": (asked("请论述中央银行的独立性。", "很好"), "answer"),
    "dots": (asked("What is a bond?", "..."), "no-words"),
    "Chinese dots": (asked("什么是债券？", "。。。"), "no-words"),
    "n/a": (asked("What is the yield?", "N/A"), "placeholder"),
    "略": (asked("计算到期收益率。", "略。"), "placeholder"),
    "暂无": (asked("什么是久期？", " 暂无 \n"), "placeholder"),
    "a short text": ("Chapter 1", "text"),
    "a short Chinese text": ("第一章 总则", "text"),
}
NEAR_MISSES = {
    "a letter to a choice": asked("Why do prices fall?\nA. Rates rise\nB. Rates fall", "A"),
    "a number": asked("How do I find 6 times 7?", "42"),
    "a verdict": asked("Why not: is a bond a loan? Explain.", "Yes."),
    "a label": asked("Explain the sentiment: positive or negative?", "positive"),
    "a Chinese label": asked("请分析下面新闻的情感，输出标签：积极或消极", "积极"),
    "a short fact": asked("Which bank issues the euro?", "The ECB"),
    "a Chinese fact": asked("人民币由谁发行？", "央行"),
    "an emoji": asked("Answer with an emoji: how do you feel?", "😀"),
    "an empty list": asked("请识别实体，没有则输出[]", "[]"),
    "an operator": asked("3 __ 4: which sign?", "<"),
    "dense Chinese": asked("为什么要分散投资？", "降低非系统性风险"),
    "a whole short text": "Bonds are loans to a state or a firm.",
    "a whole short Chinese text": "债券是国家或企业的借款凭证。",
    "None as an answer": asked("Which of these apply?", "None"),
}


@pytest.mark.parametrize(("row", "kind"), FIRES.values(), ids=FIRES)
def test_next_to_nothing_is_reported(row, kind):
    assert [kind] == kinds(RULE, row)


@pytest.mark.parametrize("row", NEAR_MISSES.values(), ids=NEAR_MISSES)
def test_short_but_whole_is_not(row):
    assert [] == kinds(RULE, row)


def test_thresholds_are_per_script_and_add_up():
    text = "债券债券 bond"

    assert [] == kinds(RULE, text, text_characters=8, text_letters=8)
    assert ["text"] == kinds(RULE, text, text_characters=8, text_letters=9)
    assert ["text"] == kinds(RULE, text, text_characters=9, text_letters=8)


def test_material_between_both_ends_of_a_question_is_not_read():
    question = "Why is that so? " + "x " * 700 + "A. one" + " y" * 700 + " Please tell."

    assert ["answer"] == kinds(RULE, asked(question, "So."))


def test_evidence_names_the_turn():
    result = run(RULE, batch([("system", "Be kind."), *asked("Explain bonds.", "ok")]))

    assert [(0, 2, None)] == [(e["row"], e["turn"], e["start"]) for e in result.evidence.to_pylist()]


def test_order_of_rows_makes_no_difference():
    check_order_free(RULE, [row for row, _ in FIRES.values()])


def test_degenerate_rows():
    check_degenerate(RULE)
