"""`govern train --stages`: a plan is shown, carried out, gone on with. The split is given by hand here."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.training.builders import hex_id, members
from training.data.source import SplitData

pytestmark = pytest.mark.filterwarnings("ignore:.*unclosed:ResourceWarning")

STAGES = """
[[stage]]
name = "learn"
kind = "sft"
settings = {max_steps = 2, batch_size = 2, device = "cpu"}

[[stage]]
name = "reward"
kind = "grpo"
takeover = {window = 1, patience = 1, min_prompts = 2}
targeted = {max_steps = 1, batch_size = 2, device = "cpu"}
settings = {steps = 3, prompts = 2, generations = 2, micro_batch = 4, max_new_tokens = 3, device = "cpu"}
"""


@pytest.fixture
def file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    rows = [{"prompt": f"{n} + 1?", "response": f"\\boxed{{{n + 1}}}", "label": "sums"} for n in range(6)]
    table = members(rows)
    data = SplitData("finance@1", "5" * 32, hex_id("finance"), lambda: iter([table]))
    monkeypatch.setattr("training.data.source.split_data", lambda lake, reference: data)
    (folder / "stages.toml").write_text(STAGES, encoding="utf-8")
    return "stages.toml"


def test_a_plan_is_shown_without_doing_anything(run: Run, folder: Path, file: str) -> None:
    shown = run("train", "finance", "--stages", file, "--dry-run")
    values = json.loads(run("train", "finance", "--stages", file, "--dry-run", "-f", "json").out)

    assert 0 == shown.code, shown.err
    assert ["sft", "grpo"] == [s["kind"] for s in values["stages"]]
    assert "max_steps=2" in shown.out
    assert ["stages.toml"] == [p.name for p in folder.iterdir()]


def test_a_plan_is_carried_out_listed_and_gone_on_with(run: Run, folder: Path, file: str) -> None:
    done = run("train", "finance", "--stages", file, "-o", "runs/two")
    listed = run("runs", "list")

    assert 0 == done.code, done.err
    assert "reward did not improve: sums after step 2" in done.out
    assert "reward 0.000" in done.err
    assert 3 == listed.out.count("finance@1")
    again = run("train", "--resume", "runs/two", "-f", "json")
    assert 0 == again.code, again.err
    found = json.loads(again.out)
    assert ["learn", "reward", "reward-targeted"] == [r["stage"] for r in found["runs"]]
    assert (folder / "runs/two/03-reward-targeted/model/model.safetensors").is_file()

    ident = found["runs"][1]["run"]
    shown = run("runs", "show", ident)
    values = json.loads(run("runs", "show", ident, "-f", "json").out)
    assert 0 == shown.code, shown.err
    assert "taken over after step 2" in shown.out
    assert "reward did not improve" in shown.out
    assert ["waiting", "taken_over"] == [w["verdict"] for w in values["label_windows"]]
    assert [["sums"]] == [s["labels"] for s in values["stages"]][2:]

    stage = run("train", "--resume", "runs/two/02-reward")
    assert 2 == stage.code
    assert "a stage of a plan" in stage.err
    assert "runs/two goes on with the plan" in stage.err


def test_what_is_wrong_is_said_before_any_work(run: Run, folder: Path, file: str) -> None:
    mixed = run("train", "finance", "--stages", file, "--set", "epochs=2")
    gone = run("train", "finance", "--stages", "gone.toml")
    shutil.copy(folder / file, folder / "bad.toml")
    (folder / "bad.toml").write_text(STAGES.replace("patience", "patiance"), encoding="utf-8")
    bad = run("train", "finance", "--stages", "bad.toml")

    assert (2, 2, 2) == (mixed.code, gone.code, bad.code)
    assert "--set does not go with a plan of stages" in mixed.err
    assert "the stage file cannot be read" in gone.err
    assert "did you mean 'patience'" in bad.err
