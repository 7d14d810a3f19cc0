"""The recursion over directions of windows against equation (2) as it is written, with a matrix for every step."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution.ledger import blocks
from attribution.ledger.ledger import HeldStep, Window
from attribution.ledger.movement import Coefficients
from attribution.ledger.recursion import amounts_of
from attribution.tracing.items import Bank

ITEMS, PLACES = 3, 11


def literally(windows: list[Window], held: list[HeldStep]) -> tuple[list[Any], Any]:
    """φ of each step, and V(a), by equation (2)."""
    steps, amounts = {h.step: h for h in held}, {}
    brings = torch.zeros(ITEMS, PLACES, dtype=torch.float64)
    for window in reversed(windows):
        for s in reversed(window.steps):
            h, c = steps[s], steps[s].coefficients
            own = h.rates * window.between(s, 0, PLACES, torch.float64)
            brings = c.through * own + brings
            amounts[s] = h.factor * (h.shares.double() @ (c.gain * brings + c.direct * own).T)
            brings = c.keep * brings
    for h in held:
        if h.step < windows[0].left.step:
            amounts[h.step] = h.factor * (h.shares.double() @ (h.weight * brings).T)
    return [amounts[h.step] for h in held], brings


def a_window(start: int, steps: int, made: torch.Generator, middle: bool) -> Window:
    """Between random banks."""
    left, right, half = (
        Bank(s, torch.zeros(ITEMS), torch.randn(ITEMS, PLACES, generator=made))
        for s in (start, start + steps, start)
    )
    nothing = torch.zeros(ITEMS, dtype=torch.float64)
    fractions = tuple(torch.rand(steps, generator=made).tolist()) if steps > 1 else (0.5,)
    shifts = torch.randn(ITEMS, generator=made, dtype=torch.float64) if steps > 1 else None
    return Window(left, right, fractions, nothing, nothing, half if middle and steps == 1 else None, shifts)


def a_step(step: int, samples: int, start: int, made: torch.Generator, *, spread: bool) -> HeldStep:
    """With coefficients that are numbers, or one number a place; Nesterov's part included."""

    def number() -> Any:
        drawn = torch.rand(PLACES, generator=made, dtype=torch.float64)
        return drawn if spread else float(drawn[0])

    c = Coefficients(keep=number(), gain=number(), through=number(), direct=number())
    shares = torch.randn(samples, PLACES, generator=made)
    rates = torch.rand(PLACES, generator=made, dtype=torch.float64) if step >= start else None
    return HeldStep(
        step, tuple(range(samples)), shares, 0.5, c, rates, 0.1, number() if step < start else 0.0
    )


@settings(max_examples=40)
@given(
    spans=st.lists(st.integers(1, 5), min_size=1, max_size=4),
    samples=st.lists(st.integers(0, 3), min_size=1, max_size=4),
    earlier=st.integers(0, 3),
    spread=st.booleans(),
    middle=st.booleans(),
    rows=st.sampled_from([1, 4, 128]),
    seed=st.integers(0, 99),
)
def test_both_give_the_same(
    spans: list[int], samples: list[int], earlier: int, spread: bool, middle: bool, rows: int, seed: int
) -> None:
    made = torch.Generator().manual_seed(seed)
    windows, start = [], earlier
    for steps in spans:
        windows.append(a_window(start, steps, made, middle))
        start += steps
    held = [a_step(s, samples[s % len(samples)], earlier, made, spread=spread) for s in range(start)]
    momenta = torch.randn(2, PLACES, generator=made, dtype=torch.float64)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "ROWS", rows)
        found = amounts_of(windows, held, momenta[0], momenta[1])

    expected, brings = literally(windows, held)
    for wanted, amounts in zip(expected, found.by_step, strict=True):
        torch.testing.assert_close(amounts, wanted, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(found.carried, brings @ momenta[0], rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(found.forgotten, brings @ momenta[1], rtol=1e-10, atol=1e-10)
