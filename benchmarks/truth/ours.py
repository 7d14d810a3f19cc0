"""The two columns of the product, from one traced run, and what the published formulas give from the same capture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc
import torch

from attribution.entries import FUNCTIONALS
from attribution.ledger.coverage import coverage
from attribution.ledger.intervals import Floats
from attribution.ledger.ledger import HeldStep, Window
from attribution.ledger.refresh import Refresh
from attribution.ledger.removal import Removal
from attribution.ledger.rows import balances
from attribution.tracing.items import Probe
from attribution.tracing.tracer import Tracer, TraceSettings
from benchmarks.truth.course import Case, train
from training.observer import RunStarted

MARKED = Refresh(every=1, adaptive=False)
"""A mark at every step: the ledger at its most exact, and what In-Run Shapley needs."""


SETTINGS = TraceSettings(refresh=MARKED, interval=8, marks=4)


@dataclass(frozen=True)
class Traced:
    """What one traced run gave.

    Attributes:
        scores: (N, lines) by method, in the order of `Case.lines`; more helped more.
        coverage: share of the measured change that is explained, by functional.
        gathered: what the removal score is made of.
        state: of the model after the course.
    """

    scores: dict[str, Floats]
    coverage: dict[str, float]
    gathered: Mapping[str, np.ndarray]
    state: dict[str, torch.Tensor]


def traced(case: Case) -> Traced:
    """The course once more, watched."""
    model = case.model()
    in_run = InRun(len(case.corpus.rows), len(case.lines))
    tracer = Watched(case.watched, SETTINGS, in_run)
    train(case.course, model, case.corpus.rows, [tracer])
    removal = tracer.removal
    assert removal is not None
    rows = balances(tracer.intervals, tracer.names)
    explained = {f: coverage(rows.filter(pc.equal(rows["functional"], f))).explained for f in FUNCTIONALS}
    numbers, found = removal.scores()
    assert len(numbers) == len(case.corpus.rows)
    scores = {
        "contribution": contributions(tracer, len(numbers)),
        "bookings": bookings(tracer, len(numbers)),
        "removal": found,
        "in-run": in_run.scores,
    }
    return Traced(scores, explained, removal.arrays(), {k: v.clone() for k, v in model.state_dict().items()})


class Watched(Tracer):
    """The product's tracer; what its removal score is told of, In-Run Shapley is told of too."""

    def __init__(self, probes: Sequence[Probe], settings: TraceSettings, in_run: InRun) -> None:
        super().__init__(probes, settings, say=lambda _: None)
        self.in_run = in_run

    def run_started(self, run: RunStarted) -> None:
        """The removal score is made here."""
        super().run_started(run)
        assert self.removal is not None
        self.in_run.watch(self.removal)


def contributions(tracer: Tracer, samples: int) -> Floats:
    """(N, lines) nats: what is booked, shared out."""
    assert tracer.pushes is not None
    total = bookings(tracer, samples)
    numbers, given = tracer.pushes.transfers()
    total[numbers] += given
    return total


def bookings(tracer: Tracer, samples: int) -> Floats:
    """(N, lines) nats, summed over the run."""
    total = np.zeros((samples, len(tracer.names)))
    for interval in tracer.intervals:
        total[interval.samples] += interval.amounts
    return total


class InRun:
    """In-Run Data Shapley, first order (Wang et al., ICLR 2025, equation 6): Σ_s η_s <g_i(s), h_j(s)>.

    For SGD, as published. g_i is the sample's share of the step's gradient after clipping, h_j the item's gradient
    before the step; both are those that the tracer has in hand.
    """

    def __init__(self, samples: int, items: int) -> None:
        self.scores = np.zeros((samples, items))

    def watch(self, removal: Removal) -> None:
        """Also told of what the removal score is told of."""
        passed_on = removal.add

        def add(windows: Sequence[Window], held: Sequence[HeldStep]) -> None:
            passed_on(windows, held)
            self.add(windows, held)

        removal.add = add  # type: ignore[method-assign]

    def add(self, windows: Sequence[Window], held: Sequence[HeldStep]) -> None:
        """The steps of an interval."""
        steps = {h.step: h for h in held}
        for window in windows:
            for step in window.steps:
                h = steps[step]
                products = h.shares.float() @ window.left.gradients.float().T
                np.add.at(self.scores, list(h.samples), h.rate * h.factor * products.double().cpu().numpy())
