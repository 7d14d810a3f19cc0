"""Findings: the list, narrowed by links whose counts say what is behind them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

import streamlit as st

from governance.findings import Severity
from governance.lake.browsing import evidence, findings
from governance.lake.browsing.evidence import Line
from governance.lake.browsing.findings import Found
from governance.report import RuleState
from governance.reports import words
from ui.dashboard import safe_text
from ui.dashboard.catalogue import Page
from ui.dashboard.components import asking, chips, exporting, proposing, waiving
from ui.dashboard.components.saying import command, draw, heading, notice
from ui.dashboard.components.tables import PAGE_ROWS, Column, empty, link, pager, table
from ui.dashboard.frame import dropped, show
from ui.dashboard.markup import Child, Markup, join, tag
from ui.dashboard.reading import counting
from ui.dashboard.reading.names import rule_name
from ui.dashboard.reading.searching import searchable
from ui.dashboard.reading.visit import Visit
from ui.dashboard.url_state import FindingQuery, FindingsQuery, address

PAGE = Page("findings", "Findings", "Audit", 1)
ORDERS = {
    "severity": "worst first",
    "rows": "most rows first",
    "score": "highest score first",
    "rule": "by rule",
}
COLUMNS = (
    Column("Finding", "wide"), Column("Rule", "tight"), Column("Score", "tight"), Column("Rows", "n"),
    Column("Status", "tight"),
)  # fmt: skip


def body(visit: Visit) -> None:
    """The page."""
    query, unknown = FindingsQuery.read(visit.params)
    query, refused = searchable(query)
    dropped(unknown)
    wanted = query.wanted(visit.run)
    total = counting.facets(visit, wanted).total
    heading("Audit", "Findings", f"{words.plural(total, 'finding')} of {visit.rows:,} rows read")
    if refused:
        notice("info", refused)
    left, right = st.columns([1, 4], gap="medium")
    with left:
        _facets(visit, query)
    with right:
        _list(visit, query, total)
    command(*_commands(visit, query))


def _facets(visit: Visit, query: FindingsQuery) -> None:
    asking.search(query, "Search", "words, or a fingerprint")
    asking.choose(query, "sort", "Order", ORDERS)
    pinned = query.at(run=visit.run)
    found = counting.facets(visit, query.wanted(visit.run))
    draw(
        asking.facet(
            "findings", pinned, "severity", "Severity", _worst_first(found.severity), chips.severity
        ),
        asking.facet(
            "findings", pinned, "rule", "Rule", _with_family(found.rule, query.rule), _rule_words, most=10
        ),
        asking.facet("findings", pinned, "source", "Source", found.source, safe_text.words),
        asking.facet("findings", pinned, "status", "Status", found.status),
    )


def _with_family(counts: Mapping[str, int], chosen: str) -> dict[str, int]:
    """The counts by rule; a family that is chosen comes first, with the sum of its rules."""
    if len(chosen) != 3:
        return dict(counts)
    return {chosen: sum(n for rule, n in counts.items() if rule.startswith(chosen)), **counts}


def _rule_words(rule: str) -> str:
    return f"{rule} {rule_name(rule)}" if len(rule) == 6 else f"all of {rule}"


def _worst_first(counts: Mapping[str, int]) -> dict[str, int]:
    return {s.value: counts[s.value] for s in Severity if s.value in counts}


def _list(visit: Visit, query: FindingsQuery, total: int) -> None:
    pinned = query.at(run=visit.run, page=query.page)
    draw(asking.pills("findings", pinned, _in_force(query)))
    if not total:
        _nothing(visit, query)
        return
    offset = (query.page - 1) * PAGE_ROWS
    found = findings.page(visit.lake, query.wanted(visit.run), visit.pieces, query.sort, PAGE_ROWS, offset)
    first = evidence.first_lines(visit.lake, visit.run, [f.fingerprint for f in found])
    rows = [_row(visit, pinned, f, first.get(f.fingerprint)) for f in found]
    draw(table(COLUMNS, rows, "Findings"), pager("findings", pinned, total))
    with st.container(horizontal=True):
        waiving.ask_for_all(visit, query, total)
        proposing.ask_to_leave_out_all(visit, query, total)
        exporting.offer(visit, query, total)


def _row(visit: Visit, query: FindingsQuery, found: Found, line: Line | None) -> list[Child]:
    return [
        _what(visit, query, found, line),
        join(
            chips.severity(found.severity),
            tag("span", found.rule, cls="name"),
            tag("span", rule_name(found.rule), cls="name"),
        ),
        score_bar(found.score),
        f"{found.rows:,}",
        chips.status(found.waiver, found.suppressed),
    ]


def _what(visit: Visit, query: FindingsQuery, found: Found, line: Line | None) -> Markup:
    href = address("finding", _opened(query, found.fingerprint))
    text = safe_text.line_of(safe_text.excerpt(line)) if line else None
    place = tag("span", safe_text.words(visit.place(line), 120), cls="sub") if line else None
    message = link(safe_text.words(found.message, 200), href)
    return join(message, tag("span", text, cls="excerpt") if text else None, place)


def _opened(query: FindingsQuery, fingerprint: str) -> FindingQuery:
    """The finding, with the list it is opened from in its address, so that the way back is the same list."""
    return FindingQuery(**{**query.__dict__, "page": query.page}, id=fingerprint)


def score_bar(score: float | None) -> Markup:
    """A score as a bar and a number; scores over 1 have no bar, since their end is not known."""
    if score is None:
        return Markup("")
    shown = words.score(score)
    if not 0 <= score <= 1:
        return tag("span", shown)
    fill = tag("span", cls="fill", style=f"width:{100 * score:.0f}%")
    return tag("span", tag("span", fill, cls="track", aria_hidden="true"), shown, cls="score")


def _in_force(query: FindingsQuery) -> list[tuple[str, str, Markup | str]]:
    """The filters that are on, as pills."""
    said: list[tuple[str, str, Markup | str]] = []
    for name, label in (("q", "words"), ("rule", "rule"), ("severity", "severity"), ("kind", "kind"),
                        ("source", "source"), ("status", "status"), ("suite", "suite")):  # fmt: skip
        if value := getattr(query, name):
            said.append((name, label, safe_text.words(value)))
    return [*said, *([("row", "row", f"{query.row:,}")] if query.row is not None else [])]


def _nothing(visit: Visit, query: FindingsQuery) -> None:
    """Two different things: nothing was found, and nothing is left of what was found."""
    if query.narrows or query.page > 1:
        clear = link("Clear filters", address("findings", FindingsQuery(run=visit.run)))
        draw(empty("No finding matches these filters.", clear))
        return
    rules = sum(r.state is RuleState.RAN for r in visit.report.rules)
    draw(empty(f"Clean: 0 findings over {words.plural(visit.rows, 'row')}, {words.plural(rules, 'rule')}."))


def _commands(visit: Visit, query: FindingsQuery) -> list[str]:
    lines = [f"govern report {visit.run} -f csv -o findings.csv"]
    if len(query.rule) == 6:
        lines.append(shlex.join(["govern", "rule", query.rule]))
    return lines


if __name__ == "__main__":
    show(PAGE, body)
