"""The iterations of attribution loops: what each proposed for the next split, and what it was made from."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.allocation_file import Allocation, allocation_of
from governance.errors import UsageError
from governance.lake import events
from governance.lake.attribution_tables import ALLOCATIONS
from governance.lake.canonical import canonical_json, digest
from governance.lake.catalog import table_names
from governance.lake.commit import writing
from governance.lake.tables import table_of

if TYPE_CHECKING:
    from governance.lake.catalog import Lake


@dataclass(frozen=True)
class StoredAllocation:
    """One iteration of a loop.

    Attributes:
        evaluation: what it was made from: an evaluation run, or the name of a file.
    """

    id: str
    evaluation: str
    created_at: str
    created_by: str
    allocation: Allocation


def save_allocation(lake: Lake, allocation: Allocation, evaluation: str) -> StoredAllocation:
    """The proposal as the next iteration of its loop.

    Raises:
        UsageError: somebody else added that iteration meanwhile.
    """
    ident = uuid.uuid4().hex
    record = _record(allocation)
    with writing(lake) as tx:
        tx.ensure(ALLOCATIONS)
        if allocation.iteration != len(loop(lake, allocation.name)) + 1:
            raise UsageError(
                f"iteration {allocation.iteration} of loop {allocation.name!r} is there already",
                where=lake.display,
                hint="run the command again: it goes on from what is there now",
            )
        row = {
            "allocation": ident,
            "seq": tx.seq,
            "name": allocation.name,
            "iteration": allocation.iteration,
            "evaluation": evaluation,
            "created_at": tx.at,
            "created_by": lake.actor,
            "record": record,
        }
        tx.insert(ALLOCATIONS, table_of(ALLOCATIONS.schema, [row]))
        details = {"allocation": digest(record), "iteration": allocation.iteration, "name": allocation.name}
        tx.describe("allocation.commit", ident, details)
        at = tx.at
    return StoredAllocation(ident, evaluation, at, lake.actor, allocation)


def loop(lake: Lake, name: str) -> list[StoredAllocation]:
    """The iterations of the loop of that name, first to last; none in a lake that never had one."""
    return [stored for stored in list_allocations(lake) if stored.allocation.name == name]


def list_allocations(lake: Lake) -> list[StoredAllocation]:
    """Every iteration of every loop, by name and iteration."""
    if ALLOCATIONS.name not in table_names(lake):
        return []
    sql = (
        "SELECT allocation, evaluation, created_at, created_by, record FROM lake.allocations"
        " ORDER BY name, iteration"
    )
    return [
        StoredAllocation(*(*row[:4], allocation_of(json.loads(row[4]), lake.display)))
        for row in lake.fetch(sql)
    ]


def verify_allocations(lake: Lake) -> list[str]:
    """What of the stored iterations is not as it was committed; empty is good."""
    if ALLOCATIONS.name not in table_names(lake):
        return []
    held = {row[0]: str(row[1]) for row in lake.fetch("SELECT allocation, record FROM lake.allocations")}
    logged = {
        e.subject: e.data for e in events.beginning(lake, "allocation.commit") if e.expected_hash() == e.hash
    }
    problems = [
        f"allocation {i}: the event log has no intact entry for it" for i in held.keys() - logged.keys()
    ]
    problems += [
        f"allocation {i}: it was committed, and is not in the lake" for i in logged.keys() - held.keys()
    ]
    problems += [
        f"allocation {i}: it is not what was committed"
        for i in held.keys() & logged.keys()
        if digest(held[i]) != logged[i].get("allocation")
    ]
    return sorted(problems)


def _record(allocation: Allocation) -> str:
    return canonical_json(allocation.model_dump(mode="json", exclude_none=True))
