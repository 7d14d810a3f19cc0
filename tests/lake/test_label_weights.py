from __future__ import annotations

import pyarrow as pa
import pytest

from governance.label_records import LABEL_REWARD, LABEL_WEIGHT, LABEL_WINDOW
from governance.lake import Lake
from governance.lake.events import events, verify_chain
from governance.lake.label_rewards import (
    load_label_rewards,
    load_label_windows,
    mean_rewards,
    rewind_labels,
    save_label_rewards,
)
from governance.lake.label_weights import load_label_weights, save_label_weights
from governance.lake.trainings import remove_training, start_training
from governance.lake.verify import verify_lake
from governance.trainings import EXCLUSIONS, SAMPLES, TrainingRecord


def weights(step: int, *labels: str, smoothed: float = 1.6) -> pa.Table:
    rows = [
        {
            "step": step,
            "label": label,
            "pass_cur": None if label == "none" else 0.25,
            "pass_ref": None,
            "raw": None if label == "none" else 0.85,
            "smoothed": smoothed,
            "normalised": 1.0,
        }
        for label in labels
    ]
    return pa.Table.from_pylist(rows, schema=LABEL_WEIGHT)


def rewards(*steps: int) -> pa.Table:
    rows = [
        {
            "step": s,
            "place": p,
            "sample": 10 + p,
            "label": "ab"[p % 2],
            "answers": 4,
            "reward": p / 4,
            "weight": 1.5,
        }
        for s in steps
        for p in range(4)
    ]
    return pa.Table.from_pylist(rows, schema=LABEL_REWARD)


def windows(*numbers: int) -> pa.Table:
    rows = [
        {
            "label": "a",
            "window": n,
            "stop_step": 2 * (n + 1),
            "prompts": 4,
            "reward": 0.5,
            "verdict": "waiting",
        }
        for n in numbers
    ]
    return pa.Table.from_pylist(rows, schema=LABEL_WINDOW)


def test_weights_come_back_by_step_and_label(lake: Lake):
    save_label_weights(lake, "r1", weights(20, "b", "a"))
    save_label_weights(lake, "r1", weights(0, "基金-信息查询", "none"))
    save_label_weights(lake, "r2", weights(0, "x"))

    found = load_label_weights(lake, "r1")

    assert LABEL_WEIGHT == found.schema
    assert [(0, "none"), (0, "基金-信息查询"), (20, "a"), (20, "b")] == [
        (r["step"], r["label"]) for r in found.to_pylist()
    ]
    assert [None, 0.25] == found.column("pass_cur").to_pylist()[:2]
    assert verify_lake(lake).ok
    assert "training.difficulty.weights" == events(lake)[-1].action


def test_an_estimate_that_is_made_again_after_a_kill_is_there_once(lake: Lake):
    save_label_weights(lake, "r1", weights(20, "a"))
    save_label_weights(lake, "r1", weights(20, "a", smoothed=9.0))

    assert [1.6] == load_label_weights(lake, "r1").column("smoothed").to_pylist()
    assert verify_lake(lake).ok


def test_one_estimate_is_of_one_step(lake: Lake):
    with pytest.raises(ValueError, match="one step"):
        save_label_weights(lake, "r1", pa.concat_tables([weights(0, "a"), weights(1, "a")]))


def test_rewards_and_windows_come_back_in_order(lake: Lake):
    save_label_rewards(lake, "r1", rewards(0, 1), windows(0))
    save_label_rewards(lake, "r1", rewards(2, 3), windows(1))
    save_label_rewards(lake, "r1", rewards(2, 3), windows(1))
    save_label_rewards(lake, "r1", rewards(), windows())

    assert rewards(0, 1, 2, 3) == load_label_rewards(lake, "r1")
    assert windows(0, 1) == load_label_windows(lake, "r1")
    assert verify_chain(lake).ok


def test_mean_rewards_by_step_and_label(lake: Lake):
    save_label_rewards(lake, "r1", rewards(0), windows())

    assert [(0, "a", 2, 0.25), (0, "b", 2, 0.5)] == [
        tuple(r.values()) for r in mean_rewards(lake, "r1").to_pylist()
    ]


def test_a_lake_that_is_older_than_the_tables_has_none(lake: Lake):
    for table in ("label_weights", "label_rewards", "label_windows"):
        lake.db.execute(f"DROP TABLE lake.{table}")

    assert 0 == load_label_weights(lake, "r1").num_rows
    assert 0 == load_label_rewards(lake, "r1").num_rows + load_label_windows(lake, "r1").num_rows
    assert 0 == mean_rewards(lake, "r1").num_rows
    save_label_weights(lake, "r1", weights(0, "a"))
    assert 1 == load_label_weights(lake, "r1").num_rows


def test_a_run_that_goes_on_from_an_earlier_step_says_the_rest_anew(lake: Lake):
    save_label_weights(lake, "r1", weights(0, "a"))
    save_label_weights(lake, "r1", weights(2, "a"))
    save_label_rewards(lake, "r1", rewards(0, 1, 2, 3), windows(0, 1))
    save_label_rewards(lake, "r2", rewards(9), windows())

    rewind_labels(lake, "r1", 2)
    count = len(events(lake))
    rewind_labels(lake, "r1", 2)  # there is nothing more to take out

    assert count == len(events(lake))
    assert rewards(0, 1) == load_label_rewards(lake, "r1")
    assert windows(0) == load_label_windows(lake, "r1")
    assert [0] == load_label_weights(lake, "r1").column("step").to_pylist()
    assert rewards(9) == load_label_rewards(lake, "r2")
    save_label_rewards(lake, "r1", rewards(1, 2), windows(0, 1))
    assert rewards(0, 1, 2) == load_label_rewards(lake, "r1")
    assert windows(0, 1) == load_label_windows(lake, "r1")
    assert verify_lake(lake).ok


def test_what_belongs_to_a_run_goes_with_it(lake: Lake):
    start_training(lake, a_record("r1"), SAMPLES.empty_table(), EXCLUSIONS.empty_table())
    save_label_weights(lake, "r1", weights(0, "a"))
    save_label_rewards(lake, "r1", rewards(0), windows(0))
    save_label_rewards(lake, "r2", rewards(0), windows())

    remove_training(lake, "r1")

    assert 0 == load_label_weights(lake, "r1").num_rows + load_label_windows(lake, "r1").num_rows
    assert 0 == load_label_rewards(lake, "r1").num_rows
    assert rewards(0) == load_label_rewards(lake, "r2")


def a_record(run: str) -> TrainingRecord:
    where = {
        "split": "s@1",
        "split_id": "s",
        "split_hash": "h",
        "model": "m",
        "model_hash": "h",
        "folder": "f",
    }
    return TrainingRecord(run=run, kind="grpo", seed=0, started="2026", user="u", govern="1", **where)
