"""The spacing of marks follows what is left unexplained, within what may be spent."""

from __future__ import annotations

from math import inf, nan

from attribution.ledger.refresh import TARGET, Cost, Refresh, affordable, next_refresh, share_left, spare


def test_spacing_goes_by_the_square_root_of_what_is_left() -> None:
    refresh = Refresh(every=8)

    assert 8 == next_refresh(refresh, 8, TARGET).every
    assert 12 == next_refresh(refresh, 8, TARGET / 2.25).every
    assert 5 == next_refresh(refresh, 8, TARGET * 2.25).every


def test_spacing_at_most_doubles_and_at_most_halves() -> None:
    assert 16 == next_refresh(Refresh(every=8), 8, 0.0).every
    assert 4 == next_refresh(Refresh(every=8), 8, 1e9).every


def test_spacing_keeps_to_its_bounds() -> None:
    assert 1 == next_refresh(Refresh(every=1), 1, 1.0).every
    assert 10 == next_refresh(Refresh(every=8, most=10), 8, 0.0).every
    assert 5 == next_refresh(Refresh(every=5, adaptive=False), 5, 1.0).every


def test_after_a_window_that_was_split_the_spacing_goes_by_its_last_part() -> None:
    assert 2 == next_refresh(Refresh(every=8), 2, TARGET, refined=True).every
    assert 4 == next_refresh(Refresh(every=8), 2, 0.0, refined=True).every


def test_a_window_that_a_checkpoint_cut_short_says_nothing_against_the_spacing() -> None:
    assert 8 == next_refresh(Refresh(every=8), 1, 0.0).every
    assert 1 == next_refresh(Refresh(every=8), 1, 1.0).every


def test_where_nothing_changes_nothing_is_left() -> None:
    assert 1e-9 / 4e-4 == share_left(Refresh(), 1e-9, 1e-9, 4)
    assert 0.5 == share_left(Refresh(), 1.0, 2.0, 4)


def test_a_change_below_what_values_are_off_by_is_not_held_against_the_spacing() -> None:
    assert 0.5 == share_left(Refresh(), 1.0, 2.0, 4, uncertain=1.0)
    assert 0.05 == share_left(Refresh(), 1.0, 2.0, 4, uncertain=20.0)


def test_a_loss_that_is_no_number_leaves_everything() -> None:
    assert inf == share_left(Refresh(), nan, 1.0, 4) == share_left(Refresh(), inf, inf, 4)
    assert 4 == next_refresh(Refresh(every=8), 8, inf).every


def test_the_ceiling_is_over_the_whole_run() -> None:
    refresh = Refresh(ceiling=0.1)

    # 100 steps of 1 s allow 10 s of marks; 4 s are spent, so 6 marks of 1 s may stand in the 90 steps left
    assert 15 == affordable(refresh, Cost(mark=1.0, step=1.0, spent=4.0, left=90, total=100))
    assert 1 == affordable(refresh, Cost(mark=0.01, step=1.0, spent=0.0, left=90, total=100))
    assert 64 == affordable(refresh, Cost(mark=1.0, step=1.0, spent=11.0, left=50, total=100))
    assert 1 == affordable(Refresh(ceiling=None), Cost(9.0, 1.0, 99.0, 50, 100))


def test_marks_may_be_dense_until_half_of_what_even_ones_would_cost_is_left() -> None:
    refresh = Refresh(ceiling=0.1)

    # even marks of the 90 steps left take 9 s, half of it is 4.5 s
    assert spare(refresh, Cost(mark=1.0, step=1.0, spent=4.5, left=90, total=100))
    assert not spare(refresh, Cost(mark=1.0, step=1.0, spent=4.6, left=90, total=100))
    assert spare(Refresh(ceiling=None), Cost(9.0, 1.0, 99.0, 50, 100))
    assert spare(refresh, None)


def test_afterwards_the_ceiling_is_kept_whatever_is_unexplained() -> None:
    refresh = Refresh(every=8, ceiling=0.1)

    assert 4 == next_refresh(refresh, 8, 1.0, cost=Cost(1.0, 1.0, spent=4.0, left=90, total=100)).every
    assert 18 == next_refresh(refresh, 8, 1.0, cost=Cost(1.0, 1.0, spent=5.0, left=90, total=100)).every


def test_settlements_are_paid_first_as_they_cost_by_the_step() -> None:
    refresh = Refresh(ceiling=0.1)

    # of 10 s, 4 are spent and settling the 10 steps that wait and the 90 to come takes 2: 4 marks of 1 s in 90 steps
    cost = Cost(mark=1.0, step=1.0, spent=4.0, left=90, total=100, settle=0.02, unsettled=10)
    assert 4.0 == cost.budget(0.1)
    assert 23 == affordable(refresh, cost)
    assert 64 == affordable(refresh, Cost(1.0, 1.0, spent=0.0, left=90, total=100, settle=0.2))


def test_a_mark_more_leaves_enough_for_the_last_one() -> None:
    refresh = Refresh(ceiling=0.1)

    assert spare(refresh, Cost(mark=2.0, step=1.0, spent=0.0, left=39, total=40))
    assert not spare(refresh, Cost(mark=2.1, step=1.0, spent=0.0, left=39, total=40))
    assert spare(refresh, Cost(mark=2.1, step=1.0, spent=0.0, left=0, total=40))
