"""Reports: the audit in every format, each with its command, and the log of what was done in this lake."""

from __future__ import annotations

import io
from collections.abc import Callable

import streamlit as st

from governance.lake import events
from governance.lake.audits import load_audit
from governance.reports import render
from governance.reports.base import RenderOptions
from ui.dashboard import safe_text
from ui.dashboard.catalogue import Page
from ui.dashboard.components.saying import command, draw, heading, section
from ui.dashboard.components.tables import Column, empty, table
from ui.dashboard.frame import dropped, show
from ui.dashboard.markup import Child, Markup, join, tag
from ui.dashboard.reading.visit import Visit
from ui.dashboard.url_state import Query

PAGE = Page("reports", "Reports", "Decisions", 1)
FORMATS = (
    ("html", "text/html", "html", "a page for people, with charts"),
    ("markdown", "text/markdown", "md", "for a wiki or a pull request"),
    ("csv", "text/csv", "csv", "every finding with its evidence, for a spreadsheet"),
    ("json", "application/json", "json", "everything, for programs"),
    ("jsonl", "application/x-ndjson", "jsonl", "a finding a line, for programs"),
    ("sarif", "application/json", "sarif", "for code scanning"),
    ("junit", "application/xml", "xml", "for test dashboards of pipelines"),
)
EVENTS = 50


def body(visit: Visit) -> None:
    """The page."""
    dropped(Query.read(visit.params)[1])
    heading(
        "Decisions",
        "Reports",
        "The audit in every format. Personal data and secrets are masked in all of them.",
    )
    for name, mime, ending, words in FORMATS:
        _format(visit, name, mime, ending, words)
    _log(visit)
    command(f"govern report {visit.run} -f html -o report.html", f"govern runs verify {visit.run}")


def _format(visit: Visit, name: str, mime: str, ending: str, words: str) -> None:
    left, right = st.columns([1, 3], vertical_alignment="center")
    file = f"report-{visit.run}.{ending}"
    with left:
        st.download_button(
            name, data=rendered(visit, name), file_name=file, mime=mime, key=f"report:{name}", on_click="ignore",
            icon=":material/download:", width="stretch",
        )  # fmt: skip
    with right:
        line = tag("code", f"govern report {visit.run} -f {name} -o report.{ending}")
        draw(tag("p", words, tag("br"), line))


def rendered(visit: Visit, name: str) -> Callable[[], bytes]:
    """The report in a format, made when it is asked for."""

    def make() -> bytes:
        out = io.StringIO()
        render(load_audit(visit.lake, visit.run), name, RenderOptions(), out)
        return out.getvalue().encode()

    return make


def _log(visit: Visit) -> None:
    """The last events, latest first: each holds the hash of the one before, so none can be taken out unseen."""
    last = events.head(visit.lake).seq
    found = list(reversed(events.events(visit.lake, after=max(last - EVENTS, 0))))
    section(
        "Event log", f"The last {len(found):,} of {last:,} events. Each holds the hash of the one before it."
    )
    if not found:
        draw(empty("Nothing has been recorded."))
        return
    rows: list[list[Child]] = [
        [
            f"{e.seq:,}",
            e.at[:19].replace("T", " "),
            safe_text.person(e.actor),
            e.action,
            join(safe_text.words(e.subject), _reason(e)),
            tag("code", e.hash[:12]),
        ]
        for e in found
    ]
    columns = (
        Column("Event", "n"),
        Column("When", "tight"),
        Column("By"),
        Column("What", "tight"),
        Column("Of", "wide"),
        Column("Hash", "tight"),
    )
    draw(table(columns, rows, "Event log"))


def _reason(event: events.Event) -> Markup | None:
    """Why it was done, where somebody had to say it."""
    said = event.data.get("reason")
    return tag("span", safe_text.words(said, 200), cls="sub") if isinstance(said, str) and said else None


if __name__ == "__main__":
    show(PAGE, body)
