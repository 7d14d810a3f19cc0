"""Plans of stages: which run followed which, on which labels, and why these."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from governance.label_records import STAGE
from governance.lake.commit import writing
from governance.lake.tables import STAGES, names, table_of

if TYPE_CHECKING:
    from governance.lake.catalog import Lake


def save_stage(lake: Lake, plan: str, row: dict[str, object]) -> None:
    """One run of the plan, the values of STAGE, is in the lake; a place that is there already stays as it is."""
    with writing(lake) as tx:
        if row["position"] in load_stages(lake, plan).column("position").to_pylist():
            return
        tx.ensure(STAGES)
        tx.insert(STAGES, table_of(STAGES.schema, [{"plan": plan, "seq": tx.seq, **row}]))
        details = {key: row[key] for key in ("position", "stage", "kind", "before", "labels")}
        tx.describe("training.stage", str(row["run"]), {"plan": plan, **details})


def load_stages(lake: Lake, plan: str) -> pa.Table:
    """The runs of a plan as STAGE, in order."""
    from governance.lake.catalog import table_names

    if STAGES.name not in table_names(lake):
        return STAGE.empty_table()
    return lake.query(
        f"SELECT {names(STAGE)} FROM lake.stages WHERE plan = ? ORDER BY position", STAGE, [plan]
    )


def plan_of(lake: Lake, run: str) -> str | None:
    """The plan that a run belongs to."""
    from governance.lake.catalog import table_names

    if STAGES.name not in table_names(lake):
        return None
    found = lake.fetch("SELECT plan FROM lake.stages WHERE run = ? LIMIT 1", [run])
    return str(found[0][0]) if found else None
