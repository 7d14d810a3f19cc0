"""Looking at stored audits page by page: what SQL says is what the whole tables say."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from governance.findings import EVIDENCE, FINDINGS
from governance.lake import Lake, open_lake
from governance.lake.audits import commit_audit, load_audit
from governance.lake.browsing import attributions, entries, evidence, findings, runs
from governance.lake.browsing.findings import SORTS
from governance.lake.browsing.wanted import Wanted
from governance.lake.datasets import stage_version
from governance.report import AuditReport
from tests.lake.builders import (
    add_version,
    audit_report,
    dataset_record,
    entry_table,
    finding_table,
    sha,
)

TEXTS = [f"text {n}" for n in range(40)]
HOSTILE = "'; DROP TABLE lake.findings; --"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    with open_lake(str(tmp_path / "lake"), create=True) as lake:
        for run in ("run-1", "run-2"):
            with stage_version(lake, "sft") as staged:
                staged.write_entries(_entries())
                commit_audit(lake, _report(run), [staged])
        yield lake


def _entries() -> pa.Table:
    table = entry_table(TEXTS)
    sources = pa.array([f"source {n % 3}" for n in range(len(TEXTS))])
    return table.set_column(table.schema.get_field_index("source"), "source", sources)


def _report(run: str) -> AuditReport:
    rows = [
        {
            "fingerprint": f["fingerprint"],
            "row": n,
            "sample_id": sha(TEXTS[n]).hex(),
            "role": "affected",
            "peer": "item:fineval/a/1" if n % 2 else None,
            "excerpt": f"Words of {TEXTS[n]}",
        }
        for n, f in enumerate(finding_table(30).to_pylist())
    ]
    found = pa.Table.from_pylist(rows, schema=EVIDENCE)
    return audit_report(run, dataset_record("sft", TEXTS), findings=30, evidence=found)


def test_runs_are_listed_latest_first(lake: Lake):
    assert ["run-2", "run-1"] == [r.run for r in runs.recent_runs(lake)]
    assert ["run-2"] == [r.run for r in runs.recent_runs(lake, 1)]
    assert ["run-2", "run-1"] == [r.run for r in runs.recent_runs(lake, 1, also="run-1")]
    assert ["run-2"] == [r.run for r in runs.recent_runs(lake, 1, also="run-2")]


def test_the_head_of_a_report_is_the_report_without_its_tables(lake: Lake):
    head, whole = runs.report_head(lake, "run-1"), load_audit(lake, "run-1")

    assert head is not None
    assert (whole.run, whole.rules, whole.datasets) == (head.run, head.rules, head.datasets)
    assert 0 == head.findings.num_rows
    assert runs.report_head(lake, HOSTILE) is None


@pytest.mark.parametrize("sort", [*SORTS, HOSTILE])
def test_pages_hold_every_finding_once(lake: Lake, sort: str):
    wanted = Wanted("run-1")
    pages = [findings.page(lake, wanted, (), sort, 7, at) for at in range(0, 35, 7)]

    assert sorted(finding_table(30).column("fingerprint").to_pylist()) == sorted(
        f.fingerprint for p in pages for f in p
    )


@pytest.mark.parametrize("field", ["run", "rule", "severity", "kind", "source", "suite", "text"])
def test_values_are_bound(lake: Lake, field: str):
    pieces = runs.kept_pieces(lake, load_audit(lake, "run-1"))
    wanted = Wanted(**{"run": "run-1", field: HOSTILE})

    assert 0 == findings.count(lake, wanted, pieces)
    assert 30 == findings.count(lake, Wanted("run-1"))


def test_sources_are_counted_by_the_rows_that_findings_count_against(lake: Lake):
    pieces = runs.kept_pieces(lake, load_audit(lake, "run-1"))
    expected = Counter(f"source {n % 3}" for n in range(30))

    assert dict(expected) == dict(findings.facets(lake, Wanted("run-1"), pieces).source)
    for source, n in expected.items():
        assert n == findings.count(lake, Wanted("run-1", source=source), pieces)


def test_a_source_is_found_where_the_run_numbers_its_rows_otherwise(lake: Lake):
    """Entries are stored once; a later audit of two datasets may number the same rows from another start."""
    pieces = runs.kept_pieces(lake, load_audit(lake, "run-2"))

    assert [(0, 40, 0)] == [(p.first, p.rows, p.shift) for p in pieces]


def test_words_are_found_in_messages_and_excerpts_whatever_their_case(lake: Lake):
    assert 30 == findings.count(lake, Wanted("run-1", text="NEAR duplicates"))
    assert 1 == findings.count(lake, Wanted("run-1", text="words of text 17"))
    first = finding_table(30).column("fingerprint")[0].as_py()
    assert 1 == findings.count(lake, Wanted("run-1", text=first[:16]))


def test_neighbours_are_those_of_the_list(lake: Lake):
    listed = [f.fingerprint for f in findings.page(lake, Wanted("run-1"), (), "rows", 30, 0)]
    near = findings.neighbours(lake, Wanted("run-1"), (), "rows", listed[4])

    assert (5, 30, listed[3], listed[5]) == (near.place, near.total, near.before, near.after)
    assert 0 == findings.neighbours(lake, Wanted("run-1"), (), "rows", "0" * 64).place


def test_a_finding_knows_its_runs(lake: Lake):
    first = finding_table(30).column("fingerprint")[0].as_py()

    assert ["run-2", "run-1"] == [s.run for s in findings.history(lake, first)]
    assert (0, 30, 0) == findings.in_both(lake, "run-2", "run-1")
    assert (30, 0, 0) == findings.in_both(lake, "run-2", "none")


def test_evidence_comes_line_by_line(lake: Lake):
    prints = finding_table(30).column("fingerprint").to_pylist()
    first = evidence.first_lines(lake, "run-1", prints[:5])

    assert set(prints[:5]) == set(first)
    assert 1 == evidence.count(lake, "run-1", prints[0]) == len(evidence.lines(lake, "run-1", prints[0], 9))
    assert evidence.representative(lake, "run-1", prints[0]) is None
    assert {} == evidence.first_lines(lake, "run-1", [])
    assert [] == evidence.overlaps(lake, "run-1")  # DUP findings are no contamination


def test_rows_are_listed_with_their_findings(lake: Lake):
    piece = runs.kept_pieces(lake, load_audit(lake, "run-1"))[0]
    listed = entries.page(lake, "run-1", piece, marked=False, limit=40, offset=0)
    marked = entries.page(lake, "run-1", piece, marked=True, limit=40, offset=0)

    assert [*range(40)] == [e.row for e in listed]
    assert 30 == len(marked) == entries.count(lake, "run-1", piece, marked=True)
    assert {"source 0": 14, "source 1": 13, "source 2": 13} == dict(entries.by_field(lake, piece, "source"))
    with pytest.raises(ValueError, match="drop"):
        entries.by_field(lake, piece, "drop")


def test_columns_are_those_of_findings():
    assert set(findings.Found.__dataclass_fields__) - {"suppressed", "waiver"} == set(FINDINGS.names)
    assert set(evidence.Line.__dataclass_fields__) == set(EVIDENCE.names)


class TestHomes:
    """Where the row of a split's dataset version can be looked at."""

    def test_a_row_is_found_in_the_audit_that_read_the_same_data(self, tmp_path: Path):
        texts = [f"text {n}" for n in range(40)]
        with open_lake(str(tmp_path / "lake")) as lake:
            older = dataset_record("d", texts, first_row=0)
            for run, record in (("run-1", older), ("run-2", replace(older, first_row=100))):
                with stage_version(lake, "d") as staged:
                    staged.write_entries(entry_table(texts, record.first_row))
                    commit_audit(lake, audit_report(run, record, findings=0), [staged])
            add_version(lake, "other", ["another text"])

            found = attributions.homes(
                lake, [("d@1", 7), ("d@1", 39), ("d@1", 40), ("other@1", 0), ("no@1", 0)]
            )

        assert {("d@1", 7): ("run-2", "d", 107, 7), ("d@1", 39): ("run-2", "d", 139, 39)} == {
            place: (home.run, home.dataset, home.row, home.line) for place, home in found.items()
        }
