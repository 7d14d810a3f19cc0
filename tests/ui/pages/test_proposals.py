"""Proposals from pages: on which page, by whom, with which counts, and what stays of them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from governance.errors import UsageError
from governance.lake import open_lake
from governance.lake.proposals import samples_of_finding, standings
from governance.proposals.model import Change, Kind, Standing, State
from tests.ui.conftest import Demo
from tests.ui.pages.conftest import Open
from ui.dashboard import deciding
from ui.dashboard.desk import Desk, Refused, Role

Sit = Callable[[Desk], None]
SHARE = Change(Kind.SHARE, "sft", label="x", rows=3)


@pytest.fixture
def own(curated: Demo, tmp_path: Path) -> Demo:
    """A copy of the curated demo that a test may write to."""
    shutil.copytree(curated.folder, tmp_path / "own")
    return Demo(tmp_path / "own")


def sit(demo: Demo, at: Sit, person: str, role: Role = Role.APPROVER, *, read_only: bool = False) -> None:
    at(Desk(demo.lake, demo.folder / "waivers.toml", "log", person, role, read_only))


def stored(demo: Demo) -> list[Standing]:
    with open_lake(demo.lake, read_only=True) as lake:
        return standings(lake)


def test_without_proposals_the_page_says_where_they_come_from(visit: Open, demo: Demo):
    assert "No proposals: the next split follows from the data" in visit("proposals", demo.lake).text


def test_a_proposal_goes_from_request_to_revocation(own: Demo, at_desk: Sit, visit: Open):
    sit(own, at_desk, "ann", Role.REVIEWER)
    deciding.propose(SHARE, "<b>too</b> many for ann@mail.example.com")
    sit(own, at_desk, "ben")
    deciding.approve_proposal("P-0001")
    seen = visit("proposals", own.lake, Role.APPROVER, person="ben", id="P-0001")

    assert ["Revoke"] == seen.buttons
    assert "at most 3 rows of label x in split sft" in seen.text
    assert "<b>too</b>" in seen.text
    assert "<b>too</b>" not in seen.markup
    assert "ann@mail" not in seen.markup
    deciding.revoke_proposal("P-0001", "corrected")
    assert [(State.REVOKED, "ben")] == [(s.state, s.decided_by) for s in stored(own)]


def test_nobody_approves_what_they_proposed(own: Demo, at_desk: Sit, visit: Open):
    sit(own, at_desk, "ann")
    deciding.propose(SHARE, "too many")

    with pytest.raises(UsageError, match="cannot approve it"):
        deciding.approve_proposal("P-0001")
    seen = visit("proposals", own.lake, Role.APPROVER, person="Ann", id="P-0001")
    assert [("Approve", True), ("Reject", False)] == [(b.label, b.disabled) for b in seen.app.button]
    assert [] == visit("proposals", own.lake, Role.REVIEWER, id="P-0001").buttons


@pytest.mark.parametrize(
    ("role", "read_only", "person"),
    [(Role.VIEWER, False, "eve"), (Role.APPROVER, True, "ann"), (Role.APPROVER, False, "")],
)
def test_a_call_without_the_right_changes_nothing(
    own: Demo, at_desk: Sit, role: Role, read_only: bool, person: str
):
    sit(own, at_desk, person, role, read_only=read_only)
    for act in (
        lambda: deciding.propose(SHARE, "why"),
        lambda: deciding.approve_proposal("P-0001"),
        lambda: deciding.reject_proposal("P-0001", "no"),
        lambda: deciding.revoke_proposal("P-0001", "no"),
    ):
        with pytest.raises(Refused):
            act()
    assert [] == stored(own)


def test_reviewers_propose_and_do_not_decide(own: Demo, at_desk: Sit):
    sit(own, at_desk, "ann", Role.REVIEWER)
    deciding.propose(SHARE, "too many")

    for act in (deciding.reject_proposal, deciding.revoke_proposal):
        with pytest.raises(Refused):
            act("P-0001", "no")


def test_another_row_of_a_cluster_is_proposed_on_its_page(
    visit: Open, own: Demo, fingerprints: dict[str, str]
):
    with open_lake(own.lake, read_only=True) as lake:
        sql = "SELECT max(fingerprint) FROM lake.findings WHERE rule = 'DUP003' AND severity <> 'note'"
        finding = str(lake.fetch(sql)[0][0])
    note = visit("cluster", own.lake, Role.REVIEWER, id=fingerprints["DUP003"])
    assert "Let this row stay instead" not in note.buttons
    app = visit("cluster", own.lake, Role.REVIEWER, id=finding).app
    app.button(key="propose:stays").click().run()
    app.text_area(key="proposal:reason").set_value("it names its source")
    app.button(key="proposal:send").click().run()

    assert [] == [e.value for e in app.exception]
    (found,) = stored(own)
    with open_lake(own.lake, read_only=True) as lake:
        rows = samples_of_finding(lake, finding)
    change = found.proposal.change
    assert (Kind.REPRESENTATIVE, finding, "ann") == (change.kind, change.finding, found.proposal.by)
    assert ("affected", change.samples[0]) in rows
    assert ("representative", change.instead_of) in rows
    assert "P-0001" in visit("cluster", own.lake, id=finding).text


def test_the_rows_of_a_filter_are_proposed_with_exact_counts(visit: Open, own: Demo):
    app = visit("findings", own.lake, Role.REVIEWER, rule="DUP003").app
    app.button(key="propose:drop").click().run()
    app.selectbox(key="proposal:split").set_value("sft")
    app.text_area(key="proposal:reason").set_value("boilerplate")
    app.button(key="proposal:send").click().run()

    assert [] == [e.value for e in app.exception]
    (found,) = stored(own)
    with open_lake(own.lake, read_only=True) as lake:
        sql = (
            "SELECT DISTINCT e.sample_id FROM lake.evidence e JOIN lake.findings f USING (run, fingerprint)"
            " WHERE f.rule = 'DUP003' AND e.role = 'affected'"
        )
        wanted = {str(row[0]) for row in lake.fetch(sql)}
    assert wanted == set(found.proposal.change.samples)
    (effect,) = found.proposal.effects
    assert ("sft@2", True) == (effect.split, effect.before > effect.after)


def test_a_share_is_proposed_on_the_split(visit: Open, own: Demo):
    app = visit("splits", own.lake, Role.REVIEWER, id="sft@2").app
    app.button(key="propose:share").click().run()
    app.number_input(key="proposal:rows").set_value(2)
    app.button(key="proposal:send").click().run()
    assert [] == stored(own)  # no reason was given

    app.button(key="propose:share").click().run()
    app.number_input(key="proposal:rows").set_value(2)
    app.text_area(key="proposal:reason").set_value("too many")
    app.button(key="proposal:send").click().run()

    assert [] == [e.value for e in app.exception]
    (found,) = stored(own)
    assert (Kind.SHARE, "sft", 2, 2) == (
        found.proposal.change.kind, found.proposal.change.split, found.proposal.change.rows,
        found.proposal.effects[0].after,
    )  # fmt: skip


def test_an_unknown_proposal_is_said_calmly(visit: Open, own: Demo, at_desk: Sit):
    sit(own, at_desk, "ann")
    deciding.propose(SHARE, "too many")

    assert "There is no proposal P-0009 in this lake." in visit("proposals", own.lake, id="P-0009").text
    assert "No proposal matches" in visit("proposals", own.lake, status="approved").text
