"""Datasets written with their labels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from governance.errors import GovernError, UsageError
from governance.labels import files
from governance.labels.files import COLUMNS, LabelRequest, label_dataset
from governance.labels.labeller import Labeller, labeller_of
from governance.readers import ReadOptions

ROWS = [
    {"id": 1, "question": "什么是基金定投？", "answer": "分批买入。", "tags": ["a", "b"], "ratio": 0.25},
    {"id": 2, "question": "hello", "answer": 'a "quoted" }', "tags": [], "ratio": None},
    {"id": 3, "question": "How do I reset my password for online banking?", "answer": "Call.", "tags": ["}"],
     "ratio": 1.0},
]  # fmt: skip
LABELS = ["mutual-funds/consultation", None, "banking/customer-service"]


@pytest.fixture(scope="module")
def labeller() -> Labeller:
    made = labeller_of()
    assert made is not None
    return made


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def own(row: dict[str, Any]) -> dict[str, Any]:
    """The row without the new columns."""
    return {k: v for k, v in row.items() if k not in COLUMNS.values()}


def written(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("indent", [None, 2])
def test_json_records_keep_their_own_text(tmp_path: Path, labeller: Labeller, indent: int | None):
    text = json.dumps(ROWS, ensure_ascii=False, indent=indent)
    source = written(tmp_path, "rows.json", text)

    found = label_dataset(LabelRequest(str(source), output=tmp_path / "out.jsonl"), labeller)

    out = lines(tmp_path / "out.jsonl")
    assert ROWS == [own(row) for row in out]
    assert LABELS == [row["govern_label"] for row in out]
    assert ["rules", "none", "rules"] == [row["govern_label_basis"] for row in out]
    assert all(0 <= row["govern_label_confidence"] <= 1 for row in out)
    assert 3 == found.rows


def test_odd_records_stay_valid_json(tmp_path: Path, labeller: Labeller):
    rows = [
        '{"text": "ends in }"}  ',
        '  {"text":"x","label":"my \\"own\\" \\u0001 label"}',
        '{"text":"\\n}","n":{}}',
    ]
    source = written(tmp_path, "rows.jsonl", "\n".join(rows) + "\n")

    label_dataset(LabelRequest(str(source), output=tmp_path / "out.jsonl"), labeller)

    out = lines(tmp_path / "out.jsonl")
    assert [json.loads(row) for row in rows] == [own(row) for row in out]
    assert 'my "own" \x01 label' == out[1]["govern_label"]
    assert "unmapped" == out[1]["govern_label_basis"]


def test_parquet_keeps_its_schema(tmp_path: Path, labeller: Labeller):
    table = pa.table(
        {
            "question": pa.array([row["question"] for row in ROWS]).dictionary_encode(),
            "tags": pa.array([row["tags"] for row in ROWS], pa.list_(pa.string())),
            "ratio": pa.array([row["ratio"] for row in ROWS], pa.float32()),
        }
    )
    pq.write_table(table, tmp_path / "rows.parquet")

    label_dataset(LabelRequest(str(tmp_path / "rows.parquet"), output=tmp_path / "out.parquet"), labeller)

    out = pq.read_table(tmp_path / "out.parquet")
    assert [*table.column_names, *COLUMNS.values()] == out.column_names
    assert table.equals(out.select(table.column_names))
    assert LABELS == out.column("govern_label").to_pylist()


def test_parquet_as_json_lines_and_csv_as_both(tmp_path: Path, labeller: Labeller):
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / "rows.parquet")
    csv = written(tmp_path, "rows.csv", "question,answer\n什么是基金定投？,好\nhello,x\n")

    label_dataset(LabelRequest(str(tmp_path / "rows.parquet"), output=tmp_path / "a.jsonl"), labeller)
    label_dataset(LabelRequest(str(csv), output=tmp_path / "b.jsonl"), labeller)
    label_dataset(LabelRequest(str(csv), output=tmp_path / "c.parquet"), labeller)

    assert ROWS == [own(row) for row in lines(tmp_path / "a.jsonl")]
    assert LABELS[:2] == [row["govern_label"] for row in lines(tmp_path / "b.jsonl")]
    assert LABELS[:2] == pq.read_table(tmp_path / "c.parquet").column("govern_label").to_pylist()


def test_without_an_output_rows_are_only_counted(tmp_path: Path, labeller: Labeller):
    source = written(tmp_path, "rows.jsonl", "\n".join(map(json.dumps, ROWS)) + "\nno json\n")

    found = label_dataset(LabelRequest(str(source)), labeller)

    assert (3, 1) == (found.rows, found.unreadable)
    assert {"banking/customer-service": 1, "mutual-funds/consultation": 1, "": 1} == {
        c.label: c.rows for c in found.counts
    }
    assert [source] == list(tmp_path.iterdir())


def test_no_rows_are_a_file_without_rows(tmp_path: Path, labeller: Labeller):
    pq.write_table(pa.table({"text": pa.array([], pa.string())}), tmp_path / "rows.parquet")

    for name in ("out.parquet", "out.jsonl"):
        label_dataset(LabelRequest(str(tmp_path / "rows.parquet"), output=tmp_path / name), labeller)

    assert 0 == pq.read_table(tmp_path / "out.parquet").num_rows
    assert "" == (tmp_path / "out.jsonl").read_text()


def test_many_batches_and_a_sample(tmp_path: Path, labeller: Labeller):
    text = "".join(json.dumps({"text": f"什么是基金定投？ {i}"}) + "\n" for i in range(20_000))
    source = written(tmp_path, "rows.jsonl", text)

    label_dataset(LabelRequest(str(source), output=tmp_path / "all.jsonl"), labeller)
    label_dataset(LabelRequest(str(source), ReadOptions(sample=100), tmp_path / "some.jsonl"), labeller)

    out = lines(tmp_path / "all.jsonl")
    assert [f"什么是基金定投？ {i}" for i in range(20_000)] == [row["text"] for row in out]
    assert {"mutual-funds/consultation"} == {row["govern_label"] for row in out}
    assert 100 == len(lines(tmp_path / "some.jsonl"))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("out.txt", "'.txt' tells no format"),
        ("out", "'out' tells no format"),
        ("out.parquet", "no fixed columns"),
        ("absent/out.jsonl", "no such folder"),
    ],
)
def test_an_output_that_cannot_be(tmp_path: Path, labeller: Labeller, name: str, said: str):
    source = written(tmp_path, "rows.jsonl", json.dumps(ROWS[0]) + "\n")

    with pytest.raises(UsageError) as caught:
        label_dataset(LabelRequest(str(source), output=tmp_path / name), labeller)

    assert said in caught.value.what
    assert [source] == list(tmp_path.iterdir())


def test_columns_that_are_there_already_are_not_overwritten(tmp_path: Path, labeller: Labeller):
    source = written(tmp_path, "rows.jsonl", json.dumps(ROWS[0] | {"govern_label": "x"}) + "\n")

    with pytest.raises(UsageError, match="govern_label"):
        label_dataset(LabelRequest(str(source), output=tmp_path / "out.jsonl"), labeller)


def test_a_failure_leaves_what_was_there(tmp_path: Path, labeller: Labeller, monkeypatch: pytest.MonkeyPatch):
    source = written(tmp_path, "rows.jsonl", json.dumps(ROWS[0]) + "\n")
    before = written(tmp_path, "out.jsonl", "before")

    def broken(self: object, rows: pa.Table, labels: pa.Table) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.JsonLines, "write", broken)
    with pytest.raises(OSError, match="No space"):
        label_dataset(LabelRequest(str(source), output=before), labeller)

    assert "before" == before.read_text()
    assert {source, before} == set(tmp_path.iterdir())


def test_files_of_different_columns_are_refused(tmp_path: Path, labeller: Labeller):
    folder = tmp_path / "data"
    folder.mkdir()
    pq.write_table(pa.table({"text": ["a"]}), folder / "a.parquet")
    pq.write_table(pa.table({"text": ["b"], "more": [1]}), folder / "b.parquet")

    with pytest.raises(GovernError, match="different columns"):
        label_dataset(LabelRequest(str(folder), output=tmp_path / "out.parquet"), labeller)

    assert [folder] == list(tmp_path.iterdir())
