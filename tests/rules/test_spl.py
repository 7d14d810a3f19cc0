"""SPL001 to SPL003: rows on both sides of a split, and rows from the future."""

from __future__ import annotations

import json
import random
from pathlib import Path

import polars as pl
import pytest

from governance.detectors.splits.names import is_holdout, split_of_file
from governance.detectors.splits.times import days
from governance.errors import UsageError
from governance.rules.spl001_train_holdout_overlap import RULE as SPL001
from governance.rules.spl002_group_leakage import RULE as SPL002
from governance.rules.spl003_future_data import RULE as SPL003
from tests.builders import batch
from tests.readers.build import samples_of
from tests.rules.duplicates import fingerprints, run, shuffled
from tests.text.makers import edited, prose


def kinds(result) -> list[tuple[str, int]]:
    return sorted(zip(result.findings["kind"].to_pylist(), result.findings["rows"].to_pylist(), strict=True))


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("train", False), ("Training", False), ("train_sft", False), ("test", True), ("validation", True),
        ("dev-1", True), ("unused", None), ("7", None), ("训练", None),
    ],
)  # fmt: skip
def test_words_for_parts(word: str, expected: bool | None) -> None:
    assert expected is is_holdout(word)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("data/train-00000-of-00002.parquet", "train"),
        ("gsm8k/test.jsonl", "test"),
        ("data/validation/a.jsonl", "validation"),
        ("train/test.jsonl", "test"),
        ("latest.jsonl", None),
        ("strain.jsonl", None),
        ("train_test.jsonl", None),
        ("-", None),
    ],
)
def test_names_of_files_tell_the_part(path: str, expected: str | None) -> None:
    assert expected == split_of_file(path)


@pytest.mark.parametrize("name", ["train.jsonl", "train.parquet"])
def test_rows_take_the_part_of_their_file_unless_a_column_says_it(name: str, tmp_path: Path) -> None:
    from tests.readers.build import write

    assert ["train"] == samples_of(write(tmp_path / name, [{"text": "a"}])).column("split").to_pylist()
    stated = write(tmp_path / f"b-{name}", [{"text": "a", "split": "test"}])
    assert ["test"] == samples_of(stated).column("split").to_pylist()


def test_near_duplicates_across_the_split_are_found() -> None:
    rng = random.Random(1)
    text = prose(rng, 200)
    rows = batch(text, edited(rng, text, 2), prose(rng, 200), split=["validation", "train", "train"])

    result = run(SPL001, rows)

    assert [("near", 1)] == kinds(result)
    assert [(1, "row:0")] == [(e["row"], e["peer"]) for e in result.evidence.to_pylist()]


def test_a_row_is_told_once_and_rows_of_no_part_are_not_looked_at() -> None:
    rows = batch("same", "same", "same", "same", split=["train", "test", "train", None])

    result = run(SPL001, rows)

    assert [("exact", 2)] == kinds(result)
    assert {"training_rows": 2, "held_out_rows": 1} == result.stats


@pytest.mark.parametrize("split", [None, "train", "test", "extra"])
def test_one_side_alone_overlaps_with_nothing(split: str | None) -> None:
    assert 0 == run(SPL001, batch("a", "a", split=[split, split])).findings.num_rows


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-02", 1), ("1970/1/3", 2), ("1970.01.04", 3), ("19700105", 4), ("1970年1月6日", 5),
        ("1970-01-07T23:59:59Z", 6), ("1970-01-08 10:00", 7), ("1970-02", 31), ("1971年", 365),
        ("1714521600", 19844), ("1714521600000", 19844), ("soon", None), ("12", None), ("2023-13-45", None),
    ],
)  # fmt: skip
def test_times_are_read(text: str, expected: int | None) -> None:
    assert [expected] == days(pl.Series([text])).to_list()


def test_times_that_cannot_be_read_are_counted() -> None:
    rows = batch("a", "b", split=["train", "test"], time=["soon", "2024-01-01"])

    assert {"rows_with_time": 2, "times_not_read": 1} == run(SPL003, rows).stats


def test_a_cutoff_that_is_no_day_is_an_error() -> None:
    with pytest.raises(UsageError, match="is no day"):
        run(SPL003, batch("a", time=["2024-01-01"]), options={"cutoff": "March"})


@pytest.mark.parametrize("rule", [SPL001, SPL002, SPL003])
def test_the_order_of_rows_changes_no_fingerprint(rule) -> None:
    rows = batch(
        "same", "same", "b", "c",
        split=["train", "test", "train", "test"],
        group=["g", "h", "h", "i"],
        time=["2024-05-01", "2024-04-01", "2024-01-01", "2024-06-01"],
    )  # fmt: skip

    assert fingerprints(run(rule, rows)) == fingerprints(run(rule, shuffled(rows, [2, 3, 1, 0]), spill=0))
    assert fingerprints(run(rule, rows))


def test_details_say_how_many_were_held_out() -> None:
    result = run(SPL001, batch("a", "a", "a", split=["train", "test", "dev"]))

    assert {"held_out_rows": 2} == json.loads(result.findings["details"][0].as_py())
