from __future__ import annotations

import pytest

from governance.allocation_file import Allocation, LabelAllocation
from governance.errors import UsageError
from governance.lake import Lake
from governance.lake.allocations import list_allocations, loop, save_allocation, verify_allocations
from governance.lake.verify import verify_lake


def allocation(iteration: int, name: str = "finance") -> Allocation:
    label = LabelAllocation(
        label="银行/咨询", rows=10 * iteration, previous=3, pass_at_1=1 / 3, efficiency=1e-17
    )
    return Allocation(name=name, iteration=iteration, budget=10, settings={"eps": 0.1}, label=(label,))


def test_a_loop_comes_back_in_order(lake: Lake):
    for iteration in (1, 2):
        save_allocation(lake, allocation(iteration), "eval-1")
    save_allocation(lake, allocation(1, "other"), "eval-1")

    assert [allocation(1), allocation(2)] == [stored.allocation for stored in loop(lake, "finance")]
    assert 3 == len(list_allocations(lake))
    assert [] == verify_allocations(lake)
    assert verify_lake(lake).ok


def test_an_iteration_is_given_once(lake: Lake):
    save_allocation(lake, allocation(1), "eval-1")

    with pytest.raises(UsageError, match="is there already"):
        save_allocation(lake, allocation(1), "eval-1")


def test_a_changed_proposal_is_found(lake: Lake):
    stored = save_allocation(lake, allocation(1), "eval-1")

    lake.db.execute("UPDATE lake.allocations SET record = replace(record, '10', '99')")

    assert [f"allocation {stored.id}: it is not what was committed"] == verify_allocations(lake)
