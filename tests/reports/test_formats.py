"""What holds for every format."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from governance.errors import UsageError
from governance.reports import FORMATS
from tests.conftest import REPOSITORY
from tests.reports.builders import RUN, Ev, Fi, clean_report, many, rendered, report_of, rich_report


@pytest.mark.parametrize("fmt", FORMATS)
def test_every_format_renders_a_report(fmt: str):
    text = rendered(rich_report(), fmt)

    assert "CON001" in text
    assert text.endswith("\n")


@pytest.mark.parametrize("fmt", FORMATS)
def test_every_format_renders_an_audit_without_findings_and_without_data(fmt: str):
    for report in (clean_report(), replace(clean_report(), datasets=(), suites=(), rules=())):
        rendered(report, fmt)


def test_an_unknown_format_is_named_with_the_nearest():
    with pytest.raises(UsageError) as error:
        rendered(clean_report(), "markdwon")

    assert "did you mean 'markdown'?" in error.value.hint


def chunked(table: pa.Table, step: int) -> pa.Table:
    return pa.concat_tables([table.slice(i, step) for i in range(0, table.num_rows, step)])


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_report_is_the_same_twice_and_however_its_tables_are_chunked(fmt: str):
    report = rich_report()
    pieces = replace(report, findings=chunked(report.findings, 5), evidence=chunked(report.evidence, 3))

    assert rendered(report, fmt) == rendered(report, fmt) == rendered(pieces, fmt)


@pytest.mark.parametrize("fmt", FORMATS)
def test_evidence_in_another_order_still_goes_to_its_finding(fmt: str):
    report = rich_report()
    order = np.random.default_rng(3).permutation(report.evidence.num_rows)

    assert rendered(report, fmt) == rendered(replace(report, evidence=report.evidence.take(order)), fmt)


def test_two_runs_on_the_same_data_differ_under_run_alone():
    report = rich_report()
    later = replace(
        report,
        run=replace(RUN, id="other", started="x", finished="y", seconds=9.0, user="someone", timings={}),
        datasets=tuple(replace(d, version=d.version + 1) for d in report.datasets),
    )

    first, second = (json.loads(rendered(r, "json")) for r in (report, later))

    assert first.pop("run") != second.pop("run")
    assert first == second


def test_json_and_jsonl_say_the_same():
    whole = json.loads(rendered(rich_report(), "json"))
    lines = [json.loads(line) for line in rendered(rich_report(), "jsonl").splitlines()]

    assert whole == {k: v for k, v in lines[0].items() if k != "record"} | {
        "findings": [{k: v for k, v in line.items() if k != "record"} for line in lines[1:]]
    }
    assert ["audit"] + ["finding"] * 12 == [line["record"] for line in lines]


def test_json_has_one_finding_a_line():
    lines = rendered(rich_report(), "json").splitlines()

    assert 12 == sum('"fingerprint"' in line for line in lines)


def test_every_finding_and_every_line_of_evidence_is_in_the_csv():
    report = rich_report()
    rows = list(csv.DictReader(io.StringIO(rendered(report, "csv"))))

    assert report.evidence.num_rows == len(rows)
    assert set(report.findings["fingerprint"].to_pylist()) == {row["fingerprint"] for row in rows}


def test_a_finding_without_evidence_is_kept():
    report = report_of([Fi("GOV004", "CON003 could not run", [])])

    assert 2 == rendered(report, "csv").count("\n")
    assert "-: GOV004 error CON003 could not run\n" in rendered(report, "concise")
    for fmt in FORMATS:
        assert "CON003 could not run" in rendered(report, fmt)


def test_a_rule_without_an_outcome_is_shown():
    report = replace(rich_report(), rules=())

    for fmt in FORMATS:
        assert "DUP003" in rendered(report, fmt)


def test_a_cluster_larger_than_a_batch_is_written_whole():
    report = many(2, lines=20_000)

    assert 40_001 == rendered(report, "csv").count("\n")
    assert [20_000, 20_000] == [len(f["evidence"]) for f in json.loads(rendered(report, "json"))["findings"]]


def test_the_kept_row_is_shown_however_large_the_cluster():
    lines = [Ev(i, f"text{i}", score=0.9, peer="row:999") for i in range(50)]
    kept = Ev(999, "the-one-that-stays", role="representative")
    report = report_of([Fi("DUP001", "50 rows repeat another", [*lines, kept])])

    for fmt in ("text", "markdown", "html", "sarif", "junit"):
        assert "the-one-that-stays" in rendered(report, fmt)


def test_the_weightiest_findings_are_shown_first_and_the_rest_is_counted():
    found = [Fi("DUP001", f"cluster of {n}", [Ev(100 * n + i, "x") for i in range(n)]) for n in range(1, 9)]
    report = report_of(found)

    for fmt in ("text", "markdown", "html", "junit"):
        text = rendered(report, fmt, limit=2)
        assert ("cluster of 8" in text, "cluster of 7" in text, "cluster of 6" in text) == (True, True, False)
        assert "6 more findings" in text


def test_personal_data_is_hidden_unless_asked_for():
    for fmt in ("text", "json", "jsonl", "sarif", "junit", "markdown", "html", "csv"):
        assert "13812345678" not in rendered(rich_report(), fmt)
        assert "[PHONE]" in rendered(rich_report(), fmt)
        assert "13812345678" in rendered(rich_report(), fmt, show_sensitive=True)


def test_passwords_in_addresses_are_hidden_in_every_format():
    report = rich_report()
    run = replace(RUN, command="govern --lake postgresql://me:hunter2@db/lake audit x")
    data = tuple(replace(d, uri="s3://me:hunter2@bucket/x.jsonl", files=()) for d in report.datasets)

    for fmt in FORMATS:
        assert "hunter2" not in rendered(replace(report, run=run, datasets=data), fmt), fmt


def test_a_marked_span_stays_on_its_words_when_something_before_it_is_redacted():
    text = "联系li@example.com，电话13812345678：标准答案是债券价格下降，选A。"
    report = report_of([Fi("CON001", "found", [Ev(0, text, "标准答案是债券价格下降", peer="item:s/1")])])

    evidence = json.loads(rendered(report, "json"))["findings"][0]["evidence"][0]
    first, last = evidence["excerpt_span"]

    assert "标准答案是债券价格下降" == evidence["excerpt"][first:last]
    assert "»标准答案是债券价格下降«" in rendered(report, "text", width=200)
    assert '<mark class="span">标准答案是债券价格下降</mark>' in rendered(report, "html")


def test_excerpts_are_cut_at_two_hundred_characters():
    report = many(1, excerpt="あ" * 5000)

    for fmt in ("text", "json", "sarif", "junit", "markdown", "html", "csv"):
        assert 200 == rendered(report, fmt).count("あ")


def test_listing_the_formats_loads_no_arrow():
    heavy = {"pyarrow", "rich", "jinja2"}
    code = f"import sys; from governance.reports import FORMATS; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=REPOSITORY)

    assert ("[]\n", "") == (done.stdout, done.stderr)
