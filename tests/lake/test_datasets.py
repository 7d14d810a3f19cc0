from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.errors import NotFound, UsageError
from governance.lake import Lake, open_lake
from governance.lake.datasets import (
    Defaults,
    commit_version,
    entries,
    find_version,
    list_datasets,
    parse_reference,
    remove_version,
    row_batches,
    rows,
    stage_version,
    versions,
)
from governance.lake.diff import changed_samples, diff_versions
from governance.lake.events import events
from governance.lake.verify import verify_lake
from tests.lake.builders import add_rows, add_version, dataset_record, entry_table, sha


def test_a_version_gives_back_its_entries_and_record(lake: Lake):
    found = add_version(lake, "sft", ["x", "y", "x"], Defaults("mit", "web", "qa"))

    assert entry_table(["x", "y", "x"]) == entries(lake, "sft")
    assert dataset_record("sft", ["x", "y", "x"], version=1) == found.record
    assert (1, None, "audited", Defaults("mit", "web", "qa")) == (
        found.version,
        found.parent,
        found.kind,
        found.defaults,
    )


def test_versions_count_up_and_name_their_parent(lake: Lake):
    add_version(lake, "sft", ["x"])
    add_version(lake, "other", ["x"])
    add_version(lake, "sft", ["x", "y"])

    assert [("sft@1", None), ("sft@2", 1)] == [(v.reference, v.parent) for v in versions(lake, "sft")]
    assert ["other", "sft"] == [d.name for d in list_datasets(lake)]


def test_an_earlier_version_still_holds_what_it_held(lake: Lake):
    add_version(lake, "sft", ["x"])
    add_version(lake, "sft", ["y", "z"])

    assert entry_table(["x"]) == entries(lake, "sft", 1)
    assert entry_table(["y", "z"]) == entries(lake, "sft", 2)


def test_the_same_content_again_is_the_same_version_and_stores_nothing(lake: Lake):
    first = add_version(lake, "sft", ["x", "y"])
    files = verify_lake(lake).files

    again = add_version(lake, "sft", ["x", "y"], uri="elsewhere/sft.jsonl")

    assert first == again
    assert files == verify_lake(lake).files
    assert () == verify_lake(lake).orphans


def test_other_defaults_are_another_version(lake: Lake):
    add_version(lake, "sft", ["x"])

    assert 2 == add_version(lake, "sft", ["x"], Defaults(licence="mit")).version


def test_a_version_is_invisible_until_it_is_committed(lake: Lake):
    with stage_version(lake, "sft") as staged:
        staged.write_entries(entry_table(["x"]))

        assert [] == list_datasets(lake)
        commit_version(lake, staged, dataset_record("sft", ["x"]))

    assert ["sft"] == [d.name for d in list_datasets(lake)]


def test_leaving_without_a_commit_leaves_no_file(lake: Lake):
    with stage_version(lake, "sft") as staged:
        staged.write_entries(entry_table(["x"]))
        staged.write_rows(0, pa.table({"a": [1]}))

    assert () == verify_lake(lake).orphans
    assert [] == list_datasets(lake)


def test_an_empty_dataset_is_a_version_too(lake: Lake):
    add_version(lake, "empty", [])

    assert entry_table([]) == entries(lake, "empty")


def test_rows_of_a_second_dataset_are_counted_from_zero(lake: Lake):
    with stage_version(lake, "second") as staged:
        staged.write_entries(entry_table(["x", "y"], first_row=100))
        commit_version(lake, staged, dataset_record("second", ["x", "y"], first_row=100))
    same = add_version(lake, "alone", ["x", "y"])

    assert [0, 1] == entries(lake, "second").column("row").to_pylist()
    assert diff_versions(lake, find_version(lake, "second"), same).same


def test_a_removed_version_is_gone_and_its_number_is_not_used_again(lake: Lake):
    add_version(lake, "sft", ["x"])
    add_version(lake, "sft", ["y"])

    remove_version(lake, "sft", 2)

    assert [1] == [v.version for v in versions(lake, "sft")]
    with pytest.raises(NotFound, match="sft@2 was removed on"):
        entries(lake, "sft", 2)
    assert [(0,)] == lake.fetch("SELECT count(*) FROM lake.entries WHERE sample_id = ?", [sha("y")])
    assert 3 == add_version(lake, "sft", ["y"]).version
    assert verify_lake(lake).ok


