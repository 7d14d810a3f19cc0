"""JUnit XML: one test case a rule, so that any CI system shows which rules hold.

A rule with findings at or above the gate is a failure, findings below it are output of a passing case. A rule that
does not apply is skipped. One that could not run is an error, since a skipped case reads as a pass and an incomplete
audit is none; where the gate allows incomplete audits it is skipped.
"""

from __future__ import annotations

from typing import TextIO
from xml.sax.saxutils import escape, quoteattr

from governance.report import RuleState
from governance.reports import words
from governance.reports.view import RuleLine, View
from governance.safe_text import brief, visible

LIMIT = 20
LINES = 3


def write(view: View, out: TextIO) -> None:
    """Writes one test suite."""
    run = view.report.run
    failures = sum(bool(r.gated) for r in view.rules)
    errors = sum(_errs(view, r) for r in view.rules)
    skipped = sum(r.outcome.state is not RuleState.RAN for r in view.rules) - errors
    totals = f'tests="{len(view.rules)}" failures="{failures}" errors="{errors}" time="{run.seconds:.3f}"'
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n')
    out.write(f'<testsuites name="govern" {totals}>\n')
    out.write(
        f'<testsuite name="govern audit" {totals} skipped="{skipped}" timestamp={attribute(run.started)} '
        f"hostname={attribute(run.host)} id={attribute(run.id)}>\n"
    )
    _write_properties(view, out)
    for rule in sorted(view.rules, key=lambda r: r.outcome.id):
        _write_case(view, rule, out)
    out.write(f"<system-out>{text(view.headline + chr(10) + view.gate)}</system-out>\n")
    out.write("</testsuite>\n</testsuites>\n")


def _write_properties(view: View, out: TextIO) -> None:
    known = {
        "verdict": view.report.verdict.value,
        "gate": view.report.gate.fail_on,
        "govern": view.report.run.govern,
    }
    known |= {
        f"dataset {d.name}": f"{d.rows} rows, content {d.content_hash}" for d in view.report.datasets[:100]
    }
    known |= {
        f"suite {s.name}": f"{s.items} items, {s.searchable} searchable" for s in view.report.suites[:100]
    }
    out.write("<properties>\n")
    for name, value in known.items():
        out.write(f"<property name={attribute(name)} value={attribute(value)}/>\n")
    out.write("</properties>\n")


def _errs(view: View, rule: RuleLine) -> bool:
    return rule.outcome.state is RuleState.NOT_RUN and not view.report.gate.allow_incomplete


def _write_case(view: View, rule: RuleLine, out: TextIO) -> None:
    outcome = rule.outcome
    name = f"{outcome.id} {outcome.name}".strip()
    seconds = view.report.run.timings.get(outcome.id, 0.0)
    out.write(f"<testcase name={attribute(name)} classname={attribute('govern.' + outcome.id[:3])}")
    out.write(f' time="{seconds:.3f}">\n')
    if outcome.state is not RuleState.RAN:
        tag = "error" if _errs(view, rule) else "skipped"
        reason = f"{words.state_words(outcome.state)}: {outcome.reason}"
        out.write(f"<{tag} message={attribute(reason)}/>\n")
    if rule.gated:
        waived = f", {outcome.waived:,} of them waived," if outcome.waived else ""
        count = (
            f"{words.tally(rule.levels)}{waived} in {words.plural(outcome.rows, 'row')}: {outcome.summary}"
        )
        out.write(f"<failure message={attribute(count)}>{_listing(view, rule)}</failure>\n")
    elif rule.levels:
        out.write(f"<system-out>{_listing(view, rule)}</system-out>\n")
    out.write("</testcase>\n")


def _listing(view: View, rule: RuleLine) -> str:
    """The weightiest findings, a line each and a line for each row, and how many are not listed."""
    limit = LIMIT if view.options.limit is None else view.options.limit
    lines = []
    for found in view.top(rule.outcome.id, limit, LINES):
        state = "".join(f" [{mark}]" for mark in found.marks)
        lines.append(f"{found['severity']}: {found['message']}{state}  ({found['fingerprint'][:12]})")
        lines += [f"  {e.place}  {e.excerpt.line() if e.excerpt else ''}".rstrip() for e in found.evidence]
    hidden = rule.listed - min(limit, rule.listed)
    if hidden:
        lines.append(f"{words.plural(hidden, 'more finding')} not listed here")
    if rule.listed < rule.total:
        lines.append(f"{words.plural(rule.total - rule.listed, 'waived finding')} not listed here")
    return text("\n".join(lines))


def text(value: str) -> str:
    """Character data: characters that XML forbids are made visible, newlines stay."""
    return escape(visible(value, lines=True))


def attribute(value: str) -> str:
    """A quoted attribute, in one line."""
    return quoteattr(brief(value, 2000))
