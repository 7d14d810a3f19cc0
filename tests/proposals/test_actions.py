"""Proposals from the first word to the split that takes them up, in one small lake."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from governance.curation.compare import compare_splits
from governance.errors import LakeDamaged, NotFound, UsageError
from governance.lake import Lake, open_lake
from governance.lake.events import verify_chain
from governance.lake.proposals import samples_of_finding, standings, verify_proposals
from governance.lake.splits import find_split, load_exclusions, verify_split
from governance.proposals import actions
from governance.proposals.model import MOST_SAMPLES, Change, Kind, State, proposal_of
from tests.curation.builders import bonds, curated, write

LONG = "The coupon of the bond is paid every half year and its price moves against the yield. " * 3


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with a split of nine rows, of which two nearly say the same."""
    folder = tmp_path_factory.mktemp("proposals")
    near = [{"prompt": "Explain the coupon.", "response": LONG + more} for more in ("", "Truly so.")]
    data = write(folder / "train.jsonl", [*bonds(8), *near])
    with open_lake(str(folder / "lake")) as lake:
        curated(lake, data)
    return folder / "lake"


@pytest.fixture
def lake(made: Path, tmp_path: Path) -> Iterator[Lake]:
    shutil.copytree(made, tmp_path / "lake")
    with open_lake(str(tmp_path / "lake")) as opened:
        yield opened


def cluster(lake: Lake) -> tuple[str, str, str]:
    """(fingerprint, the sample that stays, the sample that repeats it)."""
    finding = str(lake.fetch("SELECT fingerprint FROM lake.findings WHERE rule = 'DUP003'")[0][0])
    rows = dict(samples_of_finding(lake, finding))
    return finding, rows["representative"], rows["affected"]


def member(lake: Lake, row: int) -> str:
    return str(lake.fetch("SELECT sample_id FROM lake.split_members WHERE row = ? ORDER BY 1", [row])[0][0])


def test_an_approved_drop_is_in_the_next_split_with_its_proposal(lake: Lake):
    sample = member(lake, 3)
    found = actions.propose(lake, Change(Kind.DROP, "sft", (sample,)), " too easy ", "ann")
    assert ("P-0001", "too easy", ((9, 8),)) == (
        found.id, found.reason, tuple((e.before, e.after) for e in found.effects)
    )  # fmt: skip
    assert not curated(lake, "train").new

    actions.approve(lake, "P-0001", "ben")
    split = curated(lake, "train").record

    assert 2 == split.version
    assert "proposal P-0001 decided about 1 row" in split.notes
    assert {"P-0001": found.content} == split.policy["proposals"]
    left = {r["sample_id"]: r["decision"] for r in load_exclusions(lake, split).to_pylist()}
    assert "proposal P-0001" == left[sample]
    assert 1 == compare_splits(lake, find_split(lake, "sft@1"), split).counts["removed"]
    assert verify_split(lake, split).ok
    assert not curated(lake, "train").new
    assert 1 == curated(lake, "train", proposals=False).record.version
    assert 1 == curated(lake, "train", name="other").record.version
    assert "proposals" not in find_split(lake, "other").policy


def test_another_row_stands_for_its_cluster_once_that_is_approved(lake: Lake):
    finding, stays, repeats = cluster(lake)
    actions.propose(lake, actions.representative_change(lake, finding, repeats), "it names its source", "ann")
    actions.approve(lake, "P-0001", "ben")
    split = curated(lake, "train").record

    (gone,) = [r for r in load_exclusions(lake, split).to_pylist() if r["step"] == "duplicate"]
    assert (stays, repeats, "proposal P-0001") == (gone["sample_id"], gone["stands"], gone["decision"])


def test_a_revoked_proposal_changes_nothing_any_more(lake: Lake):
    change = Change(Kind.DROP, samples=(member(lake, 3),))
    actions.propose(lake, change, "too easy", "ann")
    actions.approve(lake, "P-0001", "ben")
    actions.revoke(lake, "P-0001", "ann", "it is needed")

    assert not curated(lake, "train").new
    (found,) = standings(lake)
    assert (State.REVOKED, False) == (found.state, found.in_force)
    assert [("proposal.add", "ann", "too easy"), ("proposal.approve", "ben", ""),
            ("proposal.revoke", "ann", "it is needed")] == [
        (s.action, s.actor, s.reason) for s in found.history]  # fmt: skip
    assert verify_chain(lake).ok
    assert [] == verify_proposals(lake)


