"""The loop's equations by hand. Numbers in comments are those of the paper's equations."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution.loop.allocation import Settings, allocate
from attribution.loop.measures import Measured
from governance.allocation_file import Allocation, LabelAllocation
from governance.errors import UsageError

FLAT = 10**15
"""So large a halving that exp(-lambda d) is 1 to fifteen digits."""


def rule(budget: int = 100, **changes: Any) -> Settings:
    """The paper's bare equations: no exploring, no noise, no stop by gain."""
    values = {"explore": 0.0, "certainty": 0.0, "marginal": -1.0, "halving": FLAT, "shrink": 1.0, **changes}
    return Settings(budget, **values)


def measured(label: str, rate: float, **more: Any) -> Measured:
    return Measured(label=label, items=100, pass_at_1=rate, **more)


def past(*lines: LabelAllocation) -> Allocation:
    return Allocation(iteration=1, label=lines)


def line(label: str, rate: float | None, previous: int, rows: int, **more: Any) -> LabelAllocation:
    more = {"items": 100, "target": 0.9, "action": "grow", **more}
    return LabelAllocation(label=label, pass_at_1=rate, previous=previous, rows=rows, **more)


def by_label(found: Allocation) -> dict[str, LabelAllocation]:
    return {one.label: one for one in found.label}


class TestTargetsAndGaps:
    def test_gap_is_target_less_pass_at_1_and_never_negative(self):  # 18
        found = by_label(
            allocate([measured("a", 0.6, target=0.8), measured("b", 0.9, target=0.8)], [], rule())
        )

        assert pytest.approx(0.2) == found["a"].gap
        assert 0.0 == found["b"].gap

    def test_target_is_the_best_known_plus_the_margin(self):
        found = by_label(allocate([measured("a", 0.6, best=0.7)], [], rule(margin=0.1)))

        assert pytest.approx(0.8) == found["a"].target

    def test_without_another_model_the_first_measurement_is_the_best_known(self):
        assert pytest.approx(0.65) == by_label(allocate([measured("a", 0.6)], [], rule()))["a"].target

    def test_no_target_is_above_the_ceiling(self):
        assert 0.95 == by_label(allocate([measured("a", 0.93)], [], rule(ceiling=0.95)))["a"].target

    def test_a_target_stays_what_it_was_while_the_model_gets_better(self):
        history = [past(line("a", 0.6, 0, 100, target=0.65))]

        assert 0.65 == by_label(allocate([measured("a", 0.64)], history, rule()))["a"].target

    def test_a_target_that_is_given_anew_holds(self):
        history = [past(line("a", 0.6, 0, 100, target=0.65))]

        assert 0.8 == by_label(allocate([measured("a", 0.64, target=0.8)], history, rule()))["a"].target


