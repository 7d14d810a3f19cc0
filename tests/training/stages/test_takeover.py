"""The rule that gives a label to targeted SFT, by hand."""

from __future__ import annotations

import math

import pytest

from governance.errors import UsageError
from training.stages.takeover import (
    IMPROVING,
    REACHED,
    TAKEN_OVER,
    WAITING,
    Interval,
    Moments,
    TakeoverOptions,
    gain,
    judged,
    mean_reward,
    moments,
)

RULE = TakeoverOptions(window=10, patience=2, min_gain=0.05, reached=0.9, min_prompts=4)


def flat(mean: float, prompts: int = 100, variance: float = 0.0) -> Moments:
    return Moments(prompts, mean, variance)


def test_moments_of_a_window():
    assert Moments(4, 0.5, pytest.approx(1 / 3)) == moments([0, 1, 0, 1])
    assert Moments(1, 0.25, 0.0) == moments([0.25])
    assert math.isnan(moments([]).mean)


def test_the_interval_of_a_gain_by_hand():
    found = gain(Moments(25, 0.2, 0.16), Moments(50, 0.5, 0.25))

    # sqrt(0.16/25 + 0.25/50) = sqrt(0.0114) = 0.106771
    reach = 1.959963984540054 * 0.10677078252031311
    assert pytest.approx((0.3, 0.3 - reach, 0.3 + reach), abs=1e-9) == (found.value, found.low, found.high)


def test_the_interval_of_a_mean_by_hand():
    found = mean_reward(Moments(100, 0.4, 0.25))

    assert Interval(0.4, pytest.approx(0.4 - 0.0979982), pytest.approx(0.4 + 0.0979982)) == found
    assert math.inf == mean_reward(moments([1.0])).high


def test_a_label_is_given_its_patience():
    assert WAITING == judged([flat(0.0)], RULE).verdict
    assert WAITING == judged([flat(0.0), flat(0.0)], RULE).verdict
    assert TAKEN_OVER == judged([flat(0.0), flat(0.0), flat(0.0)], RULE).verdict


def test_a_reward_that_cannot_move_is_taken_over():
    found = judged([flat(0.0)] * 3, RULE)

    assert (TAKEN_OVER, Interval(0.0, 0.0, 0.0)) == (found.verdict, found.gain)


def test_a_reward_that_falls_is_taken_over():
    assert TAKEN_OVER == judged([flat(0.6), flat(0.5), flat(0.3)], RULE).verdict


def test_a_gain_that_may_be_chance_is_taken_over():
    windows = [flat(0.30, 10, 0.2), flat(0.35, 10, 0.2), flat(0.40, 10, 0.2)]  # 0.1 -+ 0.39

    found = judged(windows, RULE)

    assert TAKEN_OVER == found.verdict
    assert found.gain is not None
    assert found.gain.low < 0 < found.gain.value


def test_a_gain_that_is_sure_but_small_is_taken_over():
    found = judged([flat(0.30), flat(0.31), flat(0.34)], RULE)

    assert TAKEN_OVER == found.verdict
    assert found.gain is not None
    assert found.gain.low > 0


def test_a_sure_gain_goes_on():
    assert IMPROVING == judged([flat(0.1, 100, 0.1), flat(0.2, 100, 0.1), flat(0.4, 100, 0.1)], RULE).verdict


def test_only_what_was_gained_over_the_last_windows_counts():
    rising = [flat(0.1), flat(0.3), flat(0.5)]

    assert IMPROVING == judged(rising, RULE).verdict
    assert TAKEN_OVER == judged([*rising, flat(0.5), flat(0.5)], RULE).verdict


def test_a_label_that_has_reached_enough_is_left_alone():
    assert REACHED == judged([flat(0.95)], RULE).verdict
    assert REACHED == judged([flat(0.95)] * 5, RULE).verdict
    assert REACHED == judged([flat(0.2), flat(0.5), flat(0.9)], RULE).verdict


def test_a_window_with_few_prompts_decides_nothing_and_is_not_compared_with():
    few = flat(0.0, 3)

    assert WAITING == judged([flat(0.0), flat(0.0), few], RULE).verdict
    assert WAITING == judged([few, flat(0.0), flat(0.0)], RULE).verdict
    assert TAKEN_OVER == judged([flat(0.0), few, flat(0.0), few, flat(0.0)], RULE).verdict


@pytest.mark.parametrize(
    "wrong", [{"window": 0}, {"patience": 0}, {"min_gain": -0.1}, {"reached": 0.0}, {"min_prompts": 1}]
)
def test_options_that_make_no_sense_are_refused(wrong: dict[str, float]):
    with pytest.raises(UsageError, match="does not fit"):
        TakeoverOptions(**wrong)
