"""One overlap: the training row and the evaluation item side by side, part by part, with what they share marked."""

from __future__ import annotations

from governance.lake.browsing import evidence, findings
from governance.lake.browsing.evidence import Line
from governance.lake.browsing.findings import Found
from governance.reports import words
from ui.dashboard import safe_text
from ui.dashboard.catalogue import Page
from ui.dashboard.components import chips, waiving
from ui.dashboard.components.saying import command, draw, heading, section
from ui.dashboard.components.tables import empty, link
from ui.dashboard.frame import dropped, show
from ui.dashboard.markup import Markup, join, tag
from ui.dashboard.reading.names import measured, rule_name, score_words, sentence
from ui.dashboard.reading.visit import Visit
from ui.dashboard.url_state import ContaminationQuery, FindingQuery, FindingsQuery, OverlapQuery, address

PAGE = Page("overlap", "Overlap", "Audit", 4, hidden=True, under="contamination")
LINES = 40
PARTS = {
    "question": "solid underline",
    "answer": "double underline",
    "option": "dotted underline",
    "context": "wavy underline",
}
"""Parts of an item and how they are underlined: the same for people who do not tell the colours apart."""


def body(visit: Visit) -> None:
    """The page."""
    query, unknown = OverlapQuery.read(visit.params)
    dropped(unknown)
    found = findings.one(visit.lake, visit.run, query.id) if len(query.id) == 64 else None
    back = link("← Contamination", address("contamination", ContaminationQuery(run=visit.run)))
    draw(tag("nav", back, cls="steps", aria_label="Back to the list"))
    lines = evidence.lines(visit.lake, visit.run, query.id, LINES) if found else []
    lines = [line for line in lines if line.item]
    if found is None or not lines:
        heading("Overlap", "Not in this audit")
        draw(empty("This audit has no such overlap.", back))
        command(f"govern report {visit.run}")
        return
    _head(visit, found, lines)
    waiving.ask_for_one(visit, found)
    _aligned(visit, lines)
    _scores(visit, found)
    command(
        f"govern rule {found.rule}",
        f"govern waiver add --finding {found.fingerprint[:12]} --reason '...' --expires 90d",
    )


def _head(visit: Visit, found: Found, lines: list[Line]) -> None:
    same = link("the finding", address("finding", FindingQuery(run=visit.run, id=found.fingerprint)))
    under = join(
        chips.severity(found.severity),
        " \u2003",
        chips.status(found.waiver, found.suppressed),
        " \u2003",
        same,
    )
    heading(join(found.rule, " ", rule_name(found.rule)), sentence(found), under)
    parts = sorted({line.peer_part for line in lines if line.peer_part in PARTS}, key=list(PARTS).index)
    legend = [tag("span", tag("mark", part, cls=part), f" {PARTS[part]}") for part in parts]
    draw(tag("div", tag("span", "Shared text:", cls="soft"), legend, cls="legend"))


def _aligned(visit: Visit, lines: list[Line]) -> None:
    """Each line of evidence as a pair: left the row, right the part of the item that stands there."""
    section("Row and item")
    draw(*(_pair(visit, line) for line in lines))


def _pair(visit: Visit, line: Line) -> Markup:
    kind = line.peer_part if line.peer_part in PARTS else "span"
    row = address("findings", FindingsQuery(run=visit.run, row=line.row))
    turn = f", turn {line.turn + 1}" if line.turn is not None else ""
    left = join(
        "Row: ", link(safe_text.words(visit.place(line), 120), row, label="all findings of this row"), turn
    )
    right = join("Item: ", safe_text.words(words.peer(line.peer, line.peer_part), 160))
    return tag(
        "div",
        _pane(left, safe_text.spans(safe_text.excerpt(line), kind or "span")),
        _pane(right, safe_text.spans(safe_text.peer_excerpt(line), kind or "span")),
        cls="pair aligned",
    )


def _pane(head: Markup, text: Markup) -> Markup:
    return tag("section", tag("p", head, cls="soft"), tag("blockquote", text), cls="pane")


def _scores(visit: Visit, found: Found) -> None:
    section("What was measured")
    draw(
        chips.properties(
            ("score", score_words(found)), ("kind", safe_text.words(found.kind)), *measured(found)
        )
    )


if __name__ == "__main__":
    show(PAGE, body)
