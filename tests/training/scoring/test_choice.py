"""FinEval, FinanceIQ, FinEva, GPQA: one letter (or 是/否) out of a text."""

from __future__ import annotations

import time

import pytest

from tests.training.scoring.cases import Case, item, wrong
from training.scoring.gpqa import permuted
from training.scoring.registry import scorers

OPTIONS = ("会计主体", "会计分期", "持续经营", "货币计量")

FINEVAL: list[Case] = [
    ("B", "B", 1, 1),
    ("B", "答案：B", 1, 1),
    ("B", "答案是B。", 1, 1),
    ("B", "正确答案是（B）。", 1, 1),
    ("B", "所以答案是B。", 1, 1),
    ("B", "选B", 1, 1),
    ("B", "故选B。", 1, 1),
    ("B", "**答案：B**", 1, 1),
    ("B", "\\boxed{B}", 1, 1),
    ("B", "The answer is B.", 1, 1),
    ("B", "the answer is (B)", 1, 1),
    ("B", "Answer: B", 0, 1),  # official takes the A of Answer
    ("B", "B. 会计分期", 1, 1),
    ("B", "B、会计分期", 1, 1),
    ("B", "A错，C错，D错，答案是B", 1, 1),
    ("B", "A项说的是主体，所以选择B", 1, 1),
    ("B", "答案应为选项B", 1, 1),
    ("B", "正确的一项是B", 1, 0),  # not stated as an answer in a form of ours
    ("B", "会计分期", 1, 0),  # official takes the words of an option
    ("B", "分析：A、C、D都不对。\n答案：B", 1, 1),
    ("B", "分析：A不对。\n\nB", 0, 1),  # official: the first letter anywhere
    ("B", "<think>答案是A</think>答案是B", 1, 1),
    ("B", "<think>答案是B", 0, 0),
    ("B", "", 0, 0),
    ("B", "不知道", 0, 0),
    ("B", "答案：A", 0, 0),
    ("B", "答案：AB", 0, 0),
    ("B", "答案是A。不对，答案是B。", 0, 1),  # official takes the first, strict the last
    ("B", "答案是B。不对，答案是A。", 1, 0),
    ("B", "所以答案是A。再想想，所以答案是B。", 1, 1),  # the published code reads its own phrase last
    ("B", "B是正确的，A不是", 1, 0),
    ("B", "ABC银行的会计分期", 0, 0),  # the A of a name
    ("B", "b", 0, 1),
    ("B", "E", 0, 0),
    ("A", "I think Apple", 1, 0),  # the A of a word
    ("D", "选项D正确", 1, 0),
    ("C", "答案为持续经营。", 0, 0),  # official takes the words behind 答案为, which are no letter
]

FINANCEIQ: list[Case] = [
    ("C", "C", 1, 1),
    ("C", "C。持续经营", 1, 1),
    ("C", "答案：C", 1, 1),
    ("C", "答案是：C", 1, 1),
    ("C", "答案选项为C", 1, 1),
    ("C", "答案是选项 C", 1, 1),
    ("C", "选择：C", 1, 1),
    ("C", "故选C", 1, 1),
    ("C", "C选项正确", 1, 0),
    ("C", "C项是正确的", 1, 0),
    ("C", "正确选项是C", 1, 1),
    ("C", "正确的选项为 C", 1, 1),
    ("C", "答案应该是C", 1, 1),
    ("C", "选项C是正确", 1, 0),
    ("C", "答：C", 1, 0),
    ("C", "C符合题意", 1, 0),
    ("C", "错的是A、B、D，C当选", 1, 0),
    ("C", "因此持续经营（C）是正确的说法", 1, 0),
    ("C", "本题是：C", 1, 0),
    ("C", "我认为是 C 吧", 1, 0),  # the only letter
    ("C", "分析A、B。\n答案：\nC", 1, 1),  # line breaks are dropped
    ("C", "\\boxed{C}", 1, 1),
    ("C", "The answer is C.", 1, 1),  # the only capital A to D
    ("C", "Answer: C", 0, 1),  # two letters, A and C
    ("C", "A公司的情况下，答案是C", 0, 1),  # a letter at the very beginning is the answer
    ("C", "答案是A，不，答案是C", 0, 1),
    ("C", "答案是C，不，答案是A", 1, 0),
    ("C", "不是C", 1, 0),  # the only letter, whatever is said of it
    ("C", "<think>选A</think>选C", 1, 1),
    ("C", "<think>选C", 0, 0),
    ("C", "", 0, 0),
    ("C", "持续经营", 0, 0),  # where nothing is found the published code draws a letter; here none
    ("C", "答案：AC", 0, 0),
    ("C", "选D", 0, 0),
    ("C", "c", 0, 1),
]

