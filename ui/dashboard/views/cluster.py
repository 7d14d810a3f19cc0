"""One cluster: the row that stays beside a row that repeats it, token by token."""

from __future__ import annotations

import streamlit as st

from governance.curation.policy import CLUSTERED
from governance.findings import Severity
from governance.lake.browsing import evidence, findings
from governance.lake.browsing.evidence import Line
from governance.lake.browsing.findings import Found
from governance.lake.proposals import standings
from governance.reports import words
from ui.dashboard import safe_text
from ui.dashboard.catalogue import Page
from ui.dashboard.components import chips, diff, proposing, waiving
from ui.dashboard.components.saying import command, draw, heading, section
from ui.dashboard.components.tables import Column, empty, link, table
from ui.dashboard.frame import dropped, show
from ui.dashboard.markup import Child, Markup, join, tag
from ui.dashboard.reading import mapping
from ui.dashboard.reading.names import measured, rule_name, score_words
from ui.dashboard.reading.visit import Visit
from ui.dashboard.url_state import (
    ClusterQuery,
    DuplicatesQuery,
    FindingQuery,
    FindingsQuery,
    MapQuery,
    ProposalsQuery,
    address,
)

PAGE = Page("cluster", "Cluster", "Audit", 6, hidden=True, under="duplicates")
AROUND = 10
"""Members that are listed before and after the one that is looked at."""
ALIKE = (
    "The rows begin alike. Only the first 200 characters of the first turn are kept with a finding; "
    "they may differ after that."
)
WHY = {
    "longest": "It stays because it is the longest of the cluster; among equals the first one read.",
    "first": "It stays because it was read first.",
    "source": "It stays because its source comes first in the order that the configuration gives.",
}


def body(visit: Visit) -> None:
    """The page."""
    query, unknown = ClusterQuery.read(visit.params)
    dropped(unknown)
    found = findings.one(visit.lake, visit.run, query.id) if len(query.id) == 64 else None
    back = link("← Duplicates", address("duplicates", DuplicatesQuery(run=visit.run)))
    kept = evidence.representative(visit.lake, visit.run, query.id) if found else None
    if found is None or kept is None:
        draw(tag("nav", back, cls="steps", aria_label="Back to the list"))
        heading("Cluster", "Not in this audit")
        draw(empty("This audit has no such cluster.", back))
        command(f"govern report {visit.run}")
        return
    members = evidence.count(visit.lake, visit.run, found.fingerprint) - 1
    now = min(query.member, max(members, 1))
    pinned = ClusterQuery(run=visit.run, id=found.fingerprint, member=now)
    draw(_steps(back, pinned, members))
    _head(visit, found)
    waiving.ask_for_one(visit, found)
    _compare(visit, pinned, kept)
    _decisions(visit, pinned, found, kept)
    _members(visit, pinned, members)
    draw(tag("h3", "What was measured"), chips.properties(("score", score_words(found)), *measured(found)))
    command(
        f"govern rule {found.rule}",
        f"govern waiver add --finding {found.fingerprint[:12]} --reason '...' --expires 90d",
        f"govern proposal add --stays SAMPLE --of {found.fingerprint[:12]} --reason '...'",
    )


def _steps(back: Markup, query: ClusterQuery, members: int) -> Markup:
    place = tag("span", f"member {query.member:,} of {members:,}", cls="soft")
    steps = [
        link(label, address("cluster", query.at(member=to)))
        for label, to, there in (
            ("Previous", query.member - 1, query.member > 1),
            ("Next", query.member + 1, query.member < members),
        )
        if there
    ]
    return tag("nav", back, place, steps, cls="steps", aria_label="Members of the cluster")


def _head(visit: Visit, found: Found) -> None:
    same = link("the finding", address("finding", FindingQuery(run=visit.run, id=found.fingerprint)))
    parts = (
        chips.severity(found.severity),
        words.plural(found.rows + 1, "row"),
        chips.status(found.waiver, found.suppressed),
        same,
        *([_on_the_map(visit, found)] if mapping.likely(visit) else []),
    )
    heading(
        join(found.rule, " ", rule_name(found.rule)),
        safe_text.words(found.message, 300),
        join([tag("span", p, " \u2003") for p in parts]),
    )


