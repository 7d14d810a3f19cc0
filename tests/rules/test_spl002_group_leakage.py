"""SPL002: groups on both sides of a split; what the family shares is in test_spl."""

from __future__ import annotations

import pytest

from governance.rules.spl002_group_leakage import RULE
from tests.builders import batch
from tests.rules.duplicates import run

FIRES = [
    (["filing-1", "filing-1", "filing-2"], 1),
    (["r2", "r1", "r1"], 1),
    (["2024年报", "2024年报", None], 1),
    (["7", "7", "7"], 2),
    (["报告", "报告", "报告"], 2),
]
"""Groups of a training row, a held-out one and another training row, and how many training rows leak."""
NEAR_MISSES = [
    ["r1", "r2", "r3"],
    [None, None, None],
    ["r1", "r2", "r1"],
    ["年报", "季报", "月报"],
    ["r1", None, "r1"],
    ["R1", "r1", "r1 "],
]


def leaks(groups: list[str | None]) -> list[tuple[str, int]]:
    """(kind, rows) of what is found in a training row, a held-out one and another training row."""
    found = run(RULE, batch("a", "b", "c", split=["train", "test", "train"], group=groups)).findings
    return [(f["kind"], f["rows"]) for f in found.to_pylist()]


@pytest.mark.parametrize(("groups", "rows"), FIRES)
def test_a_group_on_both_sides_is_found(groups: list[str | None], rows: int) -> None:
    assert [("group", rows)] == leaks(groups)


@pytest.mark.parametrize("groups", NEAR_MISSES)
def test_groups_on_one_side_are_not(groups: list[str | None]) -> None:
    assert [] == leaks(groups)
