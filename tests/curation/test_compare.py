"""What one split has that another has not."""

from __future__ import annotations

from pathlib import Path

from governance.curation.compare import compare_splits
from governance.curation.policy import Policy
from governance.lake import Lake
from tests.curation.builders import bonds, curated, write


def test_what_changed_between_two_versions(lake: Lake, tmp_path: Path):
    rows = [*bonds(5, source="a"), *bonds(6, source="b")[5:]]
    old = curated(lake, write(tmp_path / "a.jsonl", rows)).record
    new = curated(lake, write(tmp_path / "a.jsonl", [*rows[1:], *bonds(8, source="c")[6:]])).record

    found = compare_splits(lake, old, new)

    assert {"same": 5, "added": 2, "removed": 1, "moved": 0, "reweighted": 0, "rewritten": 0} == found.counts
    assert {"a": (0, 1), "c": (2, 0)} == found.sources
    assert ("a@1", 0) == found.listed["removed"][0][1:]
    assert {} == found.policy
    assert not found.same


def test_parts_and_weights(lake: Lake, tmp_path: Path):
    old = curated(lake, write(tmp_path / "a.jsonl", bonds(20))).record
    new = curated(lake, "a", policy=Policy(holdout=0.4, weights={"*": 2.0})).record

    found = compare_splits(lake, old, new)

    assert 20 == found.counts["moved"] + found.counts["reweighted"]
    assert {"holdout": (0.0, 0.4), "weights": ({}, {"*": 2.0})} == found.policy


def test_equal_samples_are_counted_one_by_one(lake: Lake, tmp_path: Path):
    one = bonds(1)
    old = curated(
        lake, write(tmp_path / "a.jsonl", one * 3), policy=Policy(duplicates=(), keep=("DUP",))
    ).record
    new = curated(lake, "a").record

    found = compare_splits(lake, old, new)

    assert (1, 2) == (found.counts["same"], found.counts["removed"])
    assert compare_splits(lake, new, new).same
