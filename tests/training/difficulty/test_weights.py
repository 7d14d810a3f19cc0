"""Equations 12 to 16 by hand, to 1e-9, and what holds whatever the numbers are."""

from __future__ import annotations

import itertools
import math
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.errors import UsageError
from training.difficulty.weights import (
    LabelRate,
    Pass,
    WeightOptions,
    WeightState,
    estimated,
    pass_at_k,
    pass_rate,
    raw_weight,
    reference_rates,
    smoothed_weight,
)

EXACT = 1e-9
OPTIONS = WeightOptions(alpha=1.0, beta=2.0, gamma=0.1, rho=0.25)
RATES = st.floats(0, 1)
LABELS = st.dictionaries(
    st.text(min_size=1, max_size=4),
    st.builds(LabelRate, st.none() | RATES, st.none() | RATES),
    min_size=1,
    max_size=8,
)
SOME_OPTIONS = st.builds(
    WeightOptions,
    alpha=st.floats(0, 10),
    beta=st.floats(0, 10),
    gamma=st.floats(1e-3, 10),
    rho=st.floats(0, 0.99),
)


def near(value: float) -> object:
    return pytest.approx(value, abs=EXACT)


# pass@k: 1 - C(n - c, k) / C(n, k)


@pytest.mark.parametrize(
    ("answers", "right", "k", "expected"),
    [
        (10, 3, 1, 0.3),
        (4, 1, 2, 0.5),  # 1 - C(3,2)/C(4,2) = 1 - 3/6
        (10, 3, 5, 1 - 21 / 252),  # C(7,5) = 21, C(10,5) = 252
        (5, 5, 1, 1.0),
        (5, 0, 5, 0.0),
        (5, 1, 5, 1.0),  # all of them are looked at
        (8, 5, 4, 1.0),  # four cannot be drawn from three wrong ones
        (1, 0, 1, 0.0),
    ],
)
def test_pass_at_k_by_hand(answers: int, right: int, k: int, expected: float):
    assert near(expected) == pass_at_k(answers, right, k)


def test_pass_at_k_is_the_share_of_all_draws_of_k_that_hold_a_right_answer():
    for answers, right, k in [(6, 2, 3), (7, 1, 4), (5, 4, 2)]:
        draws = list(itertools.combinations(range(answers), k))
        holding = sum(any(i < right for i in draw) for draw in draws)

        assert near(holding / len(draws)) == pass_at_k(answers, right, k)


def test_pass_at_k_of_very_many_answers_neither_overflows_nor_loses_digits():
    assert pytest.approx(1 - 0.5**10, abs=1e-5) == pass_at_k(100_000, 50_000, 10)
    assert 1.0 == pass_at_k(5000, 5000, 1)


@pytest.mark.parametrize("k", [0, -1, 5])
def test_k_beyond_the_answers_is_refused(k: int):
    with pytest.raises(UsageError, match=f"pass@{k} cannot be estimated from 4 answers"):
        pass_at_k(4, 2, k)


def test_more_right_answers_than_answers_are_refused():
    with pytest.raises(UsageError):
        Pass(4, 5)


def test_a_labels_rate_is_the_mean_over_instances_and_none_without_any():
    assert near((0.5 + 1.0 + 0.0) / 3) == pass_rate([Pass(4, 1), Pass(4, 3), Pass(4, 0)], 2)
    assert pass_rate([], 2) is None


def test_the_reference_is_the_mean_over_models_that_were_measured():
    models = [{"a": 0.2, "b": None}, {"a": 0.6, "b": 0.5}, {"c": None}]

    assert {"a": near(0.4), "b": near(0.5)} == reference_rates(models)


# (12)


def test_raw_weight_by_hand():
    assert near(1.0 * 0.7 + 2.0 * 0.5 + 0.1) == raw_weight(LabelRate(0.3, 0.8), OPTIONS)


def test_a_reference_that_is_behind_adds_nothing():
    assert near(0.3 + 0.1) == raw_weight(LabelRate(0.7, 0.2), OPTIONS)


def test_without_a_reference_there_is_no_second_term():
    assert near(0.7 + 0.1) == raw_weight(LabelRate(0.3, None), OPTIONS)


def test_a_label_all_passed_has_the_floor():
    assert near(0.1) == raw_weight(LabelRate(1.0, 1.0), OPTIONS)


def test_a_label_that_was_not_measured_has_no_raw_weight():
    assert raw_weight(LabelRate(None, 0.9), OPTIONS) is None


@pytest.mark.parametrize("rate", [-0.1, 1.1, math.nan])
def test_what_is_no_rate_is_refused(rate: float):
    with pytest.raises(UsageError):
        raw_weight(LabelRate(rate, None), OPTIONS)


# (14), (15)


def test_the_first_time_the_raw_weight_is_taken_as_it_is():
    assert near(1.3) == smoothed_weight(1.3, None, OPTIONS)


def test_later_it_is_mixed_with_the_one_before():
    assert near(0.25 * 2.0 + 0.75 * 0.4) == smoothed_weight(0.4, 2.0, OPTIONS)


def test_no_weight_is_below_gamma():
    assert near(0.1) == smoothed_weight(0.0, 0.05, OPTIONS)


# (13), and several estimates


