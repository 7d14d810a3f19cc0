"""Nothing is found in texts that only look like evaluation items; their leaked twins are found."""

from __future__ import annotations

import pytest

from governance.benchmarks.suite import RawItem
from tests.rules.con_negatives import CASES, Case
from tests.rules.con_search import codes, found, suite

LEAKS = [case for case in CASES if case.leak is not None]


def test_there_are_forty_hard_negatives_or_more() -> None:
    assert len({case.name for case in CASES}) == len(CASES)
    assert len(CASES) >= 40


@pytest.mark.parametrize("case", CASES, ids=[c.name for c in CASES])
def test_a_hard_negative_is_not_found(case: Case) -> None:
    assert codes(suite(case.item), case.text) == []


def test_no_hard_negative_is_found_among_all_items() -> None:
    items = suite(*(named(case) for case in CASES))

    assert found(items, *(case.text for case in CASES)) == set()


@pytest.mark.parametrize("case", LEAKS, ids=[c.name for c in LEAKS])
def test_its_leaked_twin_is_found(case: Case) -> None:
    assert case.leak is not None

    assert "CON001" in codes(suite(case.item), case.leak)


def named(case: Case) -> RawItem:
    """The item of a case under the name of the case."""
    return RawItem(
        case.name, case.item.question, case.item.options, case.item.answer, None, case.item.context
    )
