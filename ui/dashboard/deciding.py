"""Decisions: the same functions as the command line's, under the same lock, each an event. Checked here, on the server.

A button that is not drawn is no protection: every function asks the desk again before it does anything.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from governance.errors import GovernError, NotFound, UsageError
from governance.lake import open_lake, reveals
from governance.lake.browsing import evidence
from governance.lake.events import Event
from governance.proposals import actions as proposals
from governance.proposals.model import Change, Proposal, Standing
from governance.waivers import actions
from governance.waivers.actions import Request
from governance.waivers.model import Waiver
from ui.dashboard.desk import FLASH, Desk, Role, desk

NEEDED = {
    "request": Role.REVIEWER,
    "approve": Role.APPROVER,
    "reject": Role.APPROVER,
    "revoke": Role.APPROVER,
    "propose": Role.REVIEWER,
    "approve a proposal": Role.APPROVER,
    "reject a proposal": Role.APPROVER,
    "revoke a proposal": Role.APPROVER,
}
"""What role each decision takes."""
Done = TypeVar("Done")


def request(wanted: Request) -> Waiver:
    """The waiver that was asked for."""
    _reasoned(wanted.reason)
    return _decide("request", lambda lake, here: actions.add(lake, here.waivers, wanted, here.person))


def approve(ident: str) -> Waiver:
    """The waiver, approved by whoever sits here; refused where that is its requester."""
    return _decide("approve", lambda lake, here: actions.approve(lake, here.waivers, ident, here.person))


def reject(ident: str, reason: str) -> Waiver:
    """The waiver, which nobody will approve."""
    _reasoned(reason)
    return _decide(
        "reject", lambda lake, here: actions.reject(lake, here.waivers, ident, here.person, reason)
    )


def revoke(ident: str, reason: str) -> Waiver:
    """The waiver, which covers nothing any more."""
    _reasoned(reason)
    return _decide(
        "revoke", lambda lake, here: actions.revoke(lake, here.waivers, ident, here.person, reason)
    )


def reveal(run: str, fingerprint: str, line: int, reason: str) -> Event:
    """The event of somebody who looks at one line of evidence unmasked, which may be shown to them once now."""
    here = desk()
    here.check_reveal()
    _reasoned(reason)
    with open_lake(here.lake, create=False) as lake:
        found = evidence.lines(lake, run, fingerprint, 1, line)
        if not found:
            raise NotFound(f"finding {fingerprint[:12]} has no such line", where=run, hint="open it anew")
        seen = reveals.Reveal(run, fingerprint, line, found[0].row, found[0].sample_id or "", reason)
        return reveals.record(lake, seen, here.person)


def propose(change: Change, reason: str) -> Proposal:
    """The change, proposed by whoever sits here; it waits for somebody else."""
    return _decide("propose", lambda lake, here: proposals.propose(lake, change, reason, here.person))


def approve_proposal(ident: str) -> Standing:
    """The proposal, approved by whoever sits here; refused where that is its proposer."""
    return _decide("approve a proposal", lambda lake, here: proposals.approve(lake, ident, here.person))


def reject_proposal(ident: str, reason: str) -> Standing:
    """The proposal, which nobody will approve."""
    return _decide("reject a proposal", lambda lake, here: proposals.reject(lake, ident, here.person, reason))


def revoke_proposal(ident: str, reason: str) -> Standing:
    """The proposal, which curations leave alone from now on."""
    return _decide("revoke a proposal", lambda lake, here: proposals.revoke(lake, ident, here.person, reason))


def _reasoned(reason: str) -> None:
    if not reason.strip():
        raise UsageError("a decision needs a reason", where="reason", hint="say why in a few words")


def _decide(what: str, act: Callable[..., Done]) -> Done:
    here: Desk = desk()
    here.check(NEEDED[what], what)
    with open_lake(here.lake, create=False) as lake:
        return act(lake, here)


def said(done: Callable[[], str]) -> bool:
    """True where a decision was made; what it did, or why not, is said on the next run."""
    try:
        st.session_state[FLASH] = ("good", done())
    except GovernError as error:
        st.session_state[FLASH] = ("bad", f"{error.what}. {error.hint}")
        return False
    return True
