"""Proposing, approving and closing: each an event under the writer lock, with who did it and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from governance.curation.policy import CLUSTERED
from governance.errors import NotFound, UsageError, did_you_mean
from governance.findings import Severity
from governance.lake import proposals as kept
from governance.lake.audits import findings_beginning
from governance.lake.commit import writing
from governance.lake.splits import list_splits
from governance.proposals.model import MOST_SAMPLES, Change, Effect, Kind, Proposal, Standing, State
from governance.waivers.model import same_person

if TYPE_CHECKING:
    from governance.curation.record import SplitRecord
    from governance.lake import Lake

LONGEST_REASON = 2_000
SHORTEST = 8
"""Characters that are enough to name a sample or a finding."""


def propose(lake: Lake, change: Change, reason: str, by: str) -> Proposal:
    """The proposal, stored with what it would change now; it changes nothing until somebody else approves it.

    Raises:
        UsageError: it makes no sense, or says no reason.
    """
    _check_person(by)
    reason = _checked_reason(reason)
    check(lake, change)
    effects = effects_of(lake, change)
    with acting(lake, by), writing(lake) as tx:
        ident = f"P-{kept.last_number(lake) + 1:04d}"
        return kept.add(lake, tx, Proposal(ident, change, reason, by, "", effects))


def approve(lake: Lake, ident: str, by: str) -> Standing:
    """The proposal, which curations take up from now on; UsageError where its proposer approves it."""

    def allowed(found: Standing) -> None:
        if same_person(by, found.proposal.by):
            hint = "somebody else runs `govern proposal approve`; --by or GOVERN_USER says who acts"
            raise UsageError(f"{by} proposed {ident} and cannot approve it", where=ident, hint=hint)
        _check_state(found, State.PROPOSED, "approved")

    return _decide(lake, ident, by, kept.APPROVE, allowed)


def reject(lake: Lake, ident: str, by: str, reason: str) -> Standing:
    """The proposal, which nobody will approve."""
    words = _checked_reason(reason)
    return _decide(lake, ident, by, kept.REJECT, lambda s: _check_state(s, State.PROPOSED, "rejected"), words)


def revoke(lake: Lake, ident: str, by: str, reason: str) -> Standing:
    """The proposal, which curations leave alone from now on; splits that took it up stay as they are."""
    words = _checked_reason(reason)
    return _decide(lake, ident, by, kept.REVOKE, lambda s: _check_state(s, State.APPROVED, "revoked"), words)


def find(lake: Lake, ident: str) -> Standing:
    """The proposal of that id; NotFound with the nearest one otherwise."""
    known = {s.proposal.id: s for s in kept.standings(lake)}
    if ident not in known:
        hint = f"{did_you_mean(ident, known)}`govern proposal list` lists them"
        raise NotFound(f"there is no proposal {ident!r}", where=lake.display, hint=hint)
    return known[ident]


def in_force(lake: Lake, split: str) -> list[Standing]:
    """The approved proposals that are meant for splits of that name, in the order in which they were approved."""
    found = [s for s in kept.standings(lake) if s.in_force and s.proposal.change.split in {"", split}]
    return sorted(found, key=lambda s: s.approved_at)


def effects_of(lake: Lake, change: Change) -> tuple[Effect, ...]:
    """What a change would do to the latest version of each split that it is meant for."""
    latest = {s.name: s for s in list_splits(lake) if change.split in {"", s.name}}
    return tuple(_effect(lake, change, latest[name]) for name in sorted(latest))


def _effect(lake: Lake, change: Change, split: SplitRecord) -> Effect:
    if change.kind is Kind.SHARE:
        there = kept.members_of_label(lake, split, change.label)
        return Effect(split.reference, there, min(there, change.rows))
    rows = split.parts["train"].rows
    gone = kept.members_among(lake, split, change.samples) if change.kind is Kind.DROP else 0
    return Effect(split.reference, rows, rows - gone)


def check(lake: Lake, change: Change) -> None:
    """Nothing, where the change can be made; UsageError otherwise."""
    if change.kind is Kind.SHARE:
        if change.rows < 0:
            raise UsageError("a label cannot have fewer than 0 rows", where="--rows", hint="a number from 0")
        return
    if not change.samples:
        raise UsageError("no row is named", where="proposal", hint="name at least one sample")
    if len(change.samples) > MOST_SAMPLES:
        hint = "narrow the rows, or leave them out by the policy: `govern curate --drop RULE`"
        raise UsageError(
            f"{len(change.samples):,} samples are more than the {MOST_SAMPLES:,} of one proposal",
            where="proposal",
            hint=hint,
        )
    if change.kind is Kind.REPRESENTATIVE:
        _check_representative(lake, change)


def _check_representative(lake: Lake, change: Change) -> None:
    rule = next((r for r, f in findings_beginning(lake, change.finding) if f == change.finding), "")
    if rule not in CLUSTERED:
        hint = f"findings of {', '.join(CLUSTERED)} have one"
        raise UsageError(
            "only a cluster of duplicates has a row that stands for the others", where="--of", hint=hint
        )
    if kept.severity_of(lake, change.finding) == Severity.NOTE.value:
        hint = "a note leaves its rows alone; leave some out by --drop"
        raise UsageError("every row of this cluster stays as it is", where="--of", hint=hint)
    if change.samples == (change.instead_of,):
        hint = "the rows are equal, whichever stays"
        raise UsageError("this row says the very same as the one that stays", where="--stays", hint=hint)
    among = {sample for _, sample in kept.samples_of_finding(lake, change.finding)}
    if not {*change.samples, change.instead_of} <= among or len(change.samples) != 1:
        raise UsageError(
            "the row is not of this cluster", where="--stays", hint="name a sample that the finding lists"
        )


def representative_change(lake: Lake, finding: str, sample: str, split: str = "") -> Change:
    """The change by which a sample of a cluster stands for it."""
    rows = kept.samples_of_finding(lake, finding)
    now = next((s for role, s in rows if role == "representative"), "")
    return Change(
        Kind.REPRESENTATIVE, split, (sample,), now, finding, origin=f"cluster of finding {finding[:12]}"
    )


def drop_of_finding(lake: Lake, finding: str, split: str = "") -> Change:
    """The change by which the rows that a finding counts against are left out."""
    found = dict.fromkeys(s for role, s in kept.samples_of_finding(lake, finding) if role == "affected")
    return Change(Kind.DROP, split, tuple(found), "", finding, origin=f"rows of finding {finding[:12]}")


def whole_sample(lake: Lake, beginning: str) -> str:
    """The id of the one sample that begins so."""
    if len(beginning) < SHORTEST:
        raise UsageError(f"a sample is named by {SHORTEST} characters or more", where=beginning)
    found = kept.samples_beginning(lake, beginning)
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{beginning!r} could be several samples", where="proposal", hint="give more of it")
    hint = "`govern splits why SPLIT ROW` shows the sample of a row"
    raise NotFound(f"no kept dataset has a sample {beginning!r}", where=lake.display, hint=hint)


def _decide(
    lake: Lake, ident: str, by: str, action: str, allowed: Callable[[Standing], None], reason: str = ""
) -> Standing:
    _check_person(by)
    with acting(lake, by), writing(lake) as tx:
        found = find(lake, ident)
        if found.faults:
            raise UsageError(
                f"proposal {ident} is not as it was: {found.faults[0]}", where=ident, hint="propose it anew"
            )
        allowed(found)
        tx.describe(action, ident, {"content": found.proposal.content, "reason": reason})
    return find(lake, ident)


def _check_state(found: Standing, wanted: State, word: str) -> None:
    if found.state is not wanted:
        hint = f"only what is {wanted.value} can be {word}; see `govern proposal list`"
        raise UsageError(
            f"proposal {found.proposal.id} is {found.state.value}", where=found.proposal.id, hint=hint
        )


@contextmanager
def acting(lake: Lake, by: str) -> Iterator[None]:
    """Events of the block say that this person did it."""
    before, lake.actor = lake.actor, by
    try:
        yield
    finally:
        lake.actor = before


def _check_person(by: str) -> None:
    if not by.strip():
        raise UsageError("nobody is said to act", where="--by", hint="give --by NAME, or set GOVERN_USER")


def _checked_reason(reason: str) -> str:
    words = reason.strip()
    if not words or len(words) > LONGEST_REASON:
        hint = f"say why, in up to {LONGEST_REASON:,} characters"
        raise UsageError(
            "a decision needs a reason" if not words else "the reason is too long", where="reason", hint=hint
        )
    return words
