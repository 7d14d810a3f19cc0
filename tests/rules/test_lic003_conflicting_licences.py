"""LIC003: one content or one source under several licences; how fields are read is in test_lic."""

from __future__ import annotations

from typing import Any

import pytest

from governance.rules.lic003_conflicting_licences import RULE
from tests.rules.duplicates import run
from tests.rules.licences import kinds, rows

FIRES: list[tuple[list[str], list[Any], list[Any], list[tuple[str, int]]]] = [
    (["a", "a"], ["MIT", "cc-by-nc-4.0"], [None, None], [("content", 2)]),
    (["甲", "甲", "甲"], ["MIT", "MIT", "GPLv3"], [None] * 3, [("content", 3)]),
    (["a", "b"], ["MIT", "GPLv3"], ["desk", "desk"], [("source", 2)]),
    (["a", "a"], ["MIT", "GPLv3"], ["x", "x"], [("content", 2), ("source", 2)]),
    (["a", "a"], ["house terms", "MIT"], [None, None], [("content", 2)]),
    (["甲", "乙"], ["MIT", "GPLv3"], ["年报", "年报"], [("source", 2)]),
]
"""Texts, licences and sources of rows, and what is found."""
NEAR_MISSES: list[tuple[list[str], list[Any], list[Any]]] = [
    (["a", "a"], ["apache-2.0", "Apache 2.0"], ["x", "x"]),
    (["a", "a"], ["MIT", None], [None, None]),
    (["a", "a"], ["MIT", "unknown"], ["x", "x"]),
    (["a", "b"], ["MIT", "GPLv3"], [None, None]),
    (["a", "b"], ["MIT", "GPLv3"], ["x", "y"]),
    (["甲", "乙"], ["MIT", "GPLv3"], ["年报", "季报"]),
    (["甲", "甲"], ["MIT", "未知"], ["年报", "年报"]),
    ([""], [None], [None]),
]


@pytest.mark.parametrize(("texts", "licences", "sources", "expected"), FIRES)
def test_conflicts(
    texts: list[str], licences: list[Any], sources: list[Any], expected: list[tuple[str, int]]
) -> None:
    assert expected == kinds(run(RULE, rows(*licences, texts=texts, sources=sources)))


@pytest.mark.parametrize(("texts", "licences", "sources"), NEAR_MISSES)
def test_one_licence_or_none_is_no_conflict(
    texts: list[str], licences: list[Any], sources: list[Any]
) -> None:
    assert [] == kinds(run(RULE, rows(*licences, texts=texts, sources=sources)))
