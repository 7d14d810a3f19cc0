"""The dialogs of waivers: each says exactly what it will do, and takes a reason."""

from __future__ import annotations

import json
from datetime import timedelta

import streamlit as st

from governance.lake.browsing import findings
from governance.lake.browsing.findings import Found
from governance.reports.words import plural
from governance.waivers.actions import Request
from governance.waivers.model import Waiver, today
from ui.dashboard import deciding, safe_text
from ui.dashboard.components import opening
from ui.dashboard.components.saying import draw
from ui.dashboard.desk import Role
from ui.dashboard.markup import tag
from ui.dashboard.reading.visit import Visit
from ui.dashboard.url_state import FindingsQuery

YEAR = timedelta(days=366)
USUAL = timedelta(days=90)
SAMPLES = 5
SIGN = ":material/approval:"
REASON, UNTIL, TICKET = "waiver:reason", "waiver:until", "waiver:ticket"


def ask_for_one(visit: Visit, found: Found) -> None:
    """A button that asks for a waiver of one finding."""
    if not _askable(visit, found.rule) or found.waiver:
        return
    scope = f"1 finding of {found.rule} in audit {visit.run}, and wherever the same content is found again."
    wanted = Request(found.rule, "", today(), fingerprint=found.fingerprint)
    opening.button("Ask for a waiver", "waive:one", lambda: _request(scope, (found,), wanted), icon=SIGN)


def ask_for_all(visit: Visit, query: FindingsQuery, total: int) -> None:
    """A button that asks for a waiver of all findings of a filter that a waiver can express."""
    where = expression(query)
    if where is None or not _askable(visit, query.rule):
        return
    scope = (
        f"{plural(total, 'finding')} of {query.rule} in audit {visit.run}, and every later one where {where}."
    )

    def ask() -> None:
        some = findings.page(visit.lake, query.wanted(visit.run), visit.pieces, query.sort, SAMPLES, 0)
        _request(scope, tuple(some), Request(query.rule, "", today(), where=where))

    opening.button(f"Ask for a waiver of all {total:,}", "waive:all", ask, icon=SIGN)


def expression(query: FindingsQuery) -> str | None:
    """The filter as a condition of a waiver; None where a waiver cannot say it."""
    if len(query.rule) != 6 or query.q or query.suite or query.status or query.row is not None:
        return None
    said = [(n, getattr(query, n)) for n in ("severity", "kind", "source") if getattr(query, n)]
    return " and ".join(f"{n} = {json.dumps(v, ensure_ascii=False)}" for n, v in said) or None


def _askable(visit: Visit, rule: str) -> bool:
    from governance.waivers.book import NEVER_WAIVED

    return visit.desk.may(Role.REVIEWER) and not rule.startswith(NEVER_WAIVED)


@st.dialog("Ask for a waiver", width="large")
def _request(scope: str, samples: tuple[Found, ...], wanted: Request) -> None:
    draw(
        tag("p", "It covers ", tag("b", safe_text.words(scope, 400))),
        tag("ul", [tag("li", safe_text.words(f.message, 160)) for f in samples]),
        tag("p", "Nothing is waived until somebody else approves it.", cls="soft"),
    )
    st.text_area("Why it is acceptable", key=REASON, max_chars=2000)
    st.date_input("Last day", today() + USUAL, key=UNTIL, min_value=today(), max_value=today() + YEAR)
    st.text_input("Ticket (optional)", key=TICKET, max_chars=200)
    if st.button("Ask", key="waiver:send", type="primary", on_click=_send, args=(wanted,)):
        st.rerun()


def _send(base: Request) -> None:
    from dataclasses import replace

    state = st.session_state
    wanted = replace(
        base, reason=str(state[REASON]).strip(), expires=state[UNTIL], ticket=str(state[TICKET]).strip()
    )
    opening.conclude(lambda: _asked(deciding.request(wanted)))


def _asked(waiver: Waiver) -> str:
    return f"{waiver.requested_by} asked for waiver {waiver.id}. It counts once somebody else approves it."


def decide(visit: Visit, waiver: Waiver, covers: str) -> None:
    """The buttons of one waiver, as far as its status and the reader's role allow."""
    from governance.waivers.model import Status, same_person

    if not visit.desk.may(Role.APPROVER):
        return
    own = same_person(visit.desk.person, waiver.requested_by)
    with st.container(horizontal=True):
        if waiver.status is Status.REQUESTED:
            blocked = "You asked for this waiver; somebody else approves it." if own else None
            opening.button(
                "Approve", "waiver:approve", lambda: _approve(waiver, covers), primary=True, blocked=blocked
            )
            opening.button("Reject", "waiver:reject", lambda: _close("Reject", waiver, covers))
        elif waiver.status is Status.APPROVED:
            opening.button("Revoke", "waiver:revoke", lambda: _close("Revoke", waiver, covers))


@st.dialog("Approve a waiver")
def _approve(waiver: Waiver, covers: str) -> None:
    draw(
        tag("p", f"Waiver {waiver.id} will keep from the gate: ", tag("b", covers)),
        tag("p", f"Until {waiver.expires}. Asked for by {safe_text.person(waiver.requested_by)}: "),
        tag("blockquote", safe_text.words(waiver.reason, 2000)),
    )
    if st.button("Approve", key="waiver:approve:yes", type="primary", on_click=_approved, args=(waiver.id,)):
        st.rerun()


def _approved(ident: str) -> None:
    opening.conclude(lambda: _in_force(deciding.approve(ident)))


def _in_force(waiver: Waiver) -> str:
    return f"Waiver {waiver.id} is in force until {waiver.expires}, approved by {waiver.approved_by}."


@st.dialog("Close a waiver")
def _close(verb: str, waiver: Waiver, covers: str) -> None:
    draw(
        tag("p", f"{verb} waiver {waiver.id}, which covers ", tag("b", covers)),
        tag("p", "What it covers counts at the gate from the next audit on.", cls="soft"),
    )
    st.text_area("Why", key=REASON, max_chars=2000)
    if st.button(verb, key="waiver:close:yes", type="primary", on_click=_closed, args=(verb, waiver.id)):
        st.rerun()


def _closed(verb: str, ident: str) -> None:
    reason = str(st.session_state[REASON]).strip()
    act = deciding.reject if verb == "Reject" else deciding.revoke
    opening.conclude(
        lambda: f"Waiver {act(ident, reason).id} is {'rejected' if verb == 'Reject' else 'revoked'}."
    )