class TestEfficiency:
    def test_gain_over_rows_added(self):  # 19: (0.7 - 0.6) / (49 + 1)
        history = [past(line("a", 0.6, 0, 49))]

        found = by_label(allocate([measured("a", 0.7)], history, rule()))["a"]

        assert pytest.approx(0.1 / 50) == found.efficiency
        assert "measured" == found.efficiency_from

    def test_rows_that_the_split_really_had_count_and_not_those_proposed(self):
        history = [past(line("a", 0.6, 0, 49))]

        found = by_label(allocate([measured("a", 0.7, rows=24)], history, rule()))["a"]

        assert pytest.approx(0.1 / 25) == found.efficiency

    def test_a_loss_is_no_negative_efficiency(self):
        history = [past(line("a", 0.6, 0, 49), line("b", 0.6, 0, 49))]

        found = by_label(allocate([measured("a", 0.5), measured("b", 0.7)], history, rule(certainty=9.0)))

        assert 0.0 == found["a"].efficiency

    def test_the_first_is_undefined_and_only_ratios_count_so_all_are_one(self):
        found = allocate([measured("a", 0.6, target=0.9), measured("b", 0.8, target=0.9)], [], rule())

        assert [1.0, 1.0] == [one.efficiency for one in found.label]
        assert {"a": 75, "b": 25} == found.rows  # gaps 0.3 and 0.1

    def test_a_label_without_one_gets_the_mean_of_those_known(self):
        history = [past(line("a", 0.6, 0, 99), line("b", 0.6, 0, 99))]

        found = by_label(
            allocate(
                [measured("a", 0.7), measured("b", 0.8), measured("new", 0.2, target=0.9)], history, rule()
            )
        )

        assert pytest.approx((0.001 + 0.002) / 2) == found["new"].efficiency
        assert "prior" == found["new"].efficiency_from

    def test_an_iteration_without_rows_leaves_the_last_known_one(self):
        history = [
            past(line("a", 0.6, 0, 99)),
            past(line("a", 0.7, 99, 99, efficiency=0.001, efficiency_from="measured", action="keep")),
        ]

        found = by_label(allocate([measured("a", 0.75)], history, rule()))["a"]

        assert (0.001, "carried") == (found.efficiency, found.efficiency_from)

    def test_a_prior_is_not_carried_on_as_if_it_had_been_measured(self):
        history = [past(line("a", 0.6, 10, 10, efficiency=1.0, efficiency_from="prior", action="keep"))]

        assert "prior" == by_label(allocate([measured("a", 0.7)], history, rule()))["a"].efficiency_from


class TestPriorityAndShares:
    def test_gap_times_efficiency_times_decay(self):  # 20: 0.2 * 1 * 1/2
        found = by_label(allocate([measured("a", 0.7, target=0.9, rows=1000)], [], rule(halving=1000)))["a"]

        assert pytest.approx(0.1) == found.priority

    def test_lambda_by_default_halves_after_a_whole_first_budget(self):
        assert pytest.approx(math.log(2) / 5000) == Settings(5000).decay

    def test_the_budget_follows_the_priorities_and_is_added(self):  # 22, 23
        found = allocate(
            [measured("a", 0.6, target=0.9, rows=10), measured("b", 0.7, target=0.9, rows=20)], [], rule()
        )

        assert {"a": 70, "b": 60} == found.rows  # 100 as 3 : 2
        assert [10, 20] == [one.previous for one in found.label]

    def test_the_budget_shrinks_from_one_iteration_to_the_next(self):  # 21: 1000 * 0.8^2
        history = [past(line("a", 0.5, 0, 10)), past(line("a", 0.6, 10, 20))]

        found = allocate([measured("a", 0.7)], history, rule(1000, shrink=0.8))

        assert (640, 3) == (found.budget, found.iteration)
        assert {"a": 660} == found.rows

    def test_a_tenth_of_the_budget_goes_to_all_alike_so_nobody_starves(self):
        history = [past(line("a", 0.6, 0, 99), line("b", 0.6, 0, 99))]

        found = by_label(allocate([measured("a", 0.6), measured("b", 0.8)], history, rule(explore=0.1)))

        assert 0.0 == found["a"].priority
        assert (5, 95) == (found["a"].added, found["b"].added)

    def test_where_every_priority_is_zero_the_gaps_decide(self):
        history = [past(line("a", 0.6, 0, 99), line("b", 0.8, 0, 99))]

        found = by_label(allocate([measured("a", 0.6), measured("b", 0.8)], history, rule()))

        assert (75, 25) == (found["a"].added, found["b"].added)

    def test_priorities_too_small_for_a_float_count_as_zero(self):
        found = allocate([measured("a", 0.6, target=0.9, rows=10**9)], [], rule(halving=1))

        assert {"a": 10**9 + 100} == found.rows

    def test_only_labels_with_a_gap_get_rows(self):
        found = by_label(
            allocate([measured("a", 0.9, target=0.9), measured("b", 0.5, target=0.9)], [], rule())
        )

        assert ("keep", 0) == (found["a"].action, found["a"].added)
        assert ("grow", 100) == (found["b"].action, found["b"].added)

    def test_nobody_gets_more_than_there_is(self):
        found = allocate(
            [measured("a", 0.1, target=0.9, rows=5, available=15), measured("b", 0.8, target=0.9)], [], rule()
        )

        assert {"a": 15, "b": 90} == found.rows
        assert 0 == found.unspent

    def test_what_cannot_be_given_is_said(self):
        found = allocate([measured("a", 0.1, target=0.9, rows=20, available=15)], [], rule())

        assert ({"a": 20}, 100) == (found.rows, found.unspent)

    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(st.tuples(st.floats(0, 1), st.integers(0, 10**6)), min_size=1, max_size=12),
        st.integers(0, 10**6),
        st.floats(0, 1),
    )
    def test_the_budget_is_spent_to_the_unit(
        self, labels: list[tuple[float, int]], budget: int, explore: float
    ):
        given_ = [measured(str(i), rate, rows=rows, target=1.0) for i, (rate, rows) in enumerate(labels)]

        found = allocate(given_, [], Settings(budget, explore=explore))

        assert (0 if found.stop else budget) == sum(one.added for one in found.label)


