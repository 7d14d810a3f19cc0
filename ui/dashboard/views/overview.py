"""Overview: the verdict of the latest audit, what decides it, and what has to be looked at."""

from __future__ import annotations

from datetime import date, timedelta

from governance.findings import Severity
from governance.lake.browsing import findings
from governance.lake.browsing.wanted import WAIVED, Wanted
from governance.report import RuleOutcome, RuleState, WaiverRecord
from governance.reports import words
from ui.dashboard import safe_text
from ui.dashboard.catalogue import Page
from ui.dashboard.components import chips, gains
from ui.dashboard.components.saying import command, draw, notice, section
from ui.dashboard.components.tables import Column, bars, link, number, table
from ui.dashboard.frame import dropped, show
from ui.dashboard.markup import Child, Markup, join, tag
from ui.dashboard.reading.visit import Visit
from ui.dashboard.url_state import DatasetQuery, FindingsQuery, Query, RuleQuery, WaiversQuery, address

PAGE = Page("", "Overview", "Audit", 0)
SOON = timedelta(days=14)
SHOWN = 8


def body(visit: Visit) -> None:
    """The page."""
    dropped(Query.read(visit.params)[1])
    found = findings.by_severity(visit.lake, Wanted(visit.run))
    counts = {s.value: found.get(s.value, 0) for s in Severity}
    _verdict(visit, counts)
    _facts(visit, counts)
    _deciding(visit)
    gains.latest(visit)
    _expiring(visit)
    _idle(visit)
    command(f"govern runs show {visit.run}", f"govern report {visit.run}")


def _verdict(visit: Visit, counts: dict[str, int]) -> None:
    report = visit.report
    names = ", ".join(safe_text.words(d.name) for d in report.datasets)
    when = report.run.started[:16].replace("T", " ")
    draw(
        tag("p", f"Audit of {when} UTC, by {safe_text.words(report.run.user)}", cls="eyebrow"),
        tag("div", chips.verdict(report.verdict.value), tag("h1", names), cls="verdict"),
        tag("p", words.gate_explanation(report, counts), cls="under"),
    )


def _facts(visit: Visit, counts: dict[str, int]) -> None:
    waived = findings.count(visit.lake, Wanted(visit.run, status=WAIVED))
    boxes: list[tuple[str, Markup | str]] = [
        (f"{s.value}s", _severity_count(visit, s.value, counts[s.value])) for s in Severity
    ]
    waiting = FindingsQuery(run=visit.run, status=WAIVED)
    boxes.append(("waived", number(waived, address("findings", waiting), "waived findings")))
    boxes.append(("rows read", _datasets_link(visit)))
    draw(chips.facts(*boxes))
    if change := _change(visit):
        draw(tag("p", change, cls="soft"))


def _severity_count(visit: Visit, word: str, n: int) -> Markup:
    href = address("findings", FindingsQuery(run=visit.run, severity=word))
    sign = tag("span", chips.SHAPES[word], cls=f"shape {word}", aria_hidden="true")
    return join(sign, number(n, href, f"{words.plural(n, word)}, show them"))


def _datasets_link(visit: Visit) -> Markup:
    query = DatasetQuery(run=visit.run)
    return number(visit.rows, address("datasets", Query(run=query.run)), "rows read, show the datasets")


def _change(visit: Visit) -> Child:
    """Against the baseline of the audit, or the audit before it of the same data."""
    if visit.report.gate.baseline is not None:
        b = visit.report.gate.baseline
        name = safe_text.words(b.name)
        return f"Against {name}: {b.new:,} new, {b.unchanged:,} unchanged, {b.fixed:,} gone."
    mine = next(r for r in visit.known if r.run == visit.run)
    later = visit.known[visit.known.index(mine) + 1 :]
    before = next((r for r in later if r.datasets == mine.datasets), None)
    if before is None:
        return None
    new, same, gone = findings.in_both(visit.lake, visit.run, before.run)
    earlier = link("the audit before it", address("", Query(run=before.run)))
    return join("Against ", earlier, f" of the same data: {new:,} new, {same:,} unchanged, {gone:,} gone.")


