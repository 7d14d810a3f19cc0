"""One finding: what it says, where it stands in its rows, what was measured, since when it is known."""

from __future__ import annotations

from governance.lake.browsing import evidence, findings
from governance.lake.browsing.evidence import Line
from governance.lake.browsing.findings import Found
from governance.reports import words
from ui.dashboard import safe_text
from ui.dashboard.catalogue import Page
from ui.dashboard.components import chips, revealing, rulepage, waiving
from ui.dashboard.components.saying import command, draw, heading, notice, section
from ui.dashboard.components.tables import Column, empty, link, table
from ui.dashboard.frame import dropped, show
from ui.dashboard.markup import Child, Markup, join, tag
from ui.dashboard.reading.names import measured, rule_name, score_words, sentence
from ui.dashboard.reading.visit import Visit
from ui.dashboard.url_state import (
    ClusterQuery,
    FindingQuery,
    FindingsQuery,
    OverlapQuery,
    RuleQuery,
    WaiversQuery,
    address,
)

PAGE = Page("finding", "Finding", "Audit", 2, hidden=True, under="findings")
LINES = 20
"""Lines of evidence that are shown; the others are counted."""


def body(visit: Visit) -> None:
    """The page."""
    query, unknown = FindingQuery.read(visit.params)
    dropped(unknown)
    found = _found(visit, query.id)
    if found is None:
        _elsewhere(visit, query.id)
        return
    pinned = query.at(run=visit.run, page=query.page)
    _steps(visit, pinned, found)
    heading(
        join(found.rule, " ", rule_name(found.rule)),
        sentence(found),
        _signs(visit, found),
    )
    waiving.ask_for_one(visit, found)
    _rows(visit, found)
    _measured(found)
    rulepage.why(found.rule, address("rule", RuleQuery(run=visit.run, id=found.rule)))
    _history(visit, found)
    revealing.history(visit, found)
    command(f"govern rule {found.rule}", *_waiver_command(found))


def _found(visit: Visit, ident: str) -> Found | None:
    """The finding; the beginning of a fingerprint will do where it is the only one."""
    from governance.lake.audits import findings_beginning

    if len(ident) == 64:
        return findings.one(visit.lake, visit.run, ident)
    known = findings_beginning(visit.lake, ident, 2) if len(ident) >= 8 else []
    return findings.one(visit.lake, visit.run, known[0][1]) if len(known) == 1 else None


def _elsewhere(visit: Visit, ident: str) -> None:
    heading("Finding", "Not in this audit")
    seen = findings.history(visit.lake, ident) if len(ident) == 64 else []
    if not seen:
        back = link("All findings", address("findings", FindingsQuery(run=visit.run)))
        draw(empty("No stored audit has this finding.", back))
    else:
        notice("info", "These audits have it:")
        links = [
            tag("li", link(s.started, address("finding", FindingQuery(run=s.run, id=ident)))) for s in seen
        ]
        draw(tag("ul", links))
    command(f"govern report {visit.run}")


def _steps(visit: Visit, query: FindingQuery, found: Found) -> None:
    """Back to the list, and to the findings before and after in it."""
    listing = query.listing()
    near = findings.neighbours(
        visit.lake, listing.wanted(visit.run), visit.pieces, query.sort, found.fingerprint
    )
    back = link("← Findings", address("findings", listing))
    place = tag("span", f"{near.place:,} of {near.total:,}", cls="soft") if near.place else None
    steps = [
        link(label, address("finding", query.at(id=ident, page=query.page)))
        for label, ident in (("Previous", near.before), ("Next", near.after))
        if ident
    ]
    draw(tag("nav", back, place, steps, cls="steps", aria_label="Findings of the list"))


def _signs(visit: Visit, found: Found) -> Markup:
    waiver = (
        link(f"waived by {found.waiver}", address("waivers", WaiversQuery(run=visit.run, id=found.waiver)))
        if found.waiver
        else chips.status("", found.suppressed)
    )
    parts = [chips.severity(found.severity), words.plural(found.rows, "row"), waiver]
    other = _other_view(visit, found)
    return join([tag("span", p, " \u2003") for p in parts], other)


