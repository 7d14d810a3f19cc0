"""SPL003: rows from the future; what the family shares is in test_spl."""

from __future__ import annotations

import pytest

from governance.rules.spl003_future_data import RULE
from tests.builders import batch
from tests.rules.duplicates import run

FIRES = [
    (["2024-01-01", "2024-06-01", "2024-07-01"], "", ["after-holdout"]),
    (["2024年7月1日", "2024年6月1日", "2024年8月1日"], "", ["after-holdout"] * 2),
    (["2024-06-01", "2024-06-01", "2023-01-01"], "", ["after-holdout"]),
    (["2024-01-01", "2024-06-01", "2024-02-01"], "2024-01-15", ["after-cutoff"] * 2),
    (["2024/06/02", "2024/06/01", "2024/05/31"], "", ["after-holdout"]),
]
"""Times of a training row, a held-out one and another training row; a cutoff; what is found."""
NEAR_MISSES = [
    (["2024-01-01", "2024-06-01", "2024-02-01"], ""),
    (["2024-01-01", None, "2025-02-01"], ""),
    ([None, "2024-06-01", "no time"], ""),
    (["2024-01-01", "2024-02-01", "2024-01-05"], "2024-03-01"),
    (["2024年1月1日", "2024年2月1日", "2024年1月31日"], ""),
]


def kinds(times: list[str | None], cutoff: str) -> list[str]:
    rows = batch("a", "b", "c", split=["train", "test", "train"], time=times)
    return sorted(run(RULE, rows, options={"cutoff": cutoff}).findings["kind"].to_pylist())


@pytest.mark.parametrize(("times", "cutoff", "expected"), FIRES)
def test_rows_that_are_too_late_are_found(times: list[str | None], cutoff: str, expected: list[str]) -> None:
    assert expected == kinds(times, cutoff)


@pytest.mark.parametrize(("times", "cutoff"), NEAR_MISSES)
def test_rows_that_came_in_time_are_not(times: list[str | None], cutoff: str) -> None:
    assert [] == kinds(times, cutoff)
