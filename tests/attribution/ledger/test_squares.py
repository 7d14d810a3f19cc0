"""Σ g gᵀ in bounded memory: the same whether rows are held or folded, in one process or over a kill."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from attribution.ledger.squares import Squares

WIDTH = 6
CPU = torch.device("cpu")


def some(count: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(count, WIDTH, generator=torch.Generator().manual_seed(seed))


def in_parts(parts: list[int]) -> tuple[Squares, torch.Tensor]:
    squares, rows = Squares(WIDTH, CPU), [some(n, seed) for seed, n in enumerate(parts)]
    for part in rows:
        squares.add(part)
    return squares, torch.cat(rows)


@given(
    parts=st.lists(st.integers(0, 2 * WIDTH), min_size=1, max_size=8), ridge=st.sampled_from([0.1, 1.0, 5.0])
)
def test_it_is_the_inverse_of_all_rows_however_they_came(parts: list[int], ridge: float) -> None:
    squares, rows = in_parts(parts)
    h = some(3, seed=99)

    found = squares.damped(h, ridge)

    rows, whole = rows.double(), torch.eye(WIDTH).double()
    level = ridge * rows.square().sum() / max(1, len(rows))
    expected = (
        torch.linalg.solve(rows.T @ rows + level * whole, h.double().T).T if level else torch.zeros(3, WIDTH)
    )
    torch.testing.assert_close(found, expected.double(), rtol=1e-5, atol=1e-6)
    assert len(rows) == squares.rows


@pytest.mark.parametrize("parts", [[2, 3], [4, 4, 3], [20, 1]])
def test_no_more_is_held_than_was_said(parts: list[int]) -> None:
    squares, rows = in_parts(parts)

    numbers = squares.held.numel() + (0 if squares.folded is None else squares.folded.numel())

    assert numbers <= squares.size(len(rows)) <= 3 * WIDTH * WIDTH
    assert (len(rows) < WIDTH) == (squares.folded is None)


@pytest.mark.parametrize("before", [[2], [5, 4], [12]])
def test_it_goes_on_from_its_arrays(before: list[int]) -> None:
    whole, _ = in_parts([*before, 3])
    begun, _ = in_parts(before)
    resumed = Squares(WIDTH, CPU)
    resumed.restore(begun.arrays())
    resumed.add(some(3, seed=len(before)))

    torch.testing.assert_close(resumed.damped(some(2), 5.0), whole.damped(some(2), 5.0))
    assert whole.rows == resumed.rows


def test_rows_without_a_length_say_nothing() -> None:
    squares = Squares(WIDTH, CPU)
    squares.add(torch.zeros(2, WIDTH))

    assert 0 == float(squares.damped(some(2), 5.0).abs().sum())
