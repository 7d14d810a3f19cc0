"""The spacing of marks follows what is left unexplained, within what may be spent."""

from __future__ import annotations

from attribution.ledger.refresh import Cost, Refresh, affordable, next_refresh


def test_spacing_halves_where_much_is_unexplained_and_doubles_where_little_is() -> None:
    refresh = Refresh(every=8)

    assert 4 == next_refresh(refresh, 0.021, 1.0, 4).every
    assert 8 == next_refresh(refresh, 0.01, 1.0, 4).every
    assert 16 == next_refresh(refresh, 0.004, 1.0, 4).every


def test_spacing_keeps_to_its_bounds() -> None:
    assert 1 == next_refresh(Refresh(every=1), 1.0, 1.0, 4).every
    assert 10 == next_refresh(Refresh(every=8, most=10), 0.0, 1.0, 4).every
    assert 5 == next_refresh(Refresh(every=5, adaptive=False), 1.0, 1.0, 4).every


def test_where_nothing_changes_the_spacing_grows() -> None:
    assert 4 == next_refresh(Refresh(every=2), 1e-9, 1e-9, 4).every


def test_the_ceiling_is_over_the_whole_run() -> None:
    refresh = Refresh(ceiling=0.1)

    # 100 steps of 1 s allow 10 s of marks; 4 s are spent, so 6 marks of 1 s may stand in the 90 steps left
    assert 15 == affordable(refresh, Cost(mark=1.0, step=1.0, spent=4.0, left=90, total=100))
    assert 1 == affordable(refresh, Cost(mark=0.01, step=1.0, spent=0.0, left=90, total=100))
    assert 64 == affordable(refresh, Cost(mark=1.0, step=1.0, spent=11.0, left=50, total=100))
    assert 1 == affordable(Refresh(ceiling=None), Cost(9.0, 1.0, 99.0, 50, 100))


def test_the_ceiling_is_kept_whatever_is_unexplained() -> None:
    cost = Cost(mark=1.0, step=1.0, spent=4.0, left=90, total=100)

    assert 15 == next_refresh(Refresh(every=8, ceiling=0.1), 1.0, 1.0, 4, cost).every
