"""Waivers that are not what was approved."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from governance.waivers.judge import FILE, LOG
from governance.waivers.model import Status
from tests.rules.waivers import findings, named, recorded, use
from tests.waivers.builders import DAY, LAST, fp, waiver

ONE = waiver()


FIRES = [
    {"reason": "another"},
    {"rule": "DUP001"},
    {"fingerprint": fp("b")},
    {"fingerprint": "", "where": "rows > 0"},
    {"expires": LAST + timedelta(30)},
    {"approved_by": "eve"},
    {"approved_on": DAY + timedelta(1)},
    {"ticket": "T"},
]


@pytest.mark.parametrize("changes", FIRES)
@pytest.mark.parametrize("approvals", [LOG, FILE])
def test_any_field_that_was_changed_after_the_approval(changes: dict[str, Any], approvals: str):
    found = use(replace(ONE, **changes), log={"W-0001": recorded(ONE)}, approvals=approvals)

    assert [("W-0001", "changed")] == named("GOV005", found)
    assert not found.judgement.in_force()


def test_an_approval_that_the_log_does_not_have():
    assert [("W-0001", "unrecorded")] == named("GOV005", use(ONE, log={}))


def test_a_request_that_was_approved_by_hand():
    asked = replace(ONE, status=Status.REQUESTED, approved_by="", approved_on=None)

    found = use(ONE, log={"W-0001": recorded(asked, "waiver.add")})

    assert [("W-0001", "changed")] == named("GOV005", found)


NEAR_MISSES = [
    (ONE, {}),
    (ONE, {"log": {}, "approvals": FILE}),
    (ONE, {"on": LAST + timedelta(1)}),
    (replace(ONE, status=Status.REQUESTED), {"log": {}}),
    (replace(ONE, status=Status.REVOKED, reason="x"), {"log": {"W-0001": recorded(ONE)}}),
    (waiver(where='source = "中文"', ticket="T"), {}),
]


@pytest.mark.parametrize(("one", "given"), NEAR_MISSES)
def test_what_the_log_has_too_or_is_not_called_approved_is_not(one: Any, given: dict[str, Any]):
    assert [] == named("GOV005", use(one, **given))


def test_the_message_names_fields_and_the_details_both_values():
    changed = replace(ONE, expires=LAST + timedelta(30), reason="another")

    (found,) = findings("GOV005", use(changed, log={"W-0001": recorded(ONE)}))

    assert "waiver W-0001 of DUP003 was changed after it was approved: reason, expires" == found["message"]
    assert "error" == found["severity"]
    assert "expires is '2027-03-30', the log has '2027-02-28'" in json.loads(found["details"])["faults"]


def test_without_waivers_there_is_nothing_to_say():
    assert [] == named("GOV005", None)
