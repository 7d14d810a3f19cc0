"""What a proposal is: which rows or how many of which label, why, who asked, and what it would have changed then."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from governance.lake.canonical import canonical_json, digest

MOST_SAMPLES = 10_000
"""Samples that one proposal names; leaving out more is a matter of the policy: `--drop RULE`."""


class Kind(StrEnum):
    """What is to be changed."""

    REPRESENTATIVE = "representative"  # another row of a cluster stays
    DROP = "drop"  # rows are left out
    SHARE = "share"  # at most so many rows of a label are trained on


class State(StrEnum):
    """What has been decided. Only what is approved changes a split."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"
    REVOKED = "revoked"


@dataclass(frozen=True)
class Effect:
    """What a proposal would change in one split that is there.

    Attributes:
        split: NAME@VERSION.
        before, after: rows of training, or rows of the label for a share; they are equal where nothing changes.
    """

    split: str
    before: int
    after: int


@dataclass(frozen=True)
class Change:
    """What is to be changed, without who wants it.

    Attributes:
        split: the name of the splits it is meant for; empty for every split that is curated from this lake.
        samples: of a drop, the ids that are left out; of a representative, the one id that is to stay.
        instead_of: of a representative, the sample that stood for the cluster when it was proposed.
        finding: fingerprint of the finding it comes from; empty where it comes from none.
        rows: of a share, how many rows of the label are taken at most.
        origin: where the rows come from, in our words.
    """

    kind: Kind
    split: str = ""
    samples: tuple[str, ...] = ()
    instead_of: str = ""
    finding: str = ""
    label: str = ""
    rows: int = 0
    origin: str = ""

    @property
    def scope(self) -> str:
        """What is to be changed, in one line."""
        where = f"split {self.split}" if self.split else "every split"
        if self.kind is Kind.DROP:
            many = len(self.samples)
            named = self.samples[0][:12] if many == 1 else f"{many:,} samples"
            return f"leave out {'sample ' if many == 1 else ''}{named} of {where}"
        if self.kind is Kind.SHARE:
            return f"at most {self.rows:,} rows of label {self.label or '(none)'} in {where}"
        return f"sample {self.samples[0][:12]} stays instead of {self.instead_of[:12]} in {where}"


@dataclass(frozen=True)
class Proposal:
    """A change that somebody proposed; it is written once and never changed.

    Attributes:
        at: ISO 8601, UTC.
        effects: what it would have changed when it was proposed, in the latest version of each split it is meant for.
    """

    id: str
    change: Change
    reason: str
    by: str
    at: str
    effects: tuple[Effect, ...] = ()

    @property
    def record(self) -> str:
        """Canonical JSON of everything; what the lake keeps."""
        return canonical_json(asdict(self))

    @property
    def content(self) -> str:
        """SHA-256 over the record; what the event log keeps."""
        return digest(self.record)


def proposal_of(text: str) -> Proposal:
    """The proposal of its record."""
    values: Mapping[str, Any] = json.loads(text)
    change = {**values["change"], "samples": tuple(values["change"]["samples"])}
    effects = tuple(Effect(**e) for e in values["effects"])
    return Proposal(
        **{**values, "change": Change(**{**change, "kind": Kind(change["kind"])}), "effects": effects}
    )


@dataclass(frozen=True)
class Step:
    """Something that was done with a proposal, as an intact event has it.

    Attributes:
        action: proposal.add | proposal.approve | proposal.reject | proposal.revoke.
        content: SHA-256 of the record that it was done to.
    """

    seq: int
    at: str
    actor: str
    action: str
    content: str
    reason: str = ""


@dataclass(frozen=True)
class Standing:
    """A proposal as it is today.

    Attributes:
        history: what was done with it, in order.
        faults: in what it is not as it was decided; such a one changes nothing.
    """

    proposal: Proposal
    state: State
    history: tuple[Step, ...]
    faults: tuple[str, ...] = ()

    @property
    def in_force(self) -> bool:
        """True where curations take it up."""
        return self.state is State.APPROVED and not self.faults

    @property
    def decided_by(self) -> str:
        """Who approved, rejected or revoked it; empty where nobody did."""
        return self.history[-1].actor if len(self.history) > 1 else ""

    @property
    def approved_at(self) -> int:
        """The number of the event that approved it last; 0 where none did."""
        return max((s.seq for s in self.history if s.action == "proposal.approve"), default=0)