def test_two_estimates_by_hand():
    first = estimated({"a": LabelRate(0.2, 0.6), "b": LabelRate(0.9, 0.5)}, WeightState(), OPTIONS)
    # a: 0.8 + 2*0.4 + 0.1 = 1.7; b: 0.1 + 0 + 0.1 = 0.2; sum 1.9
    assert {"a": near(1.7 / 1.9 * 2), "b": near(0.2 / 1.9 * 2)} == first.by_label

    second = estimated({"a": LabelRate(0.6, 0.6), "b": LabelRate(0.8, 0.5)}, first, OPTIONS)
    # a: raw 0.5, 0.25*1.7 + 0.75*0.5 = 0.8; b: raw 0.3, 0.25*0.2 + 0.75*0.3 = 0.275: un-normalised w is carried
    assert [("a", near(0.5), near(0.8)), ("b", near(0.3), near(0.275))] == [
        (w.label, w.raw, w.smoothed) for w in second.weights
    ]
    assert {"a": near(0.8 / 1.075 * 2), "b": near(0.275 / 1.075 * 2)} == second.by_label


def test_a_label_without_instances_counts_one_and_moves_no_other():
    alone = estimated({"a": LabelRate(0.2), "b": LabelRate(0.9)}, WeightState(), OPTIONS)
    state = estimated(
        {"a": LabelRate(0.2), "b": LabelRate(0.9), "c": LabelRate(None)}, WeightState(), OPTIONS
    )

    assert near(1.0) == state.by_label["c"]
    assert {k: near(v) for k, v in alone.by_label.items()} == {k: state.by_label[k] for k in "ab"}
    assert "c" not in state.carried  # it has no history: its first estimate is its raw weight


def test_a_label_whose_instances_are_gone_keeps_its_weight():
    first = estimated({"a": LabelRate(0.2), "b": LabelRate(0.9)}, WeightState(), OPTIONS)
    second = estimated({"a": LabelRate(None), "b": LabelRate(0.9)}, first, OPTIONS)

    assert near(0.9) == second.carried["a"]
    assert second.weights[0].raw is None


def test_a_label_that_comes_later_begins_with_its_raw_weight():
    first = estimated({"a": LabelRate(0.2)}, WeightState(), OPTIONS)
    second = estimated({"a": LabelRate(0.2), "new": LabelRate(0.5)}, first, OPTIONS)

    assert near(0.6) == second.carried["new"]
    assert near(0.6 / 1.5 * 2) == second.by_label["new"]


def test_a_label_that_is_away_for_a_while_goes_on_from_where_it_was():
    first = estimated({"a": LabelRate(0.2), "b": LabelRate(0.0)}, WeightState(), OPTIONS)
    without = estimated({"a": LabelRate(0.2)}, first, OPTIONS)
    back = estimated({"a": LabelRate(0.2), "b": LabelRate(1.0)}, without, OPTIONS)

    assert {"a": near(1.0)} == without.by_label
    assert near(0.25 * 1.1 + 0.75 * 0.1) == back.carried["b"]


def test_where_nothing_was_measured_all_count_one():
    state = estimated({"a": LabelRate(None), "b": LabelRate(None)}, WeightState(), OPTIONS)

    assert {"a": near(1.0), "b": near(1.0)} == state.by_label
    assert {} == state.carried


def test_samples_without_a_label_or_of_an_unknown_one_count_one():
    state = estimated({"a": LabelRate(0.2), "b": LabelRate(0.9)}, WeightState(), OPTIONS)

    assert (1.0, 1.0, state.by_label["a"]) == (state.of(None), state.of("x"), state.of("a"))
    assert 1.0 == WeightState().of("a")


@given(LABELS, SOME_OPTIONS)
def test_the_mean_over_labels_is_one_and_the_floor_holds(rates: dict[str, LabelRate], options: WeightOptions):
    state = estimated(rates, WeightState(), options)

    assert pytest.approx(1.0, abs=1e-12) == fmean(w.normalised for w in state.weights)
    assert all(w >= options.gamma for w in state.carried.values())
    assert sorted(rates) == [w.label for w in state.weights]


@given(LABELS, LABELS, SOME_OPTIONS)
def test_every_smoothed_weight_lies_between_the_one_before_and_the_raw_one(
    one: dict[str, LabelRate], two: dict[str, LabelRate], options: WeightOptions
):
    before = estimated(one, WeightState(), options)
    after = estimated(two, before, options)

    for w in after.weights:
        if w.raw is not None:
            old = before.carried.get(w.label, w.raw)
            assert min(old, w.raw) - 1e-9 <= w.smoothed <= max(old, w.raw) + 1e-9


@given(RATES, RATES, RATES, SOME_OPTIONS)
def test_a_label_that_is_passed_less_never_weighs_less(
    a: float, b: float, ref: float, options: WeightOptions
):
    low, high = sorted((a, b))

    assert raw_weight(LabelRate(low, ref), options) >= raw_weight(LabelRate(high, ref), options)


@given(st.integers(1, 40), st.data())
def test_pass_at_k_grows_with_k_and_with_right_answers(answers: int, data: st.DataObject):
    right = data.draw(st.integers(0, answers))
    rates = [pass_at_k(answers, right, k) for k in range(1, answers + 1)]

    assert sorted(rates) == rates
    assert near(right / answers) == rates[0]
    assert right == 0 or pass_at_k(answers, right - 1, 1) < rates[0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"alpha": -1.0},
        {"beta": math.nan},
        {"gamma": 0.0},
        {"rho": 1.0},
        {"k": 9, "answers": 8},
        {"k": 0},
        {"answers": 0, "k": 0},
        {"instances": 0},
    ],
)
def test_options_that_make_no_sense_are_refused(wrong: dict[str, float]):
    with pytest.raises(UsageError, match="does not fit"):
        WeightOptions(**wrong)
