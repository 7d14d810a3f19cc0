"""Training runs in the lake: started, grown at checkpoints, finished; steps without a gap or a double."""

from __future__ import annotations

import pyarrow as pa
import pytest

from governance.errors import LakeError, NotFound
from governance.lake import Lake, trainings
from governance.lake.events import beginning
from governance.trainings import (
    BATCHES,
    CHECKPOINTS,
    EXCLUSIONS,
    FAILED,
    FINISHED,
    SAMPLES,
    STEPS,
    WEIGHTS,
    Progress,
    TrainingRecord,
)

RECORD = TrainingRecord(
    run="20261126-100000-abc123",
    kind="sft",
    split="finance@1",
    split_id="s" * 32,
    split_hash="a" * 64,
    model="new:tiny",
    model_hash="b" * 64,
    folder="/runs/x",
    seed=7,
    started="2026-11-26T10:00:00+00:00",
    user="ann",
    govern="0.1",
    settings={"learning_rate": 0.001, "lora": {"rank": 8}},
    origins={"learning_rate": "--set"},
)
CHECKPOINT = {"step": 2, "path": "/runs/x/checkpoint-2", "sha256": "c" * 64}


def samples(count: int = 4) -> pa.Table:
    rows = [
        {"number": n, "position": n, "sample_id": f"{n:064x}", "label": None, "weight": 1.0,
         "tokens": 9, "supervised": 4}
        for n in range(count)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=SAMPLES)


def steps(first: int, stop: int) -> Progress:
    done = [
        {"step": s, "loss": 3.0 - s, "learning_rate": 0.1, "grad_norm": None, "tokens": 18, "supervised": 8,
         "seconds": 0.5}
        for s in range(first, stop)
    ]  # fmt: skip
    batches = [
        {"step": s, "part": 0, "process": 0, "place": p, "sample": (2 * s + p) % 4}
        for s in range(first, stop)
        for p in range(2)
    ]
    return Progress(
        pa.Table.from_pylist(done, schema=STEPS),
        pa.Table.from_pylist(batches, schema=BATCHES),
        pa.Table.from_pylist([CHECKPOINT] if stop == 2 else [], schema=CHECKPOINTS),
        pa.Table.from_pylist([{"step": first, "label": "even", "weight": 1.25}], schema=WEIGHTS),
    )


@pytest.fixture
def started(lake: Lake) -> Lake:
    trainings.start_training(lake, RECORD, samples(), EXCLUSIONS.empty_table())
    return lake


def test_what_went_in_comes_out(started: Lake) -> None:
    progress = steps(0, 2)

    trainings.add_progress(started, RECORD.run, progress)

    assert RECORD == trainings.load_record(started, RECORD.run)
    assert samples() == trainings.load_samples(started, RECORD.run)
    assert progress.steps == trainings.load_steps(started, RECORD.run)
    assert progress.batches == trainings.load_batches(started, RECORD.run)
    assert progress.checkpoints == trainings.load_checkpoints(started, RECORD.run)
    assert progress.weights == trainings.load_weights(started, RECORD.run)


def test_a_list_says_state_steps_and_last_loss(started: Lake) -> None:
    trainings.add_progress(started, RECORD.run, steps(0, 2))
    trainings.add_progress(started, RECORD.run, steps(2, 3))
    trainings.finish_training(started, RECORD.run, FINISHED, {})

    found = trainings.find_training(started, "latest")

    assert (RECORD.run, FINISHED, 3, 1.0) == (found.run, found.state, found.steps, found.loss)
    assert found.finished > found.started


@pytest.mark.parametrize(("first", "stop"), [(1, 3), (3, 4)])
def test_steps_neither_repeat_nor_leave_a_gap(started: Lake, first: int, stop: int) -> None:
    trainings.add_progress(started, RECORD.run, steps(0, 2))

    with pytest.raises(LakeError, match="do not follow"):
        trainings.add_progress(started, RECORD.run, steps(first, stop))

    assert [0, 1] == trainings.load_steps(started, RECORD.run).column("step").to_pylist()


def test_a_run_that_goes_back_gives_its_steps_anew(started: Lake) -> None:
    trainings.add_progress(started, RECORD.run, steps(0, 3))

    trainings.rewind(started, RECORD.run)
    trainings.add_progress(started, RECORD.run, steps(0, 2))

    assert [0, 1] == trainings.load_steps(started, RECORD.run).column("step").to_pylist()
    assert 4 == trainings.load_batches(started, RECORD.run).num_rows


def test_a_failed_run_can_be_taken_up_again(started: Lake) -> None:
    trainings.finish_training(started, RECORD.run, FAILED, {"why": "not a number"})
    trainings.reopen_training(started, RECORD.run, {"from": 0})

    assert "running" == trainings.find_training(started, RECORD.run[:12]).state
    assert 1 == len(trainings.list_trainings(started))


def test_the_log_tells_of_the_run(started: Lake) -> None:
    trainings.add_progress(started, RECORD.run, steps(0, 2))
    trainings.finish_training(started, RECORD.run, FINISHED, {})

    actions = [e.action for e in beginning(started, "training.")]

    assert ["training.start", "training.progress", "training.finish"] == actions


def test_a_removed_run_leaves_nothing_but_a_word(started: Lake) -> None:
    trainings.add_progress(started, RECORD.run, steps(0, 2))

    trainings.remove_training(started, RECORD.run)

    assert [] == trainings.list_trainings(started)
    assert 0 == trainings.load_batches(started, RECORD.run).num_rows
    with pytest.raises(NotFound, match="no training"):
        trainings.find_training(started, "latest")
