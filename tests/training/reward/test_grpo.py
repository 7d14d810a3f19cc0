"""Training by reward with TRL: who is in each batch, what labels count, who watches, and going on after a kill."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import torch

from governance.errors import ConfigError, UsageError
from tests.training.arithmetic import instances, warm_model, words
from tests.training.builders import Diary
from training.difficulty.answering import Sampling, answering
from training.difficulty.weights import LabelRate, WeightOptions, WeightState, estimated
from training.errors import LossNotFinite, ResumeError
from training.observer import MicroBatch, Watching
from training.reward.grpo import train_grpo
from training.reward.request import GrpoRequest, GrpoResult
from training.reward.settings import GrpoSettings, chosen_grpo
from training.stages.takeover import TakeoverOptions

SETTINGS = GrpoSettings(
    steps=4,
    prompts=4,
    generations=4,
    micro_batch=8,
    max_new_tokens=5,
    learning_rate=1e-3,
    reestimate_steps=2,
    save_steps=2,
    device="cpu",
)
RULE = TakeoverOptions(window=2, patience=1, min_prompts=2)
WEIGHTING = WeightOptions(k=1, answers=2, instances=4)


class Kept:
    """A keeper that remembers."""

    def __init__(self) -> None:
        self.estimates: list[tuple[int, dict[str, float]]] = []
        self.rows: list[dict[str, Any]] = []
        self.verdicts: list[dict[str, Any]] = []

    def weights(self, step: int, state: WeightState) -> None:
        self.estimates.append((step, state.by_label))

    def rewards(self, rewards: pa.Table, windows: pa.Table) -> bool:
        self.rows += rewards.to_pylist()
        self.verdicts += windows.to_pylist()
        return True


class States(Watching):
    """Remembers the parameters after each step."""

    def __init__(self) -> None:
        self.model: Any = None
        self.after: dict[int, torch.Tensor] = {}

    def run_started(self, run: Any) -> None:
        self.model = run.model

    def after_update(self, step: int) -> None:
        self.after[step] = torch.cat([p.detach().flatten().clone() for p in self.model.parameters()])


class Run:
    """One finished run with everything that was seen of it."""

    def __init__(
        self, folder: Path, settings: GrpoSettings = SETTINGS, resume: Path | None = None, **given: Any
    ):
        self.diary, self.kept, self.states = Diary(), Kept(), States()
        self.prompts = instances("sum", "difference", "code")
        self.model = warm_model()
        request = GrpoRequest(
            self.model,
            words(),
            self.prompts,
            settings,
            folder,
            **{"rule": RULE, "weighting": WEIGHTING, "keeper": self.kept, "resume": resume, **given},
        )
        self.result: GrpoResult = train_grpo(request, [self.diary, self.states])


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return Run(tmp_path_factory.mktemp("whole"))


def test_observers_are_called_in_the_order_of_the_protocol(run: Run):
    one = [("enter", 0), ("leave", 0), ("enter", 1), ("leave", 1)]
    expected = []
    for step in range(4):
        expected += [("started", step), *one, ("before", step), ("after", step)]
        expected += [("saved", step + 1)] if step % 2 else []

    assert [*expected, ("finished", 4)] == run.diary.calls
    assert run.diary.run is not None
    assert [i.sample_id for i in run.prompts] == list(run.diary.run.samples)
    assert (0, 4, 1.0) == (run.diary.run.first_step, run.diary.run.total_steps, run.diary.run.max_grad_norm)


def test_batches_name_the_samples_whose_prompts_stand_in_them(run: Run):
    assert 8 == len(run.diary.batches)
    for batch in run.diary.batches:
        for segment in batch.segments:
            prompt = run.prompts[segment.sample]
            ids = batch.inputs["input_ids"][segment.row, segment.start : segment.stop]
            assert words().decode(ids).startswith(f"<user>{prompt.prompt[0][1]}<end><answer>")
            rest = batch.inputs["attention_mask"][segment.row].bool()
            assert rest[segment.start : segment.stop].all()
            assert segment.stop - segment.start == rest.sum()


def test_the_rewards_kept_are_those_of_the_answers_in_the_batches(run: Run):
    from training.reward.rewarding import reward

    earned: dict[tuple[int, int], list[float]] = defaultdict(list)
    for batch in run.diary.batches:
        for s in batch.segments:
            prompt = run.prompts[s.sample]
            text = words().decode(batch.inputs["input_ids"][s.row, s.start : s.stop])
            answer = text.partition("<answer>")[2].removesuffix("<end>")
            earned[batch.step, s.sample].append(reward(prompt.kind, prompt.gold, answer))

    kept = {(r["step"], r["sample"]): r for r in run.kept.rows}
    assert {key: pytest.approx(sum(r) / len(r)) for key, r in earned.items()} == {
        key: r["reward"] for key, r in kept.items()
    }
    assert 16 == len(run.kept.rows)
    assert {4} == {r["answers"] for r in run.kept.rows}
    assert all(run.prompts[r["sample"]].label == r["label"] for r in run.kept.rows)


def test_weights_are_estimated_again_and_are_those_in_force(run: Run):
    assert [0, 2] == [step for step, _ in run.kept.estimates]
    for step, weights in run.kept.estimates:
        assert pytest.approx(len(weights)) == sum(weights.values())
        rows = [r for r in run.kept.rows if r["step"] in {step, step + 1}]
        assert all(weights[r["label"]] == r["weight"] for r in rows)


def test_verdicts_are_given_at_the_end_of_each_window(run: Run):
    assert Counter({2: 3}) == Counter(v["stop_step"] for v in run.kept.verdicts if v["stop_step"] == 2)
    assert set(run.result.taken) == {v["label"] for v in run.kept.verdicts if v["verdict"] == "taken_over"}


def test_a_run_that_goes_on_from_a_checkpoint_ends_as_if_it_had_not_stopped(run: Run, tmp_path: Path):
    half = Run(tmp_path / "half", SETTINGS.model_copy(update={"steps": 2}))
    rest = Run(tmp_path / "rest", resume=half.result.checkpoint)

    assert {0, 1} == set(half.states.after)
    assert {2, 3} == set(rest.states.after)
    for step, parameters in {**half.states.after, **rest.states.after}.items():
        assert torch.equal(run.states.after[step], parameters)
    # what the kill may have kept from the lake is said again, out of the checkpoint
    assert run.kept.rows == rest.kept.rows
    assert half.kept.rows == rest.kept.rows[:8]
    assert run.kept.verdicts == rest.kept.verdicts
    assert run.kept.estimates == half.kept.estimates + rest.kept.estimates
    assert run.result.taken == rest.result.taken
    assert run.result.weights == rest.result.weights


def test_the_same_seed_gives_the_same_run_and_another_another(run: Run, tmp_path: Path):
    short = SETTINGS.model_copy(update={"steps": 1})
    again, other = Run(tmp_path / "a", short), Run(tmp_path / "b", short.model_copy(update={"seed": 7}))

    assert torch.equal(run.states.after[0], again.states.after[0])
    assert not torch.equal(run.states.after[0], other.states.after[0])


class Gradients(Watching):
    """The gradients of the first step, unclipped."""

    def __init__(self) -> None:
        self.found: torch.Tensor | None = None
        self.batches: list[MicroBatch] = []

    def run_started(self, run: Any) -> None:
        self.model = run.model

    def before_update(self, step: int) -> None:
        self.found = torch.cat([p.grad.detach().flatten().clone() for p in self.model.parameters()])


def gradient(
    folder: Path, weights: dict[str, float], labels: Sequence[str] = ("sum", "difference")
) -> torch.Tensor:
    """The gradient of one step where labels weigh so much; sampling is the same whatever they weigh."""
    options = WeightOptions(gamma=1e-9)
    state = estimated({x: LabelRate(1.0) for x in weights}, WeightState(), options)
    given = tuple(replace(w, smoothed=weights[w.label]) for w in state.weights)
    settings = SETTINGS.model_copy(
        update={
            "steps": 1,
            "prompts": 8,
            "micro_batch": 32,
            "reestimate_steps": 0,
            "max_grad_norm": 0.0,
            "save_steps": 0,
        }
    )
    watching = Gradients()
    model = warm_model().double()
    request = GrpoRequest(
        model, words(), instances(*labels), settings, folder, weights=WeightState(given, weights)
    )
    train_grpo(request, [watching])
    assert watching.found is not None
    return watching.found


def test_the_gradient_is_the_sum_of_those_of_labels_times_their_weights(tmp_path: Path):
    near_zero = 1e-12
    even = gradient(tmp_path / "even", {"sum": 1.0, "difference": 1.0})
    sums = gradient(tmp_path / "sum", {"sum": 1.0, "difference": near_zero}) / 2  # the mean over labels is 1
    differences = gradient(tmp_path / "difference", {"sum": near_zero, "difference": 1.0}) / 2
    mixed = gradient(tmp_path / "mixed", {"sum": 3.0, "difference": 1.0})  # normalised to 1.5 and 0.5

    assert even.norm() > 0 < differences.norm()
    assert torch.allclose(even, sums + differences, atol=1e-6)
    assert torch.allclose(mixed, 1.5 * sums + 0.5 * differences, atol=1e-6)


def test_weights_can_be_left_out_of_the_objective(tmp_path: Path):
    state = estimated({"sum": LabelRate(0.0), "code": LabelRate(1.0)}, WeightState(), WeightOptions())
    settings = SETTINGS.model_copy(update={"steps": 1, "label_weights": "none"})

    run = Run(tmp_path, settings, weights=state)

    assert {1.0} == {r["weight"] for r in run.kept.rows}
    assert [] == run.kept.estimates


def test_a_run_whose_labels_are_all_given_up_ends_with_a_checkpoint(tmp_path: Path):
    settings = SETTINGS.model_copy(update={"steps": 20, "save_steps": 0, "reestimate_steps": 0})
    run = Run(tmp_path, settings, reward=lambda *_: 0.0)

    assert {"sum", "difference", "code"} == set(run.result.taken)
    assert run.result.steps < 20
    assert run.result.checkpoint.is_dir()
    again = Run(tmp_path, settings, resume=run.result.checkpoint, reward=lambda *_: 0.0)
    assert (run.result.steps, run.result.taken) == (again.result.steps, again.result.taken)
    assert [] == again.diary.calls


def test_a_run_killed_after_its_last_step_takes_no_more_and_has_the_model(run: Run, tmp_path: Path):
    again = Run(tmp_path, resume=run.result.checkpoint)

    assert [] == again.diary.calls
    assert run.result == replace(again.result, checkpoint=run.result.checkpoint)
    parameters = torch.cat([p.detach().flatten() for p in again.model.parameters()])
    assert torch.equal(run.states.after[3], parameters)


def test_equal_rewards_move_nothing(tmp_path: Path):
    settings = SETTINGS.model_copy(update={"steps": 1, "reestimate_steps": 0})
    before = torch.cat([p.detach().flatten() for p in warm_model().parameters()])

    run = Run(tmp_path, settings, reward=lambda *_: 1.0, rule=None)

    assert torch.equal(before, run.states.after[0])


def test_a_gradient_that_is_no_number_stops_before_the_update_and_names_the_samples(tmp_path: Path):
    settings = SETTINGS.model_copy(update={"scale_rewards": "none", "reestimate_steps": 0})
    with pytest.raises(LossNotFinite, match="the gradient of step 0 is not a number") as refused:
        Run(tmp_path, settings, reward=lambda kind, gold, output: 1e38 * (len(output) % 2))

    assert "samples" in refused.value.where


def test_answering_leaves_the_model_and_the_random_numbers_as_they_were():
    model = warm_model()
    model.train()
    answers = answering(model, words(), Sampling(max_new_tokens=4, batch=3, seed=1))
    prompts = [i.messages for i in instances("sum")[:2]]
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)

    first, second = answers(prompts, 4), answers(prompts, 4)

    assert torch.equal(expected, torch.rand(2))
    assert model.training
    assert first == second
    assert [4, 4] == [len(own) for own in first]


def test_a_checkpoint_of_another_kind_or_of_other_labels_is_refused(run: Run, tmp_path: Path):
    (tmp_path / "checkpoint-2").mkdir()
    with pytest.raises(ResumeError, match="no course of labels"):
        Run(tmp_path, resume=tmp_path / "checkpoint-2")

    (tmp_path / "checkpoint-2" / "govern_course.json").write_text("{", encoding="utf-8")
    with pytest.raises(ResumeError, match="damaged"):
        Run(tmp_path, resume=tmp_path / "checkpoint-2")

    with pytest.raises(ResumeError, match="other labels"):
        train_grpo(
            GrpoRequest(
                run.model, words(), instances("sum"), SETTINGS, tmp_path, resume=run.result.checkpoint
            )
        )


def test_without_prompts_there_is_nothing_to_train(tmp_path: Path):
    with pytest.raises(UsageError, match="no prompt"):
        train_grpo(GrpoRequest(None, words(), (), SETTINGS, tmp_path))


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"step": 3}, "did you mean 'steps'"),
        ({"steps": 0}, "greater than or equal to 1"),
        ({"generations": 1}, "greater than or equal to 2"),
        ({"learning_rate": "fast"}, "valid number"),
        ({"loss": "ppo"}, "grpo"),
        ({"lora": {"rank": -1}}, "lora.rank"),
    ],
)
def test_settings_that_do_not_fit_are_named(table: dict[str, Any], said: str):
    with pytest.raises(ConfigError) as refused:
        chosen_grpo(table, "stages.toml: stage 2")

    assert said in str(refused.value)
    assert "stages.toml: stage 2" in refused.value.where


def test_answers_that_cannot_be_dealt_out_are_refused():
    with pytest.raises(UsageError, match="cannot be dealt out"):
        chosen_grpo({"prompts": 3, "generations": 2, "micro_batch": 4}, "x")


def test_settings_know_where_they_come_from():
    chosen = chosen_grpo({"steps": 3, "lora": {"rank": 2}}, "s.toml")

    assert ("s.toml", "s.toml", "default") == tuple(chosen.origins[k] for k in ("steps", "lora.rank", "seed"))
    assert (3, 2) == (chosen.values["steps"], chosen.values["lora.rank"])