class TestRegression:
    def test_a_label_that_fell_goes_back_to_what_it_had(self):  # 24
        history = [past(line("a", 0.6, 100, 150), line("b", 0.6, 0, 50))]

        found = allocate([measured("a", 0.5), measured("b", 0.7)], history, rule())

        assert "revert" == by_label(found)["a"].action
        assert {"a": 100, "b": 150} == found.rows  # all of the budget to the other
        assert "the last 50 rows are taken back" in by_label(found)["a"].reason

    def test_one_that_keeps_falling_needs_data_of_another_kind(self):
        history = [past(line("a", 0.6, 100, 150)), past(line("a", 0.5, 150, 100, action="revert"))]

        found = by_label(allocate([measured("a", 0.4)], history, rule()))["a"]

        assert ("renew", 100) == (found.action, found.rows)
        assert "data of another kind" in found.reason

    def test_a_pause_ends_the_row_of_regressions(self):
        history = [
            past(line("a", 0.6, 100, 150, action="revert")),
            past(line("a", 0.6, 150, 150, action="keep")),
        ]

        assert "revert" == by_label(allocate([measured("a", 0.4)], history, rule()))["a"].action

    def test_a_fall_within_the_noise_is_none(self):
        # at 100 items and 0.6 the difference of two measurements has a standard error of 0.069
        history = [past(line("a", 0.6, 100, 150))]

        within = by_label(allocate([measured("a", 0.54)], history, rule(certainty=1.0)))["a"]
        beyond = by_label(allocate([measured("a", 0.52)], history, rule(certainty=1.0)))["a"]

        assert ("grow", "revert") == (within.action, beyond.action)

    def test_one_item_wrong_of_two_is_noise_although_the_first_had_no_spread(self):
        history = [past(line("a", 1.0, 100, 150, items=2, target=1.0))]

        found = allocate([Measured(label="a", items=2, passed=1)], history, rule(certainty=2.0))

        assert "grow" == by_label(found)["a"].action

    def test_after_a_return_the_label_grows_again(self):
        history = [
            past(line("a", 0.5, 150, 100, action="revert", efficiency=0.002, efficiency_from="measured"))
        ]

        found = by_label(allocate([measured("a", 0.6)], history, rule()))["a"]

        assert ("grow", 200, "carried") == (found.action, found.rows, found.efficiency_from)


