"""The loss is what its formula says, and what is recorded is what the model saw."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.training.builders import Diary, Eyes, request, sums
from training.data.samples import Samples
from training.models.fresh import byte_tokenizer
from training.models.loading import load_model
from training.models.placement import placed
from training.runs.journal import StepLine
from training.runs.run import journal_of
from training.supervised.sft import rows_of, samples_of, train_sft, trainer_of
from training.supervised.weighting import Weighting

WEIGHTS = {"even": 0.25, "odd": 1.75}


def trainer_for(asked: Any, labels: dict[str, float] | None = None) -> Any:
    """A trainer of doubles that has not begun, as train_sft would make it."""
    placement = placed(asked.settings)
    tokenizer = byte_tokenizer()
    samples = samples_of(asked, tokenizer)
    loaded = load_model(asked.model, asked.settings, placement, tokenizer, asked.folder / "base")
    loaded.model.double()
    trainer = trainer_of(asked, samples, loaded, placement)
    trainer.weighting.set_labels(labels or {})
    return trainer


def gradient_of_step(trainer: Any, rows: list[list[int]], size: int) -> torch.Tensor:
    """The gradient of one step over these rows, in micro-batches of `size`, flat."""
    from training.callback import unmarked

    trainer.model.zero_grad()
    batches = [
        trainer.data_collator([{"samples": row} for row in rows[at : at + size]])
        for at in range(0, len(rows), size)
    ]
    count = trainer._get_num_items_in_batch(batches, torch.device("cpu"))
    for batch in batches:
        segments, inputs = unmarked(batch)
        with trainer_observing(trainer, segments, inputs):
            trainer.compute_loss(trainer.model, inputs, num_items_in_batch=count).backward()
    return torch.cat([p.grad.flatten() for p in trainer.model.parameters() if p.grad is not None])


def trainer_observing(trainer: Any, segments: Any, inputs: Any) -> Any:
    from contextlib import nullcontext

    from training.observer import MicroBatch

    trainer.batch = MicroBatch(0, 0, segments, inputs)
    return nullcontext()


def gradient_of_sample(trainer: Any, samples: Samples, number: int) -> torch.Tensor:
    """The gradient of -log P(y | x) of one sample alone, from the model's own logits."""
    trainer.model.zero_grad()
    ids, supervised = (torch.from_numpy(a.copy()).long()[None] for a in samples.tokens.of(number))
    logits = trainer.model(input_ids=ids).logits[0, :-1]
    chosen = logits.log_softmax(-1).gather(1, ids[0, 1:, None])[:, 0]
    (-(chosen * supervised[0, 1:]).sum()).backward()
    return torch.cat([p.grad.flatten() for p in trainer.model.parameters() if p.grad is not None])


@pytest.mark.parametrize("packing", ["false", "true"])
@pytest.mark.parametrize("loss", ["tokens", "samples"])
@pytest.mark.parametrize("size", [5, 2])
def test_the_gradient_is_the_weighted_sum_of_the_samples_own(
    tmp_path: Path, packing: str, loss: str, size: int
) -> None:
    rows = sums(5)
    rows[3]["weight"] = 2.5
    asked = request(tmp_path, rows, f"packing={packing}", f"loss={loss}", "max_length=160")
    trainer = trainer_for(asked, WEIGHTS)
    samples = trainer.samples
    weights = [0.25, 1.75, 0.25, 1.75 * 2.5, 0.25]
    whole = int(samples.rows.column("supervised").to_numpy().sum()) if loss == "tokens" else 5
    expected = sum(w * gradient_of_sample(trainer, samples, n) for n, w in enumerate(weights)) / whole

    actual = gradient_of_step(trainer, rows_of(asked, samples, byte_tokenizer()), size)

    assert float((expected - actual).norm() / expected.norm()) < 1e-6
    assert float(expected.norm()) > 1e-3


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")
def test_weights_of_one_change_nothing(tmp_path: Path) -> None:
    """With every weight 1 losses and weights of the model are TRL's own, step by step."""
    from datasets import Dataset
    from safetensors.torch import load_file
    from trl import SFTTrainer

    from training.supervised.arguments import arguments

    asked = request(tmp_path / "ours", sums(12), "shuffle=false", "max_steps=4", "accumulation=2",
                    "batch_size=2")  # fmt: skip
    ours = train_sft(asked)
    tokenizer, placement = byte_tokenizer(), placed(asked.settings)
    samples = samples_of(asked, tokenizer)
    loaded = load_model(asked.model, asked.settings, placement, tokenizer, tmp_path / "base")
    given = [samples.tokens.of(n) for n in range(len(samples))]
    dataset = Dataset.from_list(
        [{"input_ids": ids.tolist(), "labels": np.where(s, ids, -100).tolist()} for ids, s in given]
    )
    config = arguments(asked.settings, placement, tmp_path / "theirs")
    config.train_sampling_strategy, config.logging_strategy, config.logging_steps = "sequential", "steps", 1
    config.remove_unused_columns = True
    theirs = SFTTrainer(loaded.model, config, train_dataset=dataset, processing_class=tokenizer)
    theirs.train()

    assert [h["loss"] for h in theirs.state.log_history if "loss" in h] == pytest.approx(
        ours.losses, abs=1e-6
    )
    mine = load_file(ours.model / "model.safetensors")
    for name, value in theirs.model.state_dict().items():
        if name in mine:
            assert float((mine[name] - value).abs().max()) < 1e-6, name


