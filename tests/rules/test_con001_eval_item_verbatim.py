"""CON001: items that stand in a row word for word; what all contamination rules share is in test_con_rules."""

from __future__ import annotations

import pytest

from governance.benchmarks.suite import RawItem
from tests.rules.con_negatives import COMPANY_42, GETTYSBURG
from tests.rules.con_search import (
    BOND,
    CHOICES,
    LOAN,
    PROSE,
    STORY,
    Conversation,
    asked,
    codes,
    item,
    listed,
    suite,
)

RATIO = ("资产负债率", "负债除以资产", "资产除以负债", "权益除以负债")
STEM = "根据上述条款，需要提取的属性是：【赔付类型】；该属性的取值范围是：【报销、给付、年金、未知】；"
PAYMENTS = ("报销", "给付", "年金", "未知")

FIRES = {
    "a question": (item(LOAN), asked(LOAN)),
    "a question within prose": (item(STORY), f"{PROSE}{STORY}\n{PROSE}"),
    "capitals, line ends and numbering": (item(LOAN), "(12) " + LOAN.upper().replace(" ", " \n ")),
    "a system turn": (item(LOAN), [("system", LOAN), *asked("Hi")]),
    "a sum with its answer": (item("Compute 17 * 23.", answer="391"), asked("Compute 17 * 23.", "391")),
    "一道题目": (item(BOND, *CHOICES), asked("请回答：12、" + listed(BOND, *CHOICES))),
    "半角标点": (item(BOND, *CHOICES), listed(BOND, *CHOICES).replace("，", ",").replace("。", ".")),
    "只有题干": (item(BOND), f"下列题目供练习。{BOND}请认真作答。"),
    "很短的题干和选项": (item(*RATIO), asked(listed(*RATIO))),
}
NEAR_MISSES = {
    "an edited question": (item(STORY), asked(STORY.replace("a small town", "our little town"))),
    "the story without its question": (item(STORY), STORY.partition("How many")[0]),
    "a sum without its answer": (item("Compute 17 * 23.", answer="391"), asked("Compute 17 * 23.")),
    "another sum of money": (item(LOAN), asked(LOAN.replace("4800", "9100"))),
    "another question about a speech": (
        item("What is the main idea of the passage?", "ideals endure", "war is inevitable", context=GETTYSBURG),
        asked(f"{GETTYSBURG}\nHow many years are four score and seven?", "Eighty-seven."),
    ),
    "短语出现在句中": (item(*RATIO), "该公司的资产负债率为百分之六十，高于同行。"),
    "换了数字": (item(BOND, *CHOICES), asked(BOND.replace("1000", "2500").replace("8%", "3%"))),
    "法条原文": (
        item("有限责任公司由一个以上____个以下股东出资设立。", "五十", "三十", "二十", "一百"),
        f"第四十二条　{COMPANY_42}",
    ),
    "同一题干，另一条款": (
        item(STEM, *PAYMENTS, context="被保险人确诊重大疾病的，本公司一次性支付基本保险金额。"),
        asked("被保险人因意外伤害住院的，本公司按实际费用的八成予以补偿。\n" + listed(STEM, *PAYMENTS), "A"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("one", "row"), FIRES.values(), ids=FIRES)
def test_an_item_in_a_row_is_found(one: RawItem, row: Conversation) -> None:
    assert "CON001" in codes(suite(one), row)


@pytest.mark.parametrize(("one", "row"), NEAR_MISSES.values(), ids=NEAR_MISSES)
def test_what_shares_much_with_an_item_is_not_it(one: RawItem, row: Conversation) -> None:
    assert "CON001" not in codes(suite(one), row)
