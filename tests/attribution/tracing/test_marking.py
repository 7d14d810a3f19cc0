"""Where the items are computed: what two marks leave unexplained is repaired by marks in between."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import torch

from attribution.entries import FUNCTIONALS
from attribution.ledger.coverage import coverage
from attribution.ledger.refresh import TARGET, Refresh
from attribution.ledger.rows import balances
from attribution.tracing.marking import moved_back
from attribution.tracing.tracer import Tracer, TraceSettings
from tests.attribution.builders import Loop, items, relative_gap, tiny_qwen3, train
from training.observer import RunStarted

STEPS = 40


def model_of() -> Any:
    return tiny_qwen3(layers=2, hidden=16, dtype=torch.float32)


def trained(settings: TraceSettings, steps: int = STEPS, **options: Any) -> Tracer:
    """A full training whose first steps are as long as they come: no warm-up, young second moments."""
    model, tracer = model_of(), Tracer(items(8), settings, **options)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    train(model, optimizer, Loop(steps=steps, rows=4, max_norm=1.0), [tracer])
    return tracer


@pytest.fixture(scope="module")
def said() -> list[str]:
    """What the adaptive trace said."""
    return []


@pytest.fixture(scope="module")
def adaptive(said: list[str]) -> Tracer:
    return trained(TraceSettings(refresh=Refresh(ceiling=None)), say=said.append)


def r_squared(tracer: Tracer, functional: str) -> float:
    rows = balances(tracer.intervals, tracer.names)
    found = coverage(rows.filter(pc.equal(rows["functional"], functional))).r_squared
    assert found is not None
    return found


def test_items_are_explained_with_far_fewer_marks_than_steps(adaptive: Tracer) -> None:
    assert adaptive.marks < 0.75 * STEPS
    assert min(r_squared(adaptive, f) for f in FUNCTIONALS) >= 0.95
    assert relative_gap(adaptive.intervals) < 1e-3


def test_windows_follow_one_another_and_none_of_several_steps_leaves_too_much(adaptive: Tracer) -> None:
    windows = adaptive.reached

    assert (0, STEPS) == (windows[0].start, windows[-1].stop)
    assert [w.stop for w in windows[:-1]] == [w.start for w in windows[1:]]
    assert all(w.left <= TARGET for w in windows if w.stop - w.start > 1)
    assert all(w.stop - w.start == 1 for w in windows if w.middle)
    assert len(windows) + 1 + sum(w.middle for w in windows) == adaptive.marks


class Jumps:
    """One step is eight times as long as the others."""

    def __init__(self, optimizer: torch.optim.Optimizer, at: int) -> None:
        self.group, self.times = optimizer.param_groups[0], {at: 8.0, at + 1: 0.125}

    def __getattr__(self, name: str) -> Any:
        def call(step: Any, *_: Any) -> Any:
            if name == "step_started":
                self.group["lr"] *= self.times.get(step, 1.0)
            return nullcontext()

        return call


def test_a_window_over_a_step_that_jumps_is_split_around_it() -> None:
    """The spacing cannot know of the jump before it is done."""
    model = model_of()
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-4)
    tracer = Tracer(items(8), TraceSettings(refresh=Refresh(every=8, ceiling=None)))

    train(model, optimizer, Loop(steps=24, rows=4), [Jumps(optimizer, 13), tracer])  # type: ignore[list-item]

    assert [(13, 14)] == [(w.start, w.stop) for w in tracer.reached if w.start <= 13 < w.stop]
    assert max(w.stop - w.start for w in tracer.reached) >= 6
    assert min(r_squared(tracer, f) for f in FUNCTIONALS) >= 0.95
    assert relative_gap(tracer.intervals) < 1e-3


def test_a_fixed_spacing_stays_as_it_is() -> None:
    tracer = trained(TraceSettings(refresh=Refresh(every=4, adaptive=False)), steps=12)

    assert [(0, 4), (4, 8), (8, 12)] == [(w.start, w.stop) for w in tracer.reached]
    assert 4 == tracer.marks


def test_what_is_held_keeps_to_its_bound_while_windows_are_split() -> None:
    settings = TraceSettings(refresh=Refresh(every=32, ceiling=None), marks=3, interval=64)
    most = 0

    class Counts(Tracer):
        def _bank(self, step: int) -> Any:
            nonlocal most
            most = max(most, self._open.banks)
            return super()._bank(step)

    model, tracer = model_of(), Counts(items(8), settings)
    train(model, torch.optim.AdamW(model.parameters(), lr=4e-3), Loop(steps=32, rows=4), [tracer])

    assert 0 < most <= settings.marks
    assert tracer.marks > 4
    assert relative_gap(tracer.intervals) < 1e-3
    assert [0, *(i.stop for i in tracer.intervals)] == [*(i.start for i in tracer.intervals), 32]


class Paced(Tracer):
    """By a clock that goes on by one at a step, by two at a mark, and by so much for each step that is settled.

    The first recursion takes `loading` more, as kernels are loaded.
    """

    def __init__(self, ceiling: float, settling: float, loading: float) -> None:
        self.now, self.settling, self.loading = 0.0, settling, loading
        settings = TraceSettings(refresh=Refresh(ceiling=ceiling, target=1e-9))
        super().__init__(items(8), settings, clock=lambda: self.now)

    def before_update(self, step: int) -> None:
        self.now += 1
        super().before_update(step)

    def _bank(self, step: int) -> Any:
        self.now += 2
        return super()._bank(step)

    def run_started(self, run: RunStarted) -> None:
        super().run_started(run)
        assert self.removal is not None
        passed_on = self.removal.add

        def add(windows: Any, held: Any) -> None:
            self.now += self.settling * sum(len(w.steps) for w in windows)
            passed_on(windows, held)

        self.removal.add = add  # type: ignore[method-assign]

    def _settle(self) -> None:
        recursion = self._open.amounts

        def amounts() -> Any:
            self.now, self.loading = self.now + self.loading, 0.0
            return recursion()

        self._open.amounts = amounts  # type: ignore[method-assign]
        super()._settle()
        self._open.amounts = recursion  # type: ignore[method-assign]


def paced(ceiling: float, settling: float, loading: float = 0.0) -> Paced:
    model, tracer = model_of(), Paced(ceiling, settling, loading)
    train(model, torch.optim.AdamW(model.parameters(), lr=2e-3), Loop(steps=STEPS, rows=4), [tracer])
    assert relative_gap(tracer.intervals) < 1e-3
    return tracer


@pytest.mark.parametrize("settling", [0.0, 0.1])
def test_the_ceiling_is_kept_however_much_is_left(settling: float) -> None:
    tracer = paced(0.4, settling)

    assert 0.3 <= tracer.overhead <= 0.4 + 1e-9


def test_what_loading_takes_once_is_not_expected_of_every_step() -> None:
    tracer = paced(0.4, 0.05, loading=2.0)

    assert 0.3 <= tracer.overhead <= 0.4 + 1e-9
    assert tracer.marks > 3


def test_where_the_ceiling_pays_for_nothing_there_are_the_first_and_the_last_mark() -> None:
    tracer = paced(0.05, 0.1)

    assert 2 == tracer.marks
    assert [(0, STEPS)] == [(w.start, w.stop) for w in tracer.reached]


def test_parameters_are_bit_for_bit_what_they_were(adaptive: Tracer) -> None:
    before = adaptive.layout.values()
    movement = torch.full_like(before, 0.1)

    with moved_back(adaptive.layout, movement):
        assert torch.allclose(before - 0.1, adaptive.layout.values())

    assert torch.equal(before, adaptive.layout.values())


def test_the_coverage_that_is_printed_is_that_of_the_rows_on_disk(
    adaptive: Tracer, said: list[str], tmp_path: Path
) -> None:
    pq.write_table(balances(adaptive.intervals, adaptive.names), tmp_path / "balances.parquet")

    stored = _coverage_of_rows(tmp_path / "balances.parquet")

    assert said[-1].startswith(f"coverage {100 * stored:.1f} % of the measured change over 16 items;")


def _coverage_of_rows(path: Path) -> float:
    """1 - Σ|residual| / Σ|change| over items; the residual is what a row's other parts leave of its change."""
    found = duckdb.execute(
        """
        SELECT 1 - sum(abs(change - parts)) / sum(abs(change)) FROM (
            SELECT sum(if(functional = 'margin', after - before, before - after)) AS change,
                   sum(attributed + weight_decay + carried) AS parts
            FROM read_parquet(?) GROUP BY suite, item, functional)
        """,
        [str(path)],
    ).fetchone()
    assert found is not None
    return float(found[0])
