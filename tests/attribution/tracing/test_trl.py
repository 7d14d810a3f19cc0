"""The callback on TRL's own trainer: accumulation, padding, completion-only loss, clipping, checkpointing."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from attribution.errors import CannotTrace
from attribution.tracing.tracer import TraceSettings
from attribution.tracing.trl import NUMBER, AttributionCallback, marked, numbered, places
from tests.attribution.builders import EVERY_STEP, items, relative_gap, sentences, tiny_qwen3, with_lora

ROWS = sentences(11)


def trainer_of(folder: Path, model: Any, **options: Any) -> Any:
    """TRL's trainer over eleven rows of tokens."""
    from datasets import Dataset
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from transformers import PreTrainedTokenizerFast
    from trl import SFTConfig, SFTTrainer

    vocabulary = {f"w{n}": n for n in range(23)}
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(WordLevel(vocabulary, unk_token="w0")), pad_token="w0", eos_token="w2"
    )
    config = SFTConfig(
        output_dir=str(folder),
        per_device_train_batch_size=2,
        gradient_accumulation_steps=2,
        max_steps=4,
        learning_rate=1e-2,
        weight_decay=0.1,
        max_grad_norm=0.5,
        logging_strategy="no",
        save_strategy="no",
        report_to=[],
        bf16=False,
        use_cpu=True,
        max_length=None,
        disable_tqdm=True,
        **options,
    )
    rows = [{"input_ids": tokens, "labels": labels} for tokens, labels in ROWS]
    return SFTTrainer(
        model=model, args=config, train_dataset=Dataset.from_list(rows), processing_class=tokenizer
    )


@pytest.mark.slow
@pytest.mark.parametrize("checkpointing", [False, True])
def test_adapters_trained_by_trl_have_a_ledger_that_adds_up(tmp_path: Path, checkpointing: bool) -> None:
    callback = AttributionCallback(items(2), TraceSettings(refresh=EVERY_STEP))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = with_lora(tiny_qwen3(layers=2, hidden=16, dtype=torch.float32))
        trainer = trainer_of(tmp_path, model, gradient_checkpointing=checkpointing)
        callback.attach(trainer)
        trainer.train()

    intervals = callback.tracer.intervals
    assert (0, 4) == (intervals[0].start, intervals[-1].stop)
    assert relative_gap(intervals) < 1e-4
    assert 11 == len(callback.samples)
    assert set(range(11)) >= set(np.concatenate([i.samples for i in intervals]).tolist())
    assert abs(sum(i.residual for i in intervals)).max() < 0.01


@pytest.mark.slow
@pytest.mark.parametrize("tied", [False, True])
def test_a_trained_output_layer_that_trl_fuses_is_in_the_ledger(tmp_path: Path, tied: bool) -> None:
    callback = AttributionCallback(items(2), TraceSettings(refresh=EVERY_STEP))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = tiny_qwen3(dtype=torch.float32, tied=tied)
        trainer = trainer_of(tmp_path, model, gradient_checkpointing=False)
        callback.attach(trainer)
        trainer.train()

    assert relative_gap(callback.tracer.intervals) < 1e-4
    assert abs(sum(i.residual for i in callback.tracer.intervals)).max() < 0.03  # of changes of up to 1 nat


def test_numbers_travel_with_the_rows() -> None:
    rows = numbered([{"input_ids": [5, 6]}, {"input_ids": [7]}])

    def collate(features: Any) -> Any:
        return {
            "input_ids": torch.tensor([f["input_ids"] + [0] * (2 - len(f["input_ids"])) for f in features])
        }

    batch = marked(collate)([rows[1], rows[0]])

    assert 2 == len(rows)
    assert [1, 0] == batch["sample_numbers"].tolist()
    assert [[0, 0, 2], [1, 0, 2]] == batch["sample_places"].tolist()
    assert NUMBER not in batch


def test_samples_lie_in_rows_or_end_to_end() -> None:
    assert [(0, 0, 5), (1, 0, 5)] == places([3, 5], 2, 5)
    assert [(0, 0, 3), (0, 3, 8)] == places([3, 5], 1, 8)
    with pytest.raises(CannotTrace):
        places([3, 5], 1, 9)
