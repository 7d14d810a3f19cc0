"""A waiver's way through file and log: who may do what, and what is noticed afterwards."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from governance.errors import ConfigError, NotFound, UsageError
from governance.lake import Lake, open_lake
from governance.lake.events import events, verify_chain
from governance.waivers import actions, model
from governance.waivers.actions import Request
from governance.waivers.book import read_book
from governance.waivers.check import verify_waivers
from governance.waivers.judge import FILE, LOG, judge_book
from governance.waivers.log import history
from governance.waivers.model import State, Status
from tests.waivers.builders import fp

TODAY = date(2026, 11, 26)
REQUEST = Request("DUP003", "wanted twice", TODAY + timedelta(days=60), where='source = "wiki"')


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template") / "lake"
    open_lake(str(folder)).close()
    return folder


@pytest.fixture
def lake(empty: Path, tmp_path: Path) -> Iterator[Lake]:
    shutil.copytree(empty, tmp_path / "lake")
    with open_lake(str(tmp_path / "lake")) as opened:
        yield opened


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "waivers.toml"


@pytest.fixture(autouse=True)
def day(monkeypatch: pytest.MonkeyPatch) -> None:
    on(monkeypatch, TODAY)


def on(patch: pytest.MonkeyPatch, day: date) -> None:
    """Let it be another day."""
    for module in (model, actions, __import__("governance.waivers.judge", fromlist=["x"])):
        patch.setattr(module, "today", lambda: day)


def state(lake: Lake, path: Path, ident: str = "W-0001", approvals: str = LOG) -> State:
    judged = judge_book(read_book(path), lake, approvals)
    return next(j.state for j in judged.waivers if j.waiver.id == ident)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def approved(lake: Lake, path: Path) -> None:
    actions.add(lake, path, REQUEST, "ann")
    actions.approve(lake, path, "W-0001", "ben")


def test_a_waiver_is_asked_for_approved_and_revoked(lake: Lake, path: Path):
    assert "W-0001" == actions.add(lake, path, REQUEST, "ann").id
    assert State.REQUESTED is state(lake, path)
    actions.approve(lake, path, "W-0001", "ben")
    assert State.IN_FORCE is state(lake, path)
    actions.revoke(lake, path, "W-0001", "eve", "corrected")
    assert State.REVOKED is state(lake, path)

    assert [("waiver.add", "ann"), ("waiver.approve", "ben"), ("waiver.revoke", "eve")] == [
        (c.action, c.actor) for c in history(lake)
    ]
    assert ["W-0001"] * 3 == [e.subject for e in events(lake)[-3:]]
    assert verify_chain(lake).ok
    assert [] == verify_waivers(lake, path)
    found = read_book(path).find("W-0001")
    assert ("eve", TODAY, "corrected") == (found.closed_by, found.closed_on, found.closed_because)


@pytest.mark.parametrize("by", ["ann", "Ann", " ANN "])
def test_nobody_approves_what_they_asked_for(lake: Lake, path: Path, by: str):
    actions.add(lake, path, REQUEST, "ann")
    before = path.read_bytes()

    with pytest.raises(UsageError, match="asked for waiver W-0001 and cannot approve it"):
        actions.approve(lake, path, "W-0001", by)

    assert (before, 2) == (path.read_bytes(), len(events(lake)))


def test_naming_another_requester_in_the_file_does_not_help(lake: Lake, path: Path):
    actions.add(lake, path, REQUEST, "ann")
    edit(path, 'requested_by = "ann"', 'requested_by = "zoe"')

    with pytest.raises(UsageError, match="cannot approve it"):
        actions.approve(lake, path, "W-0001", "ann")


def test_only_what_waits_can_be_decided(lake: Lake, path: Path):
    actions.add(lake, path, REQUEST, "ann")
    with pytest.raises(UsageError, match="W-0001 is requested"):
        actions.revoke(lake, path, "W-0001", "ben")
    actions.reject(lake, path, "W-0001", "ben", "too wide")

    for act in (actions.approve, actions.revoke):
        with pytest.raises(UsageError, match="is rejected"):
            act(lake, path, "W-0001", "ben")
    with pytest.raises(UsageError, match="there is no waiver 'W-1'"):
        actions.approve(lake, path, "W-1", "ben")


def test_what_is_over_cannot_be_approved(lake: Lake, path: Path, monkeypatch: pytest.MonkeyPatch):
    actions.add(lake, path, REQUEST, "ann")
    on(monkeypatch, REQUEST.expires + timedelta(days=1))

    with pytest.raises(UsageError, match="expired on"):
        actions.approve(lake, path, "W-0001", "ben")


def test_a_request_that_makes_no_sense_changes_nothing(lake: Lake, path: Path):
    too_long = Request("DUP003", "x", TODAY + timedelta(days=400), where='source = "x"')
    for request in (
        too_long,
        Request("GOV001", "x", TODAY, where='kind = "x"'),
        Request("DUP003", "x", TODAY),
    ):
        with pytest.raises((UsageError, ConfigError)):
            actions.add(lake, path, request, "ann")

    assert (False, 1) == (path.exists(), len(events(lake)))


def test_it_holds_on_its_last_day_and_not_on_the_next(
    lake: Lake, path: Path, monkeypatch: pytest.MonkeyPatch
):
    approved(lake, path)

    on(monkeypatch, REQUEST.expires)
    assert State.IN_FORCE is state(lake, path)
    on(monkeypatch, REQUEST.expires + timedelta(days=1))
    assert State.EXPIRED is state(lake, path)


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("wanted twice", "whatever", "reason"),
        ("DUP003", "DUP001", "rule"),
        ('source = "wiki"', "rows > 0", "where"),
        ("expires = 2027-01-25", "expires = 2027-11-01", "expires"),
        ('approved_by = "ben"', 'approved_by = "eve"', "approved_by"),
        ('requested_by = "ann"', 'requested_by = "bob"', "requested_by"),
        ("approved_on = 2026-11-26", "approved_on = 2026-11-20", "approved_on"),
        ('status = "approved"', 'ticket = "T"\nstatus = "approved"', "ticket"),
    ],
)
def test_an_edit_after_the_approval_is_named_and_covers_nothing(
    lake: Lake, path: Path, old: str, new: str, field: str
):
    approved(lake, path)
    edit(path, old, new)

    assert State.CHANGED is state(lake, path)
    problems = verify_waivers(lake, path)
    assert 1 == len(problems)
    assert problems[0].startswith(f"waiver W-0001 was changed after event 3: {field} is ")


def test_comments_and_layout_are_no_part_of_what_was_approved(lake: Lake, path: Path):
    approved(lake, path)
    edit(path, 'reason = "wanted twice"', "# see the minutes\n\nreason   =   'wanted twice'   # agreed")

    assert (State.IN_FORCE, []) == (state(lake, path), verify_waivers(lake, path))


def test_a_revoked_waiver_is_not_brought_back_by_an_old_copy_of_the_file(lake: Lake, path: Path):
    approved(lake, path)
    old = path.read_bytes()
    actions.revoke(lake, path, "W-0001", "ben")
    path.write_bytes(old)

    assert State.CHANGED is state(lake, path)
    assert "status is 'approved', the log has 'revoked'" in verify_waivers(lake, path)[0]


def test_an_approval_by_hand_covers_nothing_unless_the_file_is_trusted(lake: Lake, path: Path):
    approved(lake, path)
    edit(path, 'id = "W-0001"', 'id = "mine"')  # the log has never heard of that name

    assert State.UNRECORDED is state(lake, path, "mine")
    assert State.IN_FORCE is state(lake, path, "mine", FILE)
    assert [
        "waiver mine is called approved, and the log has no approval of it",
        "waiver W-0001 is not in waivers.toml: the log has it since event 3 (waiver.approve)",
    ] == verify_waivers(lake, path)
    assert ["waiver W-0001 is not in waivers.toml: the log has it since event 3 (waiver.approve)"] == (
        verify_waivers(lake, path, FILE)
    )


def test_trusting_the_file_does_not_trust_a_change_of_what_the_log_has(lake: Lake, path: Path):
    approved(lake, path)
    edit(path, "wanted twice", "whatever")

    assert State.CHANGED is state(lake, path, approvals=FILE)


def test_a_self_approval_by_hand_is_seen(lake: Lake, path: Path):
    actions.add(lake, path, REQUEST, "ann")
    by_hand = 'status = "approved"\napproved_by = "Ann"\napproved_on = 2026-11-26'
    edit(path, "expires = 2027-01-25", f"expires = 2027-01-25\n{by_hand}")

    assert State.CHANGED is state(lake, path)
    assert read_book(path).find("W-0001").self_approved


def test_a_changed_waiver_can_be_approved_anew_by_somebody_else(lake: Lake, path: Path):
    approved(lake, path)
    edit(path, "wanted twice", "wanted thrice")

    actions.approve(lake, path, "W-0001", "eve")

    assert (State.IN_FORCE, []) == (state(lake, path), verify_waivers(lake, path))
    with pytest.raises(UsageError, match="approved already"):
        actions.approve(lake, path, "W-0001", "eve")


def test_what_is_over_is_pruned_and_its_id_is_not_given_again(
    lake: Lake, path: Path, monkeypatch: pytest.MonkeyPatch
):
    approved(lake, path)
    later = Request("DUP001", "x", TODAY + timedelta(days=300), where='kind = "exact"')
    actions.add(lake, path, later, "ann")
    actions.add(lake, path, later, "ann")
    actions.reject(lake, path, "W-0003", "ben", "no")
    on(monkeypatch, REQUEST.expires + timedelta(days=1))

    assert ["W-0001", "W-0003"] == [w.id for w in actions.prune(lake, path, "ann")]
    assert () == actions.prune(lake, path, "ann")

    assert ["W-0002"] == [w.id for w in read_book(path).waivers]
    assert ["2 waivers"] == [e.subject for e in events(lake) if e.action == "waiver.prune"]
    assert [] == verify_waivers(lake, path)
    assert "W-0004" == actions.add(lake, path, later, "ann").id


def test_a_pruned_waiver_does_not_come_back_by_hand(lake: Lake, path: Path):
    approved(lake, path)
    old = path.read_bytes()
    actions.revoke(lake, path, "W-0001", "ben")
    actions.prune(lake, path, "ben")
    path.write_bytes(old)

    assert State.CHANGED is state(lake, path)


def test_a_failed_commit_leaves_the_file_as_it_was(lake: Lake, path: Path, monkeypatch: pytest.MonkeyPatch):
    actions.add(lake, path, REQUEST, "ann")
    before = path.read_bytes()

    def fail(*_: object) -> None:
        raise OSError("no space is left")

    monkeypatch.setattr(actions, "_record", fail)
    with pytest.raises(OSError, match="no space"):
        actions.approve(lake, path, "W-0001", "ben")

    assert before == path.read_bytes()
    assert [] == [p.name for p in path.parent.iterdir() if p.name.startswith(".govern-")]


def test_a_file_that_was_lost_after_the_commit_is_named(
    lake: Lake, path: Path, monkeypatch: pytest.MonkeyPatch
):
    actions.add(lake, path, REQUEST, "ann")
    monkeypatch.setattr(actions.Rewritten, "put", lambda self: None)
    actions.approve(lake, path, "W-0001", "ben")

    assert State.REQUESTED is state(lake, path)
    (problem,) = verify_waivers(lake, path)
    assert problem.startswith("waiver W-0001 was changed after event 3: ")
    assert "status is 'requested', the log has 'approved'" in problem


def test_the_event_keeps_who_was_logged_in(lake: Lake, path: Path):
    approved(lake, path)

    data = events(lake)[-1].data

    assert lake.actor == data["login"]
    assert "ben" == events(lake)[-1].actor
    assert "wanted twice" == data["changes"][0]["entry"]["reason"]


def test_nobody_cannot_act(lake: Lake, path: Path):
    with pytest.raises(UsageError, match="nobody is said to act"):
        actions.add(lake, path, REQUEST, " ")


def test_a_finding_is_found_by_the_beginning_of_its_fingerprint(lake: Lake):
    from governance.lake.audits import commit_audit
    from tests.lake.builders import audit_report, finding_table

    commit_audit(lake, audit_report("run-1"))
    whole = finding_table(3)["fingerprint"][0].as_py()

    assert ("DUP003", whole) == actions.find_finding(lake, whole[:12])
    with pytest.raises(NotFound, match="no stored audit has a finding"):
        actions.find_finding(lake, fp("none"))
    with pytest.raises(UsageError, match="8 characters or more"):
        actions.find_finding(lake, whole[:7])


def test_statuses_and_states_are_words_of_their_own():
    assert {s.value for s in Status} - {"approved"} < {s.value for s in State}
