"""What samples did together, shared out: equation (4), by itself and from a traced run."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from attribution.capturing.layout import layout_of
from attribution.entries import CONTRIBUTIONS
from attribution.ledger import sharing
from attribution.ledger.pushes import CAP, Pushes, capped, levels, pushing
from attribution.ledger.rows import transfers
from attribution.ledger.sharing import shared
from attribution.tracing.tracer import Tracer, TraceSettings
from tests.attribution.builders import EVERY_STEP, Loop, items, tiny_qwen3, train
from training.observer import RunStarted


def drawn(n: int, width: int, seed: int = 0, lines: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    """(pushes, directions of the items)."""
    maker = torch.Generator().manual_seed(seed)
    return (
        torch.randn(n, width, generator=maker, dtype=torch.float64),
        torch.randn(lines, width, generator=maker, dtype=torch.float64),
    )


def brought(pushes: torch.Tensor, worth: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
    """v(x): what samples bring that are there to the extent `there`."""
    k = pushes @ pushes.T
    ridge = k.trace() / len(k)
    unit = torch.eye(len(k), dtype=torch.float64)
    hard = torch.linalg.solve(ridge * unit + k * there, (k + ridge * unit).sum(1))
    return (there * hard) @ worth


@pytest.mark.parametrize(("n", "width"), [(4, 7), (7, 4), (1, 3)])
def test_it_is_the_integral_of_what_each_adds(n: int, width: int) -> None:
    pushes, towards = drawn(n, width)
    worth = pushes @ towards.T
    expected = torch.zeros_like(worth)
    nodes, weights = np.polynomial.legendre.leggauss(40)
    for time, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
        there = torch.full((n,), time, dtype=torch.float64, requires_grad=True)
        slopes = torch.autograd.functional.jacobian(lambda x: brought(pushes, worth, x), there)
        expected += weight * slopes.T

    assert torch.allclose(expected, shared(pushes, towards), atol=1e-9)


@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 10**6), st.floats(1e-6, 1e6))
def test_sums_over_samples_stay(n: int, width: int, seed: int, size: float) -> None:
    pushes, towards = drawn(n, width, seed)
    worth = size * pushes @ towards.T

    found = shared(size * pushes, towards)

    assert torch.allclose(worth.sum(0), found.sum(0), rtol=0, atol=1e-8 * float(worth.abs().sum()))


def test_a_few_samples_at_a_time_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    pushes, towards = drawn(7, 4)
    whole = shared(pushes, towards)
    monkeypatch.setattr(sharing, "_ROWS", 3)

    assert torch.allclose(whole, shared(pushes, towards), atol=1e-12)


def test_samples_that_do_the_same_get_the_same() -> None:
    pushes, towards = drawn(5, 9)
    pushes[3] = pushes[0]

    found = shared(pushes, towards)

    assert torch.allclose(found[0], found[3])


def test_the_order_of_samples_does_not_matter() -> None:
    pushes, towards = drawn(3, 5)
    found = shared(pushes, towards)

    for order in map(list, permutations(range(3))):
        assert torch.allclose(found[order], shared(pushes[order], towards))


def test_samples_that_push_apart_keep_what_they_are_worth() -> None:
    towards = drawn(4, 4)[1]

    assert torch.allclose(3 * towards.T, shared(3 * torch.eye(4), towards))


def test_what_samples_take_back_from_each_other_shrinks() -> None:
    alone, against = torch.eye(3, dtype=torch.float64)[:2]
    pushes = torch.stack([10 * against + alone, -10 * against + alone])
    towards = torch.tensor([[1.0, 1.0, 0.0]], dtype=torch.float64)  # worth 11 and -9, 2 in all

    found = shared(pushes, towards)

    assert pytest.approx(2) == float(found.sum())
    assert float(found.abs().sum()) < 0.8 * 20


def test_samples_that_push_nothing_get_nothing() -> None:
    assert torch.equal(torch.zeros(3, 3), shared(torch.zeros(3, 5), drawn(3, 5)[1]).float())


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_pushes_are_how_far_the_parameters_moved(optimizer: str) -> None:
    model = tiny_qwen3()
    made: Any = {
        "adamw": torch.optim.AdamW(model.parameters(), lr=1e-2, weight_decay=0.0),
        "sgd": torch.optim.SGD(model.parameters(), lr=1e-2, momentum=0.9, nesterov=True),
    }[optimizer]
    tracer = Told(items(2), TraceSettings(refresh=EVERY_STEP, interval=3, sketch=4093))
    before = torch.cat([p.detach().reshape(-1) for p in model.parameters()])
    train(model, made, Loop(steps=9, max_norm=0.5), [tracer])

    moved = before - torch.cat([p.detach().reshape(-1) for p in model.parameters()])

    assert torch.allclose(
        moved, tracer.pushed, atol=0.03 * float(moved.abs().max())
    )  # the last tenth of a push


class Told(Tracer):
    """Sums up what each step's samples push, momentum and clipping included, none of the rates cut."""

    def run_started(self, run: RunStarted) -> None:
        super().run_started(run)
        assert self.pushes is not None
        self.pushed = torch.zeros(self.layout.size, dtype=torch.float64)
        passed_on = self.pushes.add

        def add(windows: Any, held: Any) -> None:
            for h, weights in pushing(self.layout, windows, held, cut=lambda _, rates: rates):
                self.pushed += h.factor * weights * h.shares.sum(0)
            passed_on(windows, held)

        self.pushes.add = add  # type: ignore[method-assign]


