"""Partials come back as they went in, from memory or from disk."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.spill import Spill


def table(numbers: list[int]) -> pa.Table:
    return pa.table(
        {"n": pa.array(numbers, pa.int64()), "t": pa.array([str(n) for n in numbers], pa.string())}
    )


@pytest.mark.parametrize("limit", [0, 100, 1 << 20])
@pytest.mark.parametrize("compression", [None, "lz4"])
def test_every_limit_gives_the_same_rows(tmp_path: Path, limit: int, compression: str | None):
    spill = Spill(tmp_path / "s.arrow", limit, compression)
    for start in range(0, 100, 10):
        spill.add(table(list(range(start, start + 10))))

    assert table(list(range(100))) == spill.read()
    assert 100 == spill.rows


def test_nothing_reaches_the_disk_below_the_limit(tmp_path: Path):
    spill = Spill(tmp_path / "s.arrow", 1 << 20)
    spill.add(table([1, 2, 3]))
    spill.finish()

    assert [] == list(tmp_path.iterdir())


def test_single_columns_are_read_alone(tmp_path: Path):
    spill = Spill(tmp_path / "s.arrow", 0)
    spill.add(table([1, 2]))

    assert {"t": ["1", "2"]} == spill.read(["t"]).to_pydict()


def test_tables_can_be_read_twice(tmp_path: Path):
    spill = Spill(tmp_path / "s.arrow", 0)
    spill.add(table([1, 2]))

    assert [t.to_pydict() for t in spill.tables()] == [t.to_pydict() for t in spill.tables()]


def test_no_tables_read_as_no_rows(tmp_path: Path):
    assert 0 == Spill(tmp_path / "s.arrow", 0).read().num_rows


@settings(max_examples=30)
@given(st.lists(st.lists(st.integers(0, 9), max_size=5), max_size=6), st.integers(0, 200))
def test_order_is_kept(tmp_path_factory: pytest.TempPathFactory, chunks: list[list[int]], limit: int):
    spill = Spill(tmp_path_factory.mktemp("spill") / "s.arrow", limit)
    for chunk in chunks:
        spill.add(table(chunk))

    assert [n for chunk in chunks for n in chunk] == [
        n for t in spill.tables(["n"]) for n in t["n"].to_pylist()
    ]
