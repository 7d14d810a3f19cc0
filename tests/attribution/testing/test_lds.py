from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.ledger.intervals import bootstrap, bootstrap_sums, ranks, wilson
from attribution.testing.lds import lds, predicted, spearman


def test_ties_share_the_mean_of_their_ranks():
    assert [1.0, 2.5, 2.5, 4.0] == ranks([10, 20, 20, 30]).tolist()
    assert [3.0, 1.5, 1.5] == ranks([9, 1, 1]).tolist()
    assert [] == ranks([]).tolist()


def test_spearman_of_the_textbook():
    # IQ and hours of television a week, ten people: rho = -29/165
    iq = np.array([106.0, 100, 86, 101, 99, 103, 97, 113, 112, 110])
    hours = np.array([7.0, 27, 2, 50, 28, 29, 20, 12, 6, 17])

    assert pytest.approx(-29 / 165) == spearman(iq, hours)


def test_spearman_with_ties():
    # ranks 1 2.5 2.5 4 and 1 2 3.5 3.5: products sum to 3.75, squares to 4.5 and 4.5
    assert pytest.approx(3.75 / 4.5) == spearman(np.array([1.0, 2, 2, 3]), np.array([1.0, 2, 3, 3]))


def test_what_does_not_vary_has_no_correlation():
    assert math.isnan(spearman(np.array([1.0, 1, 1]), np.array([1.0, 2, 3])))


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=20, unique=True), st.integers(0, 99))
def test_only_the_order_counts(values: list[float], seed: int):
    a = np.array(values)
    b = np.random.default_rng(seed).permutation(a)

    assert pytest.approx(spearman(a, b)) == spearman(ranks(a), b)
    assert pytest.approx(-spearman(a, b)) == spearman(-a, b)
    assert -1 - 1e-9 <= spearman(a, b) <= 1 + 1e-9


SUBSETS = np.random.default_rng(0).random((60, 20)) < 0.5
SCORES = np.random.default_rng(1).normal(size=(20, 4))


def test_predictions_are_sums_over_the_subset():
    subsets = np.array([[True, False, True], [False, False, False]])

    assert [[5.0, 50.0], [0.0, 0.0]] == predicted(np.array([[1.0, 10], [2, 20], [4, 40]]), subsets).tolist()


def test_a_linear_world_scores_one_and_its_reverse_minus_one():
    world = predicted(SCORES, SUBSETS)

    assert pytest.approx(1.0) == lds(SCORES, SUBSETS, world, draws=20).value
    assert pytest.approx(-1.0) == lds(SCORES, SUBSETS, -world, draws=20).value


def test_noise_widens_the_interval_and_random_scores_are_about_zero():
    noise = np.random.default_rng(2).normal(size=(60, 4))
    noisy = lds(SCORES, SUBSETS, predicted(SCORES, SUBSETS) + 2 * noise, draws=200)
    guessed = lds(np.random.default_rng(3).normal(size=(20, 4)), SUBSETS, noise, draws=200)

    assert noisy.interval is not None
    assert guessed.interval is not None
    assert 0.3 < noisy.interval[0] < noisy.value < noisy.interval[1] < 1
    assert guessed.interval[0] < 0 < guessed.interval[1]


def test_an_item_that_never_varies_does_not_count():
    world = predicted(SCORES, SUBSETS)
    world[:, 0] = 1.0

    found = lds(SCORES, SUBSETS, world, draws=20)

    assert math.isnan(found.items[0])
    assert pytest.approx(1.0) == found.value


def test_two_subsets_are_too_few_for_an_interval():
    found = lds(SCORES, SUBSETS[:2], predicted(SCORES, SUBSETS[:2]), draws=20)

    assert found.interval is None


def test_wilson_of_the_textbook():
    assert pytest.approx((0.4902, 0.9433), abs=1e-4) == wilson(8, 10)
    assert pytest.approx((0.0, 0.2775), abs=1e-4) == wilson(0, 10)
    assert wilson(0, 0) is None


def test_sums_of_equal_columns_do_not_move():
    found = bootstrap_sums(np.full((2, 5), 3.0))

    assert found is not None
    assert ([15.0, 15.0], [15.0, 15.0]) == (found[0].tolist(), found[1].tolist())
    assert bootstrap_sums(np.ones((2, 1))) is None


def test_the_interval_of_a_sum_is_that_of_the_normal_for_many_items():
    values = np.random.default_rng(0).normal(size=(1, 400))
    error = float(values.std() * 20)

    found = bootstrap_sums(values)

    assert found is not None
    assert pytest.approx(2 * 1.96 * error, rel=0.1) == found[1][0] - found[0][0]


def test_a_statistic_that_is_no_number_has_no_interval():
    assert bootstrap(5, lambda drawn: float("nan"), draws=10) is None
    assert bootstrap(1, lambda drawn: 1.0, draws=10) is None
