"""One dataset, many shapes: the audit says the same, and the lake keeps what it said."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from governance.audit import AuditRequest, audit
from governance.baseline import resolve_baseline
from governance.demo import write_demo
from governance.lake import Lake, open_lake
from governance.lake.audits import load_audit
from governance.report import AuditReport, RuleState, Verdict
from governance.reports import RenderOptions, render


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return write_demo(tmp_path_factory.mktemp("demo"), rows=600)


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    with open_lake(str(tmp_path / "lake")) as opened:
        yield opened


def request(demo: Any, dataset: Path | str | None = None) -> AuditRequest:
    return AuditRequest((str(dataset or demo.dataset),), name="demo", evals=(str(demo.suite),))


def prints(report: AuditReport) -> list[tuple[str, str]]:
    return sorted(zip(*(report.findings.column(c).to_pylist() for c in ("rule", "fingerprint")), strict=True))


def json_of(report: AuditReport) -> dict[str, Any]:
    out = io.StringIO()
    render(report, "json", RenderOptions(), out)
    return json.loads(out.getvalue())


def write_jsonl(table: pa.Table, path: Path) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in table.to_pylist()), "utf-8")
    return path


def decodes(row: pa.Table) -> bool:
    """The demo plants bytes that are not UTF-8; Python's JSON writer cannot carry those over."""
    try:
        return bool(row.to_pylist())
    except UnicodeDecodeError:
        return False


@pytest.mark.parametrize("shape", ["shuffled", "seven files", "jsonl"])
def test_the_same_rows_in_another_shape_give_the_same_fingerprints(
    demo: Any, lake: Lake, tmp_path: Path, shape: str
):
    table = pq.read_table(demo.dataset)
    table = table.filter(pa.array([decodes(table.slice(i, 1)) for i in range(table.num_rows)]))
    pq.write_table(table, tmp_path / "original.parquet")
    folder = tmp_path / "data"
    folder.mkdir()
    if shape == "shuffled":
        order = random.Random(5).sample(range(table.num_rows), table.num_rows)
        pq.write_table(table.take(order), folder / "rows.parquet")
    elif shape == "seven files":
        edges = [table.num_rows * i // 7 for i in range(8)]
        for i in range(7):
            pq.write_table(table.slice(edges[i], edges[i + 1] - edges[i]), folder / f"part-{i}.parquet")
    else:
        write_jsonl(table, folder / "rows.jsonl")

    original = audit(request(demo, tmp_path / "original.parquet"), lake)
    other = audit(request(demo, folder), lake)

    assert prints(original) == prints(other)
    assert original.datasets[0].content_hash == other.datasets[0].content_hash
    assert original.verdict is other.verdict


def test_two_audits_differ_in_nothing_but_run(demo: Any, lake: Lake):
    first, second = json_of(audit(request(demo), lake)), json_of(audit(request(demo), lake))

    assert first.pop("run") != second.pop("run")
    assert json.dumps(first) == json.dumps(second)


def test_a_fresh_lake_and_no_cache_change_nothing_either(demo: Any, lake: Lake, tmp_path: Path):
    audit(request(demo), lake)
    cached = json_of(audit(request(demo), lake))
    with open_lake(str(tmp_path / "other")) as other:
        fresh = json_of(audit(replace(request(demo), cache=False), other))

    cached.pop("run"), fresh.pop("run")
    assert fresh == cached


@pytest.mark.parametrize("jobs", [1, 3])
@pytest.mark.parametrize("memory", [0, 256 << 20])
def test_threads_and_spilling_change_nothing(demo: Any, lake: Lake, jobs: int, memory: int):
    expected, got = (
        json_of(audit(r, lake)) for r in (request(demo), replace(request(demo), jobs=jobs, memory=memory))
    )

    expected.pop("run"), got.pop("run")
    assert expected == got


def test_an_appended_version_gives_the_clusters_of_a_full_run(demo: Any, lake: Lake, tmp_path: Path):
    table = pq.read_table(demo.dataset)
    start = tmp_path / "rows.parquet"
    pq.write_table(table.slice(0, table.num_rows // 2), start)
    audit(request(demo, start), lake)
    pq.write_table(table, start)

    grown = audit(request(demo, start), lake)
    with open_lake(str(tmp_path / "other")) as other:
        full = audit(request(demo, start), other)

    assert full.findings == grown.findings
    assert full.evidence == grown.evidence
    assert 2 == grown.datasets[0].version


def test_the_lake_gives_back_what_was_reported(demo: Any, lake: Lake):
    report = audit(request(demo), lake)

    assert report == load_audit(lake, report.run.id)
    assert report == load_audit(lake, "latest")


def test_contamination_rules_do_not_apply_without_an_evaluation_set(demo: Any, lake: Lake):
    report = audit(replace(request(demo), evals=()), lake)

    states = {rule.id: rule.state for rule in report.rules}
    assert RuleState.NOT_APPLICABLE is states["CON001"]
    assert Verdict.INCOMPLETE is not report.verdict


def test_asking_for_them_without_one_is_incomplete(demo: Any, lake: Lake):
    report = audit(replace(request(demo), evals=(), select=("CON", "GOV004")), lake)

    assert Verdict.INCOMPLETE is report.verdict
    assert ["GOV004"] * 5 == [rule for rule, _ in prints(report)]


def test_only_new_findings_count_against_a_baseline(demo: Any, lake: Lake):
    first = audit(request(demo), lake)
    baseline = resolve_baseline(lake, first.run.id)

    second = audit(replace(request(demo), baseline=baseline, new_only=True), lake)

    assert (Verdict.FAIL, Verdict.PASS) == (first.verdict, second.verdict)


def test_rows_of_two_datasets_are_numbered_through(demo: Any, lake: Lake):
    twice = replace(request(demo), datasets=(str(demo.dataset), str(demo.dataset)))

    report = audit(twice, lake)

    rows = report.datasets[0].rows
    assert [0, rows] == [d.first_row for d in report.datasets]
    assert max(report.evidence.column("row").to_pylist()) >= rows
