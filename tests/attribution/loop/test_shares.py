from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from attribution.loop.shares import bounded_shares, largest_remainder

WEIGHTS = st.dictionaries(
    st.text(max_size=3), st.floats(0, 1e9, allow_subnormal=True), min_size=1, max_size=8
)


def test_the_largest_fractions_get_what_is_left():
    # quotas 4.7, 3.5, 1.8: whole parts 4, 3, 1; the two units left go to the .8 and the .7
    assert {"a": 5, "b": 3, "c": 2} == largest_remainder(10, {"a": 47, "b": 35, "c": 18})


def test_of_equal_fractions_the_larger_weight_comes_first_then_the_name():
    # quotas 2.5 and 0.5: the unit left goes to the larger
    assert {"z": 3, "a": 0} == largest_remainder(3, {"z": 5, "a": 1})
    assert {"b": 0, "a": 1} == largest_remainder(1, {"b": 1, "a": 1})


def test_without_weights_nobody_gets_anything():
    assert {"a": 0} == largest_remainder(10, {"a": 0})
    assert {} == largest_remainder(10, {})


@given(st.integers(0, 10**9), WEIGHTS)
def test_the_total_is_spent_to_the_unit_and_nobody_is_a_unit_off(total: int, weights: dict[str, float]):
    shares = largest_remainder(total, weights)

    whole = sum(weights.values())
    assert (total if whole else 0) == sum(shares.values())
    if whole:
        assert all(abs(shares[k] - total * (w / whole)) < 1 + 1e-6 * total for k, w in weights.items())


@given(st.integers(0, 10**6), WEIGHTS)
def test_the_order_of_the_weights_changes_nothing(total: int, weights: dict[str, float]):
    backwards = dict(reversed(weights.items()))

    assert largest_remainder(total, weights) == largest_remainder(total, backwards)


def test_what_is_above_a_bound_goes_to_the_others():
    # 6, 3, 1 at first; a stops at 2, and 8 are shared 3 : 1 among the others
    assert {"a": 2, "b": 6, "c": 2} == bounded_shares(10, {"a": 6, "b": 3, "c": 1}, {"a": 2})


def test_bounds_are_met_one_after_the_other():
    # a stops at 1; b would get 7 of the 9 left and stops at 3; c gets the rest
    assert {"a": 1, "b": 3, "c": 6} == bounded_shares(10, {"a": 6, "b": 3, "c": 1}, {"a": 1, "b": 3})


def test_where_everyone_is_at_a_bound_something_stays_unspent():
    assert {"a": 1, "b": 0} == bounded_shares(10, {"a": 1, "b": 1}, {"a": 1, "b": 0})


@given(st.integers(0, 10**6), WEIGHTS, st.dictionaries(st.text(max_size=3), st.integers(0, 10**6)))
def test_no_bound_is_passed_and_all_is_spent_that_can_be(
    total: int, weights: dict[str, float], most: dict[str, int]
):
    shares = bounded_shares(total, weights, most)

    open_names = [k for k, w in weights.items() if w > 0]
    unbounded = any(k not in most for k in open_names)
    room = total if unbounded else min(total, sum(most[k] for k in open_names))
    assert room == sum(shares.values())
    assert all(share <= most.get(k, share) for k, share in shares.items())
