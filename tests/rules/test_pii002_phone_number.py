"""PII002: phone numbers of people."""

from __future__ import annotations

import pytest

from governance.errors import UsageError
from governance.rules.pii002_phone_number import RULE
from tests.rules.personal import found, result_of

FIRES = [
    ("手机13812345678联系", "13812345678"),
    ("张三-13812345678-北京", "13812345678"),
    ("１３８１２３４５６７８是我的", "１３８１２３４５６７８"),
    ("手机：15092651557QQ：893716015", "15092651557"),
    ("电话（010）62345678", "（010）62345678"),
    ("座机0755-82345678转3", "0755-82345678"),
    ("电话：62345678，下午在", "62345678"),
    ("李娜,13812345678,2023-01-01", "13812345678"),
    ("+86 138-1234-5678", "+86 138-1234-5678"),
    ("call (415) 555-2671 x12", "(415) 555-2671"),
    ("reach me on +44 20 7946 0958", "+44 20 7946 0958"),
    ("tel 415.555.2671", "415.555.2671"),
    ("phone number is 4155552671", "4155552671"),
]


@pytest.mark.parametrize(("text", "expected"), FIRES)
def test_numbers_are_found(text: str, expected: str) -> None:
    assert [("phone", expected)] == found(RULE, text)


NEAR_MISSES = [
    "总市值13812345678元",
    "新增用户13512345678人次",
    "订单号：13812345678",
    "电话查询订单号13812345678",
    "微信支付交易笔数15987654321笔",
    "0.13812345678与3.14159265359",
    "热线400-820-8888或95588",
    "手机号138****5678",
    "market cap $13812345678",
    "order #13812345678",
    "1-800-275-2273 toll free",
    "2021-2022-2023 and 400-120-200=80",
    "6000-600-150-1200-2000=2050",
    "65264b50-696b-4a33-ab5b-16210448870f",
    "https://a.cn/p/13812345678.html",
    "timestamp 1700000000123",
]


@pytest.mark.parametrize("text", NEAR_MISSES)
def test_other_numbers_are_not(text: str) -> None:
    assert [] == found(RULE, text)


def test_regions_decide_which_national_formats_are_understood() -> None:
    text = "Phone: 0161 496 0123; mobile 13812345678"

    assert [("phone", "13812345678")] == found(RULE, text)
    assert [("phone", "0161 496 0123")] == found(RULE, text, region="gb")


def test_hotlines_are_counted_and_notes_where_they_are_asked_for() -> None:
    assert {"places": 0, "public": 1, "unsure": 0} == result_of(RULE, "热线400-820-8888").stats
    assert [("public-phone", "400-820-8888")] == found(RULE, "热线400-820-8888", public=True)


def test_a_region_without_a_numbering_plan_is_named() -> None:
    with pytest.raises(UsageError, match="'XX'"):
        found(RULE, "13812345678", region="CN,XX")
