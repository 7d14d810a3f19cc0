"""Packing: every sample once, no row too long, few rows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from training.data.packing import packed

LENGTHS = st.lists(st.integers(1, 50), max_size=200)


@given(LENGTHS)
def test_every_sample_is_in_one_row_that_has_room(lengths: list[int]) -> None:
    groups = packed(lengths, 50)

    assert list(range(len(lengths))) == sorted(n for group in groups for n in group)
    assert all(sum(lengths[n] for n in group) <= 50 for group in groups)


@given(LENGTHS)
def test_no_two_rows_would_fit_into_one(lengths: list[int]) -> None:
    full = sorted(sum(lengths[n] for n in group) for group in packed(lengths, 50))

    assert len(full) < 2 or full[0] + full[1] > 50


def test_the_fullest_row_with_room_is_taken() -> None:
    assert [[0, 3], [1], [2]] == packed([7, 6, 5, 3], 10)
    assert [[0, 1]] == packed([5, 5], 10)
    assert [] == packed([], 10)
