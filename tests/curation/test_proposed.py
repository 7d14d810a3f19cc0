"""Approved proposals in the funnel: what leaves, what stays, and which proposal says so."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from governance.curation.policy import Policy, Quota
from governance.curation.proposed import decided_by, with_proposals
from governance.proposals.model import Change, Kind, Proposal, Standing, State
from tests.curation.builders import audited, decided, facts, finding, states


def approved(ident: str, kind: Kind, *samples: str, **more: object) -> Standing:
    change = Change(kind, samples=samples, **more)  # type: ignore[arg-type]
    return Standing(Proposal(ident, change, "why", "ann", ""), State.APPROVED, ())


def taken(*standings: Standing, policy: Policy | None = None) -> Policy:
    return with_proposals(policy or Policy(), standings)[0]


def reasons(found: pl.DataFrame) -> list[str | None]:
    return found.get_column("decision").to_list()


def test_a_dropped_sample_leaves_by_its_proposal():
    found = decided(facts(3), audited(), taken(approved("P-0002", Kind.DROP, "s1")))

    assert ["train", "decision", "train"] == states(found)
    assert [None, "proposal P-0002", None] == reasons(found.rows)
    assert ("proposal P-0002 decided about 1 row",) == found.notes


def test_of_a_cluster_the_row_stays_that_was_chosen():
    rows, said = facts(3, characters=[100, 100, 50]), audited(finding("DUP003", [1, 2], keeper=0))

    assert ["train", "duplicate", "duplicate"] == states(decided(rows, said, Policy()))
    found = decided(rows, said, taken(approved("P-0001", Kind.REPRESENTATIVE, "s2")))

    assert ["duplicate", "duplicate", "train"] == states(found)
    assert ["proposal P-0001", "proposal P-0001", None] == reasons(found.rows)
    assert [2, 2, None] == found.rows.get_column("stands").to_list()


def test_the_choice_that_was_approved_last_counts():
    said = audited(finding("DUP003", [1, 2], keeper=0))
    both = (approved("P-0001", Kind.REPRESENTATIVE, "s1"), approved("P-0002", Kind.REPRESENTATIVE, "s2"))

    assert ["duplicate", "duplicate", "train"] == states(decided(facts(3), said, taken(*both)))
    assert ["duplicate", "train", "duplicate"] == states(decided(facts(3), said, taken(*both[::-1])))


def test_a_chosen_row_that_is_too_long_does_not_take_its_cluster_with_it():
    rows, said = facts(2, tokens=[10, 99]), audited(finding("DUP003", [1], keeper=0))
    policy = taken(approved("P-0001", Kind.REPRESENTATIVE, "s1"), policy=Policy(max_tokens=50))

    assert ["train", "duplicate"] == states(decided(rows, said, policy))


def test_a_label_is_bounded_and_the_others_stay():
    rows = facts(6, label=["a", "a", "a", "a", "b", None])
    found = decided(rows, audited(), taken(approved("P-0007", Kind.SHARE, label="a", rows=1)))

    assert {"allocation": 3, "train": 3} == {s: states(found).count(s) for s in set(states(found))}
    assert {"allocation by label, proposal P-0007", None} == set(reasons(found.rows))


def test_an_allocation_that_is_given_decides_about_labels():
    given = Policy(allocation=Quota("label", "rows", {"a": 2.0}, relative=False))
    policy, notes = with_proposals(given, [approved("P-0007", Kind.SHARE, label="a", rows=1)])

    assert (given.allocation, {}) == (policy.allocation, policy.proposals)
    assert ("proposal P-0007 was not taken up: an allocation was given",) == notes


def test_a_proposal_that_changes_nothing_is_named():
    policy = taken(approved("P-0001", Kind.DROP, "elsewhere"))
    found = decided(facts(2), audited(), policy)

    assert ("proposal P-0001 changed nothing here",) == found.notes


@pytest.mark.parametrize("ident", ["P-1000", "P-10000"])
def test_ids_are_not_taken_for_the_beginnings_of_others(ident: str):
    policy = replace(Policy(), proposals={"P-1000": "x", "P-10000": "y"})
    rows = pl.DataFrame({"decision": [f"proposal {ident}", None]})

    assert 1 == decided_by(rows, policy)[ident]
    assert 1 == sum(decided_by(rows, policy).values())
