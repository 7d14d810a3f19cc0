"""Label weights that are estimated anew while a run goes on, and the ways a run may compute."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from governance.lake import trainings
from tests.training.builders import request, sums
from training.supervised.sft import train_sft

SETTINGS = ("batch_size=2", "max_steps=6", "save_every=2", "keep=5", "refresh_every=2", "lora.rank=2",
            "lora.dropout=0.3")  # fmt: skip


def estimate(model: Any, tokenizer: Any, step: int) -> Mapping[str, float]:
    """Weights that depend on the step; it draws random numbers and leaves the model in another mode."""
    model.train(False)
    torch.rand(step + 3)
    assert tokenizer.chat_template
    return {"even": 1.0 + step / 10, "odd": 1.0 - step / 10}


def test_weights_are_estimated_at_intervals_and_kept(tmp_path: Path, lake: Any) -> None:
    run = train_sft(request(tmp_path / "run", sums(8), *SETTINGS, lake=lake, refresh=estimate))

    kept = trainings.load_weights(lake, run.run).to_pylist()

    assert [
        (step, label, pytest.approx(weight))
        for step in (0, 2, 4)
        for label, weight in (("even", 1 + step / 10), ("odd", 1 - step / 10))
    ] == [(w["step"], w["label"], w["weight"]) for w in kept]


def test_an_estimate_does_not_disturb_the_runs_own_chance(tmp_path: Path) -> None:
    even = {"even": 1.0, "odd": 1.0}
    alone = train_sft(request(tmp_path / "alone", sums(8), *SETTINGS))

    watched = train_sft(
        request(
            tmp_path / "watched", sums(8), *SETTINGS, refresh=lambda m, t, s: {**estimate(m, t, s), **even}
        )
    )

    assert alone.losses == watched.losses


def test_a_resumed_run_has_the_weights_it_had(tmp_path: Path, lake: Any) -> None:
    settings = (*SETTINGS, "refresh_every=3")
    whole = train_sft(request(tmp_path / "whole", sums(8), *settings, lake=lake, refresh=estimate))
    asked = request(tmp_path / "again", sums(8), *settings, lake=lake, refresh=estimate)
    again = train_sft(asked)
    for step in (4, 6):
        shutil.rmtree(tmp_path / "again" / f"checkpoint-{step}")

    resumed = train_sft(replace(asked, resume=True))

    assert 2 == resumed.first_step
    assert whole.losses == again.losses == resumed.losses
    assert trainings.load_weights(lake, whole.run) == trainings.load_weights(lake, resumed.run)


def test_fixed_weights_change_the_loss_and_a_resume_keeps_them(tmp_path: Path) -> None:
    settings = ("batch_size=8", "max_steps=2", "save_every=1", "keep=5")
    plain = train_sft(request(tmp_path / "plain", sums(8), *settings))
    asked = request(tmp_path / "run", sums(8), *settings, label_weights={"even": 0.5, "odd": 1.5})
    weighted = train_sft(asked)
    shutil.rmtree(tmp_path / "run" / "checkpoint-2")

    resumed = train_sft(replace(asked, resume=True, label_weights=None))

    assert plain.losses[0] != weighted.losses[0]
    assert weighted.losses == resumed.losses


@pytest.mark.parametrize(
    "assignments",
    [
        ("gradient_checkpointing=on",),
        ("gradient_checkpointing=on", "lora.rank=2"),
        ("attention=eager",),
        ("packing=true", "gradient_checkpointing=on"),
    ],
    ids=" ".join,
)
def test_how_it_is_computed_does_not_change_what(tmp_path: Path, assignments: tuple[str, ...]) -> None:
    base = tuple(a for a in assignments if a.startswith("lora"))
    plain = train_sft(request(tmp_path / "plain", sums(8), "batch_size=8", "max_steps=3", *base))

    other = train_sft(request(tmp_path / "other", sums(8), "batch_size=8", "max_steps=3", *assignments))

    assert plain.losses == pytest.approx(other.losses, abs=1e-5)


def test_bf16_is_near(tmp_path: Path) -> None:
    plain = train_sft(request(tmp_path / "plain", sums(8), "batch_size=8", "max_steps=3", "lora.rank=2"))

    half = train_sft(
        request(tmp_path / "half", sums(8), "batch_size=8", "max_steps=3", "lora.rank=2", "precision=bf16")
    )

    assert plain.losses == pytest.approx(half.losses, abs=0.02)
