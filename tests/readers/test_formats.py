"""The same rows in every format, packing and shape give the same samples."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from governance.readers import ReadOptions, open_source
from governance.readers.options import BATCH_BYTES, BATCH_ROWS
from governance.samples import PROBLEMS, SAMPLES
from tests.readers.build import conversations, ids, jsonl, samples_of, write, write_table

QA = [
    {
        "id": f"q{i}",
        "question": f"What is {word}?\r\nSay it.",
        "answer": f"{word} — e\u0301 \u00e9 {i}",
        "source": "web",
    }
    for i, word in enumerate(
        ["a bond", "债券", 'a "quoted" share', "an option, priced", "a swap\nwith a line"] * 20
    )
]
CHATS = [
    {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": f"What is {i}?"},
            {"role": "assistant", "content": "a number"},
        ]
    }
    for i in range(50)
]
FORMATS = ("parquet", "jsonl", "jsonl.gz", "jsonl.zst", "json", "arrow", "stream")


@pytest.mark.parametrize("name", [*FORMATS, "csv", "tsv"])
def test_question_and_answer_rows_have_the_same_ids_in_every_format(name: str, tmp_path: Path):
    expected = ids(write(tmp_path / "reference.parquet", QA))

    assert expected == ids(write(tmp_path / f"data.{name}", QA))


@pytest.mark.parametrize("name", FORMATS)
def test_chats_have_the_same_ids_in_every_format(name: str, tmp_path: Path):
    expected = ids(write(tmp_path / "reference.parquet", CHATS))

    assert expected == ids(write(tmp_path / f"data.{name}", CHATS))


def test_seven_shards_and_one_file_give_the_same_samples(tmp_path: Path):
    for i in range(7):
        write(tmp_path / "shards" / f"part-{i}.jsonl", QA[i * 15 : (i + 1) * 15])

    whole = samples_of(write(tmp_path / "whole.parquet", QA))
    shards = samples_of(tmp_path / "shards")

    kept = ["row", "conversation", "row_id", "source"]
    assert whole.select(kept) == shards.select(kept)
    assert list(range(7)) == sorted(set(shards.column("file").to_pylist()))
    assert ids(tmp_path / "whole.parquet") == ids(tmp_path / "shards")


def test_standard_input_is_read_as_json_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    expected = ids(write(tmp_path / "a.jsonl", QA))

    class Stdin:
        buffer = io.BytesIO(jsonl(QA))

    monkeypatch.setattr(sys, "stdin", Stdin)
    assert expected == ids("-")


def test_standard_input_may_be_packed_and_is_hashed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = write(tmp_path / "a.jsonl.gz", QA)

    class Stdin:
        buffer = io.BytesIO(path.read_bytes())

    monkeypatch.setattr(sys, "stdin", Stdin)
    piped, filed = open_source("-"), open_source(str(path))
    assert sum(map(len, filed.batches())) == sum(map(len, piped.batches()))
    assert [filed.file_records()[0].sha256, 100] == [
        piped.file_records()[0].sha256,
        piped.file_records()[0].rows,
    ]


def test_a_batch_has_the_agreed_columns(tmp_path: Path):
    batch = next(open_source(str(write(tmp_path / "a.jsonl", QA))).batches())

    assert (SAMPLES, PROBLEMS) == (batch.table.schema, batch.problems.schema)


def test_batches_are_small_however_the_file_is_laid_out(tmp_path: Path):
    path = write_table(tmp_path / "a.parquet", pa.table({"text": ["x" * 10_000] * 5_000 + ["y"] * 20_000}))

    batches = list(open_source(str(path)).batches())

    assert 25_000 == sum(map(len, batches))
    assert all(len(b) <= BATCH_ROWS for b in batches)
    assert all(b.turns.buffers[1][-1] - b.turns.buffers[1][0] <= BATCH_BYTES + 10_000 for b in batches)


def test_a_dictionary_column_is_decoded_in_small_pieces(tmp_path: Path):
    words = pa.DictionaryArray.from_arrays(pa.array([0, 1] * 2_000), ["x" * 100_000, "y"])
    path = write_table(tmp_path / "a.arrow", pa.table({"text": words}))

    sizes = [len(b) for b in open_source(str(path)).batches()]

    assert 4_000 == sum(sizes)
    assert max(sizes) < 400


def test_dictionary_and_nested_parquet_columns_are_read(tmp_path: Path):
    inner = pa.StructArray.from_arrays(
        [pa.array(["one", "two"]).dictionary_encode().cast(pa.string())], ["text"]
    )
    write_table(tmp_path / "a.parquet", pa.table({"data": inner}))
    write_table(tmp_path / "b.parquet", pa.table({"text": pa.array(["one", "two"]).dictionary_encode()}))

    expected = [[("text", "one")], [("text", "two")]]
    assert expected == conversations(tmp_path / "a.parquet", text_column="data.text")
    assert expected == conversations(tmp_path / "b.parquet")


@pytest.mark.parametrize("name", ["a.jsonl", "a.parquet", "a.arrow"])
def test_a_dotted_path_reaches_into_objects(name: str, tmp_path: Path):
    path = write(tmp_path / name, [{"data": {"body": "one"}}, {"data": {"body": "two"}}])

    assert [[("text", "one")], [("text", "two")]] == conversations(path, text_column="data.body")


def test_rows_know_file_and_line(tmp_path: Path):
    (tmp_path / "a.jsonl").write_text('{"text": "one"}\n\n{"text": "two"}\n')
    (tmp_path / "b.jsonl").write_text('{"text": "three"}\n')

    table = samples_of(tmp_path)

    assert [0, 1, 2] == table.column("row").to_pylist()
    assert [(0, 1), (0, 3), (1, 1)] == list(
        zip(table.column("file").to_pylist(), table.column("line").to_pylist(), strict=True)
    )


def test_elements_of_an_array_know_the_line_they_begin_on(tmp_path: Path):
    (tmp_path / "a.json").write_text(
        '[\n  {"text": "one"},\n  {\n    "text": "two\\n["\n  }, {"text": "three"}\n]\n'
    )

    assert [2, 3, 5] == samples_of(tmp_path / "a.json").column("line").to_pylist()


def test_file_records_hold_size_hash_and_rows(tmp_path: Path):
    path = write(tmp_path / "a.jsonl", QA)
    source = open_source(str(path))
    list(source.batches())

    (record,) = source.file_records()

    import hashlib

    data = path.read_bytes()
    assert (str(path), len(data), hashlib.sha256(data).hexdigest(), 100) == (
        record.path,
        record.bytes,
        record.sha256,
        record.rows,
    )


def test_only_footers_tell_the_rows_before_reading(tmp_path: Path):
    assert 100 == open_source(str(write(tmp_path / "a.parquet", QA))).total_rows()
    assert open_source(str(write(tmp_path / "a.jsonl", QA))).total_rows() is None


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow", "a.csv"])
def test_original_rows_are_kept_with_their_columns(name: str, tmp_path: Path):
    path = write(tmp_path / name, QA)
    batches = list(open_source(str(path), ReadOptions(keep_original=True)).batches())

    kept = pa.concat_tables([b.original for b in batches if b.original is not None])

    assert QA == kept.to_pylist()


def test_original_json_rows_are_kept_as_their_text(tmp_path: Path):
    rows: list[Any] = [*QA, {"question": "q", "answer": 4, "more": {"x": [1, None]}}]
    path = write(tmp_path / "a.jsonl", rows)
    batches = list(open_source(str(path), ReadOptions(keep_original=True)).batches())

    kept = [json.loads(text) for b in batches if b.original for text in b.original.column("json").to_pylist()]

    assert rows == kept


def test_parquet_of_many_row_groups_is_read_in_order(tmp_path: Path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": [str(i) for i in range(1_000)]}), path, row_group_size=7)

    assert [str(i) for i in range(1_000)] == [turns[0][1] for turns in conversations(path)]
