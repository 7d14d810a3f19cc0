"""CON003: the gold answer beside its item; what all contamination rules share is in test_con_rules."""

from __future__ import annotations

import pytest

from tests.rules.con_search import BOND, CHOICES, LOAN, asked, codes, item, listed, suite

SPELT = "three hundred and sixty euros"
FIRES = [
    ("360", "The interest for 15 months is 4800 * 0.06 * 1.25.\n#### 360"),
    ("360", "360"),
    ("360", "So the answer is 360 euros, as computed above from the rate and the time."),
    ("360", r"We get \boxed{360} and are done with the task at hand."),
    (SPELT, "She pays three hundred and sixty euros of interest in these months."),
    ("C", "C"),
    ("C", "C. 低于面值"),
    ("C", "答案选C，因为市场利率高于票面利率。"),
    ("C", "低于面值"),
]
"""(gold answer, reply); a letter is about the Chinese item with its choices, all else about the English one."""
NEAR_MISSES = [
    ("360", "The answer is 350."),
    (
        "360",
        "After 360 days a year has passed nearly, but here we count fifteen months, which is why it is 450.",
    ),
    (None, "360"),
    ("C", "A"),
    ("C", "A、B、C、D四个选项需要逐一分析，首先看票面利率。"),
    ("C", "高于面值"),
    ("C", "债券的价格取决于市场利率。"),
]


def rules(gold: str | None, reply: str) -> list[str]:
    """The rules that find something in a row that asks the item and replies this."""
    if gold == "C":
        return codes(suite(item(BOND, *CHOICES, answer=gold)), asked(listed(BOND, *CHOICES), reply))
    return codes(suite(item(LOAN, answer=gold)), asked(LOAN, reply))


@pytest.mark.parametrize(("gold", "reply"), FIRES)
def test_the_gold_answer_beside_its_item_is_found(gold: str, reply: str) -> None:
    assert ["CON001", "CON003"] == rules(gold, reply)


@pytest.mark.parametrize(("gold", "reply"), NEAR_MISSES)
def test_what_is_not_the_gold_answer_is_not_found(gold: str | None, reply: str) -> None:
    assert ["CON001"] == rules(gold, reply)
