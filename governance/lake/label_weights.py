"""Label weights of training runs: every estimate with the rates it was made from, by run and step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from governance.label_records import LABEL_WEIGHT
from governance.lake.canonical import table_hash
from governance.lake.commit import writing
from governance.lake.tables import LABEL_WEIGHTS, names

if TYPE_CHECKING:
    from governance.lake.catalog import Lake


def save_label_weights(lake: Lake, run: str, rows: pa.Table) -> None:
    """One estimate, a table of LABEL_WEIGHT of one step, is in the lake.

    The same run and step again changes nothing: a run that is resumed may estimate a step a second time.
    """
    steps = rows.column("step").unique().to_pylist()
    if len(steps) != 1:
        raise ValueError(f"one estimate belongs to one step, not to {steps}")
    with writing(lake) as tx:
        if steps[0] in load_label_weights(lake, run).column("step").to_pylist():
            return
        tx.ensure(LABEL_WEIGHTS)
        owned = rows.add_column(0, "run", pa.repeat(pa.scalar(run, pa.string()), rows.num_rows))
        tx.insert(LABEL_WEIGHTS, owned)
        details = {"step": steps[0], "labels": rows.num_rows, "rows": table_hash(rows)}
        tx.describe("training.difficulty.weights", run, details)


def load_label_weights(lake: Lake, run: str) -> pa.Table:
    """Every estimate of the run as LABEL_WEIGHT, by step and label; empty where there is none."""
    from governance.lake.catalog import table_names

    if LABEL_WEIGHTS.name not in table_names(lake):
        return LABEL_WEIGHT.empty_table()
    sql = f"SELECT {names(LABEL_WEIGHT)} FROM lake.label_weights WHERE run = ? ORDER BY step, label"
    return lake.query(sql, LABEL_WEIGHT, [run])
