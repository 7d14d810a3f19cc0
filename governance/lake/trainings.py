"""Training runs: the record when one starts, its steps at each checkpoint, its end.

Rows of steps come in pieces, in order. A resumed run may go back behind what the lake holds (its last checkpoint
was deleted, say); then `rewind` takes the run's steps out again, and they come anew from the run's journal.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from governance.errors import LakeError, NotFound, did_you_mean
from governance.lake.canonical import digest, table_hash
from governance.lake.commit import Transaction, writing
from governance.lake.removals import removal_row
from governance.lake.staging import StagedFile, stage
from governance.lake.tables import (
    LABEL_REWARDS,
    LABEL_WEIGHTS,
    LABEL_WINDOWS,
    REMOVALS,
    TRAINING_BATCHES,
    TRAINING_CHECKPOINTS,
    TRAINING_EXCLUSIONS,
    TRAINING_SAMPLES,
    TRAINING_STEPS,
    TRAINING_WEIGHTS,
    TRAININGS,
    Table,
    names,
    table_of,
)
from governance.trainings import FAILED, FINISHED, RUNNING, STOPPED, Progress, TrainingRecord

if TYPE_CHECKING:
    from governance.lake.catalog import Lake

LATEST = "latest"
PROGRESS = (TRAINING_STEPS, TRAINING_BATCHES, TRAINING_CHECKPOINTS, TRAINING_WEIGHTS)
OF_LABELS = (LABEL_WEIGHTS, LABEL_REWARDS, LABEL_WINDOWS)
OWNED_BY_TRAINING = (TRAININGS, TRAINING_SAMPLES, TRAINING_EXCLUSIONS, *PROGRESS, *OF_LABELS)
ENDS = {FINISHED: "training.finish", FAILED: "training.fail", STOPPED: "training.stop"}
"""What the log calls the end of a run."""


@dataclass(frozen=True)
class StoredTraining:
    """One run as lists show it; `steps` and `loss` are of the last step that is in the lake."""

    run: str
    kind: str
    state: str
    started: str
    finished: str
    user: str
    split: str
    model: str
    steps: int
    loss: float | None


def start_training(lake: Lake, record: TrainingRecord, samples: pa.Table, excluded: pa.Table) -> None:
    """The run is in the lake, with the list of its samples and of what it leaves out."""
    files = [
        *_staged(lake, TRAINING_SAMPLES, record.run, samples),
        *_staged(lake, TRAINING_EXCLUSIONS, record.run, excluded),
    ]
    with writing(lake) as tx:
        for table in OWNED_BY_TRAINING:
            tx.ensure(table)
        tx.add(files)
        text = json.dumps(asdict(record), ensure_ascii=False)
        tx.insert(TRAININGS, table_of(TRAININGS.schema, [_row(tx, record, RUNNING, "", text)]))
        details = {
            "split": record.split,
            "split_hash": record.split_hash,
            "model": record.model,
            "model_hash": record.model_hash,
            "samples": table_hash(samples),
            "excluded": excluded.num_rows,
            "record": digest(text),
        }
        tx.describe("training.start", record.run, details)


def add_progress(lake: Lake, run: str, progress: Progress) -> None:
    """Steps that follow those the lake has, with their batches, and checkpoints; LakeError where they do not."""
    if not any(t.num_rows for t in (progress.steps, progress.checkpoints, progress.weights)):
        return
    parts = (progress.steps, progress.batches, progress.checkpoints, progress.weights)
    files = [f for table, rows in zip(PROGRESS, parts, strict=True) for f in _staged(lake, table, run, rows)]
    with writing(lake) as tx:
        numbers = progress.steps.column("step").to_pylist()
        known = steps_done(lake, run)
        if numbers != list(range(known, known + len(numbers))):
            raise LakeError(
                f"steps {numbers[0]} to {numbers[-1]} do not follow the {known} that the lake has",
                where=run,
                hint="resume the run, which takes them from its journal",
            )
        tx.add(files)
        details = {
            "steps": known + len(numbers),
            "hash": table_hash(progress.batches),
            "steps_hash": table_hash(progress.steps),
        }
        tx.describe("training.progress", run, details)


def finish_training(lake: Lake, run: str, state: str, details: Mapping[str, Any]) -> None:
    """The run is over: finished, failed, or stopped by whoever started it."""
    _change(lake, run, state, ENDS[state], details)


def rewind(lake: Lake, run: str) -> None:
    """The run goes on from an earlier step than the lake knows: its steps are out, and come anew."""
    with writing(lake) as tx:
        known = steps_done(lake, run)
        for table in PROGRESS:
            tx.delete(table, "run", run)
        tx.describe("training.rewind", run, {"steps": known})


def reopen_training(lake: Lake, run: str, details: Mapping[str, Any]) -> None:
    """The run goes on after a kill or a failure."""
    _change(lake, run, RUNNING, "training.resume", details)


def steps_done(lake: Lake, run: str) -> int:
    """How many steps of the run the lake has."""
    return int(lake.fetch("SELECT count(*) FROM lake.training_steps WHERE run = ?", [run])[0][0])


def list_trainings(lake: Lake) -> list[StoredTraining]:
    """Every stored run, latest first; none in a lake that is older than training."""
    if not _kept(lake):
        return []
    sql = (
        'SELECT run, kind, state, started, finished, "user", split, model,'
        " (SELECT count(*) FROM lake.training_steps s WHERE s.run = t.run),"
        " (SELECT arg_max(loss, step) FROM lake.training_steps s WHERE s.run = t.run)"
        " FROM lake.trainings t ORDER BY started DESC, run"
    )
    return [StoredTraining(*row) for row in lake.fetch(sql)]


def find_training(lake: Lake, run: str) -> StoredTraining:
    """The one run that is meant: its id, the unique beginning of one, or `latest`."""
    known = list_trainings(lake)
    found = known[:1] if run == LATEST else [t for t in known if run and t.run.startswith(run)]
    exact = [t for t in found if t.run == run]
    if len(exact or found) == 1:
        return (exact or found)[0]
    ids = [t.run for t in known]
    if not ids:
        raise NotFound("no training is stored in this lake", where=lake.display, hint="govern train SPLIT")
    what = f"{run!r} could be more than one run" if found else f"there is no training {run!r}"
    shown = ", ".join([t.run for t in found] or ids[:20])
    raise NotFound(what, where=lake.display, hint=f"{did_you_mean(run, ids)}runs are: {shown}")


def load_record(lake: Lake, run: str) -> TrainingRecord:
    """The record of a run, by its whole id."""
    text = str(lake.fetch("SELECT record FROM lake.trainings WHERE run = ?", [run])[0][0])
    return record_from_json(text)


def record_from_json(text: str) -> TrainingRecord:
    """The record that `asdict` and JSON made a text of."""
    values = json.loads(text)
    return TrainingRecord(**{**values, "notes": tuple(values["notes"])})


def load_samples(lake: Lake, run: str) -> pa.Table:
    """`SAMPLES` of a run, by number."""
    return _load(lake, TRAINING_SAMPLES, run, "number")


def load_exclusions(lake: Lake, run: str) -> pa.Table:
    """`EXCLUSIONS` of a run, by position."""
    return _load(lake, TRAINING_EXCLUSIONS, run, "position")


def load_steps(lake: Lake, run: str) -> pa.Table:
    """`STEPS` of a run, in order."""
    return _load(lake, TRAINING_STEPS, run, "step")


def load_batches(lake: Lake, run: str) -> pa.Table:
    """`BATCHES` of a run, in order."""
    return _load(lake, TRAINING_BATCHES, run, "step, part, process, place")


def load_checkpoints(lake: Lake, run: str) -> pa.Table:
    """`CHECKPOINTS` of a run, in order."""
    return _load(lake, TRAINING_CHECKPOINTS, run, "step")


def load_weights(lake: Lake, run: str) -> pa.Table:
    """`WEIGHTS` of a run, by step and label."""
    return _load(lake, TRAINING_WEIGHTS, run, "step, label")


def remove_training(lake: Lake, run: str) -> StoredTraining:
    """The run that is gone from the lake with all its rows; its folder stays, and so does the log's word of it."""
    with writing(lake) as tx:
        found = find_training(lake, run)
        for table in OWNED_BY_TRAINING:
            tx.delete(table, "run", found.run)
        tx.insert(REMOVALS, removal_row(tx, "training", found.run, found.run))
        tx.describe("training.remove", found.run, {})
    return found


