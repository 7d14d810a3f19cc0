"""How much memory a trace takes, worked out before the run."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log

_OTHERS = 16
"""Vectors of P numbers beside banks and shares: parameters before and after, gradient, momentum three times, movement
and decay twice each, and what a step's arithmetic holds in passing."""

_HALVING = 9
"""More of them each time a stretch between marks is halved: the sums of both halves, and how far back to go."""


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """Bytes, beside the model and its optimizer.

    Attributes:
        parameters: P, traced scalars.
        items: M, lines of the ledger.
        banks: the items' gradients at the marks that are held.
        shares: the samples' gradients that are held, at most.
        rates: one vector for each unsettled step, and two for each since the last mark where windows may be split.
        sketches: what the removal score and the sharing gather.
        rest: everything else.
    """

    parameters: int
    items: int
    banks: int
    shares: int
    rates: int
    sketches: int
    rest: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.banks + self.shares + self.rates + self.sketches + self.rest

    def __str__(self) -> str:
        parts = ", ".join(
            f"{name} {size_text(size)}"
            for name, size in (
                ("item gradients", self.banks),
                ("sample gradients", self.shares),
                ("step rates and movements", self.rates),
                ("sketches", self.sketches),
                ("the rest", self.rest),
            )
        )
        return (
            f"tracing {self.parameters:,} parameters for {self.items} items takes up to {size_text(self.total)} "
            f"beside the model: {parts}"
        )


def memory_plan(
    parameters: int,
    items: int,
    samples: int,
    *,
    interval: int,
    marks: int,
    tail: int,
    stored: int,
    worked: int,
    apart: int = 0,
    sketched: int = 0,
) -> MemoryPlan:
    """The plan of a trace.

    Args:
        parameters: P.
        items: M.
        samples: in one optimizer step.
        interval: steps until the ledger is settled, at most.
        marks: banks held at a time, at most.
        tail: steps whose momentum is held after their interval.
        stored: bytes of a stored scalar of a gradient.
        worked: bytes of a scalar in sums.
        apart: steps between two marks that are held one by one, at most.
        sketched: numbers held in sketches.
    """
    return MemoryPlan(
        parameters=parameters,
        items=items,
        banks=(marks + 1) * items * parameters * stored,  # one is put together while the others are held
        shares=(interval + tail + 1) * samples * parameters * stored,
        rates=(interval + 2 * apart) * parameters * worked,
        sketches=4 * sketched,
        rest=(_OTHERS + _HALVING * apart.bit_length()) * parameters * worked,
    )


def tail_steps(keep: float, tail: float) -> int:
    """Steps until less than `tail` of a gradient is left in a momentum that keeps `keep` of itself at each."""
    if keep <= 0 or tail >= 1:
        return 0
    return ceil(log(tail) / log(keep)) if keep < 1 and tail > 0 else 10**6


def size_text(size: int) -> str:
    """A size for people, e.g. 1.3 GB; decimal units."""
    for unit, bytes_ in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= bytes_:
            return f"{size / bytes_:.1f} {unit}"
    return f"{size} B"
