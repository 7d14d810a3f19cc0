"""The removal score: its three parts, and that it finds what was planted."""

from __future__ import annotations

import numpy as np
import torch

from attribution.capturing.layout import layout_of
from attribution.entries import REMOVALS
from attribution.ledger.removal import Removal, influences, sketched, z
from attribution.ledger.rows import removals
from attribution.tracing.tracer import Tracer, TraceSettings
from tests.attribution.builders import EVERY_STEP, Loop, items, tiny_qwen3, train


def test_both_ways_of_the_influence_agree() -> None:
    torch.manual_seed(0)
    rows, targets = torch.randn(7, 5).double(), torch.randn(3, 5).double()
    level = float((rows @ rows.T).diagonal().mean())

    expected = torch.linalg.inv(rows @ rows.T + level * torch.eye(7)) @ rows @ targets.T

    torch.testing.assert_close(influences(rows, targets), expected)  # more rows than width
    torch.testing.assert_close(
        influences(torch.nn.functional.pad(rows, (0, 9)), torch.nn.functional.pad(targets, (0, 9))), expected
    )
    assert 0 == float(influences(torch.zeros(4, 5), torch.ones(2, 5)).abs().sum())


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
