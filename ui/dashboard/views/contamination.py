"""Contamination: which evaluation items stand in the rows, by suite and kind, and what was searched for at all."""

from __future__ import annotations

from governance.lake.browsing import evidence, findings
from governance.lake.browsing.evidence import Line, Overlaps
from governance.lake.browsing.findings import Found
from governance.lake.browsing.wanted import Wanted
from governance.reports import words
from ui.dashboard import safe_text
from ui.dashboard.catalogue import Page
from ui.dashboard.components import asking, chips
from ui.dashboard.components.saying import command, draw, heading, notice, section
from ui.dashboard.components.tables import PAGE_ROWS, Column, empty, link, number, pager, table
from ui.dashboard.frame import dropped, show
from ui.dashboard.markup import Child, Markup, join, tag
from ui.dashboard.reading.names import rule_name
from ui.dashboard.reading.searching import searchable
from ui.dashboard.reading.visit import Visit
from ui.dashboard.url_state import ContaminationQuery, OverlapQuery, address
from ui.dashboard.views.findings import score_bar

PAGE = Page("contamination", "Contamination", "Audit", 3)
FAMILY = "CON"


def body(visit: Visit) -> None:
    """The page."""
    query, unknown = ContaminationQuery.read(visit.params)
    query, refused = searchable(query)
    dropped(unknown)
    found = evidence.overlaps(visit.lake, visit.run)
    items = sum(s.items for s in visit.report.suites)
    under = f"{words.plural(items, 'evaluation item')} searched for in {words.plural(visit.rows, 'row')}"
    heading("Audit", "Contamination", under)
    if refused:
        notice("info", refused)
    _searched(visit)
    if found:
        _matrix(visit, query, found)
        _list(visit, query)
    elif visit.report.suites:
        draw(empty("No item of these suites was found in the rows."))
    command(f"govern report {visit.run}", "govern rule CON")


def _searched(visit: Visit) -> None:
    """What was looked for; without a suite nothing could be."""
    suites = visit.report.suites
    if not suites:
        draw(
            empty(
                "No evaluation suite was given, so nothing was searched for.",
                tag("p", "Suites checked: none."),
            )
        )
        return
    lines = [
        tag("li", tag("b", safe_text.words(s.name)), ": ", safe_text.words(words.suite(s), 300))
        for s in suites
    ]
    draw(tag("div", tag("p", "Suites checked", cls="soft"), tag("ul", lines)))


def _matrix(visit: Visit, query: ContaminationQuery, found: list[Overlaps]) -> None:
    """Suites against kinds; each count leads to its list."""
    section("Items found", "Each count is a number of findings, and leads to them.")
    kinds = sorted({(o.rule, o.kind) for o in found})
    cells = {(o.suite, o.rule, o.kind): o for o in found}
    heads = [
        Column("Suite", "wide"),
        *(Column(f"{rule} {safe_text.words(kind)}", "n") for rule, kind in kinds),
    ]
    rows: list[list[Child]] = [
        [safe_text.words(suite), *(_cell(visit, suite, rule, kind, cells) for rule, kind in kinds)]
        for suite in sorted({o.suite for o in found})
    ]
    draw(table(heads, rows, "Findings by suite and kind"))
    names = {rule: rule_name(rule) for rule, _ in kinds}
    draw(tag("p", ", ".join(f"{rule}: {name}" for rule, name in names.items()), cls="soft"))


def _cell(
    visit: Visit, suite: str, rule: str, kind: str, cells: dict[tuple[str, str, str], Overlaps]
) -> Child:
    one = cells.get((suite, rule, kind))
    if one is None:
        return tag("span", "0", cls="soft")
    query = ContaminationQuery(run=visit.run, suite=suite, rule=rule, kind=kind)
    return number(one.findings, address("contamination", query), f"{rule} {kind} in {suite}")


def _list(visit: Visit, query: ContaminationQuery) -> None:
    pinned = query.at(run=visit.run, page=query.page)
    wanted = Wanted(
        visit.run,
        rule=query.rule or FAMILY,
        kind=query.kind,
        source=query.source,
        suite=query.suite,
        text=query.q,
    )
    total = findings.count(visit.lake, wanted, visit.pieces)
    section("Overlaps", f"{words.plural(total, 'finding')}; each opens the row beside the item.")
    draw(asking.pills("contamination", pinned, _in_force(query)))
    if not total:
        draw(empty("No overlap matches these filters."))
        return
    offset = (query.page - 1) * PAGE_ROWS
    found = findings.page(visit.lake, wanted, visit.pieces, query.sort, PAGE_ROWS, offset)
    first = evidence.first_lines(visit.lake, visit.run, [f.fingerprint for f in found])
    columns = (
        Column("Item", "tight"),
        Column("In the row", "wide"),
        Column("Kind", "tight"),
        Column("Score", "tight"),
        Column("Status", "tight"),
    )
    draw(
        table(columns, [_row(visit, f, first.get(f.fingerprint)) for f in found], "Overlaps"),
        pager("contamination", pinned, total),
    )


def _in_force(query: ContaminationQuery) -> list[tuple[str, str, Markup | str]]:
    names = ("q", "suite", "rule", "kind", "source")
    return [
        (n, "words" if n == "q" else n, safe_text.words(getattr(query, n)))
        for n in names
        if getattr(query, n)
    ]


def _row(visit: Visit, found: Found, line: Line | None) -> list[Child]:
    href = address("overlap", OverlapQuery(run=visit.run, id=found.fingerprint))
    item = words.peer(line.peer) if line else found.fingerprint[:12]
    shown = safe_text.excerpt(line) if line else None
    return [
        link(safe_text.words(item, 60), href),
        join(
            tag("span", safe_text.line_of(shown), cls="excerpt"),
            tag("span", safe_text.words(visit.place(line), 120) if line else "", cls="sub"),
        ),
        join(
            chips.severity(found.severity),
            tag("span", f"{found.rule} {safe_text.words(found.kind)}", cls="name"),
        ),
        score_bar(found.score),
        chips.status(found.waiver, found.suppressed),
    ]


if __name__ == "__main__":
    show(PAGE, body)
