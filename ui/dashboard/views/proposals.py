"""Proposals: what shall be different in the next split, who wants it and why, and what was decided."""

from __future__ import annotations

from collections import Counter

from governance.lake.proposals import standings
from governance.proposals.model import Standing
from ui.dashboard import safe_text
from ui.dashboard.catalogue import Page
from ui.dashboard.components import asking, chips, proposing
from ui.dashboard.components.saying import command, draw, heading, notice, section
from ui.dashboard.components.tables import PAGE_ROWS, Column, empty, link, pager, table
from ui.dashboard.frame import dropped, show
from ui.dashboard.markup import Child, Markup, join, tag
from ui.dashboard.reading.visit import Visit
from ui.dashboard.url_state import ClusterQuery, FindingQuery, ProposalsQuery, SplitsQuery, address

PAGE = Page("proposals", "Proposals", "Decisions", 1)
COLUMNS = (
    Column("Proposal", "tight"), Column("State", "tight"), Column("Change", "wide"), Column("Proposed by"),
    Column("Decided by"),
)  # fmt: skip
UNDER = "What shall be different in the next split. One person proposes it, another approves it."
LISTED = 20
"""Samples of a proposal that its page lists; `govern proposal show` has all of them."""


def body(visit: Visit) -> None:
    """The page."""
    query, unknown = ProposalsQuery.read(visit.params)
    dropped(unknown)
    known = standings(visit.lake)
    heading("Decisions", "Proposals", UNDER)
    if query.id:
        _one(visit, known, query)
    _all(query, known)
    command("govern proposal list", *([f"govern proposal show {query.id}"] if query.id else []))


def _all(query: ProposalsQuery, known: list[Standing]) -> None:
    if not known:
        words = "No proposals: the next split follows from the data, the findings and the policy alone."
        draw(empty(words, tag("p", "Propose one on a finding, a cluster or a split.", cls="soft")))
        return
    shown = [s for s in known if query.status in {"", s.state.value}]
    draw(tag("h2", "Register") if query.id else None, _states(query, known))
    if not shown:
        clear = link("Clear filters", address("proposals", ProposalsQuery(run=query.run)))
        draw(empty("No proposal matches these filters.", clear))
        return
    first = (query.page - 1) * PAGE_ROWS
    rows = [_row(query, s) for s in shown[first : first + PAGE_ROWS]]
    draw(table(COLUMNS, rows, "Register of proposals"), pager("proposals", query, len(shown)))


def _states(query: ProposalsQuery, known: list[Standing]) -> Markup:
    counts = Counter(s.state.value for s in known)
    items = [
        tag("li", link(join(chips.state(s), f" {n:,}"),
                       address("proposals", query.at(id="", status="" if query.status == s else s))))
        for s, n in counts.most_common()
    ]  # fmt: skip
    now = [("status", "state", query.status)] if query.status else []
    return join(tag("ul", items, cls="steps plain"), asking.pills("proposals", query.at(id=""), now))


def _row(query: ProposalsQuery, found: Standing) -> list[Child]:
    said = found.proposal
    return [
        link(said.id, address("proposals", query.at(id=said.id, page=query.page))),
        chips.state(found.state.value),
        join(
            safe_text.words(said.change.scope, 200), tag("span", safe_text.words(said.reason, 160), cls="sub")
        ),
        safe_text.words(said.by),
        safe_text.words(found.decided_by) or "–",
    ]


def _one(visit: Visit, known: list[Standing], query: ProposalsQuery) -> None:
    found = next((s for s in known if s.proposal.id == query.id), None)
    if found is None:
        notice("info", f"There is no proposal {safe_text.words(query.id)} in this lake.")
        return
    said = found.proposal
    section(said.id)
    draw(
        tag(
            "div",
            chips.properties(
                ("state", chips.state(found.state.value)),
                ("change", safe_text.words(said.change.scope, 300)),
                ("reason", safe_text.words(said.reason, 2000)),
                ("proposed by", f"{safe_text.words(said.by)}, {said.at[:19].replace('T', ' ')}"),
                (
                    "comes from",
                    _origin(visit, said.change.finding, said.change.origin, said.change.instead_of),
                ),
                ("it would have changed", proposing.effects(said.effects)),
                ("samples", _samples(said.change.samples)),
            ),
            cls="card",
        )
    )
    for fault in found.faults:
        notice("bad", f"Not as it was decided: {safe_text.words(fault, 300)}. It changes nothing.")
    proposing.decide(visit, found)
    _history(found)
    if said.change.split:
        latest = address("splits", SplitsQuery(run=query.run, id=said.change.split))
        draw(tag("p", link("The latest split of that name", latest)))


def _origin(visit: Visit, finding: str, origin: str, instead_of: str) -> Markup | str:
    words = safe_text.words(origin, 200)
    if not finding:
        return words
    if instead_of:
        return link(words, address("cluster", ClusterQuery(run=visit.run, id=finding)))
    return link(words, address("finding", FindingQuery(run=visit.run, id=finding)))


def _samples(samples: tuple[str, ...]) -> Markup | None:
    if not samples:
        return None
    more = tag("span", f" and {len(samples) - LISTED:,} more", cls="soft") if len(samples) > LISTED else None
    return join([join(tag("code", s[:12]), " ") for s in samples[:LISTED]], more)


def _history(found: Standing) -> None:
    rows: list[list[Child]] = [
        [f"{s.seq:,}", s.at[:19].replace("T", " "), s.action.removeprefix("proposal."), safe_text.words(s.actor),
         safe_text.words(s.reason, 300)]
        for s in found.history
    ]  # fmt: skip
    columns = (
        Column("Event", "n"), Column("When", "tight"), Column("What"), Column("By"), Column("Why", "wide"),
    )  # fmt: skip
    if rows:
        draw(tag("h3", "In the event log"), table(columns, rows, "History of the proposal"))


if __name__ == "__main__":
    show(PAGE, body, needs_run=False)
