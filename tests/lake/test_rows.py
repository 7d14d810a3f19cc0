from __future__ import annotations

import datetime
import decimal
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.errors import InputError
from governance.lake import Lake, open_lake
from governance.lake.datasets import rows
from governance.lake.rows import StagedRows, native, read_files, storage_type, unified
from governance.lake.staging import Session
from tests.lake.builders import add_rows

UTC = datetime.UTC
NAMES = ["a", "A", 'quo"te', "'; DROP TABLE x; --", "中文", "", " ", "c0", "row", "a\nb", "\x00", "a" * 300]

TYPES: dict[str, tuple[pa.DataType, list[Any]]] = {
    "bool": (pa.bool_(), [True, None, False]),
    "int8": (pa.int8(), [-128, None, 127]),
    "uint64": (pa.uint64(), [2**64 - 1, None, 0]),
    "float16": (pa.float16(), [1.5, None, -2.0]),
    "float32": (pa.float32(), [1.5, None, float("inf")]),
    "float64": (pa.float64(), [1e308, None, -0.0]),
    "string": (pa.string(), ["a\x00b", None, ""]),
    "large_string": (pa.large_string(), ["中", None, "\U0001f600"]),
    "string_view": (pa.string_view(), ["x" * 40, None, ""]),
    "binary": (pa.binary(), [b"\xff\x00", None, b""]),
    "fixed binary": (pa.binary(3), [b"abc", None, b"\x00\x00\x00"]),
    "empty binary": (pa.binary(0), [b"", None, b""]),
    "decimal": (pa.decimal128(38, 10), [decimal.Decimal("-1.5"), None, decimal.Decimal("9" * 28)]),
    "negative scale": (pa.decimal128(5, -2), [decimal.Decimal("100"), None, decimal.Decimal("-300")]),
    "wide decimal": (pa.decimal256(60, 3), [decimal.Decimal("9" * 50), None, decimal.Decimal("0.125")]),
    "date32": (pa.date32(), [datetime.date(1, 1, 1), None, datetime.date(9999, 12, 31)]),
    "date64": (pa.date64(), [datetime.date(2026, 1, 2), None, datetime.date(1969, 12, 31)]),
    "timestamp s": (pa.timestamp("s"), [0, None, -62_000_000_000]),
    "timestamp us": (pa.timestamp("us"), [2**63 - 1, None, -(2**63) + 1]),
    "timestamp ns zone": (pa.timestamp("ns", "Asia/Shanghai"), [1, None, -1]),
    "timestamp ms zone": (pa.timestamp("ms", "+08:00"), [1, None, -1]),
    "time32": (pa.time32("s"), [1, None, 86_399]),
    "time64 ns": (pa.time64("ns"), [1, None, 86_399_999_999_999]),
    "duration": (pa.duration("us"), [1, None, -5]),
    "interval": (pa.month_day_nano_interval(), [(1, 2, 3), None, (0, 0, -1)]),
    "null": (pa.null(), [None, None, None]),
    "list": (pa.list_(pa.int8()), [[1, None], None, []]),
    "large list": (pa.large_list(pa.large_string()), [["a"], None, []]),
    "fixed list": (pa.list_(pa.float32(), 2), [[1.0, 2.0], None, [0.0, None]]),
    "list of nulls": (pa.list_(pa.null()), [[None], None, []]),
    "struct": (pa.struct([("role", pa.string()), ("n", pa.uint8())]), [{"role": "u", "n": None}, None, {}]),
    "odd struct": (
        pa.struct([('a"b', pa.int8()), ("A", pa.int8()), ("a", pa.int8())]),
        [{"a": 1}, None, {"A": 2}],
    ),
    "empty struct": (pa.struct([]), [{}, None, {}]),
    "turns": (
        pa.list_(pa.struct([("role", pa.string()), ("content", pa.large_string())])),
        [[{"role": "user", "content": "hi"}], None, []],
    ),
    "map": (pa.map_(pa.string(), pa.int32()), [[("k", 1), ("k", None)], None, []]),
    "dictionary": (pa.dictionary(pa.int32(), pa.string()), ["b", None, "a"]),
    "narrow dictionary": (pa.dictionary(pa.int8(), pa.string()), ["b", None, "a"]),
    "ordered dictionary": (pa.dictionary(pa.int64(), pa.string(), ordered=True), ["b", None, "a"]),
    "numbers dictionary": (pa.dictionary(pa.int32(), pa.int64()), [3, None, 1]),
    "uuid": (pa.uuid(), [b"0123456789abcdef", None, b"0" * 16]),
    "json": (pa.json_(), ['{"a": 1}', None, "[]"]),
}


