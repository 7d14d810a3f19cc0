"""Clean rows are plausible, correct and unlike one another."""

from __future__ import annotations

import random
import re
from collections import Counter
from decimal import Decimal

import numpy as np
import pytest

from governance.demo.clean import clean_rows, conversation
from governance.demo.figures import SUMS
from governance.demo.grammar import expand
from governance.demo.overlap import shingles
from governance.demo.rows import Row
from governance.demo.say import LANGUAGES
from governance.demo.tasks import TASKS, WEIGHTS
from tests.demo.builders import highest_jaccard


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return clean_rows(1200, seed=11)


def test_no_two_rows_are_alike(rows: list[Row]) -> None:
    """Every pair is compared, none skipped."""
    texts = [row.text for row in rows]

    assert highest_jaccard(texts) < 0.5


def test_the_comparison_of_all_pairs_sees_a_copy(rows: list[Row]) -> None:
    texts = [row.text for row in rows[:50]]

    assert highest_jaccard([*texts, texts[7]]) == 1.0


def test_half_of_the_rows_are_chinese(rows: list[Row]) -> None:
    assert Counter(row.language for row in rows) == {"en": 600, "zh": 600}
    assert all(bool(re.search("[\u4e00-\u9fff]", row.text)) == (row.language == "zh") for row in rows)


def test_every_scene_and_task_occurs_in_both_languages(rows: list[Row]) -> None:
    labels = {language: {row.label for row in rows if row.language == language} for language in LANGUAGES}
    tasks = {"Financial Calculation", "Portfolio Analysis", *(task for task, _ in TASKS.values())}

    for found in labels.values():
        assert {"Banking", "Securities", "Insurance", "Trusts", "Mutual Funds"} == {
            x.split("/")[0] for x in found
        }
        assert tasks == {x.split("/")[1] for x in found}


def test_conversations_have_one_to_three_exchanges_that_alternate(rows: list[Row]) -> None:
    for row in rows:
        roles = [turn.role for turn in row.turns or ()]
        spoken = [role for role in roles if role != "system"]
        assert spoken == ["user", "assistant"] * (len(spoken) // 2)
        assert 1 <= len(spoken) // 2 <= 3
        assert "system" not in roles[1:]


def test_system_prompts_are_shared_and_do_not_count_as_text(rows: list[Row]) -> None:
    prompts = Counter(t.content for row in rows for t in row.turns or () if t.role == "system")

    assert len(prompts) == 6
    assert min(prompts.values()) > 20
    assert not any(str(prompt) in row.text for prompt in prompts for row in rows)


def test_no_placeholder_is_left_in_a_text(rows: list[Row]) -> None:
    assert [row.text for row in rows if re.search(r"\{\^?[a-z_]+\}|\{[A-Z]+\}|None", row.text)] == []


def test_sentences_are_tidy(rows: list[Row]) -> None:
    untidy = re.compile(r"  |\.\.(?!\.)|。。|，，|？？| [,.?]|,,|，。|。，")

    assert [row.text for row in rows if untidy.search(row.text)] == []


def test_the_same_seed_gives_the_same_rows() -> None:
    assert clean_rows(60, seed=3) == clean_rows(60, seed=3)
    assert clean_rows(60, seed=3) != clean_rows(60, seed=4)


@pytest.mark.parametrize("recipe", sorted(WEIGHTS))
@pytest.mark.parametrize("code", ["en", "zh"])
def test_every_recipe_can_say_all_its_sentences(recipe: str, code: str) -> None:
    """No alternative names a word that the recipe lacks."""
    for seed in range(40):
        turns, label = conversation(recipe, random.Random(seed), LANGUAGES[code])
        assert len(turns) >= 2
        assert label.count("/") == 1


def number(text: str) -> Decimal:
    return Decimal(re.sub(r"[$,元]", "", text))


@pytest.mark.parametrize("seed", range(30))
def test_a_level_payment_repays_the_loan(seed: int) -> None:
    """Paying month by month leaves nothing but rounding: the formula is checked by simulation."""
    figures = SUMS["loan"][2](random.Random(seed), LANGUAGES["en"])
    debt, rate = number(figures["principal"]), Decimal(figures["rate"].rstrip("%")) / 1200
    months = int(figures["months"])
    for _ in range(months):
        debt = debt * (1 + rate) - number(figures["payment"])

    assert abs(debt) < Decimal("0.01") * months * 3


@pytest.mark.parametrize("seed", range(30))
def test_fund_units_fee_and_net_amount_fit_together(seed: int) -> None:
    figures = SUMS["subscribe"][2](random.Random(seed), LANGUAGES["zh"])
    net, fee = number(figures["net"]), number(figures["fee"])
    rate = Decimal(figures["fee_rate"].rstrip("%")) / 100

    assert number(figures["amount"]) == net + fee
    assert abs(net * rate - fee) < Decimal("0.011")
    assert abs(number(figures["units"]) * number(figures["nav"]) - net) < Decimal("0.03")


@pytest.mark.parametrize("seed", range(30))
def test_trust_payments_add_up_to_the_net_income(seed: int) -> None:
    figures = SUMS["shares"][2](random.Random(seed), LANGUAGES["en"])
    paid = sum(number(figures[f"{who}_amount"]) for who in ("first", "second", "third"))

    assert number(figures["net"]) == paid
    assert number(figures["income"]) == paid + number(figures["fee"])


@pytest.mark.parametrize("seed", range(30))
def test_the_plan_always_beats_the_mean_price(seed: int) -> None:
    """The harmonic mean is below the arithmetic one as soon as prices differ."""
    figures = SUMS["averaging"][2](random.Random(seed), LANGUAGES["en"])

    assert number(figures["average_cost"]) < number(figures["mean_price"])
    assert number(figures["below"]) == number(figures["mean_price"]) - number(figures["average_cost"])


@pytest.mark.parametrize("seed", range(30))
def test_the_holding_said_to_contribute_most_does(seed: int) -> None:
    figures = SUMS["portfolio"][2](random.Random(seed), LANGUAGES["en"])
    parts = {figures[x]: Decimal(figures[f"{x}_part"].rstrip("%")) for x in "abc"}

    assert figures["top"] == max(parts, key=lambda name: parts[name])
    assert Decimal(figures["total"].rstrip("%")) == sum(parts.values())


def test_a_template_replaces_names_within_names() -> None:
    known = {"greeting": ["{^word} there"], "word": "hello"}

    assert expand("{greeting},  {word}", known, random.Random(0)) == "Hello there, hello"


def test_each_chinese_character_is_a_word() -> None:
    assert shingles("年利率3.5%", 4) == {("年", "利", "率", "3"), ("利", "率", "3", "5")}
    assert np.isclose(highest_jaccard(["一二三四五六", "一二三四五七"]), 1 / 3)
