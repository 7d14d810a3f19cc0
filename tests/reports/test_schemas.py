"""What we write, against the schemas others read it with, and our own."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from governance.baseline import apply, load_baseline
from governance.report import AuditReport, Gate, Verdict
from tests.reports.builders import clean_report, found_by_rules, many, rendered, report_of, rich_report
from tests.reports.test_hostile import hostile_report

SCHEMAS = Path(__file__).parent / "schemas"
REPORTS: dict[str, Callable[[], AuditReport]] = {
    "rich": rich_report,
    "clean": clean_report,
    "hostile": hostile_report,
    "many": lambda: many(50, lines=30),
    "incomplete": lambda: replace(rich_report(), verdict=Verdict.INCOMPLETE, gate=Gate("never")),
}


def errors(validator: Any, value: Any) -> list[str]:
    return [f"{e.json_path}: {e.message}"[:300] for e in validator.iter_errors(value)]


def our_schema() -> dict[str, Any]:
    return json.loads((files("governance.reports") / "schema" / "report-1.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def sarif() -> Any:
    schema = json.loads((SCHEMAS / "sarif-2.1.0.json").read_text(encoding="utf-8"))
    return jsonschema.Draft4Validator(schema, format_checker=jsonschema.FormatChecker())


def test_our_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(our_schema())


@pytest.mark.parametrize("name", REPORTS)
def test_json_reports_hold_to_our_schema(name: str):
    validator = jsonschema.Draft202012Validator(our_schema())

    assert [] == errors(validator, json.loads(rendered(REPORTS[name](), "json")))


def test_our_schema_notices_what_is_wrong():
    validator = jsonschema.Draft202012Validator(our_schema())
    report = json.loads(rendered(rich_report(), "json"))
    del report["verdict"]
    report["findings"][0]["severity"] = "fatal"
    report["surprise"] = 1

    assert 3 == len(errors(validator, report))


@pytest.mark.parametrize("name", REPORTS)
def test_sarif_holds_to_the_standard(sarif: Any, name: str):
    assert [] == errors(sarif, json.loads(rendered(REPORTS[name](), "sarif")))


def against_baseline(folder: Path) -> tuple[AuditReport, Any]:
    path = folder / "b.json"
    path.write_text(rendered(report_of(found_by_rules()[:6]), "json"), encoding="utf-8")
    return apply(report_of(found_by_rules()[3:]), load_baseline(path))


def test_reports_against_a_baseline_hold_too(sarif: Any, tmp_path: Path):
    report, comparison = against_baseline(tmp_path)
    ours = jsonschema.Draft202012Validator(our_schema())

    assert [] == errors(sarif, json.loads(rendered(report, "sarif", comparison=comparison)))
    assert [] == errors(ours, json.loads(rendered(report, "json", comparison=comparison)))


@pytest.mark.parametrize("name", REPORTS)
def test_junit_holds_to_the_schema_jenkins_uses(name: str):
    xmlschema = pytest.importorskip("xmlschema", reason="xmlschema is not installed")
    schema = xmlschema.XMLSchema(SCHEMAS / "junit-10.xsd")

    assert [] == [e.reason for e in schema.iter_errors(io.StringIO(rendered(REPORTS[name](), "junit")))]


def run_of(report: AuditReport) -> dict[str, Any]:
    return json.loads(rendered(report, "sarif"))["runs"][0]


def test_sarif_points_at_the_line_of_a_text_file_and_at_the_row_of_any():
    results = run_of(rich_report())["results"]
    places = {
        location["physicalLocation"]["artifactLocation"]["uri"]: (
            location["physicalLocation"]["region"]["startLine"],
            location["logicalLocations"][0]["fullyQualifiedName"],
        )
        for result in results
        if result["ruleId"] == "CON001"
        for location in result["locations"]
    }

    assert {"finance.jsonl": (914, "rows/913"), "legacy.parquet": (1, "rows/1450")} == places


def test_sarif_has_one_result_a_finding_with_its_fingerprint():
    report = rich_report()
    results = run_of(report)["results"]

    prints = [r["partialFingerprints"]["govern/v1"] for r in results]
    assert report.findings["fingerprint"].to_pylist() == prints


@pytest.mark.usefixtures("fixed_pages")
def test_sarif_rules_have_help_and_no_address():
    rules = run_of(rich_report())["tool"]["driver"]["rules"]

    assert ["The page of CON001."] == [
        r["help"]["markdown"].splitlines()[-1] for r in rules if r["id"] == "CON001"
    ]
    assert [] == [r["id"] for r in rules if "helpUri" in r or not r["help"]["text"]]


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [(Verdict.PASS, (True, 0)), (Verdict.FAIL, (True, 1)), (Verdict.INCOMPLETE, (False, 2))],
)
def test_sarif_says_how_the_run_ended_and_what_did_not_run(verdict: Verdict, expected: tuple[bool, int]):
    invocation = run_of(replace(rich_report(), verdict=verdict))["invocations"][0]
    notes = [(n["associatedRule"]["id"], n["level"]) for n in invocation["toolExecutionNotifications"]]

    assert expected == (invocation["executionSuccessful"], invocation["exitCode"])
    assert [("CON003", "error"), ("DUP005", "note")] == notes


def test_junit_counts_what_holds_and_what_does_not():
    import xml.etree.ElementTree as ET

    def counts(report: AuditReport) -> tuple[str | None, ...]:
        suite = ET.fromstring(rendered(report, "junit"))[0]
        return tuple(suite.get(name) for name in ("tests", "failures", "errors", "skipped"))

    assert ("10", "2", "0", "2") == counts(rich_report())
    assert ("10", "2", "1", "1") == counts(replace(rich_report(), gate=Gate("error")))
    assert ("10", "0", "0", "2") == counts(replace(rich_report(), gate=Gate("never", allow_incomplete=True)))
