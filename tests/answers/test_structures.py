"""The extractors of lists, of several values and of stated texts, in English and Chinese."""

from __future__ import annotations

import time

import pytest

from governance.answers.structures import listed, named, stated, values

LISTED = {
    '["a", "b"]': ["a", "b"], "[]": [], "[1, 2]": [1, 2], "['a', 'b']": ["a", "b"], "['a',]": ["a"], "[ ]": [],
    '```json\n["甲", "乙"]\n```': ["甲", "乙"], "```python\n['甲']\n```": ["甲"], '所以是["甲"]。': ["甲"],
    'Tools: ["x"], then stop.': ["x"], '["a"] or rather ["b"]': ["b"], '[1] 见下 ["甲"]': ["甲"],
    '[{"type": "基金", "content": "甲"}]': [{"type": "基金", "content": "甲"}], "[[1], [2]]": [[1], [2]],
    '{"tools": ["甲"]}': ["甲"], '<answer>["甲"]</answer>': ["甲"], '\\boxed{["甲", "乙"]}': ["甲", "乙"],
    '<think>["a"]</think>["b"]': ["b"], '["a",\n "b"]': ["a", "b"], '["]"]': ["]"], '["a]", "[b"]': ["a]", "[b"],
    '["a"][': ["a"], '["he said \\"no\\""]': ['he said "no"'], "[null, true]": [None, True],
    # near misses
    "": None, "[": None, "没有列表": None, "[a, b]": None, "[甲]": None, '["a": 1]': None, '<think>["a"]': None,
    '["a", "b"': None, "{1, 2}": None, "the list a, b": None, "('a', 'b')": None,
}  # fmt: skip
NAMED = {
    '["a", "b"]': ["a", "b"], '\\boxed{["a", "b"]}': ["a", "b"], "\\boxed{a; b}": ["a", "b"],
    "\\boxed{a, b}": ["a", "b"],
    "\\boxed{保险-信息查询；保险-投资顾问}": ["保险-信息查询", "保险-投资顾问"], "\\boxed{甲、乙}": ["甲", "乙"],
    "\\boxed{}": [],
    "\\boxed{[]}": [], "[]": [], "\\boxed{\\text{甲}}": ["甲"], "\\boxed{\\text{甲；乙}}": ["甲", "乙"],
    '\\boxed{"甲", "乙"}': ["甲", "乙"], "\\boxed{{甲}}": ["甲"], "\\boxed{['甲']}": ["甲"],
    "['甲', '乙']": ["甲", "乙"],
    '```json\n["甲"]\n```': ["甲"], '["a"] then \\boxed{["b"]}': ["b"], "\\boxed{a} and \\boxed{b}": ["b"],
    '<think>\\boxed{a}</think>\\boxed{b}': ["b"], "意图是\\boxed{理财-分析解读}。": ["理财-分析解读"],
    '<think>["a"]</think>["b"]': ["b"], "The names are \\boxed{gold}.": ["gold"], "\\boxed{a\nb}": ["a", "b"],
    # near misses
    "": None, "a; b": None, "甲、乙": None, "[1, 2]": None, '[{"type": "基金"}]': None, "\\boxed{[1]}": None,
    "<think>\\boxed{a}": None, "\\boxed{a": None, "理财-分析解读": None, "[甲]": None,
}  # fmt: skip
VALUES = {
    "1200": ["1200"], "2.4;12": ["2.4", "12"], "2.4； 12": ["2.4", "12"], "15\\%": ["15%"],
    "\\$36; \\$40": ["36", "40"],
    "\\text{B}": ["B"], "\\text{40.10}; \\text{高}": ["40.10", "高"], "A;B;C": ["A", "B", "C"], "": [], " ; ": [],
    "$5$": ["5"], "“高”": ["高"], '"a";"b"': ["a", "b"], "{7}": ["7"], "1,200;3": ["1,200", "3"], "a;": ["a"],
    "\\mathrm{cm}": ["cm"], "1\\,200": ["1200"], "甲；乙；丙": ["甲", "乙", "丙"], " x ": ["x"],
    "12元;13元": ["12元", "13元"],
    "-3;+4": ["-3", "+4"], "x=5; y=6": ["x=5", "y=6"], "\\frac{1}{2};3": ["\\frac{1}{2}", "3"], "`a`": ["a"],
    "正确;错误": ["正确", "错误"], "yes; no": ["yes", "no"], "1;;2": ["1", "2"], "\\textbf{A}": ["A"], "😀": ["😀"],
}  # fmt: skip
STATED = {
    "\\boxed{gold}": "gold", "The answer is gold.": "gold", "Answer: gold": "gold", "**Answer: gold**": "gold",
    "The final answer is: Warren Buffett": "Warren Buffett", "Gold": "Gold", "“黄金”": "黄金", "答案是黄金。": "黄金",
    "答案：黄金": "黄金", "正确答案为中国人民银行": "中国人民银行", "最终答案：是的": "是的", "#### 42": "42",
    "\\boxed{\\text{黄金}}": "黄金", "Long words.\nThe answer is silver": "silver",
    "分析如下。\n答案：白银。": "白银",
    "The answer is a. No, the answer is b": "a. No, the answer is b", "答案是甲\n答案是乙": "乙",
    "<think>a</think>b": "b",
    "The answer is gold\nbecause it shines": "gold", "答案应该是：黄金": "黄金", "correct answer: x": "x",
    "answer = 7": "7",
    # near misses
    "": None, "two\nlines": None, "第一行\n第二行": None, "<think>the answer is a": None, "\\boxed{a": None,
    " \n ": None,
    "...": None, "The answers vary\na lot": None, "答案见下\n完": None,
}  # fmt: skip


@pytest.mark.parametrize(
    ("extract", "cases"),
    [(listed, LISTED), (named, NAMED), (stated, STATED)],
    ids=["listed", "named", "stated"],
)
def test_what_each_extractor_finds(extract, cases):
    hits = {text: extract(text) for text in cases}

    assert cases == {text: hit and hit.value for text, hit in hits.items()}


def test_the_values_of_a_box():
    assert VALUES == {text: values(text) for text in VALUES}


def test_the_first_or_the_last_of_several():
    text = '["a"] and ["b"]'

    assert (["a"], ["b"]) == (listed(text, first=True).value, listed(text).value)


@pytest.mark.parametrize(
    ("extract", "text", "words"),
    [
        (listed, '<think>二</think>😀["甲"]', '["甲"]'),
        (named, "是 \\boxed{甲}", "甲"),
        (stated, "<think>x</think>\n答案是**黄金**。", "黄金"),
    ],
)
def test_offsets_are_characters_of_the_whole_text(extract, text, words):
    hit = extract(text)

    assert words == text[hit.start : hit.end]


@pytest.mark.parametrize("piece", ["[", "['a',", '["', "答案：", "the answer is ", "\\text{", "[]", "{"])
def test_a_huge_text_takes_no_longer_than_its_length(piece):
    text = piece * (200_000 // len(piece))
    started = time.process_time()

    for extract in (listed, named, stated, values):
        extract(text)

    assert time.process_time() - started < 3