def _on_the_map(visit: Visit, found: Found) -> Markup:
    """The map of the audit with the rows of the cluster chosen."""
    query = MapQuery(run=visit.run, colour="cluster", cluster=found.fingerprint)
    return link("its rows on the map", address("map", query))


def _compare(visit: Visit, query: ClusterQuery, kept: Line) -> None:
    """The two texts; excerpts are masked before they are compared, so no secret shows as a difference."""
    chosen = str(visit.report.config.get("representative", ""))
    section("Side by side", WHY.get(chosen))
    member = _affected(visit, query, 1, query.member - 1)
    if not member:
        draw(empty("The rows of this cluster are not kept."))
        return
    left, right = (_text(visit, line) for line in (kept, member[0]))
    draw(
        diff.side_by_side((f"Stays: {left[0]}", left[1]), (f"Repeats it: {right[0]}", right[1]), whole=False)
    )
    if left[1] == right[1]:
        draw(
            tag(
                "p",
                ALIKE,
                cls="soft",
            )
        )


def _decisions(visit: Visit, query: ClusterQuery, found: Found, kept: Line) -> None:
    """Which row stays is decided by the policy, until somebody proposes another one and somebody else agrees."""
    if found.rule not in CLUSTERED:
        return
    known = [s for s in standings(visit.lake) if s.proposal.change.finding == found.fingerprint]
    for one in known:
        where = link(one.proposal.id, address("proposals", ProposalsQuery(run=query.run, id=one.proposal.id)))
        scope = safe_text.words(one.proposal.change.scope, 200)
        draw(tag("p", chips.state(one.state.value), " ", where, f": {scope}"))
    member = _affected(visit, query, 1, query.member - 1)
    if not member or not member[0].sample_id or not kept.sample_id:
        return
    ident = member[0].sample_id
    with st.container(horizontal=True):
        if found.severity != Severity.NOTE.value:  # of a note every row stays
            proposing.ask_to_stand(visit, found.fingerprint, ident)
        origin = f"cluster of finding {found.fingerprint[:12]}"
        proposing.ask_to_leave_out(visit, 1, lambda: [ident], origin, found.fingerprint)


def _affected(visit: Visit, query: ClusterQuery, limit: int, offset: int) -> list[Line]:
    """Members come before the representative in the order of the evidence."""
    found = evidence.lines(visit.lake, visit.run, query.id, limit, max(offset, 0))
    return [line for line in found if line.affected]


def _text(visit: Visit, line: Line) -> tuple[str, str]:
    shown = safe_text.excerpt(line)
    return safe_text.words(visit.place(line), 120), shown.text if shown else ""


def _members(visit: Visit, query: ClusterQuery, members: int) -> None:
    if members < 2:
        return
    first = max(query.member - 1 - AROUND, 0)
    lines = _affected(visit, query, 2 * AROUND + 1, first)
    section("Members", f"{len(lines):,} of {words.plural(members, 'row')} that repeat the one that stays")
    rows: list[list[Child]] = [_member(visit, query, first + n + 1, line) for n, line in enumerate(lines)]
    columns = (Column("Row", "tight"), Column("Text", "wide"), Column("Score", "tight"), Column("", "tight"))
    draw(table(columns, rows, "Members of the cluster"))


def _member(visit: Visit, query: ClusterQuery, number: int, line: Line) -> list[Child]:
    here = number == query.member
    compare = "compared above" if here else link("compare", address("cluster", query.at(member=number)))
    return [
        link(
            safe_text.words(visit.place(line), 120),
            address("findings", FindingsQuery(run=visit.run, row=line.row)),
        ),
        tag("span", safe_text.line_of(safe_text.excerpt(line)), cls="excerpt"),
        words.score(line.score),
        compare,
    ]


if __name__ == "__main__":
    show(PAGE, body)
