"""A run that is traced while it trains, so that no second training is needed.

The tracer only watches: its taps are identities, so the run takes the course that it would have taken alone, to the
last bit. What is traced is written beside the run's record, and the tracer's state beside each checkpoint, so that a
run that was killed goes on with its ledger too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any

from attribution.tracing.keeping import Say, Traced, Wanted, keep, silent, watch
from governance.errors import UsageError
from training.observer import RunStarted, Watching
from training.processes import is_first
from training.runs.checkpoints import last_whole
from training.runs.opening import goes_on
from training.runs.run import read_record, write_whole

if TYPE_CHECKING:
    from governance.lake import Lake
    from training.supervised.sft import SftRequest, TrainedRun

FILE = "attribution.json"
"""In the folder of a run: what is traced of it."""


def train_traced(
    lake: Lake, request: SftRequest, wanted: Wanted, asked: Mapping[str, Any], say: Say = silent
) -> tuple[TrainedRun, Traced | None]:
    """The run, done and recorded, with its ledger in the lake; of several processes only the first has that.

    Args:
        asked: JSON values that `wanted` was made from, for a run that is taken up.

    Raises:
        UsageError: the run cannot be traced, or no item can.
        CannotTrace: something of the model or the optimizer cannot be traced; it is named.
    """
    from training.supervised.sft import train_sft

    if request.refresh is not None:
        hint = "train with weights that stay the same"
        raise UsageError("the weights of labels change during the run", where=request.split.name, hint=hint)
    last = last_whole(request.folder) if goes_on(request) else None
    watched = watch(wanted, request, say if is_first() else silent, last.folder if last else None)
    began = process_time()
    run = train_sft(request, [watched.tracer, _Remembering(request.folder, asked)])
    if not is_first():
        return run, None
    record = read_record(run.folder)
    return run, keep(lake, watched, record, run.folder, process_time() - began, 0.0)


def asked_of(folder: Path) -> dict[str, Any] | None:
    """What is traced of the run in a folder; None where it is not traced.

    Raises:
        UsageError: it was written, and is no longer what it was.
    """
    try:
        found = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        hint = "delete it to go on without a trace"
        raise UsageError("what is traced of the run cannot be read", where=str(folder / FILE), hint=hint)
    return found


class _Remembering(Watching):
    """Writes down what is traced, once the run has a folder."""

    def __init__(self, folder: Path, asked: Mapping[str, Any]) -> None:
        self._folder, self._asked = folder, asked

    def run_started(self, run: RunStarted) -> None:
        """The folder is there, and holds the run's record."""
        if is_first():
            write_whole(self._folder / FILE, json.dumps(dict(self._asked), ensure_ascii=False, indent=1))
