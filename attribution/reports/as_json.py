"""The reports for programs. Where coverage is too low for amounts they are null, and `ranks_only` says so."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from attribution.explaining.drivers import Driver, SuiteDrivers
from attribution.explaining.why import Cause, Rest, Why
from attribution.findings.base import Found
from attribution.ledger.balance import Sums, Window
from attribution.reports import words
from attribution.reports.model import DriversReport, WhyReport
from governance.lake.contributions import StoredAttribution
from governance.reports.words import canonical

SCHEMA = 1
MEANING = {"contribution": words.CONTRIBUTION, "removal": words.REMOVAL, "overlap": words.OVERLAP}


def why(report: WhyReport) -> str:
    """One item's explanation, as JSON in one line."""
    values = {
        **_head(report.stored, "why"),
        "suite": report.suite,
        "item": report.item,
        "question": report.question or None,
        "parts": [_part(part) for part in report.parts],
    }
    return _end(values, report.findings, report.notes)


def drivers(report: DriversReport) -> str:
    """The drivers of every suite, as JSON in one line."""
    values = {
        **_head(report.stored, "drivers"),
        "by": report.by,
        "suites": [_suite(part) for part in report.parts],
    }
    return _end(values, report.findings, report.notes)


def _head(stored: StoredAttribution, kind: str) -> dict[str, Any]:
    return {"schema": SCHEMA, "kind": kind, "attribution": asdict(stored), "meaning": MEANING}


def _end(values: dict[str, Any], findings: tuple[Found, ...], notes: tuple[str, ...]) -> str:
    found = [{**asdict(f), "severity": f.severity.value} for f in findings]
    return canonical({**values, "findings": found, "notes": notes}) + "\n"


def _part(part: Why) -> dict[str, Any]:
    line, hidden = part.line, part.ranks_only
    return {
        "functional": line.functional,
        "before": line.before,
        "after": line.after,
        "balance": _sums(line.sums),
        "coverage": part.coverage,
        "ranks_only": hidden,
        "flip": part.flip or None,
        "crossing": None if hidden else part.crossing,
        "order": part.order,
        "helped": [_cause(c, hidden=hidden) for c in part.helped],
        "harmed": [_cause(c, hidden=hidden) for c in part.harmed],
        "helped_rest": _rest(part.helped_rest, hidden=hidden),
        "harmed_rest": _rest(part.harmed_rest, hidden=hidden),
    }


def _cause(cause: Cause, *, hidden: bool) -> dict[str, Any]:
    values = {name: value for name, value in asdict(cause).items() if name not in {"amount", "booked"}}
    amounts = {"contribution": cause.amount, "booked": cause.booked}
    return {**values, **(dict.fromkeys(amounts) if hidden else amounts)}


def _rest(rest: Rest, *, hidden: bool) -> dict[str, Any]:
    return {"samples": rest.samples, "contribution": None if hidden else rest.amount}


def _suite(part: SuiteDrivers) -> dict[str, Any]:
    hidden = part.ranks_only
    return {
        "suite": part.suite,
        "functional": part.functional,
        "items": part.items,
        "balance": _sums(part.sums),
        "coverage": part.coverage,
        "ranks_only": hidden,
        "helped": [_driver(d, hidden=hidden) for d in part.helped],
        "harmed": [_driver(d, hidden=hidden) for d in part.harmed],
        "rest": {"groups": part.rest.groups, "contribution": None if hidden else part.rest.amount},
        "groups": part.groups,
        "coverage_over_time": [_window(w) for w in part.windows],
    }


def _driver(driver: Driver, *, hidden: bool) -> dict[str, Any]:
    return {
        "rank": driver.rank,
        "name": driver.name,
        "sample": driver.sample,
        "samples": driver.samples,
        "contribution": None if hidden else driver.amount,
        "low": None if hidden else driver.low,
        "high": None if hidden else driver.high,
        "removal": driver.removal,
        "measured": None if driver.measured is None else asdict(driver.measured),
    }


def _window(window: Window) -> dict[str, Any]:
    return {
        "start": window.start, "stop": window.stop, "coverage": window.coverage, "balance": _sums(window.sums),
    }  # fmt: skip


def _sums(sums: Sums) -> dict[str, float]:
    return asdict(sums)
