"""Conversations that teach nothing."""

from __future__ import annotations

import pytest

from governance.rules.tok002_no_supervised_token import RULE
from tests.builders import batch
from tests.rules.quality_rows import asked, check_degenerate, check_order_free, kinds, run

FIRES = {
    "a question alone": ([("user", "What is a bond?")], "no-answer"),
    "a Chinese question alone": ([("system", "你是助手"), ("user", "什么是债券？")], "no-answer"),
    "an empty answer": (asked("What is a bond?", ""), "empty-answer"),
    "a blank answer": (asked("什么是债券？", " \n\u3000"), "empty-answer"),
    "an empty thought": (asked("What is a bond?", "<think>\n\n</think>\n"), "empty-answer"),
    "a thought alone": (asked("什么是债券？", "<think>\n债券是借款。\n</think>\n\n"), "thought-only"),
    "several turns": ([*asked("a", ""), *asked("b", "<think>c</think>")], "thought-only"),
    "a tool alone": ([("user", "Price?"), ("tool", "5")], "no-answer"),
}
NEAR_MISSES = {
    "an answer": asked("What is a bond?", "A loan."),
    "a Chinese answer": asked("什么是债券？", "借款。"),
    "a thought and an answer": asked("What is a bond?", "<think>It is a loan.</think>A loan."),
    "one answer of two": [*asked("a", ""), *asked("b", "c")],
    "a letter": asked("A or B?", "A"),
    "an emoji": asked("How are you?", "😀"),
    "a plain text": "A bond is a loan.",
    "a tag in an answer": asked("How do I make bold text?", "<b>bold</b>"),
    "an answer before a thought": asked("What?", "A loan. <think>sure</think> Yes."),
    "an open thought": asked("What?", "<think>It is a loan"),
}


@pytest.mark.parametrize(("row", "kind"), FIRES.values(), ids=FIRES)
def test_a_conversation_without_an_answer_is_reported(row, kind):
    assert [kind] == kinds(RULE, row)


@pytest.mark.parametrize("row", NEAR_MISSES.values(), ids=NEAR_MISSES)
def test_anything_to_learn_is_enough(row):
    assert [] == kinds(RULE, row)


def test_the_evidence_speaks_of_the_row():
    evidence = run(RULE, batch("text", [("user", "What?")], first_row=7)).evidence.to_pylist()

    assert [(8, None, None)] == [(e["row"], e["turn"], e["start"]) for e in evidence]


def test_order_of_rows_makes_no_difference():
    check_order_free(RULE, [row for row, _ in FIRES.values()])


def test_degenerate_rows():
    check_degenerate(RULE)
