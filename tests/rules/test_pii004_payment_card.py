"""PII004: payment cards."""

from __future__ import annotations

import pytest

from governance.rules.pii004_payment_card import RULE
from tests.rules.personal import found

FIRES = [
    ("刷卡6222021234567890128成功", "6222021234567890128"),
    ("卡号6222 0212 3456 7890 128", "6222 0212 3456 7890 128"),
    ("我的卡４５３２０１５１１２８３０３６６", "４５３２０１５１１２８３０３６６"),
    ("pay with 4532-0151-1283-0366", "4532-0151-1283-0366"),
    ("card 5425233430109903 exp 04/26", "5425233430109903"),
    ("Amex 374245455400126", "374245455400126"),
    ("李雷,4532015112830366,2026", "4532015112830366"),
]


@pytest.mark.parametrize(("text", "expected"), FIRES)
def test_cards_are_found(text: str, expected: str) -> None:
    assert [("card", expected)] == found(RULE, text)


NEAR_MISSES = [
    "刷卡6222021234567890129成功",
    "订单号4532015112830366",
    "市值4532015112830366元",
    "流水20231115093000123",
    "tracking number 4532015112830366",
    "4532015112830366 USD",
    "0.4532015112830366",
    "uuid 4532015112830366ab",
    "https://weibo.cn/7246152969/4398757929721409",
    "4444444444444448",
    "1234567812345670 has no issuer",
]


@pytest.mark.parametrize("text", NEAR_MISSES)
def test_other_numbers_are_not(text: str) -> None:
    assert [] == found(RULE, text)


def test_published_test_numbers_are_reported_where_they_are_asked_for() -> None:
    assert [] == found(RULE, "card 4111 1111 1111 1111")
    assert [("public-card", "4111 1111 1111 1111")] == found(RULE, "card 4111 1111 1111 1111", public=True)
