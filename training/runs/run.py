"""A run as it is recorded: in its folder, step by step, and in the lake, at checkpoints and at the end.

The folder holds run.json (the record), samples.parquet, journal.jsonl, the checkpoints, and model/ at the end. A
run without a lake has all of it in the folder.
"""

from __future__ import annotations

import json
import logging
import os
import platform
import secrets
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from governance.errors import LakeBusy
from governance.lake import trainings
from governance.lake.trainings import record_from_json
from governance.trainings import TrainingRecord
from training.errors import ResumeError
from training.runs.checkpoints import Checkpoint
from training.runs.journal import (
    CheckpointLine,
    Journal,
    Line,
    StepLine,
    WeightsLine,
    as_progress,
    cut_back,
    read_journal,
)

if TYPE_CHECKING:
    from governance.lake import Lake

RECORD, SAMPLES, EXCLUDED, JOURNAL = "run.json", "samples.parquet", "excluded.parquet", "journal.jsonl"
MODEL = "model"
"""The folder of the trained model, in the run's folder."""
BASE = "base"
"""The untrained model that adapters belong to, where it came from no folder."""
LIBRARIES = ("torch", "transformers", "trl", "peft", "accelerate", "tokenizers", "datasets")
DECIDING = ("kind", "split_hash", "model_hash", "seed")
"""Fields of the record in which a run that goes on must equal the one that began."""
_LOG = logging.getLogger("govern.training")


class RunBook:
    """Where a run is written down; made by `begun` or `taken_up`."""

    def __init__(self, folder: Path, record: TrainingRecord, lake: Lake | None, pending: list[Line]) -> None:
        self.folder = folder
        self.record = record
        self._lake = lake
        self._pending = pending
        self._journal = Journal(folder / JOURNAL)

    def step(self, line: StepLine) -> None:
        """The step is in the journal."""
        self._write(line)

    def weights(self, step: int, weights: Mapping[str, float]) -> None:
        """The weights in force from that step on are in the journal."""
        self._write(WeightsLine(step, dict(weights)))

    def checkpoint(self, found: Checkpoint) -> None:
        """The checkpoint and every step before it are in the lake.

        A lake that another process keeps busy does not stop a run of hours: the steps wait for the next checkpoint.
        """
        line = CheckpointLine(found.step, str(found.folder.absolute()), found.sha256)
        self._write(line)
        self._journal.sync()
        try:
            self._commit()
        except LakeBusy as busy:
            _LOG.warning("%s; the steps go into the lake at the next checkpoint", busy.what)

    def finish(self, state: str, details: Mapping[str, Any]) -> None:
        """The run is over, and the lake has all of it."""
        self._journal.sync()
        self._journal.close()
        self._commit()
        if self._lake is not None:
            trainings.finish_training(self._lake, self.record.run, state, details)
        _LOG.info("run %s %s", self.record.run, state)

    def _write(self, line: Line) -> None:
        self._journal.write(line)
        self._pending.append(line)

    def _commit(self) -> None:
        if self._lake is not None:
            trainings.add_progress(self._lake, self.record.run, as_progress(self._pending))
        self._pending.clear()


def begun(
    folder: Path, record: TrainingRecord, samples: pa.Table, excluded: pa.Table, lake: Lake | None
) -> RunBook:
    """The book of a new run; its folder must be empty or absent."""
    if folder.is_dir() and any(p.name not in {SAMPLES, EXCLUDED, BASE} for p in folder.iterdir()):
        hint = "give another folder with -o, or --resume to go on with what is there"
        raise ResumeError("the folder of the run is not empty", where=str(folder), hint=hint)
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(samples, folder / SAMPLES)
    pq.write_table(excluded, folder / EXCLUDED)
    write_whole(folder / RECORD, json.dumps(asdict(record), ensure_ascii=False, indent=1))
    if lake is not None:
        trainings.start_training(lake, record, samples, excluded)
    return RunBook(folder, record, lake, [])


def taken_up(folder: Path, record: TrainingRecord, samples: pa.Table, excluded: pa.Table, lake: Lake | None,
             step: int) -> RunBook:  # fmt: skip
    """The book of a run that goes on from the state after `step` steps."""
    known = read_record(folder)
    check_same(known, record, folder)
    if not samples.equals(pq.read_table(folder / SAMPLES).cast(samples.schema)):
        hint = "the template, the tokenizer or max_length is not what it was; start a new run"
        raise ResumeError("the samples are no longer those the run began with", where=str(folder), hint=hint)
    lines = cut_back(folder / JOURNAL, step)
    pending = list(lines)
    if lake is not None:
        pending = _reconciled(lake, known, samples, excluded, lines, step)
    return RunBook(folder, known, lake, pending)


def _reconciled(lake: Lake, record: TrainingRecord, samples: pa.Table, excluded: pa.Table, lines: list[Line],
                step: int) -> list[Line]:  # fmt: skip
    """The lines that the lake still lacks; what it has of later steps is taken out."""
    if not any(t.run == record.run for t in trainings.list_trainings(lake)):
        trainings.start_training(lake, record, samples, excluded)
    trainings.reopen_training(lake, record.run, {"from": step})
    done = trainings.steps_done(lake, record.run)
    had = [c["step"] for c in trainings.load_checkpoints(lake, record.run).to_pylist()]
    weighed = {w["step"] for w in trainings.load_weights(lake, record.run).to_pylist()}
    if done > step or max(had, default=0) > step or max(weighed, default=-1) >= step:
        trainings.rewind(lake, record.run)
        return list(lines)
    first = {StepLine: set(range(done)), CheckpointLine: set(had), WeightsLine: weighed}
    return [line for line in lines if line.step not in first[type(line)]]


def read_record(folder: Path) -> TrainingRecord:
    """The record of the run in a folder."""
    try:
        return record_from_json((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError, KeyError) as error:
        hint = "give the folder of a run, which holds run.json"
        raise ResumeError("there is no run in the folder", where=str(folder), hint=hint) from error


def holds_run(folder: Path) -> bool:
    """True where a run was begun in the folder."""
    return (folder / RECORD).is_file()


def check_same(known: TrainingRecord, asked: TrainingRecord, folder: Path) -> None:
    """ResumeError where the run asked for is not the one that began: other data, model, seed or settings."""
    differ = [name for name in DECIDING if getattr(known, name) != getattr(asked, name)]
    keys = known.settings.keys() | asked.settings.keys()
    differ += sorted(k for k in keys if known.settings.get(k) != asked.settings.get(k))
    if known.environment.get("processes") != asked.environment.get("processes"):
        differ.append("processes")
    if differ:
        what = f"the run began with another {', '.join(differ)}"
        hint = "give what it began with, or start a new run in another folder"
        raise ResumeError(what, where=str(folder), hint=hint)


def journal_of(folder: Path) -> list[Line]:
    """Every line of a run's journal."""
    return read_journal(folder / JOURNAL)


def new_run_id(now: datetime | None = None) -> str:
    """An id that sorts by time and is short enough to type."""
    return f"{now or datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


def environment(device: str, processes: int) -> dict[str, Any]:
    """What else decides the numbers of a run: versions, machine, processes."""
    found = {"python": platform.python_version(), "system": platform.platform(), "cpus": os.cpu_count()}
    found |= {name: _version(name) for name in LIBRARIES}
    return {**found, "device": device, "processes": processes}


def write_whole(path: Path, text: str) -> None:
    """The file holds the text, or what it held before; never half of it."""
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(path)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
