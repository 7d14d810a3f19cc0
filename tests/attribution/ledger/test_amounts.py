"""Each sample's amount against the textbook formula, worked out the slow way.

    φ_ij = Σ_{r: i in batch r} Σ_{s >= r} η_s κ(s,r) c_r <P_s ⊙ h̄_j(s), g_i(r)>
    κ(s,r) = (1-β1) β1^(s-r) / (1-β1^(s+1))

Nothing of the tracer is used on the slow side: gradients come from one backward a sample, parameters from copies.
"""

from __future__ import annotations

import copy
from itertools import pairwise
from typing import Any

import numpy as np
import torch

from attribution.tracing.items import VALUES
from attribution.tracing.tracer import TraceSettings
from tests.attribution.builders import (
    EVERY_STEP,
    Loop,
    items,
    loss_of,
    padded,
    sentences,
    tiny_qwen3,
    traced,
    train,
    with_lora,
)
from training.observer import MicroBatch, RunStarted, Watching

BETAS, EPS, RATE, DECAY = (0.9, 0.99), 1e-8, 1e-2, 0.1


class Notes(Watching):
    """Copies of the model and who was in each step."""

    def run_started(self, run: RunStarted) -> None:
        self.model, self.optimizer = run.model, run.optimizer
        self.models: list[Any] = []
        self.batches: list[list[int]] = []
        self.clipped: list[Any] = []
        self.seconds: list[Any] = []

    def step_started(self, step: int) -> None:
        self.models.append(copy.deepcopy(self.model))
        self.batches.append([])

    def observed(self, batch: MicroBatch) -> Any:
        self.batches[-1].extend(batch.samples)
        return super().observed(batch)

    def before_update(self, step: int) -> None:
        self.clipped.append(_flat(p.grad for p in _trained(self.model)))

    def after_update(self, step: int) -> None:
        self.seconds.append(_flat(self.optimizer.state[p]["exp_avg_sq"] for p in _trained(self.model)))

    def run_finished(self, steps: int) -> None:
        self.models.append(copy.deepcopy(self.model))


def test_amounts_are_those_of_the_formula_in_full_training() -> None:
    _compare(tiny_qwen3(layers=2), TraceSettings(refresh=EVERY_STEP, interval=3, tail=1e-12, middle=False))


def test_amounts_are_those_of_the_formula_with_adapters() -> None:
    _compare(with_lora(tiny_qwen3(layers=2)), TraceSettings(refresh=EVERY_STEP, interval=100, middle=False))


def _compare(model: Any, settings: TraceSettings) -> None:
    loop = Loop(steps=6, rows=2, parts=2, max_norm=0.3, samples=5)
    tracer, notes = traced(settings, count=2), Notes()
    optimizer = torch.optim.AdamW(_trained(model), lr=RATE, betas=BETAS, eps=EPS, weight_decay=DECAY)

    train(model, optimizer, loop, [notes, tracer])

    amounts = np.zeros((loop.samples, len(tracer.names)))
    for interval in tracer.intervals:
        amounts[interval.samples] += interval.amounts
    means = _mean_gradients(notes)
    expected = _slow_amounts(notes, loop, means)
    assert np.abs(amounts - expected).max() < 1e-9 * np.abs(expected).max()
    assert np.allclose(_slow_decay(notes, means), sum(i.decay for i in tracer.intervals), rtol=1e-9)


def _slow_amounts(notes: Notes, loop: Loop, means: list[Any]) -> Any:
    amounts = np.zeros((loop.samples, means[0].shape[0]))
    for r, samples in enumerate(notes.batches):
        shares = [_share(notes.models[r], n, loop) for n in samples]
        whole = torch.stack(shares).sum(0)
        clip = float(notes.clipped[r].norm() / whole.norm())
        for s in range(r, len(notes.batches)):
            kappa = (1 - BETAS[0]) * BETAS[0] ** (s - r) / (1 - BETAS[0] ** (s + 1))
            second = notes.seconds[s]
            scale = 1 / ((second / (1 - BETAS[1] ** (s + 1))).sqrt() + EPS)
            scale[second == 0] = 0
            for n, share in zip(samples, shares, strict=True):
                amounts[n] += (RATE * kappa * clip * (means[s] * scale) @ share).numpy()
    return amounts


def _slow_decay(notes: Notes, means: list[Any]) -> Any:
    values = [_flat(_trained(m)) for m in notes.models]
    return sum((RATE * DECAY * (h @ value)).numpy() for h, value in zip(means, values, strict=False))


def _mean_gradients(notes: Notes) -> list[Any]:
    each = [_item_gradients(m) for m in notes.models]
    return [(a + b) / 2 for a, b in pairwise(each)]


def _item_gradients(model: Any) -> Any:
    rows = []
    model.eval()
    for probe in items(2):
        values = VALUES[probe.functional](model, probe.batch) * probe.direction
        rows += [_flat(_gradient(v, model)) for v in values]
    return torch.stack(rows)


def _share(model: Any, sample: int, loop: Loop) -> Any:
    inputs, _ = padded([sentences(loop.samples, loop.seed)[sample]], [sample])
    return _flat(_gradient(loss_of(model, inputs, loop.parts), model))


def _gradient(value: Any, model: Any) -> Any:
    return torch.autograd.grad(value, _trained(model), retain_graph=True)


def _trained(model: Any) -> list[Any]:
    return [p for p in model.parameters() if p.requires_grad]


def _flat(tensors: Any) -> Any:
    return torch.cat([t.detach().reshape(-1) for t in tensors])