def _other_view(visit: Visit, found: Found) -> Markup | None:
    """The page made for this kind of finding."""
    if found.rule in {"DUP001", "DUP002", "DUP003", "DUP004"}:
        query = ClusterQuery(run=visit.run, id=found.fingerprint)
        return link("Compare the rows side by side", address("cluster", query))
    if found.rule.startswith("CON"):
        other = OverlapQuery(run=visit.run, id=found.fingerprint)
        return link("Compare with the evaluation item", address("overlap", other))
    return None


def _rows(visit: Visit, found: Found) -> None:
    lines = evidence.lines(visit.lake, visit.run, found.fingerprint, LINES)
    total = evidence.count(visit.lake, visit.run, found.fingerprint)
    note = f"{len(lines):,} of {words.plural(total, 'line')} of evidence" if total > len(lines) else None
    section("In the rows", note)
    if not lines:
        draw(empty("This finding speaks of the dataset as a whole, so no row is shown."))
    seen = revealing.taken(visit, found)
    waiting: list[
        Markup
    ] = []  # rows without a button are drawn together: Streamlit puts a gap after each piece
    for number, line in enumerate(lines):
        waiting.append(row(visit, line, revealed=number == seen))
        if revealing.askable(visit, line):
            draw(*waiting)
            waiting.clear()
            revealing.ask(visit, found, number, line)
    draw(*waiting)


def row(visit: Visit, line: Line, *, revealed: bool = False) -> Markup:
    """A row with its place and the words around its span; the place leads to all findings of the row."""
    others = address("findings", FindingsQuery(run=visit.run, row=line.row))
    turn = f", turn {line.turn + 1}" if line.turn is not None else ""
    role = "" if line.affected else "kept: "
    score = f", score {words.score(line.score)}" if line.score is not None else ""
    head = join(
        role,
        link(safe_text.words(visit.place(line), 120), others, label="all findings of this row"),
        turn,
        score,
    )
    return tag(
        "section",
        tag("p", head, cls="soft"),
        revealing.words(line) if revealed else tag("blockquote", safe_text.spans(safe_text.excerpt(line))),
        _peer(line),
        cls="card revealed" if revealed else "card",
    )


def _peer(line: Line) -> Markup | None:
    if line.peer_excerpt is None:
        return None
    name = safe_text.words(words.peer(line.peer, line.peer_part), 120)
    return join(
        tag("p", name, cls="soft"),
        tag("blockquote", safe_text.spans(safe_text.peer_excerpt(line), line.peer_part or "span")),
    )


def _measured(found: Found) -> None:
    """The numbers: what was measured, what it was held against, and the rule's own."""
    section("What was measured")
    own: list[tuple[str, Markup | str | None]] = [
        ("score", score_words(found)),
        ("kind", safe_text.words(found.kind)),
        ("fingerprint", tag("code", found.fingerprint)),
    ]
    draw(chips.properties(*own, *measured(found)))


def _history(visit: Visit, found: Found) -> None:
    seen = findings.history(visit.lake, found.fingerprint)
    if len(seen) < 2:
        return
    section("History", "The same content is the same finding, whatever file or row it stands in.")
    rows: list[list[Child]] = [
        [
            link(
                s.started[:16].replace("T", " "),
                address("finding", FindingQuery(run=s.run, id=found.fingerprint)),
            ),
            chips.severity(s.severity),
            f"{s.rows:,}",
            "waived" if s.waived else "open",
        ]
        for s in seen
    ]
    draw(
        table(
            (Column("Audit", "tight"), Column("Severity"), Column("Rows", "n"), Column("Status")),
            rows,
            "Audits with this finding",
        )
    )


def _waiver_command(found: Found) -> list[str]:
    if found.waiver:
        return [f"govern waiver show {found.waiver}"]
    return [f"govern waiver add --finding {found.fingerprint[:12]} --reason '...' --expires 90d"]


if __name__ == "__main__":
    show(PAGE, body)
