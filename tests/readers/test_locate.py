"""Which files an argument means."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.ipc as ipc
import pytest

from governance.errors import GovernError, InputError, UsageError
from governance.readers import ReadOptions, open_source
from tests.readers.build import conversations, write

ROWS = [{"text": "one"}]


def saved(folder: Path, shards: list[list[str]]) -> Path:
    """A dataset as `save_to_disk` lays it out."""
    folder.mkdir(parents=True)
    names = [f"data-{i:05}-of-{len(shards):05}.arrow" for i in range(len(shards))]
    for name, texts in zip(names, shards, strict=True):
        table = pa.table({"text": texts})
        with ipc.new_stream(folder / name, table.schema) as writer:
            writer.write_table(table)
    (folder / "state.json").write_text(json.dumps({"_data_files": [{"filename": n} for n in names]}))
    (folder / "dataset_info.json").write_text("{}")
    return folder


def refused(uri: Path | str, **options: str) -> GovernError:
    with pytest.raises(GovernError) as raised:
        open_source(str(uri), ReadOptions(**options))
    return raised.value


def test_a_folder_is_read_in_the_order_of_its_paths_and_says_what_it_left(tmp_path: Path):
    for name in ("b.jsonl", "a.jsonl", "sub/c.jsonl", ".hidden/d.jsonl", "_tmp.jsonl"):
        write(tmp_path / name, [{"text": name}])
    (tmp_path / "README.md").write_text("words")
    source = open_source(str(tmp_path))

    assert ["a.jsonl", "b.jsonl", "sub/c.jsonl"] == [t[0][1] for t in conversations(tmp_path)]
    assert tuple(str(tmp_path / n) for n in ("a.jsonl", "b.jsonl", "sub/c.jsonl")) == source.files
    assert ("1 files are no data and were passed over: README.md",) == source.notes


def test_a_glob_reads_what_matches(tmp_path: Path):
    for name in ("train-1.jsonl", "train-0.jsonl", "test-0.jsonl"):
        write(tmp_path / name, [{"text": name}])

    assert ["train-0.jsonl", "train-1.jsonl"] == [t[0][1] for t in conversations(f"{tmp_path}/train-*.jsonl")]


def test_a_file_whose_name_looks_like_a_glob_is_a_file(tmp_path: Path):
    assert [[("text", "one")]] == conversations(write(tmp_path / "a[1].jsonl", ROWS))


@pytest.mark.parametrize(
    ("uri", "what"),
    [
        ("{}/*.jsonl", "no file matches the pattern"),
        ("{}/trian.jsonl", "there is no such file"),
        ("{}/empty", "the folder holds no data files"),
        ("{}/pipe", "this is neither a file nor a folder"),
    ],
)
def test_nothing_there_is_a_clear_error(uri: str, what: str, tmp_path: Path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "train.txt").touch()
    os.mkfifo(tmp_path / "pipe")
    error = refused(uri.format(tmp_path))

    assert (what, True, True) == (error.what, bool(error.where), bool(error.hint))


def test_a_misspelt_file_names_the_nearest(tmp_path: Path):
    write(tmp_path / "train.jsonl", ROWS)

    assert "did you mean 'train.jsonl'?" in refused(tmp_path / "trian.jsonl").hint


def test_a_folder_of_several_formats_is_refused_until_one_is_named(tmp_path: Path):
    write(tmp_path / "a.jsonl", ROWS)
    write(tmp_path / "a.parquet", ROWS)

    assert "jsonl (1), parquet (1)" in refused(tmp_path).what
    source = open_source(str(tmp_path), ReadOptions(input_format="parquet"))
    assert (str(tmp_path / "a.parquet"),) == source.files
    assert any("a.jsonl" in note for note in source.notes)


def test_a_folder_below_that_may_not_be_read_is_an_error(tmp_path: Path):
    write(tmp_path / "a.jsonl", ROWS)
    write(tmp_path / "sub" / "b.jsonl", ROWS)
    (tmp_path / "sub").chmod(0)
    user = os.geteuid()
    for place in (tmp_path, *tmp_path.parents[:3]):  # with several workers there is one folder more
        place.chmod(0o755)
    os.seteuid(user or 65_534)  # root may read everything
    try:
        error = refused(tmp_path)
    finally:
        os.seteuid(user)
        (tmp_path / "sub").chmod(0o755)

    assert "the folder cannot be read: Permission denied" == error.what


def test_links_to_folders_are_noted(tmp_path: Path):
    write(tmp_path / "data" / "a.jsonl", ROWS)
    write(tmp_path / "more" / "b.jsonl", ROWS)
    (tmp_path / "data" / "link").symlink_to(tmp_path / "more")

    assert ("1 folders are links and were passed over: link",) == open_source(str(tmp_path / "data")).notes


def test_an_empty_shard_among_others_is_a_note(tmp_path: Path):
    write(tmp_path / "a.jsonl", ROWS)
    (tmp_path / "b.jsonl").touch()
    source = open_source(str(tmp_path))

    assert 1 == sum(map(len, source.batches()))
    assert any("b.jsonl is empty" in note for note in source.notes)


def test_an_empty_parquet_shard_is_refused(tmp_path: Path):
    write(tmp_path / "a.parquet", ROWS)
    (tmp_path / "b.parquet").touch()

    assert "empty" in refused(tmp_path).what


@pytest.mark.parametrize(
    ("layout", "split"),
    [
        ("train.jsonl", "train"),
        ("train-00000-of-1.jsonl", "train"),
        ("train/x.jsonl", "train"),
        ("test.jsonl", None),
    ],
)
def test_a_split_names_files_or_folders(layout: str, split: str | None, tmp_path: Path):
    write(tmp_path / layout, [{"text": "mine"}])
    write(tmp_path / "training.jsonl", [{"text": "other"}])

    if split:
        assert [[("text", "mine")]] == conversations(tmp_path, split=split)
    else:
        assert "no file belongs to split 'train'" in refused(tmp_path, split="train").what


def test_a_single_file_has_no_splits(tmp_path: Path):
    with pytest.raises(UsageError):
        open_source(str(write(tmp_path / "a.jsonl", ROWS)), ReadOptions(split="train"))


def test_a_saved_dataset_is_read_shard_by_shard(tmp_path: Path):
    folder = saved(tmp_path / "set", [["one", "two"], ["three"]])

    assert ["one", "two", "three"] == [t[0][1] for t in conversations(folder)]
    assert "set" == open_source(str(folder)).name


def test_a_saved_dataset_of_splits_needs_one(tmp_path: Path):
    saved(tmp_path / "set" / "train", [["one"]])
    saved(tmp_path / "set" / "test", [["two"]])
    (tmp_path / "set" / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')

    assert "--split: train, test" in refused(tmp_path / "set").hint
    assert "did you mean 'train'?" in refused(tmp_path / "set", split="trian").hint
    assert [[("text", "two")]] == conversations(tmp_path / "set", split="test")


@pytest.mark.parametrize(
    "state",
    [
        "not json",
        "{}",
        '{"_data_files": [{"filename": "../../etc/passwd"}]}',
        '{"_data_files": [{"filename": "x.arrow"}]}',
    ],
)
def test_a_saved_dataset_that_is_damaged_or_points_elsewhere_is_refused(state: str, tmp_path: Path):
    folder = saved(tmp_path / "set", [["one"]])
    (folder / "state.json").write_text(state)

    with pytest.raises(InputError):
        open_source(str(folder))


@pytest.mark.parametrize(
    ("uri", "name"), [("x/train.jsonl.gz", "train"), ("x/a.b.parquet", "a.b"), ("x/part-*.jsonl", "x")]
)
def test_a_dataset_has_a_name_of_its_own(uri: str, name: str, tmp_path: Path):
    write(tmp_path / uri.replace("*", "0"), ROWS)

    assert name == open_source(str(tmp_path / uri)).name


def test_the_real_library_saves_what_is_read_here(tmp_path: Path):
    datasets = pytest.importorskip("datasets")
    datasets.Dataset.from_list([{"text": "one"}, {"text": "two"}]).save_to_disk(
        tmp_path / "set", num_shards=2
    )

    assert ["one", "two"] == [t[0][1] for t in conversations(tmp_path / "set")]
