"""Two audits side by side, rule by rule."""

from __future__ import annotations

import io
import json

import pyarrow as pa
import pytest

from governance.baseline import KNOWN, Baseline, Comparison, apply
from governance.errors import UsageError
from governance.report import AuditReport
from governance.reports.difference import FORMATS, Change, changes, write
from tests.reports.builders import found_by_rules, many, report_of
from tests.reports.test_hostile import hostile_report


def compared(old: AuditReport, new: AuditReport) -> tuple[AuditReport, Comparison]:
    return apply(new, Baseline("earlier", old.findings.select(KNOWN.names)))


def shown(old: AuditReport, new: AuditReport, fmt: str) -> str:
    out = io.StringIO()
    write(*compared(old, new), fmt, out)
    return out.getvalue()


def halves() -> tuple[AuditReport, AuditReport]:
    return report_of(found_by_rules()[:5]), report_of(found_by_rules()[:3] + found_by_rules()[3:4])


def test_changes_are_counted_by_rule():
    old, new = report_of(found_by_rules()[:4]), report_of(found_by_rules())

    assert (
        Change("CON001", 0, 0, 2), Change("CON002", 0, 0, 1), Change("DUP001", 1, 0, 0), Change("DUP002", 1, 0, 0),
        Change("DUP003", 4, 0, 1), Change("INP001", 1, 0, 0), Change("INP002", 1, 0, 0),
    ) == changes(*compared(old, new))  # fmt: skip


def test_the_text_says_what_is_new_and_what_is_fixed():
    old, new = halves()

    text = shown(old, new, "text")

    assert text.startswith("earlier -> 20261122-134501-7f3a: 0 new, 4 unchanged, 1 fixed\n")
    assert "  DUP003             0         1           1\n" in text
    assert "1 fixed finding\n  DUP003 warning 1 row repeats another at Jaccard 0.80 or more" in text


def test_json_lists_everything_and_is_the_same_twice():
    old, new = report_of([]), many(50)

    value = json.loads(shown(old, new, "json"))

    assert shown(old, new, "json") == shown(old, new, "json")
    assert (50, 0, False) == (len(value["findings"]["new"]), len(value["findings"]["fixed"]), value["same"])
    assert [{"rule": "DUP001", "new": 50, "fixed": 0, "unchanged": 0}] == value["rules"]


def test_people_are_shown_twenty_and_told_of_the_rest():
    for fmt in ("text", "markdown"):
        assert "and 30 more; the JSON form lists all" in shown(report_of([]), many(50), fmt)


@pytest.mark.parametrize("fmt", FORMATS)
def test_equal_audits_and_empty_ones_can_be_shown(fmt: str):
    report = report_of(found_by_rules())

    assert "12" in shown(report, report, fmt)
    shown(report_of([]), report_of([]), fmt)


@pytest.mark.parametrize("fmt", FORMATS)
def test_chunks_change_nothing(fmt: str):
    old, new = halves()
    pieces = pa.concat_tables([new.findings.slice(i, 1) for i in range(new.findings.num_rows)])

    assert shown(old, new, fmt) == shown(old, report_with(new, pieces), fmt)


def report_with(report: AuditReport, findings: pa.Table) -> AuditReport:
    from dataclasses import replace

    return replace(report, findings=findings)


@pytest.mark.parametrize("fmt", FORMATS)
def test_hostile_messages_do_not_act(fmt: str):
    text = shown(report_of([]), hostile_report(), fmt)

    assert "\x1b" not in text
    assert "\u202e" not in text


def test_an_unknown_format_is_a_usage_error():
    with pytest.raises(UsageError, match="no format 'html'"):
        shown(report_of([]), report_of([]), "html")