def test_nobody_approves_what_they_proposed(lake: Lake):
    actions.propose(lake, Change(Kind.SHARE, label="a", rows=1), "why", "Ann")

    with pytest.raises(UsageError, match="cannot approve"):
        actions.approve(lake, "P-0001", " ann ")
    assert State.PROPOSED is standings(lake)[0].state


def test_what_was_rejected_stays_rejected(lake: Lake):
    actions.propose(lake, Change(Kind.SHARE, label="a", rows=1), "why", "ann")
    actions.reject(lake, "P-0001", "ben", "no")

    with pytest.raises(UsageError, match="is rejected"):
        actions.approve(lake, "P-0001", "ben")
    with pytest.raises(NotFound):
        actions.approve(lake, "P-0009", "ben")


@pytest.mark.parametrize("reason", ["", "  ", "x" * 2001])
def test_a_proposal_needs_a_reason(lake: Lake, reason: str):
    with pytest.raises(UsageError, match="reason"):
        actions.propose(lake, Change(Kind.SHARE, label="a", rows=1), reason, "ann")
    assert [] == standings(lake)


def test_what_makes_no_sense_is_refused(lake: Lake):
    finding, stays, repeats = cluster(lake)
    for change, words in (
        (Change(Kind.DROP), "no row"),
        (Change(Kind.DROP, samples=("x",) * (MOST_SAMPLES + 1)), "more than"),
        (Change(Kind.SHARE, label="a", rows=-1), "fewer than 0"),
        (actions.representative_change(lake, finding, stays), "the very same"),
        (actions.representative_change(lake, finding, member(lake, 3)), "not of this cluster"),
        (Change(Kind.REPRESENTATIVE, samples=(repeats,), instead_of=stays, finding="0" * 64), "cluster"),
    ):
        with pytest.raises(UsageError, match=words):
            actions.propose(lake, change, "why", "ann")


def test_of_a_note_every_row_stays(lake: Lake):
    finding, _, repeats = cluster(lake)
    lake.db.execute("UPDATE lake.findings SET severity = 'note' WHERE fingerprint = ?", [finding])

    with pytest.raises(UsageError, match="every row of this cluster stays"):
        actions.propose(lake, actions.representative_change(lake, finding, repeats), "why", "ann")


def test_a_record_that_was_changed_has_no_effect_and_is_told(lake: Lake):
    actions.propose(lake, Change(Kind.DROP, samples=(member(lake, 3),)), "why", "ann")
    actions.approve(lake, "P-0001", "ben")
    lake.db.execute("UPDATE lake.proposals SET record = replace(record, 'why', 'because')")

    (found,) = standings(lake)
    assert ("it is not what the event log says was proposed or approved",) == found.faults
    assert [] == actions.in_force(lake, "sft")
    assert 1 == len(verify_proposals(lake))
    with pytest.raises(UsageError, match="not as it was"):
        actions.revoke(lake, "P-0001", "ben", "no")


def test_a_record_that_cannot_be_read_is_damage(lake: Lake):
    actions.propose(lake, Change(Kind.DROP, samples=(member(lake, 3),)), "why", "ann")
    lake.db.execute("UPDATE lake.proposals SET record = '{}'")

    with pytest.raises(LakeDamaged, match="P-0001 cannot be read"):
        standings(lake)
    assert ["proposal P-0001 cannot be read"] == verify_proposals(lake)


def test_the_record_reads_back_as_it_was(lake: Lake):
    found = actions.propose(lake, Change(Kind.DROP, "sft", (member(lake, 3), member(lake, 4))), "债券", "ann")

    assert found == standings(lake)[0].proposal == proposal_of(found.record)
    assert "leave out 2 samples of split sft" == found.change.scope
