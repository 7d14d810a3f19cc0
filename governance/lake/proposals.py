"""Proposals: the record of each, written once; what was decided about it stands in the event log alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from governance.errors import LakeDamaged
from governance.lake import events
from governance.lake.canonical import digest
from governance.lake.catalog import table_names
from governance.lake.commit import Transaction
from governance.lake.tables import PROPOSALS, SPLIT_MEMBERS, table_of
from governance.proposals.model import Proposal, Standing, State, Step, proposal_of
from governance.waivers.model import same_person

if TYPE_CHECKING:
    from governance.curation.record import SplitRecord
    from governance.lake.catalog import Lake

ADD, APPROVE, REJECT, REVOKE = "proposal.add", "proposal.approve", "proposal.reject", "proposal.revoke"
AFTER = {ADD: State.PROPOSED, APPROVE: State.APPROVED, REJECT: State.REJECTED, REVOKE: State.REVOKED}


def standings(lake: Lake) -> list[Standing]:
    """Every proposal as it is today, the latest first."""
    if PROPOSALS.name not in table_names(lake):
        return []
    steps: dict[str, list[Step]] = {}
    for e in events.beginning(lake, "proposal."):
        if e.hash == e.expected_hash():  # another one proves nothing
            step = Step(e.seq, e.at, e.actor, e.action, str(e.data["content"]), str(e.data.get("reason", "")))
            steps.setdefault(e.subject, []).append(step)
    found = lake.fetch("SELECT proposal, record FROM lake.proposals ORDER BY seq DESC")
    return [_standing(lake, str(ident), str(record), tuple(steps.get(ident, ()))) for ident, record in found]


def _standing(lake: Lake, ident: str, record: str, history: tuple[Step, ...]) -> Standing:
    try:
        proposal = proposal_of(record)
    except (ValueError, KeyError, TypeError) as error:
        hint = "restore the lake from a backup"
        raise LakeDamaged(f"proposal {ident} cannot be read", where=lake.display, hint=hint) from error
    faults = [] if history else ["the event log has no intact entry for it"]
    if any(step.content != digest(record) for step in history):
        faults.append("it is not what the event log says was proposed or approved")
    if any(s.action == APPROVE and same_person(s.actor, proposal.by) for s in history):
        faults.append("whoever proposed it approved it")
    state = AFTER.get(history[-1].action, State.PROPOSED) if history else State.PROPOSED
    return Standing(proposal, state, history, tuple(faults))


def add(lake: Lake, tx: Transaction, proposal: Proposal) -> Proposal:
    """The proposal is part of the transaction, with its event and the time of it."""
    tx.ensure(PROPOSALS)
    dated = replace(proposal, at=tx.at)
    row = {
        "proposal": dated.id,
        "seq": tx.seq,
        "kind": dated.change.kind.value,
        "split": dated.change.split,
        "created_at": tx.at,
        "created_by": dated.by,
        "record": dated.record,
    }
    tx.insert(PROPOSALS, table_of(PROPOSALS.schema, [row]))
    said = {"content": dated.content, "reason": dated.reason, "scope": dated.change.scope}
    tx.describe(ADD, dated.id, said)
    return dated


def verify_proposals(lake: Lake) -> list[str]:
    """What of the stored proposals is not as it was committed; empty is good."""
    try:
        known = standings(lake)
    except LakeDamaged as error:
        return [error.what]
    held = {s.proposal.id for s in known}
    problems = [f"proposal {s.proposal.id}: {fault}" for s in known for fault in s.faults]
    gone = {e.subject for e in events.beginning(lake, ADD)} - held
    return [*problems, *(f"proposal {p}: it was committed, and is not in the lake" for p in sorted(gone))]


def members_among(lake: Lake, split: SplitRecord, samples: Sequence[str]) -> int:
    """Rows of training of a split that are of these samples."""
    sql = (
        f"SELECT count(*) FROM lake.{SPLIT_MEMBERS.name} WHERE split_id = ? AND part = 'train'"
        " AND sample_id IN (SELECT unnest(?))"
    )
    return int(lake.fetch(sql, [split.split_id, list(samples)])[0][0])


def members_of_label(lake: Lake, split: SplitRecord, label: str) -> int:
    """Rows of training of a split that are of this label; an empty one means rows without any."""
    sql = (
        f"SELECT count(*) FROM lake.{SPLIT_MEMBERS.name} WHERE split_id = ? AND part = 'train'"
        " AND coalesce(label, '') = ?"
    )
    return int(lake.fetch(sql, [split.split_id, label])[0][0])


def samples_beginning(lake: Lake, beginning: str) -> list[str]:
    """Ids of samples in kept datasets that begin so; a few are enough to say that it could be several."""
    sql = (
        "SELECT DISTINCT lower(hex(sample_id)) AS id FROM lake.entries"
        " WHERE starts_with(lower(hex(sample_id)), ?) ORDER BY id LIMIT 5"
    )
    return [str(row[0]) for row in lake.fetch(sql, [beginning.lower()])]


def samples_of_finding(lake: Lake, fingerprint: str) -> list[tuple[str, str]]:
    """(role, sample id) of the rows of a finding, in the latest audit that has it."""
    sql = (
        "SELECT DISTINCT e.role, e.sample_id FROM lake.evidence e WHERE e.fingerprint = ? AND e.sample_id IS NOT NULL"
        " AND e.run = (SELECT arg_max(a.run, a.seq) FROM lake.audits a JOIN lake.findings f ON f.run = a.run"
        " WHERE f.fingerprint = ?) ORDER BY ALL"
    )
    return [(str(role), str(sample)) for role, sample in lake.fetch(sql, [fingerprint, fingerprint])]


def severity_of(lake: Lake, fingerprint: str) -> str:
    """The severity of a finding in the latest audit that has it; empty where none has."""
    sql = (
        "SELECT f.severity FROM lake.findings f JOIN lake.audits a ON a.run = f.run WHERE f.fingerprint = ?"
        " ORDER BY a.seq DESC LIMIT 1"
    )
    found = lake.fetch(sql, [fingerprint])
    return str(found[0][0]) if found else ""


def last_number(lake: Lake) -> int:
    """The highest number that a proposal was ever given."""
    ids: Iterable[str] = [e.subject for e in events.beginning(lake, ADD)]
    return max((int(i[2:]) for i in ids if i[2:].isdecimal()), default=0)