FINEVA: list[Case] = [
    ("E", "E", 1, 1),
    ("E", "答案：E", 1, 1),
    ("E", "答案是E。", 1, 1),
    ("E", "选E", 1, 1),
    ("E", "选项E是最恰当的", 1, 0),
    ("E", "选项E的说法最恰当", 1, 0),
    ("E", "选项E最能说明", 1, 0),
    ("E", "最恰当的一个是选项E", 1, 0),
    ("E", "The correct answer is option E", 1, 1),
    ("E", "the correct answer is not A but E", 1, 0),  # the last capital of the line
    ("E", "E当选", 1, 0),
    ("E", "是：E", 1, 0),
    ("E", "我看E吧", 1, 0),
    ("E", "E，因为A和B不对", 1, 1),  # the only letter of the first four
    ("E", "\\boxed{E}", 1, 1),
    ("E", "答案：A", 0, 0),
    ("E", "<think>答案：A</think>答案：E", 1, 1),
    ("E", "", 0, 0),
    ("E", "A错。答案：E", 1, 1),
    ("E", "首先A，其次B，最后\nE", 0, 1),
    ("B", "B. 会计分期", 1, 1),
    ("B", "正确答案是B", 1, 1),
    ("B", "答案：F", 0, 0),
]

YES_OR_NO: list[Case] = [
    ("是", "是", 1, 1),
    ("是", "是的，合规。", 1, 1),
    ("是", "答案：是", 1, 1),
    ("是", "\\boxed{是}", 1, 1),
    ("是", "对", 0, 1),  # officially 对 is not 是
    ("是", "正确", 0, 1),  # official looks for 是, 对, 否, 错 only
    ("是", "Yes.", 0, 1),
    ("是", "不是", 1, 0),  # officially the 是 of 不是 counts
    ("是", "否，这是违规的。", 1, 0),  # any 是 comes before every 否
    ("是", "否", 0, 0),
    ("是", "答案：否", 0, 0),
    ("是", "<think>否</think>是", 1, 1),
    ("是", "", 0, 0),
    ("是", "无法判断", 0, 0),
    ("否", "否", 1, 1),
    ("否", "否。", 1, 1),
    ("否", "答案：否", 1, 1),
    ("否", "\\boxed{否}", 1, 1),
    ("否", "错", 0, 1),
    ("否", "错误", 0, 1),
    ("否", "No.", 0, 1),
    ("否", "不是", 0, 1),
    ("否", "否，这是违规的。", 0, 1),
    ("否", "不合规\n否", 1, 1),
    ("否", "是", 0, 0),
    ("否", "<think>是</think>否", 1, 1),
    ("否", "<think>否", 0, 0),
    ("否", "否 错误", 1, 0),
    ("否", "对，正确", 0, 0),
    ("否", "是否合规？\n否", 0, 1),  # the 是 of 是否
    ("否", "FALSE", 0, 1),
]

