"""What stops a run says which samples it was at, and what to change; the last good checkpoint stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from governance.errors import ConfigError
from governance.lake import trainings
from governance.lake.events import events
from tests.training.builders import Diary, hex_id, request, sums
from training.errors import LossNotFinite, MemoryExhausted, TrainingError
from training.failures import explained, is_memory, relief
from training.models.placement import Placement, placed
from training.observer import RunStarted
from training.runs.checkpoints import last_whole
from training.supervised.sft import train_sft

CPU = Placement("cpu", False, False, "sdpa", False)


class Spoils(Diary):
    """An observer that makes the model produce no number from a step on."""

    def __init__(self, step: int, *, gradient: bool = False) -> None:
        super().__init__()
        self.step = step
        self.gradient = gradient

    def run_started(self, run: RunStarted) -> None:
        super().run_started(run)
        self.parameter = next(iter(run.model.parameters()))

    def step_started(self, step: int) -> None:
        super().step_started(step)
        if step == self.step and self.gradient:
            self.parameter.register_hook(lambda g: g * float("nan"))
        elif step == self.step:
            with torch.no_grad():
                self.parameter[:] = float("nan")


@pytest.mark.parametrize("gradient", [False, True])
def test_a_loss_that_is_no_number_stops_before_the_update(tmp_path: Path, lake: Any, gradient: bool) -> None:
    rows = sums(8)
    asked = request(tmp_path / "run", rows, "batch_size=2", "max_steps=8", "save_every=2", lake=lake)
    spoils = Spoils(3, gradient=gradient)

    with pytest.raises(LossNotFinite) as caught:
        train_sft(asked, [spoils])

    numbers = spoils.batches[-1].samples
    assert f"the {'gradient' if gradient else 'loss'} of step 3" in caught.value.what
    for number in numbers:
        ids = list(spoils.run.samples)  # type: ignore[union-attr]
        assert f"position {number} ({ids[number][:12]})" in caught.value.where
    assert str(tmp_path / "run" / "checkpoint-2") in caught.value.hint
    assert ("after", 3) not in spoils.calls
    assert 2 == last_whole(tmp_path / "run").step  # type: ignore[union-attr]
    stored = trainings.find_training(lake, trainings.list_trainings(lake)[0].run)
    assert ("failed", 3) == (stored.state, stored.steps)


def test_a_failed_run_can_go_on(tmp_path: Path, lake: Any) -> None:
    from dataclasses import replace

    asked = request(tmp_path / "run", sums(8), "batch_size=2", "max_steps=6", "save_every=2", lake=lake)
    with pytest.raises(LossNotFinite):
        train_sft(asked, [Spoils(3)])

    run = train_sft(replace(asked, resume=True))

    assert (2, 6) == (run.first_step, run.steps)
    assert list(range(6)) == trainings.load_steps(lake, run.run).column("step").to_pylist()
    assert "finished" == trainings.find_training(lake, run.run).state


def test_a_run_that_somebody_stops_is_not_a_failed_one(tmp_path: Path, lake: Any) -> None:
    class Impatient(Diary):
        def step_started(self, step: int) -> None:
            if step == 2:
                raise KeyboardInterrupt

    asked = request(tmp_path / "run", sums(4), "batch_size=2", "max_steps=4", lake=lake)
    with pytest.raises(KeyboardInterrupt):
        train_sft(asked, [Impatient()])

    stored = trainings.list_trainings(lake)[0]
    assert ("stopped", 2) == (stored.state, stored.steps)
    assert "training.stop" == list(events(lake))[-1].action


def test_out_of_memory_says_what_to_change(tmp_path: Path) -> None:
    class Hungry(Diary):
        def before_update(self, step: int) -> None:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")

    asked = request(tmp_path / "run", sums(4), "batch_size=4", "accumulation=2")
    with pytest.raises(MemoryExhausted) as caught:
        train_sft(asked, [Hungry()])

    assert "batch_size=2 with accumulation=4" in caught.value.hint
    assert "gradient_checkpointing=on" in caught.value.hint
    assert "--lora" in caught.value.hint
    assert "batch_size 4" in caught.value.where


def test_relief_names_only_what_can_still_be_changed(tmp_path: Path) -> None:
    tight = request(tmp_path, [], "batch_size=1", "lora.rank=4", "gradient_checkpointing=on").settings

    assert "a smaller max_length, or a smaller model" == relief(tight, placed(tight))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_errors_of_memory_are_known(error: Exception, expected: bool) -> None:
    assert expected == is_memory(error)


def test_other_errors_stay_what_they_are(tmp_path: Path) -> None:
    error = KeyError("x")

    assert error is explained(error, request(tmp_path, []).settings, CPU, None)


def test_an_observers_error_stops_the_run_as_it_is(tmp_path: Path) -> None:
    class Objects(Diary):
        def before_update(self, step: int) -> None:
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        train_sft(request(tmp_path / "run", sums(4)), [Objects()])


def test_a_split_of_which_nothing_is_left_is_refused_with_the_reasons(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="3 longer than max_length"):
        train_sft(request(tmp_path / "run", sums(3), "max_length=8"))
    assert not (tmp_path / "run").exists()


def test_more_tokens_than_the_model_takes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="the model takes 1,024") as caught:
        train_sft(request(tmp_path / "run", sums(3), "max_length=5000"))

    assert "--set" == caught.value.where


def test_equal_texts_are_two_samples(tmp_path: Path) -> None:
    row = sums(1)[0] | {"sample_id": hex_id("same")}
    diary = Diary()

    train_sft(request(tmp_path / "run", [row, row], "batch_size=2", "epochs=2"), [diary])

    assert [{0, 1}, {0, 1}] == [set(b.samples) for b in diary.batches]
