"""Waivers: the register, one waiver with its history in the event log, and what may be decided about it."""

from __future__ import annotations

from collections import Counter

from governance.lake.browsing import findings
from governance.lake.browsing.wanted import Wanted
from governance.report import WaiverRecord
from governance.reports.words import plural
from governance.waivers.judge import Judged
from governance.waivers.log import Recorded
from ui.dashboard import safe_text
from ui.dashboard.catalogue import Page
from ui.dashboard.components import asking, chips, waiving
from ui.dashboard.components.saying import command, draw, heading, notice, section
from ui.dashboard.components.tables import Column, empty, link, number, table
from ui.dashboard.frame import dropped, show
from ui.dashboard.markup import Child, Markup, join, tag
from ui.dashboard.reading.register import Register, register
from ui.dashboard.reading.visit import Visit
from ui.dashboard.url_state import FindingQuery, FindingsQuery, RuleQuery, WaiversQuery, address

PAGE = Page("waivers", "Waivers", "Decisions", 0)
COLUMNS = (
    Column("Waiver", "tight"), Column("State", "tight"), Column("Rule", "tight"), Column("Scope", "wide"),
    Column("Covers now", "n"), Column("Last day", "tight"), Column("Asked by"), Column("Agreed by"),
)  # fmt: skip


def body(visit: Visit) -> None:
    """The page."""
    query, unknown = WaiversQuery.read(visit.params)
    dropped(unknown)
    known = register(visit.desk, visit.lake)
    heading("Decisions", "Waivers", "Findings that a second person agreed to accept, for a time.")
    if query.id:
        _one(visit, known, query)
    _all(visit, known, query)
    command("govern waiver list", *([f"govern waiver show {query.id}"] if query.id else []))


def _all(visit: Visit, known: Register, query: WaiversQuery) -> None:
    judged = known.judgement.waivers
    if not judged:
        draw(empty("No waivers: every finding counts."))
        return
    shown = [j for j in judged if query.status in {"", j.state.value} and _owned(j, query.owner)]
    draw(tag("h2", "Register") if query.id else None, _states(query, judged))
    if not shown:
        draw(
            empty(
                "No waiver matches these filters.",
                link("Clear filters", address("waivers", WaiversQuery(run=query.run))),
            )
        )
        return
    draw(table(COLUMNS, [_row(visit, query, j) for j in shown], "Register of waivers"))


def _owned(judged: Judged, owner: str) -> bool:
    from governance.waivers.model import same_person

    people = (judged.waiver.requested_by, judged.waiver.approved_by)
    return not owner or any(same_person(owner, one) for one in people)


def _states(query: WaiversQuery, judged: tuple[Judged, ...]) -> Markup:
    counts = Counter(j.state.value for j in judged)
    items = [
        tag(
            "li",
            link(
                join(chips.state(s), f" {n:,}"),
                address("waivers", query.at(id="", status="" if query.status == s else s)),
            ),
        )
        for s, n in counts.most_common()
    ]
    now = asking.pills(
        "waivers",
        query.at(id=""),
        [
            *([("status", "state", safe_text.words(query.status))] if query.status else []),
            *([("owner", "of", safe_text.person(query.owner))] if query.owner else []),
        ],
    )
    return join(tag("ul", items, cls="steps plain"), now)


def _row(visit: Visit, query: WaiversQuery, judged: Judged) -> list[Child]:
    w = judged.waiver
    return [
        link(w.id, address("waivers", query.at(id=w.id))),
        chips.state(judged.state.value),
        link(w.rule, address("rule", RuleQuery(run=query.run, id=w.rule))),
        join(scope(visit, judged), tag("span", safe_text.words(w.reason, 160), cls="sub")),
        covered(visit, judged),
        w.expires.isoformat(),
        _person(query, w.requested_by),
        _person(query, w.approved_by),
    ]


def _person(query: WaiversQuery, name: str) -> Child:
    """Somebody, who leads to what they asked for or agreed to."""
    if not name:
        return "–"
    theirs = address("waivers", query.at(owner=name, id=""))
    return link(safe_text.person(name), theirs, label=f"waivers of {safe_text.person(name)}")


