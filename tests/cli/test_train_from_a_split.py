"""From a file to a model by the program alone: ingest, curate, train; a split that was changed is not trained on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from governance.lake import open_lake, trainings
from tests.cli.conftest import Run, clean_rows, write_rows

SHORT = ("--set", "device=cpu", "--set", "max_steps=3", "--set", "batch_size=2", "-q")


@pytest.fixture
def curated(run: Run, folder: Path) -> Path:
    """A working folder with a lake that holds the split sft."""
    write_rows(folder / "train.jsonl", clean_rows())
    assert 0 == run("curate", "train.jsonl", "--name", "sft", "-q").code
    return folder


def test_what_is_trained_on_is_what_the_lake_holds(run: Run, curated: Path) -> None:
    ended = run("train", "sft", *SHORT, "-o", "first", "-f", "json")

    assert 0 == ended.code, ended.err
    found = json.loads(ended.out)
    with open_lake(str(curated / ".govern"), read_only=True) as lake:
        record = trainings.load_record(lake, found["run"])
        samples = trainings.load_samples(lake, found["run"])
    assert "sft@1" == record.split
    assert 5 == len(set(samples.column("sample_id").to_pylist()))


def test_an_exported_split_is_the_same_split(run: Run, curated: Path) -> None:
    run("splits", "export", "sft", "--out", "moved", "-q")

    first = json.loads(run("train", "sft", *SHORT, "-o", "first", "-f", "json").out)
    second = json.loads(run("train", "moved", *SHORT, "-o", "second", "-f", "json").out)

    assert first["losses"] == second["losses"]


def test_a_changed_split_is_not_trained_on(run: Run, curated: Path) -> None:
    run("splits", "export", "sft", "--out", "moved", "-q")
    file = next(p for p in (curated / "moved").rglob("*.parquet"))
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)

    ended = run("train", "moved", *SHORT, "-o", "first")

    assert 2 == ended.code
    assert not (curated / "first").exists()
    assert "internal error" not in ended.err
