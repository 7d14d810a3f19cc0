"""A plan of stages from end to end on a small model, what the lake knows of it, and going on after a stop."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

from benchmarks.reward import arithmetic as world
from governance.errors import UsageError
from governance.lake import Lake
from governance.lake.label_rewards import load_label_rewards, load_label_windows
from governance.lake.label_weights import load_label_weights
from governance.lake.stages import load_stages, plan_of
from governance.lake.trainings import (
    list_trainings,
    load_batches,
    load_exclusions,
    load_record,
    load_samples,
    load_steps,
)
from governance.lake.verify import verify_lake
from tests.training.arithmetic import warm_model, words
from tests.training.builders import Diary
from training.data.source import SplitData
from training.errors import ResumeError
from training.models.loading import ModelSpec
from training.observer import StepObserver, Watching
from training.stages.file import read_stages
from training.stages.running import StagesRequest, StagesResult, run_stages

PLAN = """
[weights]
k = 1
answers = 2
instances = 3
max_new_tokens = 5
models = ["REFERENCE"]

[[stage]]
name = "learn"
kind = "sft"
weighted = true
settings = {max_steps = 4, batch_size = 8, save_every = 2, refresh_every = 2, device = "cpu", learning_rate = 1e-4}

[[stage]]
name = "reward"
kind = "grpo"
weak_below = 1.0
takeover = {window = 2, patience = 1, min_prompts = 2}
targeted = {max_steps = 2, batch_size = 4, device = "cpu"}
rehearsal = REHEARSAL

