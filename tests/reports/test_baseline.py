"""New, unchanged and fixed, by fingerprint."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from governance.baseline import apply, load_baseline
from governance.errors import InputError
from governance.report import AuditReport, RuleState
from tests.reports.builders import found_by_rules, many, rendered, report_of, rich_report


def saved(report: AuditReport, folder: Path, **layout) -> Path:
    path = folder / "baseline.json"
    text = rendered(report, "json")
    path.write_text(json.dumps(json.loads(text), **layout) if layout else text, encoding="utf-8")
    return path


def test_the_same_audit_has_nothing_new_and_nothing_fixed(tmp_path: Path):
    report = rich_report()

    found = apply(report, load_baseline(saved(report, tmp_path)))[1]

    assert (0, 12, 0, 0) == (found.new, found.unchanged, found.fixed.num_rows, found.not_looked)


def test_new_and_fixed_findings_are_told_apart(tmp_path: Path):
    before, after = report_of(found_by_rules()[:6]), report_of(found_by_rules())
    missing = report_of(found_by_rules()[:5])

    grown = apply(after, load_baseline(saved(before, tmp_path)))[1]
    shrunk = apply(missing, load_baseline(saved(before, tmp_path)))[1]

    assert (6, 6, 0) == (grown.new, grown.unchanged, grown.fixed.num_rows)
    assert (0, 5, ["DUP003"]) == (shrunk.new, shrunk.unchanged, shrunk.fixed.column("rule").to_pylist())


def test_a_rule_that_did_not_run_has_fixed_nothing(tmp_path: Path):
    path = saved(rich_report(), tmp_path)
    empty = report_of([])
    rules = tuple(replace(r, state=RuleState.NOT_RUN) if r.id == "DUP003" else r for r in empty.rules)

    found = apply(replace(empty, rules=rules), load_baseline(path))[1]

    assert (7, 5) == (found.fixed.num_rows, found.not_looked)


def test_new_only_keeps_new_findings_and_counts_them(tmp_path: Path):
    path = saved(report_of(found_by_rules()[:4]), tmp_path)

    shown, found = apply(report_of(found_by_rules()), load_baseline(path), new_only=True)

    counts = {r.id: (r.findings, r.rows) for r in shown.rules if r.findings}
    assert {
        "DUP001": (1, 2),
        "DUP002": (1, 1),
        "DUP003": (4, 15),
        "INP001": (1, 1),
        "INP002": (1, 1),
    } == counts
    assert ["new"] * 8 == found.states.to_pylist()
    assert (8, 4) == (found.new, found.unchanged)
    assert set(shown.findings["fingerprint"].to_pylist()) == set(shown.evidence["fingerprint"].to_pylist())


@pytest.mark.parametrize("layout", [{}, {"indent": 2}, {"separators": (",", ":")}])
def test_a_report_laid_out_by_another_program_is_read_too(tmp_path: Path, layout: dict):
    assert 12 == load_baseline(saved(rich_report(), tmp_path, **layout)).findings.num_rows


def test_a_large_baseline_comes_in_chunks(tmp_path: Path):
    assert 20_000 == load_baseline(saved(many(20_000), tmp_path)).findings.num_rows


@pytest.mark.parametrize(
    "text",
    [
        "", "not json", "[]", "{}", '{"schema": "other/1", "findings": []}', '{"schema": "govern.report/1"}',
        '{"schema": "govern.report/1", "findings": [{"rule": "DUP001"}]}',
        '{\n"schema": "govern.report/1",\n"findings": [\n{"fingerprint": "a"',
        '{\n"findings": [\n],\n"schema": "other/1"\n}\n',
    ],
)  # fmt: skip
def test_what_is_no_report_is_said_to_be_none(tmp_path: Path, text: str):
    path = tmp_path / "x.json"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(InputError, match="not a report") as error:
        load_baseline(path)
    assert str(path) == error.value.where


def test_a_missing_or_binary_baseline_is_an_input_error(tmp_path: Path):
    (tmp_path / "x.parquet").write_bytes(b"PAR1\xff\xfe\x00")
    for name in ("none.json", "x.parquet", "."):
        with pytest.raises(InputError, match="baseline"):
            load_baseline(tmp_path / name)


def test_every_format_shows_the_state(tmp_path: Path):
    found = apply(
        report_of(found_by_rules()), load_baseline(saved(report_of(found_by_rules()[:4]), tmp_path))
    )[1]
    report = report_of(found_by_rules())

    shown = {
        fmt: rendered(report, fmt, comparison=found)
        for fmt in ("text", "json", "html", "markdown", "concise", "csv", "junit")
    }

    assert [] == [fmt for fmt, text in shown.items() if "unchanged" not in text]
    results = json.loads(rendered(report, "sarif", comparison=found))["runs"][0]["results"]
    assert {"new": 8, "unchanged": 4} == {
        s: sum(r["baselineState"] == s for r in results) for s in ("new", "unchanged")
    }


def test_sarif_lists_fixed_findings_as_absent(tmp_path: Path):
    report = report_of(found_by_rules()[:5])
    found = apply(report, load_baseline(saved(rich_report(), tmp_path)))[1]

    results = json.loads(rendered(report, "sarif", comparison=found))["runs"][0]["results"]

    assert found.fixed.num_rows == sum(r["baselineState"] == "absent" for r in results) > 0