def column(name: str) -> pa.Array:
    kind, values = TYPES[name]
    if isinstance(kind, pa.ExtensionType):
        return pa.ExtensionArray.from_storage(kind, pa.array(values, kind.storage_type))
    return pa.array(values, kind)


def plain(table: pa.Table) -> pa.Table:
    """The table with dictionaries as their values: how codes are given out is not part of what was said."""
    columns = [
        pa.chunked_array([k.dictionary_decode() for k in c.chunks], c.type.value_type)
        if pa.types.is_dictionary(c.type)
        else c
        for c in table.columns
    ]
    return pa.table(columns, names=[str(i) for i in range(len(columns))])


def assert_kept(lake: Lake, table: pa.Table, name: str = "kept") -> None:
    add_rows(lake, name, table)

    got = rows(lake, name)
    assert table.schema.equals(got.schema, check_metadata=True)
    assert plain(table).equals(plain(got))


def test_every_type_comes_back_as_it_was(lake: Lake):
    table = pa.table({name: column(name) for name in TYPES})

    assert_kept(lake, table)


@pytest.mark.parametrize("name", TYPES)
def test_types_are_native_or_bytes_by_a_list_of_what_works(name: str):
    kind = TYPES[name][0]

    assert native(kind) == (storage_type(kind) == kind)


def test_a_common_table_can_be_queried_natively(lake: Lake):
    table = pa.table({"prompt": ["p", "q"], "turns": [[{"role": "user", "content": "x"}], []], "n": [1, 2]})
    version = add_rows(lake, "sft", table)

    found = lake.fetch(f'SELECT "row", c0, c1[1].content, c2 FROM lake.rows_{version.id} ORDER BY 1')
    assert [(0, "p", "x", 1), (1, "q", None, 2)] == found


def test_any_column_name_is_kept(lake: Lake):
    assert_kept(lake, pa.table([pa.array([i]) for i in range(len(NAMES))], names=NAMES))


def test_columns_of_one_name_are_kept_apart(lake: Lake):
    assert_kept(lake, pa.table([pa.array([1]), pa.array(["x"])], names=["a", "a"]))


def test_metadata_and_nullability_are_kept(lake: Lake):
    schema = pa.schema([pa.field("a", pa.int64(), False, {b"k": b"v"})], {b"huggingface": b"{}"})

    assert_kept(lake, pa.table({"a": [1]}, schema=schema))


def test_no_rows_and_no_columns(lake: Lake):
    assert_kept(lake, pa.table({"a": pa.array([], pa.int8())}), "no rows")
    assert_kept(lake, pa.table({}), "nothing")


def test_pieces_that_differ_become_one(lake: Lake):
    first = pa.table({"a": pa.array([1], pa.int32()), "b": pa.nulls(1), "d": pa.array([5], pa.duration("s"))})
    second = pa.table({"b": ["x"], "a": pa.array([2**40], pa.int64()), "c": [[1]]})

    add_rows(lake, "sft", first, second, first)

    assert [
        {"a": 1, "b": None, "d": datetime.timedelta(seconds=5), "c": None},
        {"a": 2**40, "b": "x", "d": None, "c": [1]},
        {"a": 1, "b": None, "d": datetime.timedelta(seconds=5), "c": None},
    ] == rows(lake, "sft").to_pylist()


def test_pieces_that_contradict_each_other_are_an_input_error(lake: Lake):
    with pytest.raises(InputError, match="one type in one file and another in the next"):
        add_rows(lake, "sft", pa.table({"a": [1]}), pa.table({"a": ["x"]}))