def test_rates_are_cut_by_tensor_and_only_where_they_stand_out() -> None:
    layout = layout_of(tiny_qwen3())
    rates = torch.ones(layout.size, dtype=torch.float64)
    rates[0], rates[1] = 1e6, 0.0

    found = capped(layout, rates)

    size = layout.sizes[0]
    assert CAP * ((size - 2) / (size - 1)) ** -0.5 == pytest.approx(float(found[0]))
    assert 0.0 == found[1]
    assert torch.equal(rates[2:], found[2:])


def test_levels_are_of_each_tensor_and_none_is_far_below_the_mean() -> None:
    layout = layout_of(tiny_qwen3())
    gradients = torch.ones(2, layout.size)
    gradients[:, : layout.starts[1]] = 0.0

    found = levels(layout, gradients)

    mean = 1 - layout.sizes[0] / layout.size
    assert (mean / 10) ** 0.5 == pytest.approx(float(found[0]))
    assert torch.ones(len(found) - 1) == pytest.approx(found[1:])
    assert torch.ones(len(found)) == pytest.approx(levels(layout, torch.zeros(2, layout.size)))


def traced(**settings: Any) -> Tracer:
    model = tiny_qwen3()
    tracer = Tracer(items(2), TraceSettings(refresh=EVERY_STEP, **settings))
    train(model, torch.optim.AdamW(model.parameters(), lr=1e-2), Loop(steps=14), [tracer])
    return tracer


def test_transfers_are_the_value_less_what_was_booked() -> None:
    tracer = traced(sketch=4093)
    assert tracer.pushes is not None
    assert tracer.layout.size < 4093, "each place has a number of its own, so sketches keep inner products"

    numbers, found = tracer.pushes.transfers()

    booked = np.zeros((7, 4))
    for interval in tracer.intervals:
        booked[interval.samples] += interval.amounts
    p, h = tracer.pushes.sketches.double(), tracer.pushes.gradients.double() / 14
    total = p.sum(0)
    missing = torch.tensor(booked.sum(0)) - h @ total
    towards = h + torch.outer(missing / (total @ total), total)
    assert list(range(7)) == numbers.tolist()
    assert np.allclose(shared(p, towards).numpy() - booked, found, atol=1e-9)
    assert np.abs(found).max() > 1e-3
    assert np.abs(found.sum(0)).max() < 1e-12


def test_contributions_sum_to_what_the_ledger_attributes() -> None:
    tracer = traced(sketch=101)

    rows = pl.DataFrame(pl.from_arrow(pa.concat_tables(tracer.contributions())))

    for line, name in enumerate(tracer.names):
        mine = rows.filter(item=name.item, functional=name.functional)
        close = mine.filter(pl.col("start_step") == pl.col("stop_step"))
        assert (
            pytest.approx(sum(i.attributed[line] for i in tracer.intervals), abs=1e-12)
            == mine["amount"].sum()
        )
        assert pytest.approx(0, abs=1e-12) == close["amount"].sum()
        assert 7 == close.height == mine["sample"].n_unique()


def test_a_run_without_sharing_has_none() -> None:
    tracer = traced(sharing=False)

    assert tracer.pushes is None
    assert len(tracer.intervals) == len(list(tracer.contributions()))


def test_nothing_seen_transfers_nothing() -> None:
    numbers, found = Pushes(layout_of(tiny_qwen3()), samples=4, items=2, width=11).transfers()

    assert 0 == len(numbers)
    assert (0, 2) == found.shape


def test_rows_are_contributions_of_an_interval_without_steps() -> None:
    tracer = traced(sketch=101)
    assert tracer.pushes is not None

    table = transfers(*tracer.pushes.transfers(), 14, tracer.names, tracer.samples)

    assert table.schema.equals(CONTRIBUTIONS)
    assert 7 * 4 == table.num_rows
    assert {14} == set(table["start_step"].to_pylist()) == set(table["stop_step"].to_pylist())
    assert pytest.approx(0, abs=1e-12) == pc.sum(table["amount"]).as_py()
