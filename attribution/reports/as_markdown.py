"""The reports for a comment or a page. What comes from the data stands in code spans and cannot come alive."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attribution.explaining.drivers import Driver, SuiteDrivers
from attribution.explaining.groups import By
from attribution.explaining.why import Cause, Rest, Why
from attribution.findings.base import Found
from attribution.reports import words
from attribution.reports.model import DriversReport, WhyReport
from governance.reports.as_markdown import code, escape
from governance.reports.words import plural

QUESTION = 300


def why(report: WhyReport) -> str:
    """One item's explanation."""
    return "".join(_why(report))


def drivers(report: DriversReport) -> str:
    """The drivers of every suite."""
    return "".join(_drivers(report))


def _why(report: WhyReport) -> Iterator[str]:
    yield f"## Why {code(report.suite)} {code(report.item)} moved\n\n"
    yield _about(report)
    if report.question:
        yield f"\n{code(report.question, QUESTION)}\n"
    for part in report.parts:
        line = part.line
        yield f"\n### {words.functional(line.functional).capitalize()}\n\n"
        yield escape(f"{line.before:.4f} before, {line.after:.4f} after.") + "\n\n"
        yield _balance(words.balance(line.sums))
        yield f"\n{escape(words.covered(part.coverage, ranks_only=part.ranks_only))}. {escape(words.flip(part))}\n"
        yield from _causes(words.side("Helped", part), part.helped, part.helped_rest, part)
        yield from _causes(words.side("Harmed", part), part.harmed, part.harmed_rest, part)
    yield from _end(report.findings, report.notes, words.LEGEND)


def _drivers(report: DriversReport) -> Iterator[str]:
    yield f"## What drove the change, by {report.by}\n\n"
    yield _about(report)
    for part in report.parts:
        yield f"\n### {code(part.suite)}, {words.functional(part.functional)}, {part.items:,} items\n\n"
        yield _balance(words.balance(part.sums))
        yield f"\n{escape(words.covered(part.coverage, ranks_only=part.ranks_only))}.\n"
        yield from _groups("Helped most", part.helped, part, report.by)
        yield from _groups("Harmed most", part.harmed, part, report.by)
        if rest := words.rest_of_drivers(part, report.by):
            yield f"\n{escape(rest)}\n"
    yield from _end(report.findings, report.notes, words.legend(report.parts))


def _about(report: WhyReport | DriversReport) -> str:
    return "".join(f"- {name}: {code(value)}\n" for name, value in words.about(report.stored))


def _balance(rows: Sequence[tuple[str, str]]) -> str:
    return "| nats | |\n|---|--:|\n" + "".join(f"| {name} | {code(value)} |\n" for name, value in rows)


def _causes(title: str, causes: Sequence[Cause], rest: Rest, part: Why) -> Iterator[str]:
    if not causes:
        return
    yield f"\n**{title}**\n\n| rank | sample | contribution | booked | removal | overlap | label, source |\n"
    yield "|--:|---|--:|--:|--:|---|---|\n"
    for c in causes:
        cells = [
            f"{c.rank}", code(c.name), code(words.amount(c.amount, ranks_only=part.ranks_only)),
            code(words.amount(c.booked, ranks_only=part.ranks_only)), code(words.score(c.removal)),
            code(words.overlap(c.overlap)), code(words.facts_of(c)),
        ]  # fmt: skip
        yield f"| {' | '.join(cells)} |\n"
    if rest.samples:
        more = f"and {plural(rest.samples, 'more sample')}"
        yield "\n" + escape(more if part.ranks_only else f"{more}: {words.nats(rest.amount)}") + "\n"


def _groups(title: str, found: Sequence[Driver], part: SuiteDrivers, by: By) -> Iterator[str]:
    if not found:
        return
    measured = words.tested(part)
    column = " measured |" if measured else ""
    yield f"\n**{title}**\n\n| rank | {by} | contribution | 95 % interval |{column} removal | samples |\n"
    yield f"|--:|---|--:|---|{'---|' * measured}--:|--:|\n"
    for d in found:
        cells = [
            f"{d.rank}", code(words.group(d.name, by)), code(words.amount(d.amount, ranks_only=part.ranks_only)),
            code(words.interval(d, ranks_only=part.ranks_only)), *[code(words.measure(d.measured))] * measured,
            code(words.score(d.removal)), f"{d.samples:,}",
        ]  # fmt: skip
        yield f"| {' | '.join(cells)} |\n"


def _end(findings: Sequence[Found], notes: Sequence[str], legend: Sequence[str]) -> Iterator[str]:
    if findings:
        yield "\n### Findings\n\n"
    for f in findings:
        yield f"- **{f.severity.value}** {code(f.rule)} {code(f.message, 400)}\n"
    yield "\n"
    for note in notes:
        yield f"- {code(note, 400)}\n"
    for line in legend:
        yield f"- {escape(line)}\n"
