"""Rows of a split in pages: those that left at a step, those of a label or source, those that two splits differ in."""

from __future__ import annotations

import json

from governance.curation.compare import CHANGES
from governance.curation.record import STEPS, SplitRecord
from governance.lake.browsing import splits
from governance.lake.browsing.splits import Changed, Left
from governance.reports.words import plural
from ui.dashboard import safe_text
from ui.dashboard.components import asking
from ui.dashboard.components.saying import draw, notice, section
from ui.dashboard.components.tables import PAGE_ROWS, Column, bars, empty, link, pager, table
from ui.dashboard.markup import Child, Markup, join, tag
from ui.dashboard.reading.visit import Visit
from ui.dashboard.url_state import FindingQuery, ProposalsQuery, SplitsQuery, address

CHANGED = {
    "removed": "no longer in it", "added": "new in it", "moved": "in another part", "reweighted": "of another weight",
    "rewritten": "masked otherwise",
}  # fmt: skip


def left_out(visit: Visit, query: SplitsQuery, record: SplitRecord) -> None:
    """The rows that left at the step of the query, each with who or what says so."""
    total = splits.left_count(visit.lake, record, query.step, query.rule)
    section(f"Left out at {query.step}", STEPS[query.step])
    now = [("step", "step", query.step), *([("rule", "rule", query.rule)] if query.rule else [])]
    draw(_pills(query, now))
    offset = (query.page - 1) * PAGE_ROWS
    found = splits.left_page(visit.lake, record, query.step, query.rule, PAGE_ROWS, offset)
    if not total:
        draw(empty("No row left here."))
        return
    columns = (
        Column("Row", "wide"), Column("Rule", "tight"), Column("Decided by"), Column("Sample", "tight"),
        Column("Stands for it", "tight"),
    )  # fmt: skip
    rows: list[list[Child]] = [
        [_place(r.dataset, r.row), *_why(query, record, r), _sample(r.sample_id), _sample(r.stands)]
        for r in found
    ]
    draw(table(columns, rows, "Rows that were left out"), pager("splits", query, total))


def _why(query: SplitsQuery, record: SplitRecord, one: Left) -> list[Child]:
    rule: Child = one.rule or ""
    if one.finding and one.rule:
        rule = link(one.rule, address("finding", FindingQuery(run=record.run, id=one.finding)))
    said = one.decision or ""
    ident = said.removeprefix("proposal ") if said.startswith("proposal P-") else ""
    known = address("proposals", ProposalsQuery(run=query.run, id=ident))
    return [rule, link(said, known) if ident else safe_text.words(said, 160)]


def _place(dataset: str, row: int) -> str:
    return f"{safe_text.words(dataset)}, row {row:,}"


def _sample(ident: str | None) -> Markup | None:
    return tag("code", ident[:12]) if ident else None


def members(visit: Visit, query: SplitsQuery, record: SplitRecord) -> None:
    """The rows of the label or source of the query."""
    total = splits.member_count(visit.lake, record, query.by, query.value)
    shown = safe_text.words(query.value) or "(none)"
    section(f"Rows of {query.by} {shown}")
    draw(_pills(query.at(value=""), [("by", query.by, shown)]))
    if not total:
        draw(empty(f"No row of the split has this {query.by}."))
        return
    found = splits.member_page(
        visit.lake, record, query.by, query.value, PAGE_ROWS, (query.page - 1) * PAGE_ROWS
    )
    columns = (
        Column("Row", "wide"), Column("Part", "tight"), Column("Weight", "n"), Column("Tokens", "n"), Column("Source"),
        Column("Label"), Column("Sample", "tight"),
    )  # fmt: skip
    rows: list[list[Child]] = [
        [_place(m.dataset, m.row), m.part, f"{m.weight:g}", f"{m.tokens:,}", safe_text.words(m.source),
         safe_text.words(m.label), _sample(m.sample_id)]
        for m in found
    ]  # fmt: skip
    draw(table(columns, rows, "Rows of the split"), pager("splits", query, total))


def _pills(query: SplitsQuery, now: list[tuple[str, str, str]]) -> Markup | None:
    back = link("The whole split", address("splits", SplitsQuery(run=query.run, id=query.id)), "clear")
    return join(
        asking.pills("splits", query, list(now)),
        tag("nav", back, cls="steps", aria_label="Back to the split"),
    )


def difference(visit: Visit, query: SplitsQuery, record: SplitRecord) -> None:
    """What the split has otherwise than the one of the query, and why."""
    old = splits.one(visit.lake, query.against)
    section(f"Against {safe_text.words(query.against)}")
    draw(_pills(query, [("against", "against", safe_text.words(query.against))]))
    if old is None:
        notice("info", "There is no such split in this lake to compare with.")
        return
    counts = splits.changes(visit.lake, old, record)
    shown = {c: n for c, n in counts.items() if n or c == "same"}
    links = {c: address("splits", query.at(change=c)) for c in CHANGES}
    names = {"same": "in both as they are", **CHANGED}
    draw(bars(shown, links, f"Rows of {safe_text.words(record.reference)}", names))
    _policy(old, record)
    total = counts[query.change]
    draw(tag("h3", f"{plural(total, 'row')} {CHANGED[query.change]}"))
    if total:
        _changed(visit, query, old, record, total)


def _policy(old: SplitRecord, new: SplitRecord) -> None:
    keys = sorted(k for k in old.policy.keys() | new.policy.keys() if old.policy.get(k) != new.policy.get(k))
    rows: list[list[Child]] = [
        [k, safe_text.words(_value(old.policy.get(k)), 300), safe_text.words(_value(new.policy.get(k)), 300)]
        for k in keys
    ]
    if rows:
        columns = (Column("Policy", "tight"), Column("Before", "wide"), Column("Now", "wide"))
        draw(tag("h3", "What the policy says otherwise"), table(columns, rows, "Differences of the policy"))


def _value(value: object) -> str:
    return "–" if value in (None, "", [], {}) else json.dumps(value, ensure_ascii=False)


def _changed(visit: Visit, query: SplitsQuery, old: SplitRecord, new: SplitRecord, total: int) -> None:
    """The rows of one kind of change. Why a row is not in a split is said by that split."""
    found = splits.changed_page(visit.lake, old, new, query.change, PAGE_ROWS, (query.page - 1) * PAGE_ROWS)
    without = {"added": old, "removed": new}.get(query.change)
    why = splits.reasons(visit.lake, without, [c.sample_id for c in found]) if without else {}
    columns = [Column("Row", "wide"), Column("Sample", "tight")]
    if without:
        told = "Why it was not in before" if query.change == "added" else "Why it is not in now"
        columns += [Column(told), Column("Rule", "tight"), Column("Decided by")]
    rows = [[*_which(c), *(_reason(query, without, why.get(c.sample_id)) if without else [])] for c in found]
    draw(table(columns, rows, "Rows that differ"), pager("splits", query, total))


def _which(one: Changed) -> list[Child]:
    return [_place(one.dataset, one.row), _sample(one.sample_id)]


def _reason(query: SplitsQuery, record: SplitRecord, left: Left | None) -> list[Child]:
    return (
        [STEPS.get(left.step, left.step), *_why(query, record, left)] if left else ["not in its data", "", ""]
    )
