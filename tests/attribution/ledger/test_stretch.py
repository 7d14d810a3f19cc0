"""What two marks say of the steps between them."""

from __future__ import annotations

import pytest
import torch

from attribution.capturing.layout import Layout
from attribution.ledger.stretch import Stretch
from attribution.tracing.items import Bank

SIZE, ITEMS = 12, 3


def layout_of_size(size: int = SIZE) -> Layout:
    parameter = torch.nn.Parameter(torch.zeros(size, dtype=torch.float64))
    return Layout(("weight",), (parameter,), (0, size))


def quadratic(place: torch.Tensor, step: int) -> Bank:
    """Items ½ θ'Hθ + b'θ, each with its own symmetric H."""
    maker = torch.Generator().manual_seed(7)
    half = torch.randn(ITEMS, SIZE, SIZE, generator=maker, dtype=torch.float64)
    curvature = half + half.mT
    slope = torch.randn(ITEMS, SIZE, generator=maker, dtype=torch.float64)
    values = torch.einsum("p,mpq,q->m", place, curvature, place) / 2 + slope @ place
    return Bank(step, values, curvature @ place + slope)


def quartic(place: torch.Tensor, step: int) -> Bank:
    """Items c'θ⁴, whose gradient is cubic."""
    factors = torch.arange(1, ITEMS * SIZE + 1, dtype=torch.float64).view(ITEMS, SIZE)
    return Bank(step, factors @ place**4, 4 * factors * place**3)


def bent(steps: int = 6, seed: int = 3) -> list[torch.Tensor]:
    """Movements that go one way together and each its own way too."""
    maker = torch.Generator().manual_seed(seed)
    drift = torch.randn(SIZE, generator=maker, dtype=torch.float64)
    own = torch.randn(steps, SIZE, generator=maker, dtype=torch.float64)
    return [(drift + o) * (s + 1) for s, o in enumerate(own)]


def stretch_of(moves: list[torch.Tensor], first: int = 0, decay: float = 0.0) -> Stretch:
    stretch = Stretch(layout_of_size(), first, keeps=True)
    for move in moves:
        stretch.add(move, move * decay if decay else None)
    return stretch


def test_a_quadratic_item_is_explained_whatever_the_path() -> None:
    moves = bent()
    left, right = quadratic(torch.zeros(SIZE).double(), 0), quadratic(sum(moves, torch.zeros(SIZE)), 6)

    window = stretch_of(moves).window(left, right)

    assert torch.allclose(left.values - right.values, window.path, rtol=1e-12)


def test_each_step_is_explained_better_than_by_the_mean_of_both_marks() -> None:
    moves = bent()
    places = [sum(moves[:n], torch.zeros(SIZE, dtype=torch.float64)) for n in range(7)]
    banks = [quadratic(p, n) for n, p in enumerate(places)]
    window = stretch_of(moves).window(banks[0], banks[-1])

    mean = (banks[0].gradients + banks[-1].gradients) / 2
    ours = plain = 0.0
    for n, move in enumerate(moves):
        change = banks[n + 1].values - banks[n].values
        between = window.between(n, 0, SIZE, torch.float64)
        ours += float((between @ move - change).abs().sum())
        plain += float((mean @ move - change).abs().sum())
    assert ours < 0.8 * plain


def test_path_and_decay_are_what_the_gradients_in_between_say() -> None:
    moves = bent()
    left, right = quartic(torch.ones(SIZE).double(), 4), quartic(sum(moves, torch.ones(SIZE).double()), 10)

    window = stretch_of(moves, first=4, decay=0.25).window(left, right)

    said = sum(window.between(4 + n, 0, SIZE, torch.float64) @ move for n, move in enumerate(moves))
    assert torch.allclose(-said, window.path, rtol=1e-12)  # type: ignore[arg-type]
    assert torch.allclose(said * 0.25, window.decay, rtol=1e-12)  # type: ignore[operator]


def test_a_middle_makes_a_cubic_gradient_exact() -> None:
    move = torch.linspace(-1, 2, SIZE, dtype=torch.float64)
    left, middle, right = (quartic(1 + move * part, 0) for part in (0.0, 0.5, 1.0))

    plain = stretch_of([move]).window(left, right)
    simpson = stretch_of([move]).window(left, right, middle)

    change = left.values - right.values
    assert not torch.allclose(change, plain.path, rtol=1e-2)
    assert torch.allclose(change, simpson.path, rtol=1e-12)
    assert torch.allclose(-simpson.between(0, 0, SIZE, torch.float64) @ move, simpson.path, rtol=1e-12)


def test_straightness_is_the_mean_cosine_of_two_different_steps() -> None:
    along, across = torch.eye(SIZE, dtype=torch.float64)[:2]

    assert 0.0 == stretch_of([along]).straightness()
    assert pytest.approx(1.0) == stretch_of([along, 2 * along, 3 * along]).straightness()
    assert pytest.approx(0.0) == stretch_of([along, across]).straightness()
    assert 0.0 == stretch_of([along, -along]).straightness()
    assert pytest.approx(0.5**0.5) == stretch_of([along, along + across]).straightness()


def test_a_window_that_does_not_move_explains_nothing() -> None:
    still = torch.zeros(SIZE, dtype=torch.float64)
    bank = quadratic(still, 0)

    window = stretch_of([still, still]).window(bank, bank)

    assert [0.0] * ITEMS == window.path.tolist()
    assert bool(window.between(1, 0, SIZE, torch.float64).isfinite().all())


def test_it_is_split_after_the_step_that_ends_nearest_to_half_the_path() -> None:
    step = torch.eye(SIZE, dtype=torch.float64)[0]

    assert [[2, 2], [1, 3], [3, 1], [1, 1]] == [
        [len(part) for part in stretch_of([step * n for n in lengths]).split()]
        for lengths in ([1, 1, 1, 1], [9, 1, 1, 1], [1, 1, 1, 9], [1, 5])
    ]


def test_the_halves_are_the_whole() -> None:
    moves = bent()
    whole = stretch_of(moves, first=3)

    first, second = whole.split()

    assert (3, 3 + len(first)) == (first.first, second.first)
    assert torch.allclose(whole.moved, first.moved + second.moved)
    assert pytest.approx(whole.length) == first.length + second.length
