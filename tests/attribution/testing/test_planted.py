from __future__ import annotations

import math

import numpy as np
import pytest

from attribution.testing.planted import Flip, Share, auc, found_at, reversion


def area(scores: list[float], planted: list[int]) -> float:
    return auc(np.array(scores, np.float64), np.array(planted, np.bool_), draws=50).value


def test_the_area_of_the_textbook():
    # of 2 * 2 pairs one is in the wrong order
    assert 0.75 == area([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])


def test_right_order_is_one_wrong_order_zero_and_no_order_a_half():
    assert 1.0 == area([1, 2, 3, 4], [0, 0, 1, 1])
    assert 0.0 == area([4, 3, 2, 1], [0, 0, 1, 1])
    assert 0.5 == area([7, 7, 7, 7], [0, 0, 1, 1])


def test_ties_count_half():
    assert 0.875 == area([1, 2, 2, 3], [0, 0, 1, 1])


def test_the_interval_holds_the_value_and_shrinks_with_cases():
    random = np.random.default_rng(0)
    few = auc(random.normal(size=20) + np.r_[np.ones(10), np.zeros(10)], np.arange(20) < 10)
    many = auc(random.normal(size=400) + np.r_[np.ones(200), np.zeros(200)], np.arange(400) < 200)

    assert few.interval is not None
    assert many.interval is not None
    assert few.interval[0] <= few.value <= few.interval[1]
    assert many.interval[1] - many.interval[0] < few.interval[1] - few.interval[0]


def test_one_planted_cause_has_an_area_and_no_interval():
    assert auc(np.array([1.0, 2, 3]), np.array([False, False, True])).interval is None


def test_without_planted_causes_there_is_nothing_to_tell_apart():
    with pytest.raises(ValueError, match="both needed"):
        area([1.0, 2.0], [0, 0])


def test_a_planted_cause_is_found_where_nothing_else_scores_as_high():
    scores = np.array([[5.0, 1.0, 2.0], [1.0, 2.0, 2.0], [2.0, 3.0, 1.0]])

    assert Share(1, 2) == found_at(scores, np.array([0, 1, -1]))
    assert Share(2, 2) == found_at(scores, np.array([0, 1, -1]), most=2)
    assert Share(0, 1) == found_at(scores, np.array([-1, -1, 0]))  # a tie is no find


GAIN, LOSS = (-1.0, 2.0), (1.0, -2.0)


def test_a_flip_reverts_where_the_item_is_back_on_its_side():
    assert [True, False, True, False] == [
        Flip(*GAIN, -0.1).reverted,
        Flip(*GAIN, 0.5).reverted,
        Flip(*LOSS, 0.1).reverted,
        Flip(*LOSS, -0.5).reverted,
    ]


def test_movement_counts_back_to_where_the_item_came_from():
    assert [2.5, 1.5] == [Flip(*GAIN, -0.5).moved, Flip(*LOSS, -0.5).moved]


def test_gains_and_losses_are_counted_apart_and_items_that_did_not_flip_not_at_all():
    found = reversion([Flip(*GAIN, -1), Flip(*GAIN, 1), Flip(*LOSS, 1), Flip(1.0, 2.0, -1.0)])

    assert (Share(1, 2), Share(1, 1)) == (found.gains, found.losses)
    assert pytest.approx((3 + 1 + 3) / 3) == found.moved


def test_nothing_flipped():
    found = reversion([])

    assert (0, 0) == (found.gains.cases, found.losses.cases)
    assert math.isnan(found.moved)
    assert math.isnan(found.gains.value)