[stage.settings]
steps = 4
prompts = 6
generations = 4
micro_batch = 8
max_new_tokens = 5
learning_rate = 1e-4
reestimate_steps = 2
save_steps = 2
device = "cpu"
"""


ROWS = world.questions()
TABLE = world.members(ROWS[:12] + ROWS[49:61] + ROWS[98:])  # twelve of each label


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    warm_model().save_pretrained(str(folder))
    words().save_pretrained(str(folder))
    return folder


def request(folder: Path, model: Path, lake: Lake | None, text: str = PLAN, **given: Any) -> StagesRequest:
    folder.mkdir(parents=True, exist_ok=True)
    plan = folder.parent / f"{folder.name}.toml"
    plan.write_text(text.replace("REHEARSAL", "0.5").replace("REFERENCE", str(model)), encoding="utf-8")
    split = SplitData("arithmetic@1", "s1", "hash", lambda: [TABLE])
    return StagesRequest(
        read_stages(plan),
        "arithmetic@1",
        {"arithmetic@1": split}.__getitem__,
        ModelSpec(str(model)),
        folder,
        lake,
        **given,
    )


class Done:
    """A plan that was carried out, and who watched it."""

    def __init__(self, folder: Path, model: Path, lake: Lake) -> None:
        self.diaries: dict[str, Diary] = {}
        self.lake = lake
        self.result: StagesResult = run_stages(request(folder, model, lake), self.watching)

    def watching(self, kind: str, run: str) -> Sequence[StepObserver]:
        return [self.diaries.setdefault(run, Diary())]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory, model: Path, lake: Lake) -> Done:
    return Done(tmp_path_factory.mktemp("plan") / "whole", model, lake)


def test_each_stage_is_a_run_that_goes_on_from_the_one_before(done: Done):
    first, second, third = done.result.runs

    assert [("learn", "sft"), ("reward", "grpo"), ("reward-targeted", "sft")] == [
        (r.stage, r.kind) for r in done.result.runs
    ]
    assert (None, first.run, second.run) == (first.before, second.before, third.before)
    records = [load_record(done.lake, r.run) for r in done.result.runs]
    assert ["", first.run, second.run] == [r.parent for r in records]
    assert [f"{first.folder}/model", f"{second.folder}/model"] == [r.model for r in records[1:]]
    assert Path(third.folder) / "model" == done.result.model
    assert {"finished"} == {t.state for t in list_trainings(done.lake)}


def test_the_lake_says_on_which_labels_and_why(done: Done):
    rows = load_stages(done.lake, done.result.plan).to_pylist()

    assert [r.run for r in done.result.runs] == [r["run"] for r in rows]
    assert "every label" == rows[0]["reason"]
    assert rows[1]["reason"].startswith("pass@1 below 1: code 0.00")
    taken = done.result.runs[1].taken
    assert sorted(taken) == json.loads(rows[2]["labels"])
    assert f"code after step {taken['code']}" in rows[2]["reason"]
    assert done.result.plan == plan_of(done.lake, rows[1]["run"])
    assert plan_of(done.lake, "none") is None
    assert verify_lake(done.lake).ok


def test_what_took_over_is_visible_in_the_runs_record(done: Done):
    run = done.result.runs[1]
    windows = load_label_windows(done.lake, run.run).to_pylist()

    assert run.taken == {w["label"]: w["stop_step"] for w in windows if w["verdict"] == "taken_over"}
    assert "code" in run.taken
    assert "takeover.window" in load_record(done.lake, run.run).settings


def test_the_targeted_run_has_the_labels_taken_over_and_rehearses_the_others(done: Done):
    targeted = done.result.runs[2]
    labels = load_samples(done.lake, targeted.run).column("label").unique().to_pylist()

    assert {"code", "difference", "sum"} == set(labels)
    weights = {
        w["label"]: w["weight"]
        for w in done.lake.query(
            "SELECT step, label, weight FROM lake.training_weights WHERE run = ?",
            _weights_schema(),
            [targeted.run],
        ).to_pylist()
    }
    others = set(labels) - set(targeted.labels)
    assert dict.fromkeys(targeted.labels, 1.0) | dict.fromkeys(others, 0.5) == weights


def _weights_schema() -> Any:
    from governance.trainings import WEIGHTS

    return WEIGHTS


def test_weights_were_estimated_at_intervals_and_carried_into_the_next_stage(done: Done):
    first, second, _ = done.result.runs
    learn, earn = (load_label_weights(done.lake, r.run).to_pylist() for r in (first, second))

    assert [0, 2] == sorted({r["step"] for r in learn})
    assert [0, 2] == sorted({r["step"] for r in earn})[:2]
    last = {r["label"]: r["smoothed"] for r in learn if r["step"] == 2}
    # the reference is the model that the plan began with
    assert {r["label"]: r["pass_cur"] for r in learn if r["step"] == 0} == {
        r["label"]: r["pass_ref"] for r in learn if r["step"] == 2
    }
    for row in (r for r in earn if r["step"] == 0):
        assert pytest.approx(0.5 * last[row["label"]] + 0.5 * row["raw"], abs=1e-9) == row["smoothed"]
    assert {r["label"]: r["normalised"] for r in learn if r["step"] == 2} == first.weights.by_label


def test_batches_of_the_run_are_what_the_model_saw(done: Done):
    run = done.result.runs[1].run
    seen = [(b.step, b.part, s) for b in done.diaries[run].batches for s in b.samples]
    kept = [(b["step"], b["part"], b["sample"]) for b in load_batches(done.lake, run).to_pylist()]

    assert seen == kept
    steps = load_steps(done.lake, run).to_pylist()
    assert list(range(len(steps))) == [s["step"] for s in steps]
    assert all(0 < s["supervised"] < s["tokens"] for s in steps)
    samples = load_samples(done.lake, run).to_pylist()
    rewarded = load_label_rewards(done.lake, run).to_pylist()
    assert {s for *_, s in seen} == {r["sample"] for r in rewarded}
    assert all(samples[r["sample"]]["label"] == r["label"] for r in rewarded)


class Killed(BaseException):
    """Stands for a kill."""


class KillsAt(Watching):
    def __init__(self, step: int) -> None:
        self.step = step

    def step_started(self, step: int) -> None:
        if step == self.step:
            raise Killed


def test_a_plan_that_was_stopped_twice_goes_on_to_the_same_end(
    done: Done, tmp_path: Path, model: Path, lake: Lake
):
    def kills(kind: str, step: int) -> Callable[[str, str], Sequence[StepObserver]]:
        return lambda at, run: [KillsAt(step)] if at == kind else []

    with pytest.raises(Killed):
        run_stages(request(tmp_path / "plan", model, lake), kills("sft", 3))
    with pytest.raises(ResumeError, match="holds a plan"):
        run_stages(request(tmp_path / "plan", model, lake))
    with pytest.raises(Killed):
        run_stages(request(tmp_path / "plan", model, lake, resume=True), kills("grpo", 3))
    result = run_stages(request(tmp_path / "plan", model, lake, resume=True))

    assert result.model is not None
    assert done.result.model is not None
    for name, tensor in load_file(done.result.model / "model.safetensors").items():
        assert tensor.equal(load_file(result.model / "model.safetensors")[name])
    for one, other in zip(done.result.runs, result.runs, strict=True):
        assert (one.stage, one.labels, one.reason, one.taken) == (
            other.stage,
            other.labels,
            other.reason,
            other.taken,
        )
        for load in (load_label_rewards, load_label_windows, load_label_weights, load_batches):
            assert load(lake, one.run) == load(lake, other.run)
    assert 3 == load_stages(lake, result.plan).num_rows
    again = run_stages(request(tmp_path / "plan", model, lake, resume=True))
    assert result == again


def test_another_stage_file_cannot_go_on_with_a_plan(tmp_path: Path, model: Path):
    only = '[[stage]]\nname = "r"\nkind = "grpo"\nlabels = ["none"]\n'
    run_stages(request(tmp_path / "plan", model, None, only))

    with pytest.raises(ResumeError, match="has changed"):
        run_stages(request(tmp_path / "plan", model, None, only + "# changed", resume=True))
    with pytest.raises(ResumeError, match="split or the model has changed"):
        run_stages(request(tmp_path / "plan", tmp_path, None, only, resume=True))
    (tmp_path / "plan" / "stages.json").write_text("{", encoding="utf-8")
    with pytest.raises(ResumeError, match="damaged"):
        run_stages(request(tmp_path / "plan", model, None, only, resume=True))


def test_a_stage_without_weak_labels_is_recorded_and_passed_over(tmp_path: Path, model: Path, lake: Lake):
    (tmp_path / "rates.csv").write_text("label,pass_rate\nsum,0.9\ncode,0.8\n", encoding="utf-8")
    text = '[[stage]]\nname = "r"\nkind = "grpo"\nweak_below = 0.5\nrates = "rates.csv"\n'

    result = run_stages(request(tmp_path / "plan", model, lake, text))

    assert ("", "none of 2 labels has a pass@1 below 0.5") == (result.runs[0].run, result.runs[0].reason)
    assert result.model is None
    assert ["none of 2 labels has a pass@1 below 0.5"] == load_stages(lake, result.plan).column(
        "reason"
    ).to_pylist()


def test_rows_that_are_not_of_the_stage_are_excluded_and_adapters_are_kept(
    tmp_path: Path, model: Path, lake: Lake
):
    text = """
[[stage]]
name = "r"
kind = "grpo"
labels = ["sum"]
[stage.settings]
steps = 1
prompts = 2
generations = 2
micro_batch = 4
max_new_tokens = 4
kl = 0.1
gradient_checkpointing = "on"
device = "cpu"
lora = {rank = 2}
"""
    result = run_stages(request(tmp_path / "plan", model, lake, text))

    excluded = load_exclusions(lake, result.runs[0].run)
    assert {"other_label": 24} == {
        c["values"]: c["counts"] for c in excluded.column("reason").value_counts().to_pylist()
    }
    assert ["sum"] == load_samples(lake, result.runs[0].run).column("label").unique().to_pylist()
    assert result.model is not None
    assert (result.model / "adapter_model.safetensors").is_file()
    assert not (result.model / "ref").exists()


def test_stages_run_in_one_process(tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WORLD_SIZE", "2")

    with pytest.raises(UsageError, match="several processes"):
        run_stages(request(tmp_path / "plan", model, None))
