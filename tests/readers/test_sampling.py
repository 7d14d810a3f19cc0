"""A sample of rows: uniform, the same for the same seed whatever the format, and said aloud."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.readers import ReadOptions, open_source
from governance.readers.sampling import keys, threshold
from tests.readers.build import everything, ids, write

ROWS = [{"text": f"row {i}"} for i in range(3_000)]


def test_the_same_seed_draws_the_same_rows_in_every_format(tmp_path: Path):
    expected = ids(write(tmp_path / "a.parquet", ROWS), sample=100, seed=7)

    assert 100 == len(expected)
    for name in ("a.jsonl", "a.csv", "a.arrow"):
        assert expected == ids(write(tmp_path / name, ROWS), sample=100, seed=7)


def test_another_seed_draws_other_rows(tmp_path: Path):
    path = write(tmp_path / "a.parquet", ROWS)

    assert set(ids(path, sample=100, seed=1)) != set(ids(path, sample=100, seed=2))


@pytest.mark.parametrize("name", ["a.parquet", "a.jsonl"])
def test_the_sample_is_numbered_anew_and_keeps_its_lines(name: str, tmp_path: Path):
    source = open_source(str(write(tmp_path / name, ROWS)), ReadOptions(sample=50))
    table, _ = everything(source)

    assert list(range(50)) == table.column("row").to_pylist()
    texts = [turns[0]["content"] for turns in table.column("conversation").to_pylist()]
    assert [f"row {line - 1}" for line in table.column("line").to_pylist()] == texts
    assert ("a sample: 50 of 3,000 rows were read, drawn uniformly with seed 0",) == source.notes


def test_a_sample_larger_than_the_data_is_the_data(tmp_path: Path):
    for name in ("a.parquet", "a.jsonl"):
        assert 3_000 == len(ids(write(tmp_path / name, ROWS), sample=5_000))


def test_rows_that_cannot_be_read_are_drawn_like_others(tmp_path: Path):
    lines = ["{" if i % 2 else '{"text": "x"}' for i in range(2_000)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    samples, problems = everything(open_source(str(tmp_path / "a.jsonl"), ReadOptions(sample=400)))

    assert 400 == samples.num_rows + problems.num_rows
    assert 150 < problems.num_rows < 250
    assert list(range(400)) == sorted(samples.column("row").to_pylist() + problems.column("row").to_pylist())


def test_every_row_is_drawn_equally_often():
    drawn = np.zeros(20)
    for seed in range(4_000):
        drawn += keys(np.arange(20), seed) <= np.uint64(threshold(20, 5, seed))

    assert 4_000 * 5 == drawn.sum()
    assert np.abs(drawn - 1_000).max() < 150  # 5.5 standard deviations


@given(st.integers(), st.integers(1, 500), st.integers(1, 500))
def test_the_threshold_takes_exactly_as_many(seed: int, total: int, count: int):
    taken = keys(np.arange(total), seed) <= np.uint64(threshold(total, count, seed))

    assert min(total, count) == taken.sum()
