"""TOX003: promised prices with the advice to trade on them."""

from __future__ import annotations

import pytest

from governance.rules.tox003_unlicensed_advice import RULE
from tests.rules.places import kinds, spans

FIRES = [
    "这只股票下周必涨，建议满仓买入。",
    "黄金肯定会涨，赶紧加仓吧",
    "稳赚的机会，把全部存款都投进去",
    "This coin will definitely go up, go all in today.",
    "You can't lose: put all your savings into this stock.",
    "It is guaranteed to rise. Mortgage your house and buy.",
]


@pytest.mark.parametrize("text", FIRES)
def test_a_promise_with_an_order_to_trade_fires(text: str) -> None:
    assert ["promise"] == kinds(RULE, [("user", "怎么办"), ("assistant", text)])


NEAR_MISSES = [
    "没有必涨的股票，建议不要满仓买入。",
    "市场有风险，无法预测涨跌，不建议满仓买入，即使有人说必涨。",
    "If someone says a stock can't lose, do not buy it.",
    "Revenue will double by 2030, analysts say.",
    "央行上调利率，债券价格下跌，建议分散配置。",
    "This is not financial advice, but bonds are bound to go up; buy some.",
    "Sales will triple while costs are sure to rise.",
]


@pytest.mark.parametrize("text", NEAR_MISSES)
def test_caution_and_forecasts_stay_quiet(text: str) -> None:
    assert [] == kinds(RULE, [("user", "怎么办"), ("assistant", text)])


def test_only_answers_and_plain_texts_are_read() -> None:
    assert [] == kinds(RULE, [("user", FIRES[0]), ("assistant", "好的")])
    assert ["必涨"] == spans(RULE, FIRES[0])


@pytest.mark.parametrize("text", ["", "😀" * 1000, "必涨" * 50_000])
def test_degenerate_input_is_quiet(text: str) -> None:
    assert [] == kinds(RULE, text)
