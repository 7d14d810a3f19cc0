"""`govern train` and what `govern runs` shows of it. The split is given by hand here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.training.builders import hex_id, members, sums
from training.data.source import SplitData

pytestmark = pytest.mark.filterwarnings("ignore:.*unclosed:ResourceWarning")


@pytest.fixture
def split(monkeypatch: pytest.MonkeyPatch) -> None:
    """A split called finance@1 of twelve sums, one of them too long for its limit."""
    rows = sums(12)
    rows[3]["response"] = "word " * 60
    table = members(rows)
    data = SplitData("finance@1", "5" * 32, hex_id("finance"), lambda: iter([table]))
    monkeypatch.setattr("training.data.source.split_data", lambda lake, reference: data)


SHORT = ("--set", "device=cpu", "--set", "max_length=200", "--set", "batch_size=2")


def test_a_plan_says_what_would_be_done_and_does_nothing(run: Run, folder: Path, split: None) -> None:
    result = run("train", "finance", "--dry-run", *SHORT, "--lora")

    assert 0 == result.code, result.err
    for words in ("finance@1", "11 in 11 rows", "1  longer than max_length", "6 of 2 rows", "about 0.0"):
        assert words in result.out, result.out
    assert "lora.rank" in result.out
    assert "--lora" in result.out
    assert [] == list(folder.iterdir())


def test_a_plan_is_json_for_programs(run: Run, split: None) -> None:
    result = run("train", "finance", "--dry-run", *SHORT, "-f", "json")

    found = json.loads(result.out)
    assert (11, 6, {"over_length": 1}) == (found["samples"], found["steps"], found["excluded"])
    assert "--set" == found["origins"]["batch_size"]


def test_a_run_is_trained_listed_and_shown(run: Run, folder: Path, split: None) -> None:
    trained = run("train", "finance", *SHORT, "-o", "runs/first")
    listed = run("runs", "list")
    ident = json.loads((folder / "runs/first/run.json").read_text())["run"]
    shown = run("runs", "show", ident)
    values = json.loads(run("runs", "show", ident, "-f", "json").out)

    assert 0 == trained.code, trained.err
    assert "step 1 of 6  loss 5." in trained.err
    assert "lr " in trained.err
    assert (folder / "runs/first/model/model.safetensors").is_file()
    assert "6 steps, loss " in listed.out
    assert "finance@1 -> new:tiny" in listed.out
    assert "batch_size = 2  (--set)" in shown.out
    assert 6 == len(values["steps"])
    assert {"over_length": 1} == values["excluded"]

    assert "6 steps, finance@1 -> new:tiny" in run("runs", "rm", ident[:18], "--dry-run").out
    assert 0 == run("runs", "rm", ident, "--yes").code
    assert "no run yet\n" == run("runs", "list").out
    assert (folder / "runs/first/model").is_dir()


def test_a_run_goes_on_from_its_record_alone(run: Run, folder: Path, split: None) -> None:
    run("train", "finance", *SHORT, "--set", "save_every=2", "-o", "runs/first")
    losses = [json.loads(text) for text in (folder / "runs/first/journal.jsonl").read_text().splitlines()]
    import shutil

    shutil.rmtree(folder / "runs/first/checkpoint-6")

    again = run("train", "--resume", "latest", "-f", "json")

    assert 0 == again.code, again.err
    found = json.loads(again.out)
    assert (4, 6) == (found["first_step"], found["steps"])
    assert [line["loss"] for line in losses if line["kind"] == "step"] == found["losses"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name a split, or give --resume"),
        (("finance", "--resume", "x"), "name a split, or give --resume"),
        (("finance", "--set", "batch=2"), "did you mean 'batch_size'"),
        (("finance", "--model", "absent"), "there is no such model"),
        (("--resume", "absent"), "no training is stored"),
    ],
)
def test_wrong_usage_is_three_lines(run: Run, split: None, arguments: tuple[str, ...], said: str) -> None:
    result = run("train", *arguments)

    assert 2 == result.code
    assert said in result.err
    assert "internal error" not in result.err
