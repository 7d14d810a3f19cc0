"""Stock phrases in what the model learns to write."""

from __future__ import annotations

import pytest

from governance.detectors.quality.listed import outermost
from governance.detectors.quality.look import phrases
from governance.rules.qlt006_boilerplate import MESSAGES, RULE
from governance.text.wording import hashed
from tests.builders import batch
from tests.rules.quality_rows import asked, check_degenerate, check_order_free, kinds, run, spans

FIRES = {
    "a model speaks": (asked("Buy?", "As an AI language model, I cannot tell."), "self-reference"),
    "in capitals": (asked("Buy?", "AS AN AI  LANGUAGE-MODEL I cannot."), "self-reference"),
    "一个人工智能": (asked("买吗？", "作为一个人工智能，我不能提供建议。"), "self-reference"),
    "another maker": (asked("Who are you?", "I was trained by OpenAI."), "self-reference"),
    "cookies": ("We use cookies to improve your experience.", "cookies"),
    "a newsletter": ("That is all. Click here to subscribe!", "subscribe"),
    "点击关注": ("利率下降。点击关注，获取更多资讯。", "subscribe"),
    "二维码": ("更多内容请扫描下方二维码", "subscribe"),
    "rights": ("© 2020 Bank. All rights reserved.", "copyright"),
    "版权所有": ("某某网 版权所有", "copyright"),
    "转载请注明": ("转载请注明出处。", "copyright"),
    "a menu": ("Skip to main content. Bonds are loans.", "page-furniture"),
    "责任编辑": ("债券上涨。（责任编辑：张三）", "page-furniture"),
}
NEAR_MISSES = {
    "a disclaimer that belongs": "This is not investment advice. Past performance is no guarantee of future results.",
    "a Chinese disclaimer": "市场有风险，投资需谨慎。本产品不保本，过往业绩不代表未来表现。",
    "an owner of rights": "版权所有者可以许可他人使用作品，版权所有权可以转让。",
    "a filing": "企业网站应当办理ICP备案。",
    "a user who quotes": [
        ("user", "Why do you say 'As an AI language model'?"),
        ("assistant", "I should not."),
    ],
    "a system prompt": [("system", "You are an AI assistant trained by OpenAI."), ("assistant", "Hello.")],
    "about models": "A language model predicts the next word. AI is used in banks.",
    "about subscribing": "Investors subscribe to new shares at the offer price.",
    "about copyright": "Copyright law protects authors; some rights are reserved by contract.",
    "about cookies": "Bake the cookies for ten minutes.",
    "contents": "The table of contents lists twelve chapters.",
    "parts of a phrase": "转载本文的媒体应当说明来源，关注利率变化。",
}


@pytest.mark.parametrize(("row", "kind"), FIRES.values(), ids=FIRES)
def test_stock_phrases_are_reported(row, kind):
    assert [kind] == kinds(RULE, row)


@pytest.mark.parametrize("row", NEAR_MISSES.values(), ids=NEAR_MISSES)
def test_words_in_their_own_right_are_not(row):
    assert [] == kinds(RULE, row)


def test_places_are_named_by_character():
    row = "😀我们。作为一个人工智能，我；ＡＬＬ　Rights reserved"

    assert ["作为一个人工智能", "ＡＬＬ　Rights reserved"] == spans(RULE, row)


def test_of_phrases_within_each_other_the_longest_is_one_place():
    assert ["作为人工智能语言模型"] == spans(RULE, "作为人工智能语言模型，我不能。")
    assert [[0, 1, 9, 5]] == outermost([[0, 1, 9, 5], [0, 2, 4, 6], [0, 1, 4, 7]])


def test_many_places_of_a_row_are_one_finding():
    result = run(RULE, batch("All rights reserved. " * 3))

    assert [1, 3] == [result.findings.num_rows, result.evidence.num_rows]


def test_phrases_are_of_two_words_or_more_and_every_kind_has_a_message():
    assert [] == [phrase for phrase in phrases() if len(hashed(phrase.text)) < 2]
    kinds_of_boilerplate = {p.kind for p in phrases() if p.group == "boilerplate"}
    assert set(MESSAGES) | {"allowed"} == kinds_of_boilerplate


def test_order_of_rows_makes_no_difference():
    check_order_free(RULE, [row for row, _ in FIRES.values()])


def test_degenerate_rows():
    check_degenerate(RULE)