def _deciding(visit: Visit) -> None:
    """Rules whose findings count at the gate first, then the others that found something."""
    found = [r for r in visit.report.rules if r.findings]
    stopping = [r for r in found if _stops(visit, r)]
    others = [r for r in found if r not in stopping]
    if not found:
        rules = sum(r.state is RuleState.RAN for r in visit.report.rules)
        notice(
            "good",
            f"Clean: no findings over {words.plural(visit.rows, 'row')}, {words.plural(rules, 'rule')}.",
        )
        return
    if stopping:
        section(
            "What decides the verdict",
            "Findings of these rules fail the gate. Each count leads to its findings.",
        )
        draw(_rules(visit, stopping, "Rules that decide the verdict"))
    if others:
        section("Also found", "Below the gate, waived, or within the limits of the policy.")
        top = sorted(others, key=lambda r: -r.findings)
        draw(_chart(visit, top[:SHOWN]))
        if len(top) > SHOWN:
            more = link("Show all findings", address("findings", FindingsQuery(run=visit.run)))
            draw(tag("p", f"and {words.plural(len(top) - SHOWN, 'rule')} more. ", more))


def _stops(visit: Visit, rule: RuleOutcome) -> bool:
    counted = {rule.severity.value: rule.findings} if rule.counted is None else rule.counted
    gate = visit.report.gate
    return any(n and words.gated(Severity(word), gate) for word, n in counted.items())


def _rules(visit: Visit, rules: list[RuleOutcome], caption: str) -> Markup:
    columns = (
        Column("Rule", "tight"),
        Column("What it finds", "wide"),
        Column("Severity"),
        Column("Findings", "n"),
        Column("Rows", "n"),
    )
    return table(columns, [_rule(visit, r) for r in rules], caption)


def _rule(visit: Visit, rule: RuleOutcome) -> list[Child]:
    query = FindingsQuery(run=visit.run, rule=rule.id)
    return [
        join(
            link(rule.id, address("rule", RuleQuery(run=visit.run, id=rule.id))),
            tag("span", rule.name, cls="name"),
        ),
        rule.summary,
        chips.severity(rule.severity.value),
        number(rule.findings, address("findings", query), f"findings of {rule.id}"),
        f"{rule.rows:,}",
    ]


def _chart(visit: Visit, rules: list[RuleOutcome]) -> Markup:
    counts = {r.id: r.findings for r in rules}
    links = {r.id: address("findings", FindingsQuery(run=visit.run, rule=r.id)) for r in rules}
    names = {r.id: f"{r.id} {r.name}" for r in rules}
    return bars(counts, links, "Findings by rule", names)


def _expiring(visit: Visit) -> None:
    from governance.waivers.model import today

    soon = [w for w in visit.report.waivers if w.state == "in-force" and _until(w) <= today() + SOON]
    if not soon:
        return
    section("Waivers that end soon", "After their last day what they cover counts again.")
    columns = (
        Column("Waiver"),
        Column("Rule"),
        Column("Last day"),
        Column("Covers", "n"),
        Column("Reason", "wide"),
    )
    draw(table(columns, [_waiver(visit, w) for w in soon], "Waivers that end within 14 days"))


def _until(waiver: WaiverRecord) -> date:
    return date.fromisoformat(waiver.expires)


def _waiver(visit: Visit, waiver: WaiverRecord) -> list[Child]:
    href = address("waivers", WaiversQuery(run=visit.run, id=waiver.id))
    return [
        link(waiver.id, href),
        waiver.rule,
        waiver.expires,
        f"{waiver.findings:,}",
        safe_text.words(waiver.reason, 160),
    ]


def _idle(visit: Visit) -> None:
    """Nothing is left out silently: rules that did not run, and why."""
    idle = [r for r in visit.report.rules if r.state is not RuleState.RAN]
    if not idle:
        return
    missing = [r for r in idle if r.state is RuleState.NOT_RUN]
    note = "Rules that were asked for and could not run make an audit incomplete." if missing else None
    section("Rules that did not run", note)
    rows: list[list[Child]] = [
        [
            link(r.id, address("rule", RuleQuery(run=visit.run, id=r.id))),
            words.state_words(r.state),
            safe_text.words(r.reason, 240),
        ]
        for r in sorted(idle, key=lambda r: (r.state is not RuleState.NOT_RUN, r.id))
    ]
    draw(
        table(
            (Column("Rule", "tight"), Column("What became of it", "tight"), Column("Why", "wide")),
            rows,
            "Rules that did not run",
        )
    )


if __name__ == "__main__":
    show(PAGE, body)
