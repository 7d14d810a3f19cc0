"""Optimizers that are taken apart, and those that are refused by name."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from attribution.errors import OptimizerNotCovered, SharesDoNotAdd
from attribution.tracing.tracer import TraceSettings
from tests.attribution.builders import EVERY_STEP, Loop, relative_gap, tiny_qwen3, traced, train
from training.observer import Watching


@pytest.mark.parametrize(
    "kind", [torch.optim.Adafactor, torch.optim.NAdam, torch.optim.RAdam, torch.optim.Adagrad]
)
def test_other_optimizers_are_refused_by_name(kind: Any) -> None:
    model = tiny_qwen3()

    with pytest.raises(OptimizerNotCovered) as refused:
        train(model, kind(model.parameters(), lr=1e-3), Loop(), [traced()])
    assert kind.__name__ in refused.value.what


def test_an_optimizer_of_ones_own_is_refused_though_it_is_called_adamw() -> None:
    class AdamW(torch.optim.AdamW):
        pass

    model = tiny_qwen3()

    with pytest.raises(OptimizerNotCovered):
        train(model, AdamW(model.parameters()), Loop(), [traced()])


def test_a_parameter_the_optimizer_does_not_hold_is_named() -> None:
    model = tiny_qwen3()
    held = [p for n, p in model.named_parameters() if n != "model.norm.weight"]

    with pytest.raises(OptimizerNotCovered) as refused:
        train(model, torch.optim.AdamW(held), Loop(), [traced()])
    assert "model.norm.weight" == refused.value.where


class Meddles(Watching):
    """Changes something between clipping and update, as a patched optimizer or a second callback might."""

    def __init__(self, model: Any, what: str) -> None:
        self.model, self.what = model, what

    def before_update(self, step: int) -> None:
        weight = self.model.model.norm.weight
        if self.what == "gradient":
            weight.grad.mul_(2)

    def after_update(self, step: int) -> None:
        if self.what == "weight":
            with torch.no_grad():
                self.model.model.norm.weight.add_(0.1)


def test_weights_that_others_write_are_noticed() -> None:
    model = tiny_qwen3()

    with pytest.raises(OptimizerNotCovered) as refused:
        train(model, torch.optim.AdamW(model.parameters()), Loop(), [Meddles(model, "weight"), traced()])
    assert "model.norm.weight" == refused.value.where


def test_what_is_refused_is_not_booked() -> None:
    model = tiny_qwen3()
    tracer = traced()

    with pytest.raises(OptimizerNotCovered):
        train(model, torch.optim.AdamW(model.parameters()), Loop(), [Meddles(model, "weight"), tracer])

    assert [] == tracer.intervals
    assert [] == tracer._open.held


def test_momentum_that_others_write_is_noticed() -> None:
    model = tiny_qwen3()
    optimizer = torch.optim.AdamW(model.parameters())

    class Writes(Watching):
        def after_update(self, step: int) -> None:
            optimizer.state[model.model.norm.weight]["exp_avg"].mul_(1.01)

    with pytest.raises(OptimizerNotCovered) as refused:
        train(model, optimizer, Loop(), [Writes(), traced()])
    assert "model.norm.weight" == refused.value.where
    assert "momentum" in refused.value.what


def test_gradients_changed_after_they_were_read_are_noticed() -> None:
    model = tiny_qwen3()

    with pytest.raises(OptimizerNotCovered) as refused:
        train(model, torch.optim.AdamW(model.parameters()), Loop(), [traced(), Meddles(model, "gradient")])
    assert "model.norm.weight" == refused.value.where


def test_gradients_changed_before_they_are_read_do_not_add_up() -> None:
    model = tiny_qwen3()

    with pytest.raises(SharesDoNotAdd) as refused:
        train(model, torch.optim.AdamW(model.parameters()), Loop(), [Meddles(model, "gradient"), traced()])
    assert "model.norm.weight" == refused.value.where


@pytest.mark.parametrize("options", [{"foreach": True}, {"fused": True}, {"foreach": False}])
def test_every_implementation_of_adamw_moves_alike(options: dict[str, bool]) -> None:
    model = tiny_qwen3(dtype=torch.float32)
    tracer = traced(TraceSettings(refresh=EVERY_STEP))

    train(model, torch.optim.AdamW(model.parameters(), lr=1e-2, **options), Loop(max_norm=0.5), [tracer])

    assert relative_gap(tracer.intervals) < 1e-3


def test_weights_in_bfloat16_move_by_whole_units() -> None:
    """The rounding of weights is in what the parameters did, not in what gradients did: it ends in the gap."""
    model = tiny_qwen3(dtype=torch.bfloat16)
    tracer = traced(TraceSettings(refresh=EVERY_STEP))

    train(model, torch.optim.AdamW(model.parameters(), lr=1e-2), Loop(), [tracer])

    assert relative_gap(tracer.intervals) < 0.2


@pytest.mark.parametrize("held", [{2}, {0, 1}, {2, 3, 4}])
@pytest.mark.parametrize("kind", ["adamw", "sgd"])
def test_a_step_that_a_loss_scaler_holds_back_moves_nothing(held: set[int], kind: str) -> None:
    model = tiny_qwen3()
    optimizer: Any = {
        "adamw": torch.optim.AdamW(model.parameters(), lr=1e-2),
        "sgd": torch.optim.SGD(model.parameters(), lr=1e-2, momentum=0.9),
    }[kind]
    step_of_optimizer = optimizer.step

    class Overflows(Watching):
        """At some steps gradients overflow, and the scaler does not call the optimizer."""

        def before_update(self, step: int) -> None:
            optimizer.step = (lambda: None) if step in held else step_of_optimizer  # type: ignore[method-assign]
            if step in held:
                for parameter in model.parameters():
                    parameter.grad.fill_(float("inf"))  # type: ignore[union-attr]

    settings = TraceSettings(refresh=EVERY_STEP, interval=3, sketch=101)  # sketches smaller than the model
    tracer = traced(settings)
    train(model, optimizer, Loop(steps=5, samples=15), [Overflows(), tracer])

    assert relative_gap(tracer.intervals) < 1e-10
    moved = {int(n) for i in tracer.intervals for n in i.samples}
    assert set(range(15)) - {3 * step + n for step in held for n in range(3)} == moved


def test_what_is_left_out_moves_all_the_same_and_ends_in_the_residual() -> None:
    model = tiny_qwen3()
    tracer = traced(TraceSettings(refresh=EVERY_STEP, leave_out=("model.embed_tokens.*",)))

    train(model, torch.optim.AdamW(model.parameters(), lr=1e-2), Loop(), [tracer])

    assert ("model.embed_tokens.weight",) == tracer.layout.left_out
    assert relative_gap(tracer.intervals) < 1e-10
    assert abs(tracer.intervals[0].residual).max() > 0.01