def _change(lake: Lake, run: str, state: str, action: str, details: Mapping[str, Any]) -> None:
    with writing(lake) as tx:
        text = str(lake.fetch("SELECT record FROM lake.trainings WHERE run = ?", [run])[0][0])
        finished = "" if state == RUNNING else tx.at
        row = _row(tx, record_from_json(text), state, finished, text)
        tx.delete(TRAININGS, "run", run)
        tx.insert(TRAININGS, table_of(TRAININGS.schema, [row]))
        tx.describe(action, run, {**details, "steps": steps_done(lake, run)})


def _row(tx: Transaction, record: TrainingRecord, state: str, finished: str, text: str) -> dict[str, object]:
    return {
        "run": record.run,
        "seq": tx.seq,
        "kind": record.kind,
        "state": state,
        "started": record.started,
        "finished": finished,
        "user": record.user,
        "split": record.split,
        "split_hash": record.split_hash,
        "model": record.model,
        "model_hash": record.model_hash,
        "record": text,
    }


def _kept(lake: Lake) -> bool:
    from governance.lake.catalog import table_names

    return TRAININGS.name in table_names(lake)


def _owned(run: str, rows: pa.Table) -> pa.Table:
    return rows.add_column(0, "run", pa.repeat(pa.scalar(run), rows.num_rows))


def _staged(lake: Lake, table: Table, run: str, rows: pa.Table) -> list[StagedFile]:
    return stage(lake.session, table, _owned(run, rows)) if rows.num_rows else []


def _load(lake: Lake, table: Table, run: str, order: str) -> pa.Table:
    schema = pa.schema(list(table.schema)[1:])
    if not _kept(lake):
        return schema.empty_table()
    sql = f"SELECT {names(schema)} FROM lake.{table.name} WHERE run = ? ORDER BY {order}"
    return lake.query(sql, schema, [run])
