"""INP005: row ids that stand twice; what all input rules share is in test_inp."""

from __future__ import annotations

import pytest

from governance.rules.inp005_repeated_row_id import RULE
from tests.builders import batch
from tests.rules.inputs import run

FIRES = {
    "on other content": ["a", "b", "a"],
    "a number": ["7", "7", "8"],
    "three times": ["x", "x", "x"],
    "the empty id": ["", "", "a"],
    "beside rows without one": ["a", None, "a"],
    "中文编号": ["问题一", "问题二", "问题一"],
}
NEAR_MISSES = {
    "all differ": ["a", "b", "c"],
    "none at all": [None, None, None],
    "one alone": ["a", None, None],
    "capitals": ["a", "A", "á"],
    "leading zeros and blanks": ["7", "07", " 7"],
    "全角与半角": ["１", "1", "一"],
    "相近的编号": ["问题一", "问题二", "问题"],
}


@pytest.mark.parametrize("ids", FIRES.values(), ids=FIRES)
def test_an_id_that_stands_twice_is_found(ids: list[str | None]) -> None:
    assert 1 == run(RULE, [batch("one", "two", "three", row_id=ids)]).findings.num_rows


@pytest.mark.parametrize("ids", NEAR_MISSES.values(), ids=NEAR_MISSES)
def test_ids_that_differ_or_are_none_are_not(ids: list[str | None]) -> None:
    assert 0 == run(RULE, [batch("one", "one", "one", row_id=ids)]).findings.num_rows