@pytest.mark.parametrize(
    "assignments",
    [
        ("batch_size=2", "accumulation=3"),
        ("batch_size=2", "accumulation=2", "packing=true", "max_length=200"),
        ("batch_size=3", "lora.rank=4"),
    ],
    ids=["accumulated", "packed", "adapters"],
)
def test_what_is_recorded_is_what_the_model_saw(
    tmp_path: Path, lake: Any, assignments: tuple[str, ...]
) -> None:
    from governance.lake import trainings

    rows = sums(13)
    eyes, diary = Eyes(), Diary()
    run = train_sft(request(tmp_path / "run", rows, "epochs=3", *assignments, lake=lake), [eyes, diary])

    known = trainings.load_samples(lake, run.run).to_pylist()
    tokens = samples_of(request(tmp_path, rows), byte_tokenizer()).tokens
    recorded: dict[tuple[int, int], list[tuple[int, ...]]] = {}
    for row in trainings.load_batches(lake, run.run).to_pylist():
        own = tuple(tokens.of(row["sample"])[0].tolist())
        recorded.setdefault((row["step"], row["part"]), []).append(own)

    assert eyes.seen == recorded
    assert [n for n in range(13) for _ in range(3)] == sorted(
        row["sample"] for row in trainings.load_batches(lake, run.run).to_pylist()
    )
    assert [(b.step, b.part, b.samples) for b in diary.batches] == [
        (line.step, part, samples)
        for line in journal_of(tmp_path / "run")
        if isinstance(line, StepLine)
        for _, part, samples in line.batches
    ]
    assert [row["sample_id"] for row in known] == list(diary.run.samples)  # type: ignore[union-attr]
    for batch in diary.batches:
        for segment in batch.segments:
            inside = batch.inputs["input_ids"][segment.row, segment.start : segment.stop]
            assert tokens.of(segment.sample)[0].tolist() == inside.tolist()


def test_epochs_differ_in_order_and_a_seed_repeats_it(tmp_path: Path) -> None:
    def orders(folder: str, seed: int) -> list[list[int]]:
        diary = Diary()
        train_sft(request(tmp_path / folder, sums(8), "epochs=2", "batch_size=8", f"seed={seed}"), [diary])
        return [list(b.samples) for b in diary.batches]

    first, second = orders("a", 1)

    assert first != second
    assert sorted(first) == sorted(second)
    assert [first, second] == orders("b", 1)
    assert first != orders("c", 2)[0]


def test_packed_samples_do_not_see_each_other(tmp_path: Path) -> None:
    alone = trainer_for(request(tmp_path, sums(6)))
    together = trainer_for(request(tmp_path, sums(6), "packing=true", "max_length=400"))
    rows = rows_of(
        request(tmp_path, sums(6), "packing=true", "max_length=400"), together.samples, byte_tokenizer()
    )

    assert max(len(row) for row in rows) > 2
    expected = gradient_of_step(alone, [[n] for n in range(6)], 6)
    actual = gradient_of_step(together, rows, len(rows))
    assert float((expected - actual).norm() / expected.norm()) < 1e-6  # rotary angles are floats even here


def test_labels_without_a_weight_and_samples_without_a_label_keep_their_own(tmp_path: Path) -> None:
    rows = sums(3)
    rows[0]["label"], rows[1]["weight"] = None, 3.0
    samples = samples_of(request(tmp_path, rows), byte_tokenizer())

    weighting = Weighting(samples.rows, {"odd": 0.5, "absent": 9.0})

    assert [1.0, 1.5, 1.0] == weighting.of([0, 1, 2]).tolist()
    with pytest.raises(ValueError, match="even"):
        weighting.set_labels({"even": 0.0})
