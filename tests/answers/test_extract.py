"""The extractors of final answers, in English and Chinese."""

from __future__ import annotations

import time

import pytest

from governance.answers.extract import boolean, boxed, letter, letters, number

LETTER = {
    "B": "B", "(b)": "B", "B.": "B", "(C)": "C", "**D**": "D", "A\n": "A", "【B】": "B", "“C”": "C",
    "The answer is (B).": "B", "The correct answer is B": "B", "**Answer: D**": "D", "Answer: (A)": "A",
    "the correct option is **D**": "D", "The best choice is C because it pays": "C", "B. The bank": "B",
    "Option A is wrong. The answer is B.": "B", "It pays more, so:\nC": "C", "Thinking aloud.\n\n(A)": "A",
    "答案：B": "B", "正确答案是B。": "B", "故选C": "C", "因此选择D。": "D", "B、银行": "B", "答案选A": "A",
    "故本题选C": "C", "答案为（D）": "D", "本题答案应为B": "B", "解析：利率上升。\nA": "A", "选：D": "D",
    "答案是选项A": "A", "【答案】A": "A", "B\n\n解析：利率上升": "B", "\\boxed{B. 下降}": "B", "\\boxed{C、不变}": "C",
    "\\boxed{A}": "A", "\\boxed{\\text{(C)}}": "C", "答案是\\boxed{D}。": "D", "\\boxed{B.}": "B",
    "<think>The answer is A</think>答案是B": "B", "<think>A or B?</think>\n\nC": "C",
    # near misses
    "A company is big.": None, "Answer: Apple": None, "The answer is A or B": None, "选项B正确": None, "": None,
    "答案：AB": None, "We pick C.": None, "B 项": None, "E": None, "<think>answer is A": None, "\\boxed{A": None,
    "I think Answer is Because": None, "甲公司选择了银行": None, "答案不在选项中": None, "a": "A", "😀": None,
}  # fmt: skip
LETTERS = {
    "答案：ABD": "ABD", "ACD": "ACD", "A、B、D": "ABD", "A,C": "AC", "\\boxed{A;C}": "AC", "选ABC": "ABC",
    "DBA": "ABD",
    "The answer is A, B and D.": "ABD", "故选AC。": "AC", "答案为A、C": "AC", "(A) and (C)": "AC", "A;B;C;D": "ABCD",
    "Answer: B, C": "BC", "The correct answer is A and B.": "AB", "\\boxed{ABD}": "ABD", "\\boxed{A, B}": "AB",
    "正确答案：BCD": "BCD", "答案：A和B": "AB", "因此选BD": "BD", "应选ABCD": "ABCD", "解析如下。\nABC": "ABC",
    "B": "B",
    "答案：C": "C", "The answer is C": "C", "AB。": "AB", "答案：AABB": "AB", "\\boxed{\\text{A;D}}": "AD",
    "AD.": "AD",
    "<think>ABC</think>AB": "AB", "选项为：ACD": "ACD",
    # near misses
    "ABCE is a name": None, "股票A和B都可以": None, "": None, "ABX": None, "The answer is ABSOLUTE": None,
    "五粮液": None,
}  # fmt: skip
NUMBER = {
    "#### 42": "42", "He has 3.\n#### 1,000": "1000", "#### $5": "5", "#### -3": "-3", "\\boxed{3.50}": "3.5",
    "\\boxed{\\$36}": "36", "\\boxed{1/2}": "1/2", "\\boxed{12\\%}": "12%", "\\boxed{7 \\text{ apples}}": "7",
    "The answer is $1,200.": "1200", "The final answer is: 7": "7", "So the answer is approximately 3.14": "3.14",
    "Answer: 100": "100", "Answer: -2.50": "-2.5", "42": "42", "12 apples": "12", "3 dollars.": "3", "$5": "5",
    "答案是35%": "35%", "12元": "12", "答案：-3": "-3", "结果为12.0万元": "12", "最终答案：100": "100",
    "答案为￥200": "200", "#### **18**": "18", "The answer is \\(18\\).": "18", "\\boxed{18\\ \\text{元}}": "18",
    "1,234.50元": "1234.5", "答案应为0.5": "0.5", "结果是 3/4": "3/4", "答案：３５": "35", "50%": "50%", "约": None,
    "<think>#### 5</think>7": "7", "The answer is 3, no: the answer is 4": "4", "答案是12。": "12",
    # near misses
    "about 12 apples were": None, "there are 3 cats": None, "\\boxed{x+1}": None, "The answer is B": None, "": None,
    "5 or 6": None, "2023年利润增长": None, "答案见第3页的表": None, "版本1.2.3": None, "\\boxed{7": None,
}  # fmt: skip
BOOLEAN = {
    "是": "yes", "否": "no", "是。": "yes", "否。": "no", "是的，该回答准确": "yes", "不是": "no", "正确。": "yes",
    "对": "yes",
    "错误，因为利率": "no", "不正确": "no", "答案是：否": "no", "答案：正确": "yes", "答案为“是”": "yes",
    "\\boxed{是}": "yes",
    "结论如下。\n否": "no", "**结论**：否": "no", "最终判断为“否”": "no", "<think>是</think>否": "no", "“是”": "yes",
    "Yes": "yes", "No.": "no", "Yes, because it pays": "yes", "no": "no", "True": "yes", "**False**": "no",
    "The answer is yes.": "yes", "Answer: No": "no", "\\boxed{No}": "no", "\\boxed{\\text{yes}}": "yes",
    "YES!": "yes",
    "After all that:\nTrue": "yes", "Final answer: false": "no",
    # near misses
    "No problem at all": None, "Nothing": None, "是否": None, "对不起，": None, "是因为银行": None, "对于": None,
    "": None,
    "The answer is not known": None, "Yesterday": None, "错过了": None, "正确答案是B": None, "<think>yes": None,
}  # fmt: skip
BOXED = {
    "\\boxed{7}": "7", "\\boxed{\\frac{1}{2}}": "\\frac{1}{2}", "\\boxed{1} then \\boxed{2}": "2", "\\fbox{3}": "3",
    "\\boxed {x}": "x", "$\\boxed{x^{2}+1}$": "x^{2}+1", "\\boxed{}": "", "答案：\\boxed{是}": "是",
    "\\boxed{A;C}": "A;C",
    "<think>\\boxed{1}</think>\\boxed{2}": "2", "\\boxed{\\text{保险-投资顾问}}": "\\text{保险-投资顾问}",
    "\\boxed{{1}}": "{1}",
    "The result is \\boxed{12}.": "12", "\\[\\boxed{x=2}\\]": "x=2", "\\boxed{\\{1,2\\}}": "\\{1,2\\}",
    "因此\\boxed{B}，见上文": "B", "\\boxed{(3, 4)}": "(3, 4)", "**\\boxed{9}**": "9", "\\boxed{1}\n说明：完": "1",
    "\\boxed{\\sqrt{2}}": "\\sqrt{2}", "所以\\boxed{35\\%}。": "35\\%", "\\boxed{1}\\boxed{": "1",
    "\\boxed{a\nb}": "a\nb",
    # near misses
    "\\boxed{1": None, "boxed 7": None, "": None, "{7}": None, "<think>\\boxed{1}": None, "\\boxed 7": None,
    "方框里是7": None, "\\box{7}": None, "The box holds {7}.": None, "\\boxed{{7}": None,
}  # fmt: skip