def test_a_stretch_of_bytes_is_never_cut(lake: Lake):
    count = 130_000
    table = pa.table({"d": pa.array(range(count), pa.int64()).cast(pa.duration("us")), "i": range(count)})

    add_rows(lake, "big", table.slice(0, 60_000), table.slice(60_000))

    assert table.equals(rows(lake, "big"))


def test_texts_of_rows_do_not_reach_the_catalog(lake: Lake):
    add_rows(lake, "sft", pa.table({"email": ["zz-secret@x.org", "aa-secret@x.org"]}))

    texts = f"SELECT min_value, max_value FROM {lake.meta}.ducklake_file_column_stats"
    assert not [row for row in lake.fetch(texts) if "secret" in str(row)]


def simple_arrays(count: int) -> st.SearchStrategy[pa.Array]:
    def arrays(kind: pa.DataType, values: st.SearchStrategy[Any]) -> st.SearchStrategy[pa.Array]:
        whole = st.lists(st.one_of(st.none(), values), min_size=count, max_size=count)
        return whole.map(lambda found: pa.array(found, kind))

    text = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
    turn = st.fixed_dictionaries({"role": text, "content": st.none() | text})
    return st.one_of(
        arrays(pa.string(), text),
        arrays(pa.large_binary(), st.binary(max_size=4)),
        arrays(pa.int16(), st.integers(-(2**15), 2**15 - 1)),
        arrays(pa.uint64(), st.integers(0, 2**64 - 1)),
        arrays(pa.float64(), st.floats(allow_nan=False)),
        arrays(pa.timestamp("us", "UTC"), st.integers(-(2**63) + 1, 2**63 - 1)),
        arrays(pa.timestamp("ns"), st.integers(-(2**63) + 1, 2**63 - 1)),
        arrays(pa.date32(), st.integers(-(2**31), 2**31 - 1)),
        arrays(pa.decimal128(20, 4), st.decimals(-(10**15), 10**15, places=4)),
        arrays(pa.duration("ms"), st.integers(-(2**63) + 1, 2**63 - 1)),
        arrays(
            pa.list_(pa.list_(pa.int32())),
            st.lists(st.none() | st.lists(st.integers(0, 9), max_size=2), max_size=2),
        ),
        arrays(
            pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())])), st.lists(turn, max_size=2)
        ),
        arrays(
            pa.map_(pa.string(), pa.float32()),
            st.dictionaries(text, st.floats(width=32, allow_nan=False), max_size=2),
        ),
        arrays(pa.list_(pa.int8(), 2), st.lists(st.integers(-1, 1), min_size=2, max_size=2)),
        arrays(pa.dictionary(pa.int8(), pa.string()), text),
        arrays(pa.null(), st.none()),
    )


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    count = draw(st.integers(0, 4))
    columns = draw(st.lists(simple_arrays(count), min_size=1, max_size=4))
    names = draw(st.lists(st.text(max_size=4).filter(_utf8), min_size=len(columns), max_size=len(columns)))
    return pa.table(columns, names=names)


def _utf8(text: str) -> bool:
    return text.encode("utf-8", "ignore").decode() == text


@settings(max_examples=60, deadline=None)
@given(tables())
def test_any_table_comes_back_as_it_was(table: pa.Table):
    with tempfile.TemporaryDirectory() as folder:
        staged = StagedRows(Session(Path(folder)), "v")
        staged.write(7, table)
        kept = staged.finish()
        got = pa.concat_tables(read_files([f"{folder}/{f.path}" for f in kept.files], table.schema))

    assert table.schema.equals(got.schema, check_metadata=True)
    assert plain(table).equals(plain(got))


def test_the_lake_takes_any_table(folder: Path):
    numbers = iter(range(10_000))

    @settings(max_examples=8, deadline=None)
    @given(tables())
    def holds(table: pa.Table) -> None:
        assert_kept(lake, table, f"t{next(numbers)}")

    with open_lake(str(folder)) as lake:
        holds()


def test_schemas_that_are_equal_stay_as_they_are():
    schema = pa.schema([("a", pa.int8()), ("a", pa.string())])

    assert schema == unified([schema, schema])
