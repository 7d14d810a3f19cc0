"""Splits: the funnel, the rows behind its numbers, two versions side by side, what they fed."""

from __future__ import annotations

import json

import pytest

from governance.curation.compare import compare_splits
from governance.lake import open_lake
from governance.lake.browsing import splits
from governance.lake.splits import find_split, load_exclusions
from tests.ui.conftest import Demo
from tests.ui.pages.conftest import Open
from ui.dashboard.desk import Role
from ui.dashboard.views.splits import manifest_file


def test_without_a_split_the_way_to_one_is_named(visit: Open, demo: Demo):
    seen = visit("splits", demo.lake)

    assert "No curated split yet." in seen.text
    assert "govern curate data.parquet --name sft" == seen.app.code[-1].value


def test_the_list_counts_as_the_lake_does(visit: Open, curated: Demo):
    seen = visit("splits", curated.lake)

    with open_lake(curated.lake, read_only=True) as lake:
        wanted = find_split(lake, "sft@2")
    assert ["/splits?id=sft%402", "/splits?id=sft%401"] == seen.links("/splits?id=")
    assert f"{wanted.parts['train'].rows:,}" in seen.text


def test_one_split_shows_where_every_row_went(visit: Open, curated: Demo):
    seen = visit("splits", curated.lake, id="sft@1")

    with open_lake(curated.lake, read_only=True) as lake:
        record = find_split(lake, "sft@1")
    for stage in record.funnel:
        step = f"/splits?id=sft%401&step={stage.step}"
        assert bool(stage.excluded) == (step in seen.links("/splits"))
    assert record.content_hash in seen.text
    assert "No training run of this lake was fed by it." in seen.text
    assert "govern train sft@1" in seen.app.code[-1].value
    assert ["Download the manifest"] == [b.label for b in seen.app.get("download_button")]


def test_a_name_alone_means_its_latest_version(visit: Open, curated: Demo):
    assert "sft@2" in visit("splits", curated.lake, id="sft").text
    for unknown in ("sft@9", "sft@x", "nothing", "<b>@1"):
        seen = visit("splits", curated.lake, id=unknown)
        assert "This lake has no such split." in seen.text
        assert "<b>@1" not in seen.markup


def test_the_rows_of_a_step_say_why(visit: Open, curated: Demo):
    with open_lake(curated.lake, read_only=True) as lake:
        left = load_exclusions(lake, find_split(lake, "sft@1")).to_pylist()
    wanted = [r for r in left if r["step"] == "duplicate" and r["rule"] == "DUP001"]
    seen = visit("splits", curated.lake, id="sft@1", step="duplicate", rule="DUP001")

    assert f"{len(wanted)} line" in seen.text
    assert "duplicates = DUP001" in seen.text
    assert f"row {wanted[0]['row']:,}" in seen.text
    assert seen.links("/finding?")


def test_the_rows_of_a_label_are_those_of_the_split(visit: Open, curated: Demo):
    with open_lake(curated.lake, read_only=True) as lake:
        record = find_split(lake, "sft@1")
        share = splits.mixture(lake, record, "source")[0]
    seen = visit("splits", curated.lake, id="sft@1", by="source", value=share.name)

    assert f"of {share.train + share.holdout:,} line" in seen.text
    assert share.name in seen.text


def test_two_versions_differ_as_the_command_says(visit: Open, curated: Demo):
    with open_lake(curated.lake, read_only=True) as lake:
        old, new = find_split(lake, "sft@1"), find_split(lake, "sft@2")
        counts = compare_splits(lake, old, new).counts
        assert counts == splits.changes(lake, old, new)
    seen = visit("splits", curated.lake, id="sft@2", against="sft@1", change="added")

    assert counts["added"] and counts["moved"]
    assert f"{counts['added']:,} row{'s' * (counts['added'] > 1)} new in it" in seen.text
    assert "another row stands for it" in seen.text
    assert "keep" in seen.text
    assert "govern splits diff sft@1 sft@2" == seen.app.code[-1].value
    gone = visit("splits", curated.lake, id="sft@2", against="elsewhere")
    assert "There is no such split in this lake to compare with." in gone.text


def test_a_training_run_it_fed_is_listed(curated: Demo):
    with open_lake(curated.lake, read_only=True) as lake:
        assert [] == splits.trained_on(lake, find_split(lake, "sft@1"))


def test_the_manifest_is_the_record(curated: Demo):
    with open_lake(curated.lake, read_only=True) as lake:
        record = find_split(lake, "sft@1")
    found = json.loads(manifest_file(record)())

    assert (record.members_hash, record.version) == (found["members_hash"], found["version"])
    assert dict(record.labels) == found["labels"]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.REVIEWER])
def test_who_may_propose_sees_the_button(visit: Open, curated: Demo, role: Role):
    buttons = visit("splits", curated.lake, role, id="sft@1").buttons

    assert (role is Role.REVIEWER) == ("Propose another share of a label" in buttons)
