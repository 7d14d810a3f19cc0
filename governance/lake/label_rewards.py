"""What training by reward leaves: each prompt's mean reward at each step, and each label's verdict at each window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from governance.label_records import LABEL_REWARD, LABEL_WINDOW
from governance.lake.canonical import table_hash
from governance.lake.commit import committed, writing
from governance.lake.staging import stage
from governance.lake.tables import (
    LABEL_REWARDS,
    LABEL_WINDOWS,
    Table,
    names,
)

if TYPE_CHECKING:
    from governance.lake.catalog import Lake


def save_label_rewards(lake: Lake, run: str, stop: int, rewards: pa.Table, windows: pa.Table) -> None:
    """Rows of LABEL_REWARD and LABEL_WINDOW up to step `stop` are in the lake, in one transaction.

    What was saved up to the same step before stays as it is: a run that was killed and resumed says it again.
    """
    key = f"label_rewards:{run}:{stop}"
    if not rewards.num_rows + windows.num_rows or committed(lake, key):
        return
    files = [*stage(lake.session, LABEL_REWARDS, _owned(run, rewards))] if rewards.num_rows else []
    with writing(lake) as tx:
        if committed(lake, key):
            return
        for table in (LABEL_REWARDS, LABEL_WINDOWS):
            tx.ensure(table)
        tx.add(files)
        tx.insert(LABEL_WINDOWS, _owned(run, windows))
        details = {"stop": stop, "rewards": table_hash(rewards), "windows": table_hash(windows)}
        tx.describe("run.rewards", run, details, key)


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


def _load(lake: Lake, table: Table, schema: pa.Schema, run: str, order: str) -> pa.Table:
    if not _there(lake, table):
        return schema.empty_table()
    sql = f"SELECT {names(schema)} FROM lake.{table.name} WHERE run = ? ORDER BY {order}"
    return lake.query(sql, schema, [run])


def _there(lake: Lake, table: Table) -> bool:
    from governance.lake.catalog import table_names

    return table.name in table_names(lake)


def _owned(run: str, rows: pa.Table) -> pa.Table:
    return rows.add_column(0, "run", pa.repeat(pa.scalar(run, pa.string()), rows.num_rows))
