"""Approved proposals as a part of the policy: rows that are left out, rows that stay, rows of a label."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from governance.curation.policy import Policy, Quota
from governance.proposals.model import Kind, Standing

IDENT = re.compile(r"P-\d+")


def with_proposals(policy: Policy, approved: Sequence[Standing]) -> tuple[Policy, tuple[str, ...]]:
    """(the policy with what was approved, what must not be silent).

    Of several proposals about one sample or label the one that was approved last counts. Where an allocation is given,
    it decides about labels, and proposals do not.

    Args:
        approved: in the order in which they were approved.
    """
    left_out: dict[str, str] = {}
    stays: dict[str, str] = {}
    amounts: dict[str, tuple[int, str]] = {}
    for found in approved:
        change, ident = found.proposal.change, found.proposal.id
        if change.kind is Kind.DROP:
            left_out.update(dict.fromkeys(change.samples, ident))
        elif change.kind is Kind.REPRESENTATIVE:
            stays.pop(change.samples[0], None)
            stays[change.samples[0]] = ident
        else:
            amounts[change.label] = (change.rows, ident)
    over = sorted({ident for _, ident in amounts.values()}) if policy.allocation else []
    notes = tuple(f"proposal {ident} was not taken up: an allocation was given" for ident in over)
    taken = {s.proposal.id: s.proposal.content for s in approved if s.proposal.id not in over}
    if amounts and not over:
        policy = replace(policy, allocation=_quota(amounts))
    return replace(policy, left_out=left_out, stays=stays, proposals=taken), notes


def _quota(amounts: dict[str, tuple[int, str]]) -> Quota:
    rows = {label: float(rows) for label, (rows, _) in amounts.items()}
    said = ", ".join(sorted({ident for _, ident in amounts.values()}))
    return Quota("label", "rows", rows, relative=False, rest_stays=True, origin=f"proposal {said}")


def decided_by(rows: pl.DataFrame, policy: Policy) -> dict[str, int]:
    """How many rows each proposal that was taken up decided about.

    Args:
        rows: every row with what decided about it, as `decide` leaves them.
    """
    counts = dict.fromkeys(policy.proposals, 0)
    if not counts:
        return counts
    for words, n in rows.group_by("decision").len().iter_rows():
        for ident in counts.keys() & set(IDENT.findall(words or "")):
            counts[ident] += n
    return counts


def notes_of(rows: pl.DataFrame, policy: Policy) -> list[str]:
    """The same in words; a proposal that changed nothing is named too."""
    return [
        f"proposal {ident} decided about {n:,} row{'s' * (n > 1)}"
        if n
        else f"proposal {ident} changed nothing here"
        for ident, n in decided_by(rows, policy).items()
    ]
