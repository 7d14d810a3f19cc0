"""Dialogs that propose a change of the next split, and that decide about one: with exact counts and a reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import streamlit as st

from governance.lake.browsing import evidence, splits
from governance.proposals import actions
from governance.proposals.model import MOST_SAMPLES, Change, Effect, Kind, Proposal, Standing, State
from governance.reports.words import plural
from ui.dashboard import deciding, safe_text
from ui.dashboard.components import asking, opening
from ui.dashboard.components.saying import draw
from ui.dashboard.desk import Role
from ui.dashboard.markup import Markup, tag
from ui.dashboard.reading.visit import Visit
from ui.dashboard.url_state import FindingsQuery

REASON, SPLIT, LABEL, ROWS = "proposal:reason", "proposal:split", "proposal:label", "proposal:rows"
EVERY = "every split that is curated from this lake"


def ask_to_leave_out(
    visit: Visit, count: int, samples: Callable[[], Sequence[str]], origin: str, finding: str = ""
) -> None:
    """A button that proposes to leave rows out of the next split.

    Args:
        count: how many samples it is about, for the button.
        samples: their ids, read when the button is pressed.
        origin: where they come from, in our words; never text of a row.
    """
    if not count or count > MOST_SAMPLES or not visit.desk.may(Role.REVIEWER):
        return

    def ask() -> None:
        chosen = tuple(dict.fromkeys(samples()))
        _propose(visit, Change(Kind.DROP, "", chosen, finding=finding, origin=origin))

    label = f"Propose to leave out {plural(count, 'sample')}"
    opening.button(label, "propose:drop", ask, icon=":material/playlist_remove:")


def ask_to_leave_out_all(visit: Visit, query: FindingsQuery, total: int) -> None:
    """A button that proposes to leave out the rows that the findings of a filter count against."""
    if not query.narrows or total > MOST_SAMPLES or not visit.desk.may(Role.REVIEWER):
        return
    wanted = query.wanted(visit.run)
    found = evidence.affected_samples(visit.lake, wanted, visit.pieces, MOST_SAMPLES + 1)
    of = f" of {query.rule}" if query.rule else ""
    ask_to_leave_out(visit, len(found), lambda: found, f"{plural(total, 'finding')}{of} in run {visit.run}")


def ask_to_stand(visit: Visit, finding: str, sample: str) -> None:
    """A button that proposes that this sample stands for its cluster."""
    if not visit.desk.may(Role.REVIEWER):
        return
    change = actions.representative_change(visit.lake, finding, sample)
    same = change.samples == (change.instead_of,)
    told = "This row says the very same as the one that stays." if same else None
    opening.button(
        "Let this row stay instead", "propose:stays", lambda: _propose(visit, change), blocked=told,
        icon=":material/swap_horiz:",
    )  # fmt: skip


def ask_for_share(visit: Visit, name: str, labels: Mapping[str, int]) -> None:
    """A button that proposes how many rows of a label the next split holds at most."""
    if labels and visit.desk.may(Role.REVIEWER):
        label, icon = "Propose another share of a label", ":material/percent:"
        opening.button(label, "propose:share", lambda: _share(visit, name, labels), icon=icon)


@st.dialog("Propose a change of the next split", width="large")
def _propose(visit: Visit, change: Change) -> None:
    known = {"": EVERY, **{name: safe_text.words(name) for name in splits.names(visit.lake)}}
    _send_form(visit, replace(change, split=asking.box("For", known, SPLIT)))


@st.dialog("Propose another share of a label", width="large")
def _share(visit: Visit, name: str, labels: Mapping[str, int]) -> None:
    label = asking.box(
        "Label", {n: f"{_named(n)}: {plural(rows, 'row')} now" for n, rows in labels.items()}, LABEL
    )
    most = labels.get(label, 0)
    rows = st.number_input("Rows at most", min_value=0, value=most, step=1, key=ROWS)
    _send_form(visit, Change(Kind.SHARE, name, label=label, rows=int(rows)))


def _named(label: str) -> str:
    return safe_text.words(label) or "(no label)"


def _send_form(visit: Visit, change: Change) -> None:
    """What the change would do, why, and the button."""
    draw(
        tag("p", "It would ", tag("b", safe_text.words(change.scope, 300)), "."),
        effects(actions.effects_of(visit.lake, change)),
        tag(
            "p", "Nothing changes until somebody else approves it and the split is curated again.", cls="soft"
        ),
    )
    st.text_area("Why", key=REASON, max_chars=2000)
    if st.button("Propose", key="proposal:send", type="primary", on_click=_send, args=(change,)):
        st.rerun()


def effects(found: Sequence[Effect]) -> Markup:
    """What would change in each split, with exact counts."""
    if not found:
        return tag("p", "No split of that name is there yet.", cls="soft")
    return tag("ul", [tag("li", _effect(e)) for e in found[:8]],
               tag("li", f"and {len(found) - 8:,} more") if len(found) > 8 else None)  # fmt: skip


def _effect(one: Effect) -> str:
    split = safe_text.words(one.split)
    if one.before == one.after:
        return f"{split}: {one.before:,} rows before and after"
    return f"{split}: {one.before:,} rows now, {one.after:,} then"


def _send(drawn: Change) -> None:
    """What the form says now: somebody may press the button before it was drawn again."""
    state = st.session_state
    change = replace(drawn, split=str(state.get(SPLIT, drawn.split) or ""))
    if drawn.kind is Kind.SHARE:
        change = replace(drawn, label=str(state[LABEL] or ""), rows=int(state[ROWS]))
    reason = str(state[REASON]).strip()
    opening.conclude(lambda: _proposed(deciding.propose(change, reason)))


def _proposed(found: Proposal) -> str:
    return f"{found.by} proposed {found.id}. It counts once somebody else approves it."


def decide(visit: Visit, found: Standing) -> None:
    """The buttons of one proposal, as far as its state and the reader's role allow."""
    from governance.waivers.model import same_person

    if not visit.desk.may(Role.APPROVER) or found.faults:
        return
    own = same_person(visit.desk.person, found.proposal.by)
    with st.container(horizontal=True):
        if found.state is State.PROPOSED:
            blocked = "You proposed this; somebody else approves it." if own else None
            opening.button(
                "Approve", "proposal:approve", lambda: _approve(visit, found.proposal), primary=True, blocked=blocked
            )  # fmt: skip
            opening.button("Reject", "proposal:reject", lambda: _close("Reject", found.proposal))
        elif found.state is State.APPROVED:
            opening.button("Revoke", "proposal:revoke", lambda: _close("Revoke", found.proposal))


