"""The reports for a terminal. Names, labels and excerpts come from the data: they are made visible and cut."""

from __future__ import annotations

from collections.abc import Sequence

from attribution.explaining.drivers import Driver, SuiteDrivers
from attribution.explaining.groups import By
from attribution.explaining.why import Cause, Rest, Why
from attribution.findings.base import Found
from attribution.reports import words
from attribution.reports.model import DriversReport, WhyReport
from governance.reports.words import plural
from governance.safe_text import brief

NAME, EXCERPT, QUESTION = 48, 72, 300  # characters that are shown


def why(report: WhyReport) -> str:
    """One item's explanation."""
    lines = [f"Why {_safe(report.suite)} {_safe(report.item)} moved", *_about(report)]
    if report.question:
        lines += ["", "  " + brief(report.question, QUESTION)]
    for part in report.parts:
        lines += ["", *_part(part)]
    return _end(lines, report.findings, report.notes, words.LEGEND)


def drivers(report: DriversReport) -> str:
    """The drivers of every suite."""
    lines = [f"What drove the change, by {report.by}", *_about(report)]
    for part in report.parts:
        lines += ["", *_suite(part, report.by)]
    if not report.parts:
        lines += ["", "No item was traced."]
    return _end(lines, report.findings, report.notes, words.legend(report.parts))


def _about(report: WhyReport | DriversReport) -> list[str]:
    return words.aligned([(name, _safe(value, 200)) for name, value in words.about(report.stored)])


def _part(part: Why) -> list[str]:
    line = part.line
    head = f"{words.functional(line.functional)}: {line.before:.4f} before, {line.after:.4f} after"
    lines = [head[:1].upper() + head[1:], *words.aligned(words.balance(line.sums), 4)]
    lines.append("  " + words.covered(part.coverage, ranks_only=part.ranks_only))
    if said := words.flip(part):
        lines.append("  " + said)
    lines += _causes(words.side("Helped", part), part.helped, part.helped_rest, part)
    return lines + _causes(words.side("Harmed", part), part.harmed, part.harmed_rest, part)


def _causes(title: str, causes: Sequence[Cause], rest: Rest, part: Why) -> list[str]:
    if not causes:
        return []
    head = ("rank", "sample", "contribution", "booked", "removal", "overlap", "label, source")
    rows = [
        (f"{c.rank}", _safe(c.name), words.amount(c.amount, ranks_only=part.ranks_only),
         words.amount(c.booked, ranks_only=part.ranks_only), words.score(c.removal), words.overlap(c.overlap),
         _safe(words.facts_of(c)))
        for c in causes
    ]  # fmt: skip
    lines = ["", f"  {title}", *words.aligned([head, *rows], 4)]
    quoted = [(c, c.overlap.excerpt) for c in causes if c.overlap and c.overlap.words]
    lines += [f"    {c.rank}: has the words “{brief(text, EXCERPT)}”" for c, text in quoted]
    if rest.samples:
        more = f"and {plural(rest.samples, 'more sample')}"
        lines.append(f"    {more}" if part.ranks_only else f"    {more}: {words.nats(rest.amount)}")
    return lines


def _suite(part: SuiteDrivers, by: By) -> list[str]:
    head = f"{_safe(part.suite)}, {words.functional(part.functional)}, {plural(part.items, 'item')}"
    lines = [head, *words.aligned(words.balance(part.sums), 4)]
    lines.append("  " + words.covered(part.coverage, ranks_only=part.ranks_only))
    lines += _drivers("Helped most", part.helped, part, by) + _drivers("Harmed most", part.harmed, part, by)
    rest = words.rest_of_drivers(part, by)
    return [*lines, "", f"  {rest}"] if rest else lines


def _drivers(title: str, found: Sequence[Driver], part: SuiteDrivers, by: By) -> list[str]:
    if not found:
        return []
    measured = words.tested(part)
    head = ("rank", by, "contribution", "95 % interval", *["measured"] * measured, "removal", "samples")
    rows = [
        (f"{d.rank}", _safe(words.group(d.name, by)), words.amount(d.amount, ranks_only=part.ranks_only),
         words.interval(d, ranks_only=part.ranks_only), *[words.measure(d.measured)] * measured,
         words.score(d.removal), f"{d.samples:,}")
        for d in found
    ]  # fmt: skip
    return ["", f"  {title}", *words.aligned([head, *rows], 4)]


def _end(lines: list[str], findings: Sequence[Found], notes: Sequence[str], legend: Sequence[str]) -> str:
    if findings:
        lines += ["", "Findings"]
        lines += words.aligned([(f.severity.value, f.rule, _safe(f.message, 400)) for f in findings])
    lines += ["", *(f"note: {brief(note, 400)}" for note in notes), *legend]
    return "\n".join(lines) + "\n"


def _safe(text: str, most: int = NAME) -> str:
    return brief(text, most)
