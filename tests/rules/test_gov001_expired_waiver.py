"""Waivers that are over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from governance.waivers.model import Status, Waiver
from tests.rules.waivers import findings, named, use
from tests.waivers.builders import DAY, LAST, waiver

FIRES = [
    (waiver(), 1),
    (waiver(), 400),
    (waiver(expires=DAY), DAY - LAST + timedelta(1)),
    (waiver(where='source = "x"'), 1),
    (waiver(approved_by="ann"), 1),
]


@pytest.mark.parametrize(("one", "after"), FIRES)
def test_an_approved_waiver_past_its_last_day(one: Waiver, after: int | timedelta):
    days = after if isinstance(after, timedelta) else timedelta(after)

    assert [("W-0001", "expired")] == named("GOV001", use(one, on=LAST + days))


def test_a_changed_one_is_named_too():
    assert [("W-0001", "expired")] == named("GOV001", use(waiver(), on=LAST + timedelta(1), log={}))


NEAR_MISSES = [
    (waiver(), LAST),
    (waiver(), DAY),
    (waiver(status=Status.REQUESTED), LAST + timedelta(9)),
    (waiver(status=Status.REJECTED), LAST + timedelta(9)),
    (waiver(status=Status.REVOKED), LAST + timedelta(9)),
]


@pytest.mark.parametrize(("one", "on"), NEAR_MISSES)
def test_one_on_its_last_day_or_without_approval_is_not(one: Waiver, on: object):
    assert [] == named("GOV001", use(one, on=on))


def test_without_waivers_there_is_nothing_to_say():
    assert [] == named("GOV001", None)
    assert [] == named("GOV001", use())


def test_the_message_says_which_and_since_when():
    (found,) = findings("GOV001", use(waiver(), on=LAST + timedelta(1)))

    assert "waiver W-0001 of DUP003 has expired: its last day was 2027-02-28" == found["message"]
    assert ("warning", 0) == (found["severity"], found["rows"])


def test_a_waiver_that_expires_again_is_another_finding():
    late = LAST + timedelta(200)
    prints = {
        findings("GOV001", use(waiver(expires=LAST + timedelta(n)), on=late))[0]["fingerprint"]
        for n in (0, 9)
    }

    assert 2 == len(prints)
