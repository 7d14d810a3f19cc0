"""Decisions made on pages: by whom, with what reason, and what stays of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from governance.errors import UsageError
from governance.lake import open_lake
from governance.waivers.actions import Request
from governance.waivers.book import read_book
from governance.waivers.log import history
from governance.waivers.model import Status, today
from tests.ui.conftest import Demo
from tests.ui.pages.conftest import Open
from ui.dashboard import deciding
from ui.dashboard.desk import Desk, Refused, Role

Sit = Callable[[Desk], None]


def desk(demo: Demo, person: str, role: Role = Role.APPROVER, *, read_only: bool = False) -> Desk:
    return Desk(demo.lake, demo.folder / "waivers.toml", "log", person, role, read_only)


def wanted(fingerprint: str, reason: str = "wanted twice") -> Request:
    return Request("DUP003", reason, today() + timedelta(days=30), fingerprint=fingerprint)


def test_without_waivers_every_finding_counts(visit: Open, demo: Demo):
    assert "No waivers: every finding counts." in visit("waivers", demo.lake).text


def test_a_waiver_goes_from_request_to_revocation(own_demo: Demo, at_desk: Sit, fingerprints: dict[str, str]):
    at_desk(desk(own_demo, "ann", Role.REVIEWER))
    deciding.request(wanted(fingerprints["DUP003"]))
    at_desk(desk(own_demo, "ben"))
    deciding.approve("W-0001")
    deciding.revoke("W-0001", "corrected")

    assert [Status.REVOKED] == [w.status for w in read_book(own_demo.folder / "waivers.toml").waivers]
    with open_lake(own_demo.lake, read_only=True) as lake:
        log = [(c.action, c.actor) for c in history(lake)]
    assert [("waiver.add", "ann"), ("waiver.approve", "ben"), ("waiver.revoke", "ben")] == log


def test_nobody_approves_what_they_asked_for(own_demo: Demo, at_desk: Sit, fingerprints: dict[str, str]):
    at_desk(desk(own_demo, "ann"))
    deciding.request(wanted(fingerprints["DUP003"]))

    with pytest.raises(UsageError, match="cannot approve it"):
        deciding.approve("W-0001")


@pytest.mark.parametrize(
    ("role", "read_only", "person"),
    [(Role.VIEWER, False, "eve"), (Role.APPROVER, True, "ann"), (Role.APPROVER, False, "")],
)
def test_a_call_without_the_right_changes_nothing(
    own_demo: Demo, at_desk: Sit, fingerprints: dict[str, str], role: Role, read_only: bool, person: str
):
    at_desk(desk(own_demo, person, role, read_only=read_only))
    for act in (
        lambda: deciding.request(wanted(fingerprints["DUP003"])),
        lambda: deciding.approve("W-0001"),
        lambda: deciding.reject("W-0001", "no"),
        lambda: deciding.revoke("W-0001", "no"),
    ):
        with pytest.raises(Refused):
            act()

    assert not (own_demo.folder / "waivers.toml").exists()


def test_reviewers_ask_and_do_not_decide(own_demo: Demo, at_desk: Sit, fingerprints: dict[str, str]):
    at_desk(desk(own_demo, "ann", Role.REVIEWER))
    deciding.request(wanted(fingerprints["DUP003"]))

    with pytest.raises(Refused):
        deciding.reject("W-0001", "no")


def test_a_decision_needs_a_reason(own_demo: Demo, at_desk: Sit, fingerprints: dict[str, str]):
    at_desk(desk(own_demo, "ann"))

    with pytest.raises(UsageError, match="needs a reason"):
        deciding.request(wanted(fingerprints["DUP003"], "  "))


def test_the_register_shows_each_with_its_state(
    visit: Open, own_demo: Demo, at_desk: Sit, fingerprints: dict[str, str]
):
    at_desk(desk(own_demo, "ann"))
    deciding.request(wanted(fingerprints["DUP003"], "<b>bold</b> & ann@mail.example.com"))
    waivers: Path = own_demo.folder / "waivers.toml"
    seen = visit("waivers", own_demo.lake, Role.APPROVER, person="ben", waivers=waivers, id="W-0001")

    assert ["Approve", "Reject"] == seen.buttons
    assert "requested" in seen.text
    assert "<b>bold</b>" in seen.text
    assert "<b>bold</b>" not in seen.markup
    assert "ann@mail" not in seen.markup
    assert [] == visit("waivers", own_demo.lake, Role.VIEWER, waivers=waivers, id="W-0001").buttons
    own = visit("waivers", own_demo.lake, Role.APPROVER, person="ann", waivers=waivers, id="W-0001")
    assert [True, False] == [b.disabled for b in own.app.button]


def test_the_register_of_one_person_says_so(
    visit: Open, own_demo: Demo, at_desk: Sit, fingerprints: dict[str, str]
):
    for person, rule in (("ann", "DUP003"), ("eve", "DUP001")):
        at_desk(desk(own_demo, person))
        deciding.request(wanted(fingerprints[rule]))
    waivers = own_demo.folder / "waivers.toml"
    assert "/waivers?owner=eve" in visit("waivers", own_demo.lake, waivers=waivers).links("/waivers?")
    seen = visit("waivers", own_demo.lake, waivers=waivers, owner="eve")

    assert "of: eve" in seen.text
    assert "W-0002" in seen.text
    assert "W-0001" not in seen.text


def test_a_waiver_of_a_filter_is_asked_for_from_the_list(visit: Open, own_demo: Demo):
    waivers = own_demo.folder / "waivers.toml"
    seen = visit("findings", own_demo.lake, Role.REVIEWER, waivers=waivers, rule="DUP005", severity="note")
    app = seen.app
    app.button(key="waive:all").click().run()
    app.text_area(key="waiver:reason").set_value("a disclaimer that every answer needs")
    app.button(key="waiver:send").click().run()

    assert [] == [e.value for e in app.exception]
    asked = read_book(waivers).waivers
    assert [('severity = "note"', "ann", "a disclaimer that every answer needs")] == [
        (w.where, w.requested_by, w.reason) for w in asked
    ]


def test_a_file_that_cannot_be_read_is_said_calmly(visit: Open, demo: Demo, tmp_path: Path):
    (tmp_path / "waivers.toml").write_text("[[waiver]]\nid = <img>")
    seen = visit("waivers", demo.lake, waivers=tmp_path / "waivers.toml")

    assert "not valid TOML" in seen.text
    assert "<img" not in seen.markup