@pytest.mark.parametrize(
    ("extract", "cases"),
    [(letter, LETTER), (letters, LETTERS), (number, NUMBER), (boolean, BOOLEAN), (boxed, BOXED)],
    ids=["letter", "letters", "number", "boolean", "boxed"],
)
def test_what_each_extractor_finds(extract, cases):
    hits = {text: extract(text) for text in cases}
    found = {text: hit and hit.value for text, hit in hits.items()}

    assert cases == found


def test_the_first_or_the_last_of_several():
    text = "The answer is A. No, wait: the answer is B."

    assert ("B", "A") == (letter(text).value, letter(text, first=True).value)
    assert ("2", "1") == (
        boxed("\\boxed{1} \\boxed{2}").value,
        boxed("\\boxed{1} \\boxed{2}", first=True).value,
    )


@pytest.mark.parametrize(
    ("extract", "text", "words"),
    [
        (letter, "<think>二</think>答案是（B）。", "B"),
        (number, "中文 #### 1,000", "1,000"),
        (boolean, "😀 The answer is no.", "no"),
        (boxed, "<think>\\boxed{0}</think>是 \\boxed{12}", "12"),
    ],
)
def test_offsets_are_characters_of_the_whole_text(extract, text, words):
    hit = extract(text)

    assert words == text[hit.start : hit.end]


@pytest.mark.parametrize(
    "piece", ["\\boxed{", "A\n", "答案：", "(" * 50, "\n", "the answer is ", "1,111", "<think>"]
)
def test_a_huge_text_takes_no_longer_than_its_length(piece):
    text = piece * (200_000 // len(piece))
    started = time.process_time()

    for extract in (letter, letters, number, boolean, boxed):
        extract(text)

    assert time.process_time() - started < 5