@st.dialog("Approve a proposal")
def _approve(visit: Visit, proposal: Proposal) -> None:
    draw(
        tag("p", f"{proposal.id} will ", tag("b", safe_text.words(proposal.change.scope, 300)), "."),
        effects(actions.effects_of(visit.lake, proposal.change)),
        tag("p", f"Proposed by {safe_text.words(proposal.by)}: "),
        tag("blockquote", safe_text.words(proposal.reason, 2000)),
    )
    if st.button(
        "Approve", key="proposal:approve:yes", type="primary", on_click=_approved, args=(proposal.id,)
    ):
        st.rerun()


def _approved(ident: str) -> None:
    opening.conclude(
        lambda: f"{deciding.approve_proposal(ident).proposal.id} is approved; the next curation takes it up."
    )


@st.dialog("Close a proposal")
def _close(verb: str, proposal: Proposal) -> None:
    draw(
        tag("p", f"{verb} {proposal.id}: ", tag("b", safe_text.words(proposal.change.scope, 300))),
        tag("p", "Splits that took it up stay as they are.", cls="soft") if verb == "Revoke" else None,
    )
    st.text_area("Why", key=REASON, max_chars=2000)
    if st.button(verb, key="proposal:close:yes", type="primary", on_click=_closed, args=(verb, proposal.id)):
        st.rerun()


def _closed(verb: str, ident: str) -> None:
    reason = str(st.session_state[REASON]).strip()
    act = deciding.reject_proposal if verb == "Reject" else deciding.revoke_proposal
    opening.conclude(
        lambda: f"{act(ident, reason).proposal.id} is {'rejected' if verb == 'Reject' else 'revoked'}."
    )
