"""Kept rows are read as the samples they were, whatever format they came in."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from governance.audit import AuditRequest, audit
from governance.curation.inputs import KeptVersion, kept_version
from governance.errors import LakeDamaged, NotFound, UnknownColumn, UsageError
from governance.ingest import IngestRequest, ingest
from governance.lake import Lake
from governance.lake.datasets import Defaults, list_datasets
from governance.readers import open_source
from governance.report import AuditReport
from tests.curation.builders import bonds, write

CHAT = [
    {"messages": [{"role": "user", "content": f"问题 {i}"}, {"role": "assistant", "content": f"答案 {i}"}]}
    for i in range(3)
]
NESTED = [
    {
        "table": {"uid": "t", "table": [["2024", "5"], ["2025", "7"]]},
        "paragraphs": [{"order": 1, "text": f"Report {n}."}],
        "questions": [
            {"uid": f"{n}-{q}", "question": f"What of {q} in {n}?", "answer": [q, "7"] if q else "none"}
            for q in range(n)
        ],
    }
    for n in range(4)
]


def csv(path: Path) -> Path:
    path.write_text('id,question,answer,input\n1,"a, b",x,\n2,c,"y\nz",\n3,too,many,,fields\n4,d,w,\n')
    return path


def parquet(path: Path) -> Path:
    table = pa.table({"text": ["one", "two", "déjà\r\nvu"], "n": [1, 2, 3], "tags": [["a"], [], None]})
    pq.write_table(table, path, row_group_size=2)
    return path


def array(path: Path) -> Path:
    first = {"instruction": "a", "input": "b", "output": "c", "n": 1.5}
    path.write_text(json.dumps([first, {"instruction": "d", "output": "e"}]))
    return path


def nested_array(path: Path) -> Path:
    path.write_text(json.dumps(NESTED))  # all on one line
    return path


def folder(path: Path) -> Path:
    path.mkdir()
    write(path / "a.jsonl", bonds(3))
    write(path / "b.jsonl", bonds(5)[3:])
    text = (path / "a.jsonl").read_text()
    (path / "a.jsonl").write_text(text + "no json\n")
    return path


MADE = {
    "jsonl": lambda d: Path(write(d / "a.jsonl", [*bonds(4), {"prompt": 5, "response": "五"}])),
    "broken": lambda d: Path(write(d / "b.jsonl", bonds(2))),
    "chat": lambda d: Path(write(d / "c.jsonl", CHAT)),
    "nested": lambda d: Path(write(d / "n.jsonl", NESTED)),
    "nested array": lambda d: nested_array(d / "m.json"),
    "csv": lambda d: csv(d / "d.csv"),
    "parquet": lambda d: parquet(d / "e.parquet"),
    "array": lambda d: array(d / "f.json"),
    "folder": lambda d: folder(d / "g"),
}


def kept(lake: Lake, path: Path, **more: object) -> KeptVersion:
    version = ingest(IngestRequest(str(path), **more), lake).version  # type: ignore[arg-type]
    return kept_version(lake, version.name, version.version)


@pytest.mark.parametrize("name", MADE)
def test_rows_are_read_as_they_were(lake: Lake, tmp_path: Path, name: str):
    path = MADE[name](tmp_path)
    if name == "broken":
        path.write_text('{"x\n' + path.read_text().replace("\n", "\nnot json\n") + "[1]\n")
    before = [b for b in open_source(str(path)).batches() if len(b) or b.problems.num_rows]

    data = kept(lake, path)

    after = list(data.source().batches())
    assert [r for b in before for r in b.table.to_pylist()] == [r for b in after for r in b.table.to_pylist()]
    said = [(p["row"], p["rule"]) for b in before for p in b.problems.to_pylist()]
    assert said == [(p["row"], p["rule"]) for b in after for p in b.problems.to_pylist()]
    assert data.version.record.files == data.source().file_records()
    assert sum(len(b) for b in data.batches()) == data.version.record.rows - data.version.record.unreadable
    assert len(data.unread) == data.version.record.unreadable


@pytest.mark.parametrize("name", MADE)
def test_an_audit_of_kept_rows_is_an_audit_of_that_version(lake: Lake, tmp_path: Path, name: str):
    path = MADE[name](tmp_path)
    data = kept(lake, path)
    wanted = AuditRequest((), select=("INP", "DUP001"))

    of_rows = audit(wanted, lake, sources=[data.source()])
    of_file = audit(AuditRequest((str(path),), select=("INP", "DUP001")), lake)

    assert (
        [data.version.version]
        == [d.version for d in of_rows.datasets]
        == [d.version for d in of_file.datasets]
    )
    assert said(of_file) == said(of_rows)
    assert 1 == len(list_datasets(lake)[0].versions)


def said(report: AuditReport) -> list[tuple[str, str]]:
    """What an audit found; the words of unreadable rows are gone, and with them what tells one from another."""
    lines = zip(*(report.findings.column(n).to_pylist() for n in ("rule", "fingerprint")), strict=True)
    return [(rule, "" if rule == "INP001" else mark) for rule, mark in lines]


def test_columns_that_were_named_are_taken_again(lake: Lake, tmp_path: Path):
    from governance.readers import ReadOptions

    rows = [{"body": f"text {i}", "title": f"other {i}", "who": "x"} for i in range(3)]
    read = ReadOptions(text_column="body", source_column="who")

    data = kept(lake, Path(write(tmp_path / "a.jsonl", rows)), read=read)

    found = [r for b in data.batches() for r in b.table.to_pylist()]
    assert ["text 0", "text 1", "text 2"] == [r["conversation"][0]["content"] for r in found]
    assert ["x"] * 3 == [r["source"] for r in found]


def test_what_was_said_of_the_whole_dataset_fills_what_rows_do_not_say(lake: Lake, tmp_path: Path):
    rows = [{**row, "source": source} for row, source in zip(bonds(2), ("web", None), strict=True)]
    defaults = Defaults(licence="MIT", source="desk")

    data = kept(lake, Path(write(tmp_path / "a.jsonl", rows)), defaults=defaults)

    found = [r for b in data.batches() for r in b.table.to_pylist()]
    assert [("web", "MIT"), ("desk", "MIT")] == [(r["source"], r["licence"]) for r in found]
    report = audit(AuditRequest((), select=("LIC001",)), lake, sources=[data.source()])
    assert (0, 1) == (report.findings.num_rows, report.datasets[0].version)


def test_a_column_can_be_named_for_group_and_time(lake: Lake, tmp_path: Path):
    rows = [{**row, "report": "r1", "day": "2026-01-02"} for row in bonds(2)]
    kept(lake, Path(write(tmp_path / "a.jsonl", rows)))

    data = kept_version(lake, "a", 1, {"group": "report", "time": "day"})

    found = [r for b in data.batches() for r in b.table.to_pylist()]
    assert {("r1", "2026-01-02")} == {(r["group"], r["time"]) for r in found}
    with pytest.raises(UnknownColumn, match="no column 'reprot'"):
        next(kept_version(lake, "a", 1, {"group": "reprot"}).batches())


def test_a_sample_of_files_is_read_as_it_was_drawn(lake: Lake, tmp_path: Path):
    from governance.readers import ReadOptions

    folder = tmp_path / "many"
    folder.mkdir()
    for i in range(4):
        write(folder / f"{i}.jsonl", bonds(10 * i + 10)[10 * i :])

    data = kept(lake, folder, read=ReadOptions(sample=7))

    found = [(r["row"], r["file"]) for b in data.batches() for r in b.table.to_pylist()]
    assert list(range(7)) == [row for row, _ in found]
    assert data.entries.column("file").to_pylist() == [file for _, file in found]
    assert (False, 0) == (data.whole, len(data.unread))


def test_a_sample_of_records_with_several_questions_cannot_be_read_again(lake: Lake, tmp_path: Path):
    from governance.readers import ReadOptions

    data = kept(lake, Path(write(tmp_path / "a.jsonl", NESTED)), read=ReadOptions(sample=3))

    with pytest.raises(UsageError, match="several questions cannot be curated"):
        next(data.batches())


def test_rows_that_were_audited_only_cannot_be_curated(lake: Lake, tmp_path: Path):
    audit(AuditRequest((write(tmp_path / "a.jsonl", bonds(2)),), select=("INP",)), lake)

    with pytest.raises(NotFound, match="its rows are not in the lake"):
        kept_version(lake, "a", 1)


def test_rows_that_are_other_samples_than_their_entries_are_refused(lake: Lake, tmp_path: Path):
    data = kept(lake, Path(write(tmp_path / "a.jsonl", bonds(3))))
    swapped = data.entries.take(pa.array([1, 0, 2]))
    data.__dict__["entries"] = swapped.set_column(0, "row", pa.array([0, 1, 2]))

    with pytest.raises(LakeDamaged, match="not what they were when they were ingested"):
        list(data.batches())


def test_many_row_groups_and_files_keep_their_order(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("governance.lake.rows.GROUP_ROWS", 4)
    monkeypatch.setattr("governance.lake.staging.GROUP_ROWS", 4)
    path = tmp_path / "many"
    path.mkdir()
    rows = bonds(40)
    for i in range(4):
        write(path / f"{i}.jsonl", rows[10 * i : 10 * i + 10])

    data = kept(lake, path)

    found = [r for b in data.batches() for r in b.table.to_pylist()]
    assert list(range(40)) == [r["row"] for r in found]
    assert [row["prompt"] for row in rows] == [r["conversation"][0]["content"] for r in found]
    assert [r["prompt"] for r in rows] == [
        json.loads(o)["prompt"] for b in data.batches() for o in b.original["json"].to_pylist()
    ]  # type: ignore[index]
