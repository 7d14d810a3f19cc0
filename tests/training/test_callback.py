"""Observers are told of every step and of who is in each micro-batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.training.builders import Diary, tiny_qwen3
from training.observer import Segment

pytestmark = pytest.mark.filterwarnings("ignore:.*pin_memory.*:UserWarning")


def collate(rows: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
    ids = torch.tensor([row["ids"] for row in rows])
    return {
        "input_ids": ids,
        "labels": ids.clone(),
        "sample_numbers": torch.tensor([row["number"] for row in rows]),
        "sample_places": torch.tensor([[place, 0, ids.shape[1]] for place in range(len(rows))]),
    }


@pytest.fixture(scope="module")
def diary(tmp_path_factory: pytest.TempPathFactory) -> Diary:
    """What an observer saw of two steps of two micro-batches of two samples, by a plain transformers trainer."""
    from transformers import Trainer, TrainingArguments

    from training.callback import ObservedSteps, ObserverCallback

    class Observed(ObservedSteps, Trainer):
        pass

    rows = [{"ids": [n, n + 1, n + 2, n + 3], "number": n} for n in range(8)]
    found = Diary()
    callback = ObserverCallback([found], [f"{n:064x}" for n in range(8)])
    arguments = TrainingArguments(
        output_dir=str(tmp_path_factory.mktemp("run")),
        per_device_train_batch_size=2,
        gradient_accumulation_steps=2,
        max_steps=2,
        save_strategy="steps",
        save_steps=2,
        report_to="none",
        disable_tqdm=True,
        use_cpu=True,
        remove_unused_columns=False,
    )
    trainer = Observed(
        model=tiny_qwen3(), args=arguments, train_dataset=rows, data_collator=collate, callbacks=[callback]
    )
    trainer.observing = callback
    trainer.train()
    return found


def test_calls_come_in_the_order_of_the_protocol(diary: Diary) -> None:
    step = [("enter", 0), ("leave", 0), ("enter", 1), ("leave", 1)]
    expected = [
        *(("started", 0), *step, ("before", 0), ("after", 0)),
        *(("started", 1), *step, ("before", 1), ("after", 1)),
        *(("saved", 2), ("finished", 2)),
    ]

    assert expected == diary.calls


def test_each_sample_is_named_once_an_epoch_with_its_place(diary: Diary) -> None:
    assert list(range(8)) == sorted(n for batch in diary.batches for n in batch.samples)
    assert [0, 1] == [s.row for s in diary.batches[0].segments]
    assert {(0, 4)} == {(s.start, s.stop) for batch in diary.batches for s in batch.segments}


def test_numbers_name_the_tokens_the_model_got(diary: Diary) -> None:
    for batch in diary.batches:
        for segment in batch.segments:
            tokens = batch.inputs["input_ids"][segment.row, segment.start : segment.stop]

            assert [segment.sample + k for k in range(4)] == tokens.tolist()


def test_marks_do_not_reach_the_model(diary: Diary) -> None:
    assert {"sample_numbers", "sample_places"}.isdisjoint(diary.batches[0].inputs)
    assert isinstance(diary.batches[0].segments[0], Segment)


def test_observers_get_the_optimizer_itself(diary: Diary) -> None:
    assert diary.run is not None
    assert type(diary.run.optimizer).__module__.startswith("torch.optim")
    assert (0, 2, 1.0) == (diary.run.first_step, diary.run.total_steps, diary.run.max_grad_norm)
    assert Path("x/checkpoint-3") == _folder()


def _folder() -> Path:
    from training.callback import checkpoint_folder

    return checkpoint_folder("x", 3)
