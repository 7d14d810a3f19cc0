"""What a sketch keeps of inner products: their mean always, all of them where it is as wide as the layer."""

from __future__ import annotations

import pytest
import torch

from attribution.sketching.covering import Covered
from attribution.sketching.importance import Importance, even, importance
from attribution.sketching.projections import Projection, orthogonal, projections

OUTPUTS, INPUTS = 10, 7


def layer(seed: int = 0) -> Covered:
    torch.manual_seed(seed)
    module = torch.nn.Linear(INPUTS, OUTPUTS, bias=False, dtype=torch.float64)
    return Covered(("weight",), (module,), (), 1.0)


def separable(seed: int = 1) -> Importance:
    maker = torch.Generator().manual_seed(seed)
    return importance(torch.rand(OUTPUTS, INPUTS, generator=maker, dtype=torch.float64) ** 6)


def projected(width: int, fold: int = 1, seed: int = 0, d: Importance | None = None) -> Projection:
    made = projections(layer(), [d or separable()], width=width, fold=fold, seed=seed, dtype=torch.float64)
    return made.each[0]


def tokens(samples: int = 3, positions: int = 5) -> tuple[torch.Tensor, torch.Tensor]:
    maker = torch.Generator().manual_seed(2)
    shapes = (samples, positions, INPUTS), (samples, positions, OUTPUTS)
    x, back = (torch.randn(s, generator=maker, dtype=torch.float64) for s in shapes)
    return x, back


@pytest.mark.parametrize(("width", "fold"), [(3, 1), (2, 2), (3, 3), (16, 1)])
def test_from_tokens_or_from_the_weighted_gradient_a_sketch_is_the_same(width: int, fold: int):
    x, back = tokens()
    p, d = projected(width, fold), separable()
    gradients = torch.bmm(back.transpose(1, 2), x)
    weighted = gradients * d.rows[:, None] * d.columns

    by_tokens = p.of_tokens(x, back)

    # D has rank one: weighting the whole gradient is weighting what goes in and what comes back
    plain = projected(width, fold, d=even(layer().weights[0], torch.float64))
    assert torch.allclose(plain.of_queries(weighted), by_tokens, rtol=1e-12)
    assert torch.allclose(torch.stack([p.of_gradient(g) for g in gradients]), by_tokens, rtol=1e-12)


@pytest.mark.parametrize("fold", [1, 4])
def test_as_wide_as_the_layer_every_inner_product_is_exact(fold: int):
    x, back = tokens()
    gradients = torch.bmm(back.transpose(1, 2), x)
    other = torch.randn(2, OUTPUTS, INPUTS, dtype=torch.float64)

    p = projected(width=10, fold=fold)

    expected = torch.einsum("noi,moi->nm", gradients, other)
    assert torch.allclose(expected, p.of_tokens(x, back) @ p.of_queries(other).T, rtol=1e-10)


@pytest.mark.parametrize(("width", "fold"), [(2, 1), (2, 2), (3, 4)])
def test_on_average_over_seeds_inner_products_are_exact(width: int, fold: int):
    x, back = tokens(1)
    gradient = torch.bmm(back.transpose(1, 2), x)
    other = torch.randn(1, OUTPUTS, INPUTS, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    exact = float((gradient * other).sum())

    found = torch.tensor([
        float((p.of_tokens(x, back) * p.of_queries(other)).sum())
        for p in (projected(width, fold, seed) for seed in range(600))
    ])  # fmt: skip

    error = float(found.std() / len(found) ** 0.5)
    assert abs(float(found.mean()) - exact) < 4 * error
    assert error < 0.2 * float(gradient.norm() * other.norm())


def test_folding_a_wider_projection_is_less_noisy_at_the_same_size():
    x, back = tokens(1, positions=1)  # rank one, where two-sided projections are noisiest
    gradient = torch.bmm(back.transpose(1, 2), x)
    spread = []
    for fold in (1, 3):
        ps = [projected(3, fold, seed) for seed in range(200)]
        assert {9} == {p.size for p in ps}
        spread.append(
            torch.tensor([float((p.of_tokens(x, back) * p.of_queries(gradient)).sum()) for p in ps]).std()
        )

    assert spread[1] < 0.85 * spread[0]


def test_rows_are_orthogonal_and_whole_ones_a_rotation():
    maker = torch.Generator().manual_seed(0)
    few, all_ = orthogonal(3, 8, maker), orthogonal(8, 8, maker)

    assert torch.allclose(torch.eye(3, dtype=torch.float64) * 8 / 3, few @ few.T, atol=1e-12)
    assert torch.allclose(torch.eye(8, dtype=torch.float64), all_.T @ all_, atol=1e-12)


def test_the_same_seed_and_name_give_the_same_projection():
    one, same, other = projected(3), projected(3), projected(3, seed=1)

    assert torch.equal(one.sample_rows, same.sample_rows)
    assert not torch.allclose(one.sample_rows, other.sample_rows)


def test_importance_has_the_inverse_fourth_root_of_means_within_a_factor_of_ten():
    rows, columns = torch.tensor([1.0, 16.0]), torch.tensor([81.0, 1.0, 1.0])

    d = importance(torch.outer(rows, columns))

    assert torch.allclose(torch.tensor(2.0), d.rows[0] / d.rows[1])
    assert torch.allclose(torch.tensor(3.0), d.columns[1] / d.columns[0])
    assert torch.equal(torch.ones(2), importance(torch.zeros(2, 3)).rows)
    assert 10 == pytest.approx(float(importance(torch.diag(torch.tensor([1.0, 0.0]))).rows[1]))
