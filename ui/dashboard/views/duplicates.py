"""Duplicates: clusters of rows that say the same, largest first."""

from __future__ import annotations

from governance.lake.browsing import evidence, findings
from governance.lake.browsing.evidence import Line
from governance.lake.browsing.findings import Found
from governance.lake.browsing.wanted import Wanted
from governance.reports import words
from ui.dashboard import safe_text
from ui.dashboard.catalogue import Page
from ui.dashboard.components import asking, chips
from ui.dashboard.components.saying import command, draw, heading, notice
from ui.dashboard.components.tables import PAGE_ROWS, Column, empty, link, pager, table
from ui.dashboard.frame import dropped, show
from ui.dashboard.markup import Child, Markup, join, tag
from ui.dashboard.reading.names import rule_name
from ui.dashboard.reading.searching import searchable
from ui.dashboard.reading.visit import Visit
from ui.dashboard.url_state import ClusterQuery, DuplicatesQuery, FindingQuery, address
from ui.dashboard.views.findings import score_bar

PAGE = Page("duplicates", "Duplicates", "Audit", 5)
FAMILY = "DUP"
PASSAGE = "DUP005"


def body(visit: Visit) -> None:
    """The page."""
    query, unknown = DuplicatesQuery.read(visit.params)
    query, refused = searchable(query)
    dropped(unknown)
    pinned = query.at(run=visit.run, page=query.page)
    wanted = Wanted(visit.run, rule=query.rule or FAMILY, source=query.source, text=query.q, least=query.min)
    total = findings.count(visit.lake, wanted, visit.pieces)
    heading("Audit", "Duplicates", f"{words.plural(total, 'cluster')} of rows that say the same")
    if refused:
        notice("info", refused)
    _rules(visit, pinned)
    draw(asking.pills("duplicates", pinned, _in_force(query)))
    if total:
        _list(visit, pinned, wanted, total)
    else:
        _nothing(visit)
    command("govern rule DUP", f"govern report {visit.run} -f csv -o findings.csv")


def _rules(visit: Visit, query: DuplicatesQuery) -> None:
    outcomes = [r for r in visit.report.rules if r.id.startswith(FAMILY)]
    items = [
        tag(
            "span",
            link(f"{r.id} {rule_name(r.id)}", address("duplicates", query.at(rule=r.id))),
            f" {r.findings:,}",
            cls=None,
        )
        for r in outcomes
    ]
    draw(tag("nav", items, cls="steps", aria_label="Clusters by rule"))


def _in_force(query: DuplicatesQuery) -> list[tuple[str, str, Markup | str]]:
    said: list[tuple[str, str, Markup | str]] = []
    for name, label in (("q", "words"), ("rule", "rule"), ("source", "source")):
        if value := getattr(query, name):
            said.append((name, label, safe_text.words(value)))
    return [*said, *([("min", "at least", words.plural(query.min, "row"))] if query.min else [])]


def _list(visit: Visit, query: DuplicatesQuery, wanted: Wanted, total: int) -> None:
    offset = (query.page - 1) * PAGE_ROWS
    found = findings.page(visit.lake, wanted, visit.pieces, query.sort, PAGE_ROWS, offset)
    first = evidence.first_lines(visit.lake, visit.run, [f.fingerprint for f in found])
    columns = (
        Column("Text", "wide"),
        Column("Rule", "tight"),
        Column("Rows that repeat", "n"),
        Column("Score", "tight"),
        Column("Status", "tight"),
    )
    rows = [_row(visit, f, first.get(f.fingerprint)) for f in found]
    draw(table(columns, rows, "Clusters"), pager("duplicates", query, total))


def _row(visit: Visit, found: Found, line: Line | None) -> list[Child]:
    shown = safe_text.excerpt(line) if line else None
    return [
        join(
            link(safe_text.words(found.message, 120), address(*_target(visit, found))),
            tag("span", safe_text.line_of(shown, 160), cls="excerpt"),
        ),
        join(
            chips.severity(found.severity),
            tag("span", f"{found.rule} {safe_text.words(found.kind)}", cls="name"),
        ),
        f"{found.rows:,}",
        score_bar(found.score),
        chips.status(found.waiver, found.suppressed),
    ]


def _target(visit: Visit, found: Found) -> tuple[str, ClusterQuery | FindingQuery]:
    """Rows are compared side by side; a passage that many rows hold is shown in each of them."""
    if found.rule == PASSAGE:
        return "finding", FindingQuery(run=visit.run, id=found.fingerprint)
    return "cluster", ClusterQuery(run=visit.run, id=found.fingerprint)


def _nothing(visit: Visit) -> None:
    """No clusters, with the parameters that were used."""
    used = [
        f"{r.id}: {words.pairs(r.options)}" if r.options else f"{r.id}: {words.state_words(r.state)}"
        for r in visit.report.rules
        if r.id.startswith(FAMILY)
    ]
    lines = tag("ul", [tag("li", safe_text.words(u, 300)) for u in used])
    draw(empty("No cluster is left with these filters and parameters.", lines))


if __name__ == "__main__":
    show(PAGE, body)
