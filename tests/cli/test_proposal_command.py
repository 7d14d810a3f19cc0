"""`govern proposal` and `govern lineage` as a person uses them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Run, train_rows, write_rows
from ui.cli.main import main

SHARE = ("proposal", "add", "--label", "a", "--rows", "1", "--split", "sft", "--reason", "too many")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a split of a few rows of two labels."""
    folder = tmp_path_factory.mktemp("proposals")
    rows = [{**row, "category": "ab"[i % 2]} for i, row in enumerate(train_rows())]
    (folder / "govern.toml").write_text('select = ["INP", "DUP001"]\nlabels = "none"\n')
    write_rows(folder / "train.jsonl", rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert 0 == main(["curate", "train.jsonl", "--name", "sft", "-q"])
    return folder


@pytest.fixture
def split(prepared: Path, folder: Path) -> None:
    """The same, for one test to change."""
    shutil.copytree(prepared, folder, dirs_exist_ok=True)


def test_a_proposal_changes_the_next_split_once_somebody_else_agrees(run: Run, split: None):
    sample = json.loads(run("splits", "why", "sft", "0", "-f", "json").out)[0]["sample_id"]
    done = run("proposal", "add", "--drop", sample[:12], "--reason", "too easy", "--by", "ann")

    assert (0, "P-0001\n") == (done.code, done.out)
    assert "in sft@1: 5 rows, then 4" in done.err
    assert "next: somebody else runs govern proposal approve P-0001" in done.err
    own = run("proposal", "approve", "P-0001", "--by", "ann")
    assert 2 == own.code
    assert "ann proposed P-0001 and cannot approve it" in own.err
    assert 0 == run("proposal", "approve", "P-0001", "--by", "ben").code

    done = run("curate", "train", "--name", "sft")
    assert "kept sft@2" in done.err
    assert "note: proposal P-0001 decided about 2 rows" in done.out
    assert "decided by proposal P-0001" in run("splits", "why", "sft", "0").out
    assert (
        "the same split is there already: sft@1"
        in run("curate", "train", "--name", "sft", "--no-proposals").err
    )


def test_proposals_are_listed_and_shown_with_their_history(run: Run, split: None):
    run(*SHARE, "--by", "ann")
    run("proposal", "reject", "P-0001", "--reason", "they are needed", "--by", "ben")

    listed = run("proposal", "list").out
    assert "at most 1 rows of label a in split sft" in listed
    assert "no proposal is approved" in run("proposal", "list", "--status", "approved").out
    shown = json.loads(run("proposal", "show", "P-0001", "-f", "json").out)
    assert ("rejected", ["proposal.add", "proposal.reject"]) == (
        shown["state"], [s["action"] for s in shown["history"]]
    )  # fmt: skip
    assert "they are needed" in run("proposal", "show", "P-0001").out


def test_a_proposal_is_one_change(run: Run, split: None):
    for options in (
        (),
        ("--label", "a"),
        ("--stays", "0" * 12),
        ("--drop", "ab", "--label", "a", "--rows", "1"),
    ):
        done = run("proposal", "add", *options, "--reason", "why")
        assert (2, True) == (done.code, "a proposal is one change" in done.err)
    assert 0 == run("proposal", "list").code


def test_unknown_names_are_said(run: Run, split: None):
    assert "there is no proposal 'P-0009'" in run("proposal", "show", "P-0009").err
    assert "no kept dataset has a sample" in run("proposal", "add", "--drop", "0" * 9, "--reason", "x").err


def test_the_proof_covers_proposals(run: Run, split: None):
    run(*SHARE)

    assert 0 == run("runs", "verify").code


def test_lineage_of_a_split_for_people_and_for_catalogues(run: Run, split: None):
    shown = run("lineage", "split:sft@1").out
    assert "dataset:train@1" in shown
    graph = json.loads(run("lineage", "-f", "json").out)
    assert ["dataset:train@1", "split:sft@1"] in graph["edges"]
    events = [
        json.loads(line) for line in run("lineage", "split:sft@1", "-f", "openlineage").out.splitlines()
    ]
    assert {"audit", "curate"} == {e["job"]["name"] for e in events}
    gone = run("lineage", "split:sft@7")
    assert (2, True) == (gone.code, "there is no 'split:sft@7'" in gone.err)
