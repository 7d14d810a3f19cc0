"""One rule: the page that `govern rule` prints, the settings of the audit, and what it found."""

from __future__ import annotations

import streamlit as st

from governance.errors import UsageError
from governance.lake.browsing import findings
from governance.lake.browsing.wanted import Wanted
from governance.report import RuleOutcome
from governance.reports import words
from governance.reports.pages import page_of
from governance.rules.base import RuleInfo
from ui.dashboard import safe_text
from ui.dashboard.catalogue import Page
from ui.dashboard.components import chips, rulepage
from ui.dashboard.components.saying import command, draw, heading, section
from ui.dashboard.components.tables import Column, bars, empty, link, number, table
from ui.dashboard.frame import dropped, show
from ui.dashboard.markup import Child, Markup, join, tag
from ui.dashboard.reading.visit import Visit
from ui.dashboard.url_state import FindingsQuery, RuleQuery, address

PAGE = Page("rule", "Rules", "Audit", 9)


def body(visit: Visit) -> None:
    """The page."""
    from governance.rules.registry import find

    query, unknown = RuleQuery.read(visit.params)
    dropped(unknown)
    if not query.id:
        _all(visit)
        return
    try:
        info = find(query.id).info
    except UsageError as error:
        heading("Rules", "No such rule")
        draw(
            empty(
                safe_text.words(f"{error.what}. {error.hint}", 300),
                link("All rules", address("rule", RuleQuery(run=visit.run))),
            )
        )
        command("govern rule --all")
        return
    _one(visit, info)


def _all(visit: Visit) -> None:
    """Every rule of this version, with what it found here."""
    from governance.rules.registry import all_rules

    infos = [r.info for r in all_rules().values()]
    heading(
        "Audit",
        "Rules",
        f"{words.plural(len(infos), 'rule')} of this version, and what each found in the audit",
    )
    outcomes = {r.id: r for r in visit.report.rules}
    columns = (
        Column("Rule", "tight"),
        Column("What it finds", "wide"),
        Column("Severity", "tight"),
        Column("Findings", "n"),
    )
    rows: list[list[Child]] = [_line(visit, info, outcomes.get(info.id)) for info in infos]
    draw(table(columns, rows, "Rules"))
    command("govern rule --all")


def _line(visit: Visit, info: RuleInfo, outcome: RuleOutcome | None) -> list[Child]:
    here = link(info.id, address("rule", RuleQuery(run=visit.run, id=info.id)))
    return [
        join(here, tag("span", info.name, cls="name")),
        info.summary,
        chips.severity((outcome.severity if outcome else info.severity).value),
        _count(visit, info.id, outcome),
    ]


def _count(visit: Visit, rule: str, outcome: RuleOutcome | None) -> Child:
    if outcome is None:
        return tag("span", "not selected", cls="soft")
    if outcome.reason:
        return tag("span", words.state_words(outcome.state), cls="soft")
    return number(
        outcome.findings, address("findings", FindingsQuery(run=visit.run, rule=rule)), f"findings of {rule}"
    )


def _one(visit: Visit, info: RuleInfo) -> None:
    outcome = next((r for r in visit.report.rules if r.id == info.id), None)
    draw(
        tag(
            "nav", link("← Rules", address("rule", RuleQuery(run=visit.run))), cls="steps", aria_label="Rules"
        )
    )
    severity = (outcome.severity if outcome else info.severity).value
    heading(info.name, f"{info.id} {info.summary}", chips.severity(severity))
    _here(visit, info, outcome)
    section("The rule")
    page = rulepage.parts(page_of(info.id))
    with st.container(width=760):
        lead = page.pop("")
        shown = [] if lead == info.name else [lead]
        st.markdown("\n\n".join([*shown, *(f"##### {head}\n\n{text}" for head, text in page.items())]))
    command(f"govern rule {info.id}")


def _here(visit: Visit, info: RuleInfo, outcome: RuleOutcome | None) -> None:
    section("In this audit")
    if outcome is None:
        draw(empty("The rule was not selected for this audit."))
        return
    facts: list[tuple[str, Markup | str]] = [
        ("findings", _count(visit, info.id, outcome) if not outcome.reason else "–"),  # type: ignore[list-item]
        ("rows", f"{outcome.rows:,}"),
        ("what became of it", words.state_words(outcome.state)),
    ]
    draw(chips.facts(*facts))
    if outcome.reason:
        draw(tag("p", safe_text.words(outcome.reason, 400)))
    _kinds(visit, info)
    settings = {**outcome.options, **outcome.limits}
    if settings:
        pairs = [
            (name, tag("code", safe_text.words(words.canonical(value), 200)))
            for name, value in settings.items()
        ]
        draw(tag("h3", "Settings in force"), chips.properties(*pairs))


def _kinds(visit: Visit, info: RuleInfo) -> None:
    kinds = findings.by_kind(visit.lake, Wanted(visit.run, rule=info.id))
    if len(kinds) < 2:
        return
    links = {k: address("findings", FindingsQuery(run=visit.run, rule=info.id, kind=k)) for k in kinds}
    draw(bars(kinds, links, "By kind", {k: safe_text.words(k) for k in kinds}))


if __name__ == "__main__":
    show(PAGE, body)
