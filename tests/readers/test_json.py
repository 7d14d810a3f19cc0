"""JSON: the columnar parser and the careful path say the same, wherever blocks end and whatever a row holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.columns import Named, recognise
from governance.readers import faults, jsonl
from governance.readers.arrays import ArrayLines
from governance.readers.convert import batches
from governance.readers.jsonl import Decoder, plain_numbers, survey
from governance.readers.jsonvalues import nesting
from governance.readers.lines import blocks
from governance.readers.options import ReadLimits
from governance.samples import PROBLEMS, SAMPLES, SampleBatch
from tests.readers.build import conversations, problems

LIMITS = ReadLimits(nesting=8)
texts = st.text(st.characters(codec="utf-8"), max_size=12)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
values = st.recursive(
    scalars, lambda v: st.lists(v, max_size=3) | st.dictionaries(texts, v, max_size=3), max_leaves=6
)
turns = st.fixed_dictionaries(
    {},
    optional={
        "role": texts | st.sampled_from(["user", "assistant"]),
        "from": texts,
        "content": texts | values,
        "value": texts,
        "tool_calls": st.none() | st.lists(values, max_size=2),
        "more": values,
    },
)
chats = st.fixed_dictionaries(
    {},
    optional={
        "messages": st.lists(turns, max_size=3) | values,
        "id": scalars,
        "system": texts,
        "more": values,
    },
)
pairs = st.fixed_dictionaries(
    {},
    optional={
        "instruction": texts | scalars,
        "input": texts,
        "output": texts | values,
        "history": st.lists(st.lists(texts, max_size=2), max_size=2) | values,
        "id": scalars,
    },
)
junk = st.sampled_from(
    [
        b"{",
        b"",
        b"  ",
        b"\r",
        b"[1]",
        b"null",
        b'{"id": 1} {"id": 2}',
        b'{"instruction": "\\ud800"}',
        b'{"messages": [{"role": "user", "content": "\\udc00x"}]}',
        b'{"output": "\xff\xfe", "instruction": "x"}',
        b'{"id": NaN}',
        b'{"id": -Inf}',
        b'{"id": 1, "id": "2", "instruction": "a", "instruction": "b"}',
        b'{"a": ' + b"[" * 20 + b"]" * 20 + b"}",
        b'{"output": "tab\there"}',
        b'{"more": 01}',
        b'{"output": "x"}  ',
        b'  {"output": "x"}',
    ]
)


def lines_of(rows: st.SearchStrategy[Any]) -> st.SearchStrategy[list[bytes]]:
    line = st.one_of(
        rows.map(lambda r: json.dumps(r).encode()), rows.map(lambda r: json.dumps(r).encode()), junk
    )
    return st.lists(line, min_size=1, max_size=12)


SEEN = {
    "chat": survey([{"messages": [{"role": "user", "content": "x"}], "id": 1}]),
    "pairs": survey([{"instruction": "x", "output": "y", "id": "1"}]),
}


def decoded(data: bytes, shape: str, *, size: int, careful: bool) -> tuple[list[Any], list[Any]]:
    """(samples, problems) of JSON lines read in blocks of about `size` bytes."""
    seen = SEEN[shape]
    plan = recognise(jsonl.with_optional(seen.kinds), Named(), where="", present=seen.kinds)
    decoder = Decoder(plan, seen, LIMITS)
    found: list[SampleBatch] = []
    row = 0
    for block in blocks([data[i : i + size] for i in range(0, len(data), size)], longest=10_000, size=size):
        if careful:
            decoder._refused = jsonl.GIVE_UP
        records = decoder.decoded(block, plain_numbers, original=False)
        found += batches(records, plan, file=0, first_row=row)
        row += len(records.lines)
    tables = ([b.table for b in found], [b.problems for b in found])
    samples = pa.concat_tables([SAMPLES.empty_table(), *tables[0]]).to_pylist()
    return samples, pa.concat_tables([PROBLEMS.empty_table(), *tables[1]]).to_pylist()


@settings(max_examples=150)
@given(st.data(), st.sampled_from(["chat", "pairs"]), st.integers(1, 400), st.sampled_from([b"\n", b"\r\n"]))
def test_result_does_not_depend_on_the_path_or_on_the_blocks(data: Any, shape: str, size: int, end: bytes):
    lines = data.draw(lines_of(chats if shape == "chat" else pairs))
    text = end.join(lines) + data.draw(st.sampled_from([b"", end]))

    expected = decoded(text, shape, size=1 << 20, careful=True)

    assert expected == decoded(text, shape, size=1 << 20, careful=False)
    assert expected == decoded(text, shape, size=size, careful=False)


@settings(max_examples=150)
@given(st.lists(pairs, min_size=1, max_size=8), st.integers(0, 4), st.integers(1, 50))
def test_an_array_of_objects_is_the_same_as_lines_of_them(rows: list[Any], indent: int, size: int):
    data = json.dumps(rows, indent=indent or None, ensure_ascii=indent == 2).encode()
    splitter = ArrayLines("")

    lines = b"".join(splitter.lines(data[i : i + size] for i in range(0, len(data), size))).split(b"\n")

    assert rows == [json.loads(line) for line in lines]
    places = splitter.take_starts(len(rows) + 1)
    assert len(rows) == len(places)
    assert all(b"{" in data.split(b"\n")[p - 1] for p in places.tolist())


@pytest.mark.parametrize("shape", SEEN)
def test_plain_blocks_take_the_columnar_path(shape: str):
    seen = SEEN[shape]
    plan = recognise(jsonl.with_optional(seen.kinds), Named(), where="", present=seen.kinds)
    rows = {
        "chat": b'{"messages": [{"role": "user", "content": "x", "weight": 1}], "id": 3}\n',
        "pairs": b'{"instruction": "x", "output": "y", "id": "3", "history": [["a", "b"]]}\r\n',
    }
    (block,) = blocks([rows[shape] * 3], longest=10_000)

    found = Decoder(plan, seen, LIMITS)._columnar(block.data, *block.bounds)

    assert found is not None
    assert 3 == found.num_rows


@given(values)
def test_nesting_is_counted_outside_strings(value: Any):
    def depth(v: Any) -> int:
        inner = v.values() if isinstance(v, dict) else v if isinstance(v, list) else None
        return 0 if inner is None else 1 + max(map(depth, inner), default=0)

    assert depth(value) == nesting(json.dumps(value).encode())


@given(st.binary(max_size=200), st.integers(1, 60), st.integers(1, 60), st.integers(5, 40))
def test_lines_are_whole_and_numbered_whatever_the_chunks(data: bytes, chunk: int, size: int, longest: int):
    expected = [line[: longest + 1] for line in data.removeprefix(b"\xef\xbb\xbf").split(b"\n")]
    expected = expected[:-1] if not expected[-1] else expected

    found, first = [], 1
    for block in blocks(
        (data[i : i + chunk] for i in range(0, len(data), chunk)), longest=longest, size=size
    ):
        assert first == block.first
        lines = block.data.split(b"\n")
        lines = lines[:-1] if block.data.endswith(b"\n") else lines
        found += [line[: longest + 1] for line in lines]
        first += block.data.count(b"\n")

    assert expected == found


def test_types_that_change_between_rows_do_not_change_other_rows(tmp_path: Path):
    rows = [{"question": "q", "answer": "a", "id": i} for i in range(3_000)]
    odd: dict[int, Any] = {7: 4, 1_500: ["x", "y"], 2_999: None, 2_000: 2.5, 2_500: True}
    mixed = [row | {"answer": odd.get(i, "a")} for i, row in enumerate(rows)]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in mixed))

    found = conversations(tmp_path / "a.jsonl")

    answers = {i: turns[1][1] for i, turns in enumerate(found) if len(turns) > 1 and turns[1][1] != "a"}
    assert {7: "4", 1_500: "x\ny", 2_000: "2.5", 2_500: "true"} == answers
    assert [("user", "q")] == found[2_999]


def test_a_bad_line_costs_only_itself(tmp_path: Path):
    good = [json.dumps({"text": str(i)}) for i in range(5_000)]
    good[1_234] = '{"text": "cut'
    (tmp_path / "a.jsonl").write_text("\n".join(good) + "\n")

    found = conversations(tmp_path / "a.jsonl")

    assert [(1_234, 1_235, "INP001")] == problems(tmp_path / "a.jsonl")
    assert [str(i) for i in range(5_000) if i != 1_234] == [t[0][1] for t in found]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("nonsense", "not valid JSON: Expecting value (character 1)"),
        ("[1, 2]", "the record is an array, not a JSON object"),
        ('"text"', "the record is a text, not a JSON object"),
        ("null", "the record is null, not a JSON object"),
        ("12", "the record is a number, not a JSON object"),
        ('{"text": "x"} {"text": "y"}', "not valid JSON: Extra data (character 15)"),
        ('{"text": 1' + "0" * 5_000 + "}", "not valid JSON: a number or a nesting beyond reason"),
    ],
)
def test_an_unreadable_line_says_why(line: str, words: str, tmp_path: Path):
    from governance.readers import open_source

    (tmp_path / "a.jsonl").write_text('{"text": "x"}\n' + line + "\n")
    batch = next(open_source(str(tmp_path / "a.jsonl")).batches())

    assert [words] == batch.problems.column("message").to_pylist()
    assert [line[:200]] == batch.problems.column("excerpt").to_pylist()


def test_blank_lines_count_as_lines_and_not_as_rows(tmp_path: Path):
    (tmp_path / "a.jsonl").write_bytes(b'\xef\xbb\xbf\r\n{"text": "a"}\r\n \t\r\n\r\n{"text": "b"}')
    from tests.readers.build import samples_of

    table = samples_of(tmp_path / "a.jsonl")

    assert ([0, 1], [2, 5]) == (table.column("row").to_pylist(), table.column("line").to_pylist())


def test_faults_are_one_a_row_and_rule_the_first_one_winning():
    found = faults.together(
        [
            faults.table([(3, "INP004", "first", None), (1, "INP002", "x", None)]),
            faults.table([(3, "INP004", "second", None), (3, "INP002", "y", "z")]),
        ]
    )

    assert [(1, "INP002", "x"), (3, "INP002", "y"), (3, "INP004", "first")] == [
        (f["position"], f["rule"], f["message"]) for f in found.to_pylist()
    ]


def test_places_of_faults_follow_a_selection():
    found = faults.moved(faults.table([(0, "INP002", "x", None), (1, "INP002", "x", None)]), np.array([4, 9]))

    assert [4, 9] == found.column("position").to_pylist()


def chunks(data: bytes, size: int) -> Iterator[bytes]:
    return (data[i : i + size] for i in range(0, len(data), size))
