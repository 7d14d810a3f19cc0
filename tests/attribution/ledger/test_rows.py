"""The ledger's tables, and the coverage that is worked out from them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow.compute as pc
import pytest
import torch

from attribution.entries import BALANCES, CONTRIBUTIONS, MARGIN
from attribution.ledger.coverage import coverage, r_squared
from attribution.ledger.rows import balances, contribution_tables
from attribution.tracing.tracer import TraceSettings
from tests.attribution.builders import EVERY_STEP, Loop, tiny_qwen3, traced, train


@pytest.fixture(scope="module")
def tracer() -> Any:
    model = tiny_qwen3()
    tracer = traced(TraceSettings(refresh=EVERY_STEP, interval=4))
    train(model, torch.optim.AdamW(model.parameters(), lr=1e-2), Loop(steps=10), [tracer])
    return tracer


def test_every_line_of_the_ledger_adds_up(tracer: Any) -> None:
    rows = balances(tracer.intervals, tracer.names)

    assert rows.schema.equals(BALANCES)
    assert 3 * 6 == rows.num_rows
    sign = np.where(np.array(rows["functional"].to_pylist()) == MARGIN, 1.0, -1.0)
    change = sign * (rows["after"].to_numpy() - rows["before"].to_numpy())
    parts = sum(rows[c].to_numpy() for c in ("attributed", "weight_decay", "carried", "residual"))
    assert np.allclose(change, parts, rtol=0, atol=1e-12)


def test_contributions_sum_to_what_the_balance_says_is_attributed(tracer: Any) -> None:
    rows = balances(tracer.intervals, tracer.names)

    for n, table in enumerate(contribution_tables(tracer.intervals, tracer.names, tracer.samples)):
        assert table.schema.equals(CONTRIBUTIONS)
        for name, expected in zip(
            tracer.names, rows["attributed"].to_numpy()[6 * n : 6 * n + 6], strict=True
        ):
            mine = table.filter(
                pc.and_(pc.equal(table["item"], name.item), pc.equal(table["functional"], name.functional))
            )
            assert pc.sum(mine["amount"]).as_py() == pytest.approx(expected, abs=1e-12)
    assert {f"{n:064x}" for n in range(7)} == set(table["sample_id"].to_pylist())


def test_the_values_of_one_interval_go_on_in_the_next(tracer: Any) -> None:
    for earlier, later in zip(tracer.intervals, tracer.intervals[1:], strict=False):
        assert np.array_equal(earlier.after, later.before)


def test_coverage_is_of_the_whole_run(tracer: Any) -> None:
    found = coverage(balances(tracer.intervals, tracer.names))

    residual = sum(i.residual for i in tracer.intervals)
    change = sum(i.change for i in tracer.intervals)
    assert found.explained == pytest.approx(1 - np.abs(residual).sum() / np.abs(change).sum())
    assert found.r_squared == pytest.approx(r_squared(change, change - residual))
    assert found.shows_amounts
    assert 6 == len(found.items)


def test_below_four_fifths_only_ranks_are_shown(tracer: Any) -> None:
    rows = balances(tracer.intervals, tracer.names)
    place = rows.schema.get_field_index("residual")
    spoilt = rows.set_column(place, "residual", pc.add(rows["residual"], 10.0))

    found = coverage(spoilt)

    assert not found.shows_amounts
    assert "only ranks" in str(found)


def test_a_run_without_steps_has_an_empty_ledger(tracer: Any) -> None:
    assert 0 == balances([], tracer.names).num_rows


def test_a_ledger_without_change_is_explained_by_nothing() -> None:
    empty = coverage(BALANCES.empty_table())

    assert 1.0 == empty.explained
    assert empty.r_squared is None
