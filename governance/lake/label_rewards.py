"""What training by reward leaves: each prompt's mean reward at each step, and each label's verdict at each window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from governance.label_records import LABEL_REWARD, LABEL_WEIGHT, LABEL_WINDOW
from governance.lake.canonical import table_hash
from governance.lake.commit import Transaction, writing
from governance.lake.tables import LABEL_REWARDS, LABEL_WEIGHTS, LABEL_WINDOWS, Table, names

if TYPE_CHECKING:
    from governance.lake.catalog import Lake

OWNED = ((LABEL_WEIGHTS, LABEL_WEIGHT), (LABEL_REWARDS, LABEL_REWARD), (LABEL_WINDOWS, LABEL_WINDOW))


def save_label_rewards(lake: Lake, run: str, rewards: pa.Table, windows: pa.Table) -> None:
    """Rows of LABEL_REWARD and LABEL_WINDOW are in the lake, in one transaction.

    Rows of steps and windows that it has already are left out: a run that was killed and resumed says them again.
    """
    if not rewards.num_rows + windows.num_rows:
        return
    with writing(lake) as tx:
        tx.ensure(LABEL_REWARDS)
        tx.ensure(LABEL_WINDOWS)
        rewards = _beyond(lake, LABEL_REWARDS, run, rewards, "step")
        windows = _beyond(lake, LABEL_WINDOWS, run, windows, "stop_step")
        if not rewards.num_rows + windows.num_rows:
            return
        _insert(tx, LABEL_REWARDS, run, rewards)
        _insert(tx, LABEL_WINDOWS, run, windows)
        details = {"rewards": table_hash(rewards), "windows": table_hash(windows)}
        tx.describe("training.rewards", run, details)


def rewind_labels(lake: Lake, run: str, step: int) -> None:
    """The run goes on from the state after `step` steps: what its labels had later, weights too, is out."""
    kept = {
        LABEL_WEIGHTS: pc.field("step") < step,
        LABEL_REWARDS: pc.field("step") < step,
        LABEL_WINDOWS: pc.field("stop_step") <= step,
    }
    stored = {table: _load(lake, table, schema, run, "1") for table, schema in OWNED}
    if all(rows.filter(kept[table]).num_rows == rows.num_rows for table, rows in stored.items()):
        return
    with writing(lake) as tx:
        for table, rows in stored.items():
            tx.delete(table, "run", run)
            _insert(tx, table, run, rows.filter(kept[table]))
        tx.describe("training.rewind_labels", run, {"step": step})


def load_label_rewards(lake: Lake, run: str) -> pa.Table:
    """Every prompt that was judged in the run, by step and place."""
    return _load(lake, LABEL_REWARDS, LABEL_REWARD, run, "step, place")


def load_label_windows(lake: Lake, run: str) -> pa.Table:
    """Every verdict of the run, by window and label."""
    return _load(lake, LABEL_WINDOWS, LABEL_WINDOW, run, '"window", label')


def mean_rewards(lake: Lake, run: str) -> pa.Table:
    """(step, label, prompts, reward): the mean reward of each label at each step."""
    schema = pa.schema([LABEL_REWARD.field(n) for n in ("step", "label")])
    schema = schema.append(pa.field("prompts", pa.int64())).append(LABEL_REWARD.field("reward"))
    if not _there(lake, LABEL_REWARDS):
        return schema.empty_table()
    sql = (
        "SELECT step, label, count(*) AS prompts, avg(reward) AS reward FROM lake.label_rewards"
        " WHERE run = ? GROUP BY step, label ORDER BY step, label"
    )
    return lake.query(sql, schema, [run])


def _beyond(lake: Lake, table: Table, run: str, rows: pa.Table, key: str) -> pa.Table:
    """The rows after the last that the lake has."""
    if not _there(lake, table):  # it is being made in this very transaction
        return rows
    last = lake.fetch(f"SELECT max({key}) FROM lake.{table.name} WHERE run = ?", [run])[0][0]
    return rows if last is None else rows.filter(pc.field(key) > last)


def _insert(tx: Transaction, table: Table, run: str, rows: pa.Table) -> None:
    tx.insert(table, rows.add_column(0, "run", pa.repeat(pa.scalar(run, pa.string()), rows.num_rows)))


def _load(lake: Lake, table: Table, schema: pa.Schema, run: str, order: str) -> pa.Table:
    if not _there(lake, table):
        return schema.empty_table()
    sql = f"SELECT {names(schema)} FROM lake.{table.name} WHERE run = ? ORDER BY {order}"
    return lake.query(sql, schema, [run])


def _there(lake: Lake, table: Table) -> bool:
    from governance.lake.catalog import table_names

    return table.name in table_names(lake)
