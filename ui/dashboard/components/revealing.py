"""Personal data unmasked: one line of evidence, for whoever may, with a reason, recorded before it is shown.

What is shown is read at that moment and kept nowhere: not in the address, not in a cache, not in the session. The
session holds only which line may be drawn unmasked once; the next run of the page masks it again.
"""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from governance.lake import reveals
from governance.lake.browsing.evidence import Line
from governance.lake.browsing.findings import Found
from ui.dashboard import deciding, safe_text
from ui.dashboard.components import opening
from ui.dashboard.components.saying import draw, section
from ui.dashboard.components.tables import Column, table
from ui.dashboard.desk import desk
from ui.dashboard.markup import Child, Markup, join, tag
from ui.dashboard.reading.visit import Visit

ONCE = "revealed"
REASON = "reveal:reason"


@dataclass(frozen=True)
class Once:
    """The line that may be drawn unmasked on the next run of the page, and for whom."""

    person: str
    run: str
    fingerprint: str
    line: int


def askable(visit: Visit, line: Line) -> bool:
    """True where something in the line is masked and the reader may see it."""
    return visit.desk.may_reveal and safe_text.hides(line)


def ask(visit: Visit, found: Found, number: int, line: Line) -> None:
    """A button that asks to see a line unmasked; to be drawn where that is `askable`."""
    place = safe_text.words(visit.place(line), 120)
    label, icon = "Show what is masked", ":material/visibility:"
    opening.button(label, f"reveal:{number}", lambda: _dialog(visit.run, found, number, place), icon=icon)


@st.dialog("Show what is masked")
def _dialog(run: str, found: Found, number: int, place: str) -> None:
    draw(
        tag("p", "You will see the words around one span, unmasked: ", tag("b", f"{found.rule}, {place}")),
        tag("p", "Your name, the row, the time and your reason go into the event log first. ",
            "It is masked again as soon as anything on the page changes.", cls="soft"),
    )  # fmt: skip
    st.text_area("Why you need to see it", key=REASON, max_chars=500)
    line = (run, found.fingerprint, number)
    if st.button("Record and show", key="reveal:yes", type="primary", on_click=_reveal, args=line):
        st.rerun()


def _reveal(run: str, fingerprint: str, line: int) -> None:
    reason = str(st.session_state[REASON]).strip()
    opening.conclude(lambda: _recorded(run, fingerprint, line, reason))


def _recorded(run: str, fingerprint: str, line: int, reason: str) -> str:
    event = deciding.reveal(run, fingerprint, line, reason)
    st.session_state[ONCE] = Once(event.actor, run, fingerprint, line)
    return f"Recorded as event {event.seq}: {event.actor} looks at one row unmasked."


def taken(visit: Visit, found: Found) -> int | None:
    """The number of the line that may be drawn unmasked now; asked a second time there is none."""
    once = st.session_state.pop(ONCE, None)
    now = visit.desk
    if not isinstance(once, Once) or not now.may_reveal:
        return None
    meant = (now.person, visit.run, found.fingerprint)
    return once.line if meant == (once.person, once.run, once.fingerprint) else None


def words(line: Line) -> Markup:
    """The words of a line unmasked, for somebody who may see them."""
    desk().check_reveal()
    return join(
        tag("p", "Unmasked for you, this once", cls="eyebrow"),
        tag("blockquote", safe_text.spans(safe_text.unmasked(line))),
    )


def history(visit: Visit, found: Found) -> None:
    """Who has seen rows of the finding unmasked, when and why; nothing where nobody has."""
    seen = reveals.of_finding(visit.lake, found.fingerprint)
    if not seen:
        return
    section("Seen unmasked", "Each time is an event of the log.")
    rows: list[list[Child]] = [
        [
            e.at[:16].replace("T", " "),
            safe_text.person(e.actor),
            f"{e.data.get('row', 0):,}",
            safe_text.words(str(e.data.get("reason", "")), 500),
        ]
        for e in seen
    ]
    columns = (Column("When", "tight"), Column("By"), Column("Row", "n"), Column("Why", "wide"))
    draw(table(columns, rows, "Who has seen rows of this finding unmasked"))
