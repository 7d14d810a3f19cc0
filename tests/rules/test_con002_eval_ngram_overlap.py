"""CON002: items with a few words changed; what all contamination rules share is in test_con_rules."""

from __future__ import annotations

import pytest

from governance.benchmarks.suite import RawItem
from tests.rules.con_search import LOAN, PROSE, STORY, Conversation, asked, codes, item, suite

SHOP = (
    "某连锁超市在年初购入一批冷藏设备，总价为三百六十万元，预计使用年限为八年，预计净残值为四万元，采用年限平均法计提折旧。"
    "第三年年末由于技术更新，经测试该批设备的可收回金额为一百九十万元，超市据此计提了减值准备，并在第四年年初重新估计剩余使用年限为四年，"
    "净残值不变。请问超市第四年应当计提的折旧金额是多少万元？"
)

FIRES = {
    "other words for one": (item(STORY), asked(STORY.replace("a small town", "our little town"))),
    "a word put in": (item(STORY), asked(STORY.replace("1260 books", "1260 old books"))),
    "a word left out": (item(STORY), STORY.replace(" small", "")),
    "within prose": (item(STORY), f"{PROSE}{STORY.replace('retired teacher', 'former teacher')}\n{PROSE}"),
    "in a system turn": (
        item(STORY),
        [("system", STORY.replace("for children does", "for kids does")), *asked("Hi")],
    ),
    "换一个词": (item(SHOP), asked(SHOP.replace("连锁超市", "百货商场", 1))),
    "删去一个词": (item(SHOP), asked(SHOP.replace("采用", "", 1))),
    "前后有别的话": (item(SHOP), f"今天布置的作业如下。{SHOP.replace('一批', '几台', 1)}请按时提交。"),
}
NEAR_MISSES = {
    "word for word": (item(STORY), asked(STORY)),
    "the story without its question": (item(STORY), STORY.partition("How many")[0]),
    "another question about the story": (
        item(STORY),
        STORY.partition("How many")[0] + "What share of all books are novels before the gift arrives?",
    ),
    "half of the words are others": (
        item(STORY),
        "The library of a village owns 900 books. Half of them are novels, a fifth of the others are about travel, and "
        "the rest is for schools. In winter the village gets 30 more books for schools. How many are there?",
    ),
    "a short one with other numbers": (item(LOAN), asked(LOAN.replace("4800", "9100").replace("15", "27"))),
    "逐字相同": (item(SHOP), asked(SHOP)),
    "只有背景": (item(SHOP), SHOP.partition("请问")[0]),
    "另一道折旧题": (
        item(SHOP),
        "某物流公司购入一批货车，总价为五百二十万元，预计使用年限为十年，采用双倍余额递减法计提折旧，请问第二年的折旧额是多少？",
    ),
}


@pytest.mark.parametrize(("one", "row"), FIRES.values(), ids=FIRES)
def test_an_edited_item_is_an_overlap(one: RawItem, row: Conversation) -> None:
    assert ["CON002"] == codes(suite(one), row)


@pytest.mark.parametrize(("one", "row"), NEAR_MISSES.values(), ids=NEAR_MISSES)
def test_equal_or_different_items_are_none(one: RawItem, row: Conversation) -> None:
    assert "CON002" not in codes(suite(one), row)
