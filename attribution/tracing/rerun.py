"""A recorded training run, done once more with the tracer on, and its ledger kept in the lake.

The same split, base model, settings and seed give the same run: on a CPU to the last bit. How far the losses of the
repetition are from those on record is kept with the attribution, so that nobody has to believe it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from attribution.testing.retraining import Retrain, retrainer
from attribution.tracing.items import ItemName, names_of
from attribution.tracing.keeping import Progress, Say, Traced, Wanted, keep, probes_for, silent, watch
from governance.errors import UsageError
from governance.lake.trainings import find_training, load_record, load_samples, load_steps, load_weights
from governance.trainings import FINISHED, TrainingRecord

if TYPE_CHECKING:
    from governance.lake import Lake
    from training.supervised.sft import SftRequest, TrainedRun


@dataclass(frozen=True)
class TraceRequest(Wanted):
    """What to trace of which run.

    Attributes:
        run: the training run to repeat: its id, the unique beginning of one, or `latest`.
        offline: the model may not come from the hub.
        allow_pickle: read weights that are pickles.
    """

    run: str = "latest"
    offline: bool = False
    allow_pickle: bool = False


def trace(lake: Lake, request: TraceRequest, say: Say = silent, progress: Progress = silent) -> Traced:
    """The run repeated with the tracer on; its ledger is in the lake.

    Raises:
        UsageError: the run cannot be repeated, or no item can be traced.
        CannotTrace: something of the model or the optimizer cannot be traced; it is named.
    """
    from training.supervised.sft import train_sft

    record = repeatable(lake, request.run)
    with TemporaryDirectory(prefix="govern-trace-") as folder:
        again = request_of(lake, record, request, Path(folder) / "run", progress)
        watched = watch(request, again, say)
        began = process_time()
        done = train_sft(again, [watched.tracer])
        apart = difference(lake, record.run, done)
        return keep(lake, watched, record, done.folder, process_time() - began, apart)


def repeatable(lake: Lake, name: str) -> TrainingRecord:
    """The record of a run that can be done again."""
    found = find_training(lake, name)
    record = load_record(lake, found.run)
    if record.kind != "sft":
        hint = "only supervised fine-tuning is traced"
        raise UsageError(f"a run of kind {record.kind} cannot be traced", where=found.run, hint=hint)
    if found.state != FINISHED:
        hint = "`govern train --resume` ends it"
        raise UsageError(f"the run is {found.state}, not finished", where=found.run, hint=hint)
    steps = pc.unique(load_weights(lake, found.run).column("step")).to_pylist()
    if any(steps):
        hint = "train with weights that stay the same"
        raise UsageError("the weights of labels changed during the run", where=found.run, hint=hint)
    return record


def request_of(
    lake: Lake, record: TrainingRecord, request: TraceRequest, folder: Path, progress: Progress
) -> SftRequest:
    """The run's own request, in another folder and not kept in the lake."""
    from training.data.source import split_data
    from training.models.loading import ModelSpec
    from training.processes import processes
    from training.settings import from_layers
    from training.supervised.sft import SftRequest

    if processes() > 1:
        raise UsageError(
            "a run is traced by one process", where="WORLD_SIZE", hint="start it without a launcher"
        )
    weights = load_weights(lake, record.run)
    layers = {key: (value, record.origins.get(key, record.run)) for key, value in record.settings.items()}
    chosen = from_layers(layers | {"save_every": (0, "attribute")})
    return SftRequest(
        split=split_data(lake, record.split),
        model=ModelSpec(record.model, record.tokenizer, request.offline, request.allow_pickle),
        chosen=chosen,
        folder=folder,
        label_weights=dict(zip(weights["label"].to_pylist(), weights["weight"].to_pylist(), strict=True))
        or None,
        progress=progress,
    )


def retrainer_of(
    lake: Lake, request: TraceRequest, progress: Progress = silent
) -> tuple[Retrain, tuple[ItemName, ...]]:
    """What trains the run again without some samples, and the items that it then tells the worth of, in order."""
    record = repeatable(lake, request.run)
    again = request_of(lake, record, request, Path(), progress)
    probes = [p for suite in request.suites for p in probes_for(request, suite, again).probes]
    positions = load_samples(lake, record.run).column("position").to_numpy()
    return retrainer(again, probes, positions), names_of(probes)


def difference(lake: Lake, run: str, done: TrainedRun) -> float | None:
    """How far the losses are from those on record."""
    recorded = load_steps(lake, run).column("loss").to_pylist()
    if len(recorded) != len(done.losses):
        return None
    return max((abs(a - b) for a, b in zip(recorded, done.losses, strict=True)), default=0.0)