def test_removing_rows_drops_them(lake: Lake):
    version = add_rows(lake, "sft", pa.table({"a": [1, 2]}))

    remove_version(lake, "sft", 1)

    assert [] == lake.fetch("SELECT 1 FROM duckdb_tables() WHERE table_name = ?", [f"rows_{version.id}"])
    assert "dataset.remove" == events(lake)[-1].action


def test_audited_content_that_is_ingested_later_becomes_a_version_with_rows(lake: Lake):
    table = pa.table({"a": [1, 2]})
    texts = ["0", "1"]
    add_version(lake, "sft", texts)

    kept = add_rows(lake, "sft", table)
    audited_again = add_version(lake, "sft", texts)

    assert (2, "ingested") == (kept.version, kept.kind)
    assert kept == audited_again  # the latest version that holds all of it
    with pytest.raises(NotFound, match="audited only"):
        row_batches(lake, "sft", 1)
    assert table == rows(lake, "sft", 2)


def test_ingesting_twice_is_one_version(lake: Lake):
    table = pa.table({"a": [1, 2]})

    assert add_rows(lake, "sft", table) == add_rows(lake, "sft", table)


@pytest.mark.parametrize("name", ["", "a@1", "a\nb", "a\x1b[31m"])
def test_a_name_that_could_not_be_said_again_is_refused(folder: Path, name: str):
    with open_lake(str(folder)) as lake, pytest.raises(UsageError):
        stage_version(lake, name)


def test_names_are_data_to_sql(lake: Lake):
    name = '\'; DROP TABLE lake.events; -- "x" 中文'
    add_version(lake, name, ["x"])

    assert entry_table(["x"]) == entries(lake, name)
    assert verify_lake(lake).ok


def test_a_wrong_name_or_number_says_what_there_is(lake: Lake):
    add_version(lake, "finance", ["x"])

    with pytest.raises(NotFound, match="did you mean 'finance'"):
        versions(lake, "finanse")
    with pytest.raises(NotFound, match="versions are: 1"):
        find_version(lake, "finance", 4)


@pytest.mark.parametrize(("text", "expected"), [("a", ("a", None)), ("a@3", ("a", 3))])
def test_references_are_read(text: str, expected: tuple[str, int | None]):
    assert expected == parse_reference(text)


@pytest.mark.parametrize("text", ["a@", "a@x", "a@-1", "a@1@2"])
def test_references_that_are_none(text: str):
    with pytest.raises(UsageError):
        parse_reference(text)


def test_a_diff_counts_and_names_what_changed(lake: Lake):
    old = add_version(lake, "sft", ["a", "b", "c", "c"])
    new = add_version(lake, "sft", ["b", "a", "c", "d"])

    found = diff_versions(lake, old, new)

    assert ("sft@1", "sft@2", 1, 1, 3, 2) == (
        found.old,
        found.new,
        found.added,
        found.removed,
        found.kept,
        found.moved,
    )
    assert [(sha("d"), None, 3)] == changes(lake, old, new, "added")
    assert [(sha("c"), 3, None)] == changes(lake, old, new, "removed")
    assert [(sha("b"), 1, 0), (sha("a"), 0, 1), (sha("c"), 2, 2)] == changes(lake, old, new, "kept")


def test_a_diff_is_the_difference_of_two_bags(folder: Path):
    @settings(max_examples=8, deadline=None)
    @given(st.lists(st.sampled_from("abcde"), max_size=12), st.lists(st.sampled_from("abcde"), max_size=12))
    def holds(old: list[str], new: list[str]) -> None:
        found = diff_versions(lake, add_version(lake, "old", old), add_version(lake, "new", new))

        both = sum(min(old.count(x), new.count(x)) for x in set(old))
        assert (len(new) - both, len(old) - both, both) == (found.added, found.removed, found.kept)

    with open_lake(str(folder)) as lake:
        holds()


def changes(lake: Lake, old, new, change) -> list[tuple[bytes, int | None, int | None]]:
    return [tuple(r.values()) for t in changed_samples(lake, old, new, change) for r in t.to_pylist()]
