"""Final answers of any kind, and contradictions among them."""

from __future__ import annotations

import pytest

from governance.answers.final import contradict, final
from governance.answers.posed import gives, options_of, posed

CHOICE = "利率上升时债券价格如何变化？\nA. 上升\nB. 下降\nC. 不变\nD. 无法判断"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The answer is 12", "#### 13"),
        ("B", "C"),
        ("是", "否"),
        ("Yes, it is.", "答案是：否"),
        ("答案：AB", "答案：A"),
        ("\\boxed{\\frac{1}{2}}", "\\boxed{\\frac{1}{3}}"),
        ("#### 0", "#### 1"),
        ("#### 1", "#### 2"),
        ("结果为1200元", "结果为1300元"),
    ],
)
def test_answers_that_contradict_each_other(one, other):
    assert contradict(final(one), final(other))
    assert contradict(final(other), final(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("0.25", "25%"),
        ("25", "0.25"),
        ("\\boxed{\\frac{1}{2}}", "0.5"),
        ("3.33", "3.3333"),
        ("1,000", "1000.00"),
        ("B", "12"),
        ("(B)", "答案是B"),
        ("对", "Yes"),
        ("#### 35", "答案是35%"),
    ],
)
def test_answers_that_do_not(one, other):
    assert not contradict(final(one), final(other))


@pytest.mark.parametrize("text", ["", "It depends.", "视情况而定。", "\\boxed{x+1}", "<think>12"])
def test_no_final_answer(text):
    assert final(text) is None


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        (CHOICE, "letter"),
        ("Which? (A) one (B) two (C) three", "letter"),
        ("What is 2+2? Put your final answer within \\boxed{}.", "boxed"),
        ("输出是或者否，把判断结果放到\\boxed{}中。", "boxed"),
        ("Is gold a metal? Answer yes or no.", "boolean"),
        ("Gold is a metal. (True/False)", "boolean"),
        ("黄金是金属吗？请回答“是”或“否”。", "boolean"),
        ("How many are left? Give only the number.", "number"),
        ("还剩多少？只输出数字。", "number"),
    ],
)
def test_demands_of_questions(question, kind):
    assert kind == posed(question).kind


@pytest.mark.parametrize(
    "question",
    [
        "Rocky boxed 190 fights. How many did he win?",
        "She scored 80% of the multiple-choice and true/false questions. How many points?",
        "Vitamins A. and B. are healthy.",
        "Explain why B is right.\nA. one\nB. two\nC. three",
        "请解析这道题：\nA. 上升\nB. 下降\nC. 不变",
        "数字经济是什么？",
        "",
    ],
)
def test_questions_that_demand_no_form(question):
    assert posed(question) is None


def test_options_are_read_with_their_letters():
    assert (("A", "上升"), ("B", "下降"), ("C", "不变"), ("D", "无法判断")) == options_of(CHOICE)


@pytest.mark.parametrize(
    ("answer", "given"),
    [("B", True), ("债券价格会下降。", True), ("视情况而定。", False), ("上升或下降", False)],
)
def test_an_option_in_its_own_words_is_given(answer, given):
    assert given == gives(answer, posed(CHOICE))
