"""The rows that whole audits are timed on are what their description says."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from benchmarks.audit.make_rows import BATCH, ITEMS, write_rows, write_suite

ROWS = BATCH + 1000


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    path = tmp_path_factory.mktemp("rows") / "rows.parquet"
    write_rows(path, ROWS, seed=1)
    table = pq.read_table(path)
    assert table.num_rows == ROWS
    return ["\n".join(t["content"] for t in turns) for turns in table.column("messages").to_pylist()]


def test_rows_are_about_a_kilobyte(texts: list[str]) -> None:
    assert 900 < sum(len(text.encode()) for text in texts) / len(texts) < 1100


def test_about_two_rows_in_a_hundred_are_copies(texts: list[str]) -> None:
    assert 0.015 < 1 - len(set(texts)) / ROWS < 0.025


def test_some_rows_hold_an_item_of_the_suite(texts: list[str], tmp_path: Path) -> None:
    write_suite(tmp_path / "suite.jsonl", seed=1)
    lines = (tmp_path / "suite.jsonl").read_text("utf-8").splitlines()
    questions = [json.loads(line)["question"] for line in lines]
    together = "\n".join(texts[:2500])  # 0.2 % of them are five rows

    assert len(questions) == ITEMS
    assert 1 <= sum(question in together for question in questions) < 20


def test_the_same_seed_gives_the_same_file(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_rows(tmp_path / name, 500, seed=2)

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