def scope(visit: Visit, judged: Judged) -> Markup:
    """Which findings are meant, as a link where that is one."""
    w = judged.waiver
    if w.fingerprint:
        return link(
            f"finding {w.fingerprint[:12]}", address("finding", FindingQuery(run=visit.run, id=w.fingerprint))
        )
    return tag("code", safe_text.words(w.where, 200))


def covered(visit: Visit, judged: Judged) -> Markup:
    """How many findings of the audit it covered, or would cover where that can be told from its fingerprint."""
    w = judged.waiver
    record = next((r for r in visit.report.waivers if r.id == w.id), None) if visit.run else None
    if w.fingerprint and visit.run:
        found = findings.one(visit.lake, visit.run, w.fingerprint) is not None
        return number(int(found), address("finding", FindingQuery(run=visit.run, id=w.fingerprint)))
    return _by_record(visit, judged, record)


def _by_record(visit: Visit, judged: Judged, record: WaiverRecord | None) -> Markup:
    if record is not None and record.findings:
        href = address("findings", FindingsQuery(run=visit.run, rule=judged.waiver.rule, status="waived"))
        return number(record.findings, href)
    return tag("span", "–", title="known after the next audit in which it is in force")


def _one(visit: Visit, known: Register, query: WaiversQuery) -> None:
    found = next((j for j in known.judgement.waivers if j.waiver.id == query.id), None)
    if found is None:
        notice("info", f"There is no waiver {safe_text.words(query.id)} in the file.")
        return
    w = found.waiver
    section(f"Waiver {w.id}")
    draw(
        tag(
            "div",
            chips.properties(
                ("state", chips.state(found.state.value)),
                ("rule", link(w.rule, address("rule", RuleQuery(run=query.run, id=w.rule)))),
                ("covers", scope(visit, found)),
                ("reason", safe_text.words(w.reason, 2000)),
                ("asked by", f"{safe_text.person(w.requested_by)} on {w.requested_on}"),
                (
                    "agreed by",
                    f"{safe_text.person(w.approved_by)} on {w.approved_on}" if w.approved_by else None,
                ),
                ("last day", w.expires.isoformat()),
                ("ticket", safe_text.words(w.ticket)),
                (
                    "closed by",
                    f"{safe_text.person(w.closed_by)}: {safe_text.words(w.closed_because, 400)}"
                    if w.closed_by
                    else None,
                ),
            ),
            cls="card",
        )
    )
    for fault in found.faults:
        notice("bad", f"Not as it was decided: {safe_text.words(fault, 300)}")
    waiving.decide(visit, w, covers_in_words(visit, found))
    _history([c for c in known.history if c.id == w.id])


def covers_in_words(visit: Visit, judged: Judged) -> str:
    """'1 finding of CON001', or the condition with what it covers now, where that is known."""
    w = judged.waiver
    if w.fingerprint:
        there = visit.run and findings.one(visit.lake, visit.run, w.fingerprint)
        return f"{plural(1 if there else 0, 'finding')} of {w.rule} in the audit that is shown ({w.fingerprint[:12]})"
    total = findings.count(visit.lake, Wanted(visit.run, rule=w.rule)) if visit.run else 0
    return f"findings of {w.rule} (it has {total:,} in the audit that is shown) where {safe_text.words(w.where, 300)}"


def _history(changes: list[Recorded]) -> None:
    rows: list[list[Child]] = [
        [
            f"{c.seq:,}",
            c.at[:19].replace("T", " "),
            c.action.removeprefix("waiver."),
            safe_text.person(c.actor),
        ]
        for c in changes
    ]
    if rows:
        draw(tag("h3", "In the event log"))
        draw(
            table(
                (Column("Event", "n"), Column("When", "tight"), Column("What"), Column("By", "wide")),
                rows,
                "History of the waiver",
            )
        )


if __name__ == "__main__":
    show(PAGE, body)