class TestLabelsThatComeAndGo:
    def test_a_new_label_starts_with_the_rows_it_has(self):
        history = [past(line("a", 0.6, 0, 99))]

        found = by_label(
            allocate([measured("a", 0.7), measured("new", 0.2, rows=7, target=0.9)], history, rule())
        )

        assert 7 == found["new"].previous
        assert found["new"].added > 0

    def test_one_that_is_no_longer_measured_stays_as_it_is(self):
        history = [past(line("a", 0.6, 0, 99), line("gone", 0.6, 0, 50))]

        found = by_label(allocate([measured("a", 0.7)], history, rule()))["gone"]

        assert ("unmeasured", 50, 50) == (found.action, found.previous, found.rows)
        assert found.gap is None

    def test_one_without_items_counts_as_not_measured(self):
        found = by_label(allocate([measured("a", 0.7), Measured(label="b", items=0, rows=4)], [], rule()))

        assert ("unmeasured", 4) == (found["b"].action, found["b"].rows)

    def test_one_that_comes_back_is_held_against_its_last_measurement(self):
        gone = LabelAllocation(label="a", rows=150, previous=150, action="unmeasured", target=0.9)
        history = [past(line("a", 0.8, 100, 150)), past(gone)]

        assert "revert" == by_label(allocate([measured("a", 0.4)], history, rule()))["a"].action

    def test_where_nothing_was_measured_there_is_nothing_to_say(self):
        with pytest.raises(UsageError, match="no label was measured"):
            allocate([Measured(label="a", items=0)], [], rule())


class TestStopping:
    def test_every_target_is_met(self):
        found = allocate([measured("a", 0.9, target=0.9, rows=5), measured("b", 1.0, target=0.9)], [], rule())

        assert "every target is met" == found.stop
        assert {"a": 5, "b": 0} == found.rows

    def test_beyond_the_most_rows_and_nothing_gained(self):
        history = [past(line("a", 0.6, 0, 100), line("b", 0.6, 0, 100))]

        found = allocate([measured("a", 0.604), measured("b", 0.6)], history, rule(most=199))

        assert "200 rows are more than 199" in found.stop
        assert {"a": 100, "b": 100} == found.rows

    @pytest.mark.parametrize(("rate", "most"), [(0.61, 199), (0.604, 200)])
    def test_both_must_hold(self, rate: float, most: int):
        history = [past(line("a", 0.6, 0, 100), line("b", 0.6, 0, 100))]

        assert "" == allocate([measured("a", rate), measured("b", 0.6)], history, rule(most=most)).stop

    def test_each_row_gains_too_little(self):
        # mean gain (0.02 + 0) / 2 = 0.01 with 100 rows: 1e-4 a row
        history = [past(line("a", 0.6, 0, 100), line("b", 0.6, 50, 50, action="keep"))]
        now = [measured("a", 0.62), measured("b", 0.6)]

        assert "gained +0.0100 with 100 rows added" in allocate(now, history, rule(marginal=1.1e-4)).stop
        assert "" == allocate(now, history, rule(marginal=0.9e-4)).stop

    def test_a_first_iteration_gained_nothing_yet_and_goes_on(self):
        assert "" == allocate([measured("a", 0.1, target=0.9)], [], rule(marginal=1.0)).stop

    def test_what_regressed_is_taken_back_at_the_end_too(self):
        history = [past(line("a", 0.95, 100, 150))]

        found = allocate([measured("a", 0.91)], history, rule())

        assert ("every target is met", {"a": 100}) == (found.stop, found.rows)


def test_an_other_unit_than_before_is_refused():
    with pytest.raises(UsageError, match="another unit"):
        allocate([measured("a", 0.5)], [past(line("a", 0.4, 0, 1))], rule(unit="tokens"))


def test_the_order_of_labels_changes_nothing():
    given_ = [measured(str(i), i / 20, target=0.9) for i in range(10)]

    assert allocate(given_, [], Settings(997)) == allocate(given_[::-1], [], Settings(997))


def test_every_constant_is_in_the_proposal():
    found = allocate([measured("a", 0.5)], [], Settings(10))

    assert {*Settings.__dataclass_fields__, "lambda"} == set(found.settings)


def test_every_constant_is_explained_with_its_origin():
    page = Settings.__doc__ or ""

    assert [] == [name for name in Settings.__dataclass_fields__ if f"        {name}:" not in page]
