"""How a run of any kind begins or goes on, and how it is told that it failed."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa

from governance.errors import GovernError, LakeError
from governance.stopwatch import user
from governance.trainings import FAILED, STOPPED, TrainingRecord
from governance.version import VERSION
from training.data.source import SplitData
from training.failures import explained
from training.models.loading import LoadedModel, ModelSpec
from training.models.placement import Placement
from training.processes import processes
from training.runs.checkpoints import Checkpoint, check, last_whole, remove_halves
from training.runs.run import RunBook, begun, environment, holds_run, new_run_id, taken_up
from training.settings import TrainSettings

if TYPE_CHECKING:
    from governance.lake import Lake


class Chosen(Protocol):
    """Settings of any kind with their origins."""

    @property
    def values(self) -> dict[str, Any]:
        """Dotted name -> value."""

    @property
    def origins(self) -> Mapping[str, str]:
        """Dotted name -> where it was set."""


class Asked(Protocol):
    """What every request of a run has; see `training.supervised.sft.SftRequest`."""

    @property
    def split(self) -> SplitData: ...  # noqa: D102
    @property
    def model(self) -> ModelSpec: ...  # noqa: D102
    @property
    def chosen(self) -> Chosen: ...  # noqa: D102
    @property
    def folder(self) -> Path: ...  # noqa: D102
    @property
    def lake(self) -> Lake | None: ...  # noqa: D102
    @property
    def resume(self) -> bool: ...  # noqa: D102
    @property
    def run(self) -> str: ...  # noqa: D102
    @property
    def parent(self) -> str: ...  # noqa: D102
    @property
    def command(self) -> str: ...  # noqa: D102


def goes_on(request: Asked) -> bool:
    """True where the folder holds a run that is to be taken up."""
    return request.resume and holds_run(request.folder)


def checkpoint_of(request: Asked) -> Checkpoint | None:
    """The state the run goes on from; None at its beginning."""
    found = last_whole(request.folder) if goes_on(request) else None
    if found is not None:
        check(found)
    return found


def opened(
    record: TrainingRecord,
    request: Asked,
    samples: pa.Table,
    excluded: pa.Table,
    checkpoint: Checkpoint | None,
) -> RunBook:
    """The book of a run that begins, or of one that goes on from the checkpoint."""
    if not goes_on(request):
        return begun(request.folder, record, samples, excluded, request.lake)
    remove_halves(request.folder)
    step = checkpoint.step if checkpoint else 0
    return taken_up(request.folder, record, samples, excluded, request.lake, step)


def record_of(
    kind: str,
    request: Asked,
    seed: int,
    loaded: LoadedModel,
    placement: Placement,
    more: Mapping[str, Any] | None = None,
) -> TrainingRecord:
    """What a run is known by; `more` are settings beside the chosen ones."""
    return TrainingRecord(
        run=request.run or new_run_id(),
        kind=kind,
        split=request.split.name,
        split_id=request.split.split_id,
        split_hash=request.split.content_hash,
        model=request.model.name,
        tokenizer=request.model.tokenizer,
        model_hash=loaded.sha256,
        folder=str(request.folder.absolute()),
        seed=seed,
        started=datetime.now(UTC).isoformat(timespec="microseconds"),
        user=user(),
        govern=VERSION,
        command=request.command,
        parent=request.parent,
        settings=request.chosen.values | dict(more or {}),
        origins=dict(request.chosen.origins),
        environment=environment(placement.device, processes()) | asdict(placement),
    )


def fail(
    error: BaseException, book: RunBook | None, folder: Path, settings: TrainSettings, placement: Placement
) -> None:
    """The run is recorded as failed, or as stopped where somebody did; an error that a person can act upon is raised
    in place of the library's.
    """
    known = explained(error, settings, placement, last_whole(folder))
    if book is not None:
        why = known.what if isinstance(known, GovernError) else type(known).__name__
        with contextlib.suppress(
            LakeError
        ):  # what stopped the run is what to tell; the journal has the steps
            book.finish(FAILED if isinstance(error, Exception) else STOPPED, {"why": why})
    if known is not error:
        raise known from error
