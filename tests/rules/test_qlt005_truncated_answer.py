"""Answers that break off."""

from __future__ import annotations

import pytest

from governance.detectors.quality.truncated import open_formula
from governance.rules.qlt005_truncated_answer import RULE
from tests.builders import batch
from tests.rules.quality_rows import asked, check_degenerate, check_order_free, kinds, run, spans

EN = "A bond is a loan to a state or a firm. It pays interest until it is repaid in full."
ZH = "债券是投资者借给国家或企业的一笔钱。利率上升时，已发行债券的价格会下跌。"


def answer(text: str):
    return asked("Tell me.", text)


FIRES = {
    "a comma": (f"{EN} When rates rise,", "sentence"),
    "a colon": (f"{EN} The reasons are as follows:", "sentence"),
    "an article": (f"{EN} Its price depends on the", "sentence"),
    "a conjunction": (f"{EN}\nPrices fall because", "sentence"),
    "a Chinese comma": (f"{ZH}此外，", "sentence"),
    "a Chinese comma in a short last line": (f"{ZH}\n因此在利率下行的环境中，", "sentence"),
    "two characters and a comma": (f"{ZH}\n不过，", "sentence"),
    "a Chinese list item": (f"{ZH}\n2. 久期较长的债券，", "sentence"),
    "a Chinese conjunction": (f"{ZH}投资者应当关注利率以及", "sentence"),
    "例如": (f"{ZH}这样的债券有很多，例如", "sentence"),
    "an open bracket": (f"{EN}\nThe yield to maturity (the rate that makes the price equal", "bracket"),
    "an open Chinese bracket": (f"{ZH}\n到期收益率（使价格等于未来现金流现值的折现", "bracket"),
    "no stop": (f"{EN} New bonds then pay more than the old ones in the mark", "no-stop"),
    "no Chinese stop": (f"{ZH}因为新发行的债券支付更高的利", "no-stop"),
    "an open fence": (f"{EN}\n```python\ndef price(rate):\n    return 100 / (1 + rate)", "fence"),
    "an open display": (f"{EN}\n$$\nP = \\frac{{C}}{{r}}", "formula"),
    "an open environment": (f"{EN}\n\\begin{{align*}} P &= C / r", "formula"),
    "an open list in JSON": (
        '{"bonds": [{"name": "Bund", "yield": 2.5}, {"name": "Treasury note of the United States", "kind": "loan", "yi',
        "json",
    ),
    "an open JSON string": (
        '[{"name": "federal bond", "issuer": "Federal Republic of Germany", "kind": "a loan to the fed',
        "json",
    ),
    "a note": (f"{EN}\n[response truncated]", "note"),
    "未完待续": (f"{ZH}（未完待续）", "note"),
}
NEAR_MISSES = {
    "a stop": EN,
    "a Chinese stop": ZH,
    "a number": f"{EN}\nThe answer is 42",
    "a currency": f"{EN} It costs $5",
    "a formula": f"{EN} Hence $P = C / r$",
    "a display": f"{EN}\n\\[P = \\frac{{C}}{{r}}\\]",
    "line breaks of LaTeX": f"{EN}\n\\begin{{align*}} P &= C \\\\[4pt] &= r \\end{{align*}}",
    "gsm8k": "Natalia sold 48/2 = <<48/2=24>>24 clips. It cost 30-3= $$<<30-3=27>>27 in all, not less.\n#### 72",
    "a list item": f"{EN}\n- interest\n- price\n- term",
    "a Chinese list": f"{ZH}\n1. 利息\n2. 价格\n3. 期限",
    "a citation": f"{EN} See Fabozzi [3]",
    "a quotation": f"{EN} They call it “fixed income”",
    "an emoji": f"{EN} Good luck 😀",
    "a table row": f"{EN}\n| year | yield |\n|---|---|\n| 2024 | 2.5 |",
    "a fence": f"{EN}\n```\nprice(0.05)\n```",
    "a link": f"{EN} See https://example.org/bonds/yields",
    "a letter": f"{EN}\n\nBest regards,",
    "a Chinese letter": f"{ZH}\n\n顺祝商祺，",
    "a Chinese wish": f"{ZH}\n祝您投资顺利，",
    "a Chinese signature": f"{ZH}\n\n此致，\n债券部",
    "a signature": f"{EN}\n\nBest regards,\nThe Bond Desk",
    "whole JSON": '{"bonds": [{"name": "Bund", "yield": 2.5}, {"name": "Treasury note of the US", "yield": 4}]}',
    "brackets of a list": "[1] Fabozzi, Bond Markets. [2] Hull, Options and Futures and other derivatives of the kind.",
    "a label": "positive",
    "a short answer": "because",
    "no stops at all": "interest income on government bonds held to maturity in the trading book",
    "dollars in program text": f"{EN} Run `echo $$` and `\\(`.",
    "a price in dollars": f"{EN} It rose from $10 to $20, that is 100%",
    "a Chinese label": "该文本的情感为积极",
    "to be continued, not at the end": f"The series ends with the words to be continued. {EN}",
}


@pytest.mark.parametrize(("text", "kind"), FIRES.values(), ids=FIRES)
def test_answers_that_break_off_are_reported(text, kind):
    assert [kind] == kinds(RULE, answer(text))


@pytest.mark.parametrize("text", NEAR_MISSES.values(), ids=NEAR_MISSES)
def test_whole_answers_are_not(text):
    assert [] == kinds(RULE, answer(text))


def test_only_answers_are_judged():
    broken = FIRES["an article"][0]

    assert [] == kinds(RULE, broken, [("user", broken), ("assistant", EN)])


def test_the_place_is_the_last_sentence():
    assert ["因为新发行的债券支付更高的利"] == spans(RULE, answer(FIRES["no Chinese stop"][0] + "\n"))
    assert [" Its price depends on the"] == spans(RULE, answer(FIRES["an article"][0]))


def test_least_content_is_per_script():
    assert [] == kinds(RULE, answer("因为利率以及"))
    assert ["sentence"] == kinds(RULE, answer("因为利率以及"), characters=5)
    assert ["sentence"] == kinds(RULE, answer("Because of the"), letters=10)


def test_formulas_are_closed_or_not():
    assert [None, 0, 2, None, None] == [
        open_formula(text) for text in (r"\(a\)", r"\(a", "a $$\nb", "$x,$$y$", r"a \\[2pt] b")
    ]


def test_order_of_rows_makes_no_difference():
    check_order_free(RULE, [answer(text) for text, _ in FIRES.values()])


def test_degenerate_rows():
    check_degenerate(RULE)


def test_an_answer_of_one_letter_repeated_is_quick():
    assert 0 == run(RULE, batch(answer("a(" * 200_000 + "."))).findings.num_rows