GPQA: list[Case] = [
    ("D", "Answer: D", 1, 1),
    ("D", "**Answer: D**", 1, 1),
    ("D", "ANSWER: D", 1, 1),
    ("D", "answer:D", 1, 1),
    ("D", "Answer: $D$", 1, 1),
    ("D", "The final answer: D.", 1, 1),
    ("D", "The answer is D", 0, 1),  # official asks for a colon
    ("D", "The correct answer is (D).", 0, 1),
    ("D", "D", 0, 1),
    ("D", "(D)", 0, 1),
    ("D", "\\boxed{D}", 0, 1),
    ("D", "Answer: (D)", 0, 1),  # a bracket stands between
    ("D", "Answer: **D**", 0, 1),
    ("D", "Answer: Don't know", 1, 0),  # the D of a word
    ("B", "Answer: Because of entropy", 1, 0),
    ("D", "answer: d", 0, 0),  # a small letter is found and equals nothing
    ("D", "Answer: A. No, wait.\nAnswer: D", 0, 1),  # official takes the first
    ("D", "Answer: D. No, wait.\nAnswer: A", 1, 0),
    ("D", "Step 1: entropy.\nAnswer: D", 1, 1),
    ("D", "<think>Answer: A</think>Answer: D", 1, 1),
    ("D", "<think>Answer: D", 0, 0),
    ("D", "Answer: A", 0, 0),
    ("D", "Answer: E", 0, 0),
    ("D", "Answer:", 0, 0),
    ("D", "", 0, 0),
    ("D", "It is D, I think", 0, 0),
    ("D", "答案：D", 0, 1),
    ("D", "答案是D。", 0, 1),
    ("D", "最终答案：（D）", 0, 1),
    ("D", "Answer: A or D", 0, 0),
    ("D", "Answer: A, D", 0, 0),
    ("货币计量", "Answer: D", 1, 1),  # a gold given as the text of an option
    ("货币计量", "Answer: A", 0, 0),
]


@pytest.mark.parametrize(
    ("suite", "cases", "options"),
    [
        ("fineval", FINEVAL, OPTIONS),
        ("financeiq", FINANCEIQ, OPTIONS),
        ("fineva", FINEVA, (*OPTIONS, "以上都不是")),
        ("fineva", YES_OR_NO, ()),
        ("gpqa_diamond", GPQA, OPTIONS),
    ],
    ids=["fineval", "financeiq", "fineva", "fineva yes or no", "gpqa"],
)
def test_scores(suite, cases, options):
    assert [] == wrong(suite, cases, options)


@pytest.mark.parametrize("suite", ["fineval", "financeiq", "fineva", "gpqa"])
def test_a_withheld_gold_gives_an_answer_and_no_score(suite):
    found = scorers(suite).strict(item(suite, None, OPTIONS), "答案：B")

    assert ("B", None, "the gold answer is withheld") == (found.extracted, found.score, found.reason)


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("", "the output is empty"),
        ("<think>A or B", "the thinking never ends"),
        ("It depends.", "no answer of the form asked for was found"),
    ],
)
def test_no_answer_has_a_reason(output, reason):
    assert reason == scorers("fineval").strict(item("fineval", "B", OPTIONS), output).reason


def test_the_order_of_options_is_drawn_from_the_item_alone():
    asked = item("gpqa", "会计主体", OPTIONS)
    other = permuted(asked, seed=1)
    orders = {permuted(asked, seed).options for seed in range(50)}

    assert permuted(asked) == permuted(asked)
    assert set(OPTIONS) == set(other.options)
    assert "会计主体" == other.options["ABCD".index(other.answer)] == other.answer_text
    assert len(orders) > 15


@pytest.mark.parametrize("suite", ["fineval", "financeiq", "fineva", "gpqa", "finova", "gsm8k"])
@pytest.mark.parametrize(
    "piece", ["A", "答案为", "选项A", "A正", "是", "boxed{", "[", "<answer>", "Answer:", "1,"]
)
def test_a_long_output_takes_no_longer_than_its_length(suite, piece):
    output = piece * (100_000 // len(piece))
    started = time.process_time()
    for rule in (scorers(suite).official, scorers(suite).strict):
        rule(item(suite, "B", OPTIONS if suite != "finova" else (), "agent-策划"), output)

    assert time.process_time() - started < 2
