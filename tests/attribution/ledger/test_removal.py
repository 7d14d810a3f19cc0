"""The removal score: equation (5) from what a traced run had in hand, and that it is kept in bounded memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import normalize

from attribution.capturing.layout import layout_of
from attribution.entries import REMOVALS
from attribution.ledger.refresh import Refresh
from attribution.ledger.removal import RIDGE, Removal, sketched, z
from attribution.ledger.rows import removals
from attribution.tracing.tracer import Tracer, TraceSettings
from tests.attribution.builders import EVERY_STEP, Loop, items, tiny_qwen3, train
from training.observer import RunStarted


def test_sketches_keep_inner_products_on_average() -> None:
    torch.manual_seed(0)
    one, other = torch.randn(1, 400), torch.randn(1, 400)
    found = []
    for seed in range(300):
        coins = torch.randint(0, 2, (400,), generator=torch.Generator().manual_seed(seed), dtype=torch.int8)
        pair = sketched(torch.cat([one, other]), 2 * coins - 1, 101)
        found.append(float(pair[0] @ pair[1]))

    exact = float(one[0] @ other[0])
    assert abs(np.mean(found) - exact) < 4 * np.std(found) / np.sqrt(len(found))


def test_z_scores_have_no_unit() -> None:
    scores = z(np.array([[1.0, 5.0], [2.0, 5.0], [3.0, 5.0]]))

    assert np.allclose(scores[:, 0], [-1.2247449, 0, 1.2247449])
    assert np.array_equal(scores[:, 1], [0, 0, 0])


def test_it_is_equation_5_of_what_the_run_had_in_hand() -> None:
    model = tiny_qwen3()
    tracer = Told(items(2), TraceSettings(refresh=Refresh(every=3, adaptive=False), interval=4, sketch=4093))
    train(model, torch.optim.AdamW(model.parameters(), lr=1e-2), Loop(steps=7, max_norm=0.5), [tracer])
    assert tracer.removal is not None
    assert tracer.layout.size < 4093, (
        "each place has a number of its own, so sketches keep lengths and angles"
    )

    numbers, found = tracer.removal.scores()

    g, h = torch.cat(tracer.clipped), torch.stack(tracer.towards).sum(0)
    squares = g.T @ g + RIDGE * g.square().sum() / len(g) * torch.eye(g.shape[1])
    sums = torch.zeros(len(numbers), g.shape[1]).double().index_add_(0, torch.tensor(tracer.seen), g)
    expected = z((sums @ torch.linalg.solve(squares, h.T)).numpy())
    assert np.allclose(expected, found, rtol=1e-3, atol=1e-4)


def test_of_two_samples_alike_that_others_repeat_matters_less() -> None:
    removal = Removal(layout_of(tiny_qwen3()), samples=3, items=1, width=11)
    alone, shared = torch.eye(11)[:2]
    removal.squares.add(torch.stack([alone, *[shared] * 5]))

    left = removal.squares.damped(torch.stack([alone, shared]), RIDGE)

    assert (RIDGE + 5) / (RIDGE + 1) == pytest.approx(float(left[0, 0] / left[1, 1]))


class Told(Tracer):
    """Keeps what the removal score is told of: gradients after clipping, and items' directions by steps."""

    def run_started(self, run: RunStarted) -> None:
        super().run_started(run)
        assert self.removal is not None
        self.clipped: list[Any] = []
        self.towards: list[Any] = []
        self.seen: list[int] = []
        passed_on = self.removal.add

        def add(windows: Any, held: Any) -> None:
            steps = {h.step: h for h in held}
            for w in windows:
                ends = [normalize(bank.gradients.double()) for bank in (w.left, w.right)]
                self.towards.append(len(w.steps) * (ends[0] + ends[1]) / 2)
                for h in (steps[s] for s in w.steps):
                    self.clipped.append(h.factor * h.shares.double())
                    self.seen += h.samples
            passed_on(windows, held)

        self.removal.add = add  # type: ignore[method-assign]


def test_nothing_seen_scores_nothing() -> None:
    numbers, scores = Removal(layout_of(tiny_qwen3()), samples=4, items=2, width=11).scores()

    assert 0 == len(numbers)
    assert (0, 2) == scores.shape


def test_rows_name_every_sample_that_was_seen_and_every_item() -> None:
    model = tiny_qwen3()
    tracer = Tracer(items(2), TraceSettings(refresh=EVERY_STEP, sketch=101))
    train(model, torch.optim.AdamW(model.parameters(), lr=1e-2), Loop(steps=6), [tracer])
    assert tracer.removal is not None

    table = removals(*tracer.removal.scores(), tracer.names, tracer.samples)

    assert table.schema.equals(REMOVALS)
    assert 7 * 4 == table.num_rows
    sums = np.array(table["score"].to_pylist()).reshape(7, 4).sum(0)
    assert np.allclose(sums, 0, atol=1e-9)
