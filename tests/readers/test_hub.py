"""`hf://`: addresses, and real loading of a local folder through the `datasets` library."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from governance.errors import InputError, UsageError
from governance.readers import ReadOptions, open_source
from governance.readers.hub import Address, address_of
from tests.readers.build import conversations, write


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("hf://squad", Address("squad", None, None, None)),
        ("hf://openai/gsm8k:train", Address("openai/gsm8k", None, None, "train")),
        ("hf://openai/gsm8k/main@abc:test", Address("openai/gsm8k", "main", "abc", "test")),
        ("hf:///data/set:train", Address("/data/set", None, None, "train")),
    ],
)
def test_addresses(uri: str, expected: Address):
    assert expected == address_of(uri, None)


def test_the_split_may_come_from_the_option_but_not_twice():
    assert "test" == address_of("hf://a/b", "test").split
    with pytest.raises(UsageError, match="two splits"):
        address_of("hf://a/b:train", "test")


@pytest.mark.parametrize("uri", ["hf://", "hf://a/b:tr ain", "hf://a/b@x:y:z"])
def test_what_is_no_address_is_refused(uri: str):
    with pytest.raises(UsageError):
        address_of(uri, None)


def test_without_the_library_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "datasets", None)

    with pytest.raises(InputError) as raised:
        open_source("hf://openai/gsm8k")

    assert "pip install 'govern[hub]'" == raised.value.hint


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    datasets.disable_progress_bars()
    write(tmp_path / "set" / "train.jsonl", [{"question": f"q{i}", "answer": "a"} for i in range(30)])
    write(tmp_path / "set" / "test.jsonl", [{"question": "t", "answer": "a"}])
    return tmp_path / "set"


def test_a_dataset_is_loaded_by_the_library(folder: Path):
    source = open_source(f"hf://{folder}:train", ReadOptions(keep_original=True))
    batches = list(source.batches())

    assert 30 == sum(map(len, batches))
    assert {"question": "question", "answer": "answer"} == source.columns
    assert 30 == source.total_rows()
    assert 64 == len(source.file_records()[0].sha256)
    assert [[("user", "t"), ("assistant", "a")]] == conversations(f"hf://{folder}", split="test")


def test_several_splits_need_a_name(folder: Path):
    with pytest.raises(InputError) as raised:
        open_source(f"hf://{folder}")

    assert "splits are: train, test" in raised.value.hint


def test_what_the_library_cannot_load_is_an_input_error(folder: Path):
    with pytest.raises(InputError, match="cannot be loaded"):
        open_source(f"hf://{folder}/nothing:train")
