"""Waivers in force that cover nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from governance.waivers.model import Status
from tests.rules.waivers import findings, named, use
from tests.waivers.builders import LAST, waiver

FIRES: list[dict[str, Any]] = [
    {},
    {"where": 'source = "x"'},
    {"where": 'kind = "x"'},
    {"ticket": "T"},
    {"expires": LAST},
]


@pytest.mark.parametrize("changes", FIRES)
@pytest.mark.parametrize("matched", [{}, {"W-0001": 0}, {"W-2": 3}])
def test_a_waiver_in_force_that_covers_nothing(changes: dict[str, Any], matched: dict[str, int]):
    found = named("GOV002", use(waiver(**changes), on=LAST, matched=matched))

    assert [("W-0001", "unused")] == found


NEAR_MISSES: list[dict[str, Any]] = [
    {"matched": {"W-0001": 1}},
    {"ran": ("DUP001", "GOV001")},
    {"ran": ()},
    {"on": LAST + timedelta(1)},
    {"log": {}},
]


@pytest.mark.parametrize("given", NEAR_MISSES)
def test_one_that_covers_something_did_not_run_or_is_not_in_force_is_not(given: dict[str, Any]):
    assert [] == named("GOV002", use(waiver(), **given))


@pytest.mark.parametrize("status", [Status.REQUESTED, Status.REJECTED, Status.REVOKED])
def test_one_that_is_not_approved_is_not(status: Status):
    assert [] == named("GOV002", use(waiver(status=status)))


def test_it_is_a_note_without_rows():
    (found,) = findings("GOV002", use(waiver()))

    assert ("note", 0) == (found["severity"], found["rows"])
    assert "waiver W-0001 of DUP003 covers no finding of this audit" == found["message"]
    assert [] == named("GOV002", None)
