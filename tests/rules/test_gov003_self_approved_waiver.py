"""Waivers that one person asked for and approved."""

from __future__ import annotations

import pytest

from governance.waivers.judge import FILE
from governance.waivers.model import Status
from tests.rules.waivers import findings, named, use
from tests.waivers.builders import waiver

FIRES = [
    ("ann", "ann"),
    ("ann", "Ann"),
    ("ann", " ann "),
    ("Ann  Lee", "ann lee"),
    ("李雷", "李雷"),
    ("ß", "SS"),
]


@pytest.mark.parametrize(("asked", "agreed"), FIRES)
@pytest.mark.parametrize("given", [{}, {"log": {}}, {"approvals": FILE}, {"log": {}, "approvals": FILE}])
def test_the_same_person_twice(asked: str, agreed: str, given: dict[str, object]):
    one = waiver(requested_by=asked, approved_by=agreed)

    assert [("W-0001", "self-approved")] == named("GOV003", use(one, **given))
    assert not use(one, **given).judgement.in_force()


NEAR_MISSES = [
    ("ann", "ben"),
    ("ann", "anna"),
    ("李雷", "韩梅梅"),
    ("李雷", "李雷雷"),
    ("a b", "ab"),
    ("ann", "ann2"),
]


@pytest.mark.parametrize(("asked", "agreed"), NEAR_MISSES)
def test_two_people_are_not_one(asked: str, agreed: str):
    assert [] == named("GOV003", use(waiver(requested_by=asked, approved_by=agreed)))


@pytest.mark.parametrize("status", [Status.REQUESTED, Status.REJECTED, Status.REVOKED])
def test_what_is_not_approved_is_not_self_approved(status: Status):
    assert [] == named("GOV003", use(waiver(approved_by="ann", status=status)))


def test_it_is_an_error_without_rows():
    (found,) = findings("GOV003", use(waiver(approved_by="ann")))

    assert ("error", 0) == (found["severity"], found["rows"])
    assert [] == named("GOV003", None)
