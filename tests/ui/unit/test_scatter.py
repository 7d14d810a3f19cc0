"""Marks of points: the largest groups have one each, the others are told apart from those without a value."""

from __future__ import annotations

import pytest

from ui.dashboard.components.scatter import (
    COLOURS,
    MARKS,
    NAMED,
    NONE,
    OTHER,
    SHAPES,
    SMALLEST,
    grouped,
    key,
    spec,
)


def test_groups_are_largest_first_and_equal_ones_by_name():
    found = grouped(["b", "a", "", "c", "c", "b", "a", "c"])

    assert (("c", 3), ("a", 2), ("b", 2)) == found.named
    assert (1, (0, 0)) == (found.none, found.others)
    assert [2, 1, NONE, 0, 0, 2, 1, 0] == found.codes.tolist()


def test_every_point_is_counted_once_where_there_are_more_groups_than_marks():
    values = [f"group {n:02}" for n in range(NAMED + 5) for _ in range(40 - n)] + [""] * 3
    found = grouped(values)

    assert NAMED == len(found.named)
    assert 5 == found.others[0]
    assert len(values) == sum(n for _, n in found.named) + found.others[1] + found.none
    assert found.others[1] == found.codes.tolist().count(OTHER)


def test_no_points_are_no_groups():
    found = grouped([])

    assert ((), (0, 0), 0, []) == (found.named, found.others, found.none, found.codes.tolist())


def test_marks_differ_in_shape_and_in_colour():
    assert NAMED == len({shape for shape, _, _ in MARKS}) == len({colour for _, _, colour in MARKS})
    assert len(SHAPES) == len(COLOURS) == NONE + 1


@pytest.mark.parametrize(("points", "expected"), [(1, 90), (501, 45), (50_000, SMALLEST)])
def test_many_points_are_small(points: int, expected: int):
    assert expected == spec(points)["encoding"]["size"]["scale"]["range"][0]


def test_names_are_words_in_the_key():
    drawn = key(grouped(["<b>"]), "Points", "none", lambda value: value, lambda value: "")

    assert "&lt;b&gt;" in drawn
    assert "<b>" not in drawn
