"""PRV001: rows that do not say where they come from; what the family shares is in test_prv."""

from __future__ import annotations

import pytest

from governance.rules.prv001_missing_source import RULE
from tests.builders import batch
from tests.rules.duplicates import run

FIRES = [
    ([None], 1),
    ([None, None], 2),
    (["desk", None, None], 2),
    (["年报", None], 1),
    (["hf://a/b", None, "desk"], 1),
    ([None, "法规", "法规", None, None], 3),
]
"""Sources of rows, and how many rows have none."""
NEAR_MISSES = [["desk"], ["年报"], ["https://x.org/1"], ["unknown"], ["a", "b"], ["0"], ["法规", "法规"]]


@pytest.mark.parametrize(("sources", "rows"), FIRES)
def test_rows_without_a_source_are_one_finding(sources: list[str | None], rows: int) -> None:
    some = batch(*(f"t{i}" for i in range(len(sources))), source=sources)

    assert [rows] == run(RULE, some).findings["rows"].to_pylist()


@pytest.mark.parametrize("sources", NEAR_MISSES)
def test_rows_that_name_one_are_not(sources: list[str]) -> None:
    some = batch(*(f"t{i}" for i in range(len(sources))), source=sources)

    assert 0 == run(RULE, some).findings.num_rows
