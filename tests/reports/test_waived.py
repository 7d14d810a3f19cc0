"""Waived findings: counted apart, left out of listings unless wanted, and whole in the machine formats."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import jsonschema
import pyarrow as pa
import pytest

from governance.baseline import apply, load_baseline
from governance.findings import SUPPRESSIONS
from governance.report import AuditReport, BaselineRecord, Verdict, WaiverRecord
from governance.reports import FORMATS
from governance.reports.words import waivers
from tests.reports.builders import found_by_rules, rendered, report_of

HIDING = ("text", "markdown", "html", "concise", "junit", "github")
WAIVER = WaiverRecord(
    "W-0001", "DUP003", 'where source = "a"', "in-force", "wanted <b>twice</b>", "ann", "ben", "2027-02-28",
    findings=2,
)  # fmt: skip
EXPIRED = replace(WAIVER, id="W-0002", state="expired", findings=0, ticket="T-1")
CHANGED = replace(WAIVER, id="W-0003", state="changed", faults=("reason is 'a', the log has 'b'",))


def waived_report(rule: str = "DUP003", most: int = 2) -> AuditReport:
    """The rich findings, of which two of one rule are waived and one by what its rows say."""
    report = report_of(found_by_rules(), verdict=Verdict.FAIL, waivers=(WAIVER, EXPIRED, CHANGED))
    rows = report.findings.to_pylist()
    prints = [f["fingerprint"] for f in rows if f["rule"] == rule][:most]
    own = [f["fingerprint"] for f in rows if f["rule"] == "INP001"]
    lines = [(p, "external", "W-0001") for p in prints] + [(p, "in-source", "") for p in own]
    table = [dict(zip(SUPPRESSIONS.names, line, strict=True)) for line in sorted(lines)]
    counts = {
        r.id: sum(r.id == f["rule"] and f["fingerprint"] in prints + own for f in rows) for r in report.rules
    }
    rules = tuple(replace(r, waived=counts[r.id]) for r in report.rules)
    return replace(report, suppressions=pa.Table.from_pylist(table, SUPPRESSIONS), rules=rules)


def prints_of(report: AuditReport) -> list[str]:
    return [p[:12] for p in report.suppressions["fingerprint"].to_pylist()]


def test_json_and_jsonl_hold_all_and_say_why():
    report = waived_report()

    found = json.loads(rendered(report, "json"))
    lines = [json.loads(line) for line in rendered(report, "jsonl").splitlines()]

    waived = [f["suppression"] for f in found["findings"] if "suppression" in f]
    by_waiver = {"kind": "external", "waiver": "W-0001", "approved_by": "ben", "expires": "2027-02-28"}
    assert (12, 3, 3) == (len(found["findings"]), len(waived), found["counts"]["waived"])
    assert [{"kind": "in-source"}, by_waiver, by_waiver] == sorted(waived, key=len)
    assert 3 == sum("suppression" in line for line in lines)
    assert ["W-0001", "W-0002", "W-0003"] == [w["id"] for w in found["waivers"]]


def test_what_is_written_holds_to_our_schema_and_to_sarif():
    schema = json.loads((files("governance.reports") / "schema" / "report-1.json").read_text("utf-8"))
    standing = BaselineRecord("x", "0" * 64, 1, 2, 3, 4, new_only=True)
    report = waived_report()
    rules = tuple(
        replace(r, limits={"max_rows": 3, "max_rate": 0.5}, within_limits=True, counted={"error": 1})
        for r in report.rules
    )
    report = replace(report, rules=rules, gate=replace(report.gate, baseline=standing))
    ours = jsonschema.Draft202012Validator(schema)
    standard = json.loads((Path(__file__).parent / "schemas" / "sarif-2.1.0.json").read_text("utf-8"))

    assert [] == [e.message for e in ours.iter_errors(json.loads(rendered(report, "json")))]
    sarif = json.loads(rendered(report, "sarif"))
    assert [] == [e.message for e in jsonschema.Draft4Validator(standard).iter_errors(sarif)]


def test_sarif_has_a_suppression_for_each():
    results = json.loads(rendered(waived_report(), "sarif"))["runs"][0]["results"]

    found = [r["suppressions"] for r in results if "suppressions" in r]

    assert {1} == {len(one) for one in found}
    assert ["external", "external", "inSource"] == sorted(one[0]["kind"] for one in found)
    assert {"accepted"} == {one[0]["status"] for one in found}


@pytest.mark.parametrize("fmt", HIDING)
def test_listings_leave_them_out_unless_they_are_wanted(fmt: str):
    report = waived_report()
    hidden = rendered(report, fmt, limit=50)
    shown = rendered(report, fmt, limit=50, show_waived=True)

    if fmt != "github":  # annotations have no fingerprints
        known = [p for p in prints_of(report) if p in shown]
        assert fmt == "concise" or 3 == len(known)
        assert [] == [p for p in known if p in hidden]
    assert len(shown) > len(hidden)


@pytest.mark.parametrize("fmt", ["text", "markdown", "html", "junit", "github"])
def test_they_are_counted_where_they_are_not_listed(fmt: str):
    assert "3" in rendered(waived_report(), fmt)
    assert "waived" in rendered(waived_report(), fmt)


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_report_with_everything_waived_can_be_written(fmt: str):
    report = waived_report()
    every = report.findings["fingerprint"].to_pylist()
    table = [{"fingerprint": p, "kind": "external", "waiver": "gone"} for p in sorted(every)]

    report = replace(report, suppressions=pa.Table.from_pylist(table, SUPPRESSIONS))

    assert rendered(report, fmt) or fmt == "concise"  # which says nothing where there is nothing to say
    assert "waived in the data" not in rendered(report, fmt, show_waived=True)


def test_csv_says_it_in_its_last_column():
    rows = list(csv.DictReader(io.StringIO(rendered(waived_report(), "csv"))))

    assert {"", "waived in the data", "waived by W-0001, approved by ben, until 2027-02-28"} == {
        row["waived"] for row in rows
    }


def test_html_tells_of_each_waiver_and_runs_none_of_its_words():
    page = rendered(waived_report(), "html")

    assert "wanted &lt;b&gt;twice&lt;/b&gt; (T-1)" in page
    assert "reason is &#39;a&#39;, the log has &#39;b&#39;" in page


def test_waivers_in_one_line():
    assert "Waivers: 1 in force, covering 2 findings; 1 changed (W-0003); 1 expired (W-0002)" == waivers(
        (WAIVER, EXPIRED, CHANGED)
    )
    assert "Waivers: 0 in force; 1 expired (W-0002)" == waivers((EXPIRED,))


def test_what_was_waived_in_a_baseline_is_known_only_while_it_is_waived(tmp_path: Path):
    report = waived_report()
    path = tmp_path / "earlier.json"
    path.write_text(rendered(report, "json"), encoding="utf-8")
    baseline = load_baseline(path)
    over = replace(report, suppressions=SUPPRESSIONS.empty_table())

    assert (0, 12) == (apply(report, baseline)[1].new, apply(report, baseline)[1].unchanged)
    shown, found = apply(over, baseline, new_only=True)
    assert (3, 9, 3) == (found.new, found.unchanged, shown.findings.num_rows)


def test_new_only_counts_what_is_waived_among_the_new(tmp_path: Path):
    path = tmp_path / "earlier.json"
    path.write_text(rendered(report_of(found_by_rules()[:-1]), "json"), encoding="utf-8")

    shown, _ = apply(waived_report(), load_baseline(path), new_only=True)

    assert shown.findings.num_rows < 12
    assert shown.suppressions.num_rows == sum(r.waived for r in shown.rules)


@pytest.mark.parametrize("fmt", ["json", "html", "sarif"])
def test_credentials_in_the_words_of_a_waiver_are_not_shown(fmt: str):
    leaky = replace(
        WAIVER,
        reason="see postgres://ann:s3cret@db/x",
        scope='where source = "postgres://ann:s3cret@db/x"',
        faults=("reason is 'postgres://ann:s3cret@db/x', the log has nothing",),
    )

    assert "s3cret" not in rendered(replace(waived_report(), waivers=(leaky,)), fmt)
