"""Intervals: textbook values, and what must hold for any scores."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.scoring.statistics import (
    accuracy,
    macro_difference,
    macro_mean,
    mcnemar,
    paired_difference,
    wilson,
)

FEW = {"repetitions": 500}
SCORES = st.lists(st.sampled_from([0.0, 1.0]), min_size=1, max_size=60)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),  # Newcombe (1998), table I, method 3
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (20, 20, 0.8389, 1.0),
        (5, 10, 0.2366, 0.7634),
    ],
)
def test_wilson_as_published(successes, n, low, high):
    found = wilson(successes, n)

    assert pytest.approx((low, high), abs=5e-5) == (found.low, found.high)


def test_without_items_anything_is_possible():
    found = wilson(0, 0)

    assert (0.0, 1.0) == (found.low, found.high)
    assert math.isnan(found.value)
    assert math.isnan(paired_difference([], []).value)
    assert math.isnan(macro_mean([], []).value)


@given(st.integers(1, 500), st.data())
def test_wilson_holds_its_share_and_is_symmetric(n, data):
    successes = data.draw(st.integers(0, n))
    found, mirrored = wilson(successes, n), wilson(n - successes, n)

    assert successes / n in found
    assert 0 <= found.low <= found.high <= 1
    assert pytest.approx((1 - found.high, 1 - found.low)) == (mirrored.low, mirrored.high)


def test_wilson_covers_as_often_as_it_says():
    rng = np.random.default_rng(5)
    hits = [0.9 in wilson(int(s), 200) for s in rng.binomial(200, 0.9, 4000)]

    assert 0.94 < np.mean(hits) < 0.965


@pytest.mark.parametrize(
    ("fixed", "broken", "p"),
    [
        (0, 0, 1.0),
        (5, 5, 1.0),
        (1, 0, 1.0),
        (6, 0, 0.03125),  # 2 / 64
        (10, 2, 0.03857421875),  # 2 * (1 + 12 + 66) / 4096
        (2, 10, 0.03857421875),
        (25, 37, 0.1619),
    ],
)
def test_mcnemar_by_hand(fixed, broken, p):
    assert pytest.approx(p, abs=1e-3) == mcnemar(fixed, broken)


def test_mcnemar_of_very_many_changes_is_still_a_number():
    assert 0.0 <= mcnemar(6000, 5000) < 1e-10
    assert pytest.approx(mcnemar(480, 519), abs=1e-3) == mcnemar(481, 520)


@given(st.integers(0, 80), st.integers(0, 80))
def test_mcnemar_is_a_probability_and_symmetric(fixed, broken):
    assert 0 < mcnemar(fixed, broken) == mcnemar(broken, fixed) <= 1


@given(SCORES, st.randoms(use_true_random=False))
def test_a_difference_is_seeded_bounded_and_turns_its_sign(before, random):
    after = [float(random.random() < 0.7) for _ in before]
    found = paired_difference(before, after, **FEW)
    back = paired_difference(after, before, **FEW)

    assert found == paired_difference(before, after, **FEW)
    assert -1 <= found.low <= found.high <= 1
    assert pytest.approx(np.mean(after) - np.mean(before)) == found.value == -back.value


@given(SCORES)
def test_the_same_scores_do_not_differ(scores):
    found = paired_difference(scores, scores, **FEW)

    assert (0.0, 0.0, 0.0) == (found.value, found.low, found.high)


def test_the_interval_of_a_difference_is_that_of_the_normal_theory():
    rng = np.random.default_rng(1)
    before = (rng.random(800) < 0.6).astype(float)
    after = np.where(rng.random(800) < 0.2, 1.0, before)
    difference = after - before
    half = 1.96 * difference.std() / math.sqrt(800)
    found = paired_difference(before, after)

    assert pytest.approx(half, rel=0.05) == found.half_width
    assert found.low > 0


def test_pairing_makes_the_interval_narrower_than_two_separate_ones():
    rng = np.random.default_rng(2)
    before = (rng.random(300) < 0.5).astype(float)
    after = np.where(rng.random(300) < 0.05, 1 - before, before)

    assert paired_difference(before, after).half_width < accuracy(before).half_width


def test_a_macro_mean_weighs_subjects_equally():
    scores, subjects = [1.0] * 90 + [0.0] * 10, ["a"] * 90 + ["b"] * 10

    assert 0.5 == macro_mean(scores, subjects).value
    assert 0.9 == accuracy(scores).value


def test_a_macro_mean_draws_within_subjects():
    constant = macro_mean([1.0] * 5 + [0.0] * 5, ["a"] * 5 + ["b"] * 5)

    assert (0.5, 0.5) == (constant.low, constant.high)


def test_the_interval_of_a_macro_mean_is_that_of_the_formula():
    rng = np.random.default_rng(3)
    subjects = ["large"] * 900 + ["small"] * 100
    scores = (rng.random(1000) < 0.7).astype(float)
    variances = [scores[:900].var() / 900, scores[900:].var() / 100]
    half = 1.96 * math.sqrt(sum(variances)) / 2
    found = macro_mean(scores, subjects)

    assert pytest.approx(half, rel=0.05) == found.half_width


def test_a_macro_difference_is_the_difference_of_macro_means():
    subjects = ["a", "a", "b"]

    assert pytest.approx(0.25) == macro_difference([1, 0, 1], [1, 1, 1], subjects, **FEW).value


def test_scores_between_zero_and_one_are_welcome():
    found = paired_difference([0.25, 0.5, 0.75], [0.5, 0.5, 1.0], **FEW)

    assert pytest.approx(1 / 6) == found.value


def test_ten_thousand_repetitions_of_ten_thousand_items_are_quick():
    rng = np.random.default_rng(4)
    before, after = rng.random((2, 10_000)) < 0.5
    started = time.process_time()
    paired_difference(before.astype(float), after.astype(float))

    assert time.process_time() - started < 1
