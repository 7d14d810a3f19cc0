"""Text with placeholders in place of personal data, and the words that placeholders must leave alone."""

from __future__ import annotations

import itertools
import random

import pytest

from governance.detectors.personal.find import PLACEHOLDERS, find_personal, placeholders
from governance.detectors.personal.spans import Search
from governance.redaction import redact
from tests.personal.lines import MISSES, labelled


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("我叫张伟，电话13812345678，邮箱zhang@qq.com。", "我叫张伟，电话[PHONE]，邮箱[EMAIL]。"),
        ("身份证11010519491231002X卡号6222021234567890128", "身份证[NATIONAL ID]卡号[CARD]"),
        ("账号：6217 0000 1234 5678 901，谢谢", "账号：[ACCOUNT]，谢谢"),
        ("家住江苏省南京市鼓楼区中山路12号3单元501室。", "家住[ADDRESS]。"),
        ("税号91110000600037341L", "税号[COMPANY CODE]"),
        ("😀１３８１２３４５６７８😀", "😀[PHONE]😀"),
        ("热线400-820-8888，邮箱service@bank.com", "热线400-820-8888，邮箱service@bank.com"),
        ("身份证号110105194912310021有误", "身份证号110105194912310021有误"),
        ("", ""),
    ],
)
def test_what_rules_report_becomes_its_kind_and_the_rest_stays(text: str, expected: str) -> None:
    assert expected == placeholders(text)


def test_near_misses_stay_as_they_are() -> None:
    assert [] == [text for text in MISSES if placeholders(text) != text]


def test_nothing_is_left_to_replace() -> None:
    texts = [placeholders(line.text) for line in labelled(5)]

    assert texts == [placeholders(text) for text in texts]


def test_excerpts_hide_all_that_placeholders_replace() -> None:
    named = [
        (line.text[s.start : s.end], redact(line.text))
        for line in labelled(5)
        for s in find_personal(line.text)
        if not s.public
    ]

    assert len(named) > 200
    assert [] == [words for words, shown in named if words in shown]


def test_an_allowed_domain_stays() -> None:
    assert "li@mybank.cn [EMAIL]" == placeholders("li@mybank.cn li@other.cn", Search(allow=("mybank.cn",)))


def test_spans_are_in_order_and_do_not_overlap() -> None:
    rng = random.Random(9)
    lines = [line.text for line in labelled(9)]
    for _ in range(50):
        spans = find_personal("，".join(rng.sample(lines, 8)), confidence=0.0)

        assert all(one.end <= two.start for one, two in itertools.pairwise(spans))
        assert {span.kind for span in spans} <= PLACEHOLDERS.keys()
