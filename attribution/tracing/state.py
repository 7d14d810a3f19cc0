"""What a tracer leaves beside a checkpoint, so that a run that was killed goes on with its ledger.

Kept are the settled intervals, and what the removal score and the sharing gathered: one file of plain arrays, written
beside and moved into place. Not kept are the samples' gradients that are still in the momentum; they are many times
the checkpoint's size. A resumed trace shows that momentum, exactly, as carried.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from attribution.errors import CannotTrace
from attribution.ledger.ledger import Interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

FILE = "attribution.npz"
_GATHERED = "gathered"
_VERSION = 3
"""1 held other parts of the removal score, 2 nothing of how far samples pushed."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A tracer's state after `step` steps.

    Attributes:
        step: steps done.
        lines: (suite, item, functional) of the M lines.
        every: spacing of marks.
        intervals: settled.
        gathered: arrays by name, of each who gathers while the run is traced.
    """

    step: int
    lines: tuple[tuple[str, str, str], ...]
    every: int
    intervals: tuple[Interval, ...]
    gathered: Mapping[str, Mapping[str, NDArray[Any]]]


def save(saved: Saved, folder: str | Path) -> Path:
    """The file it was written to."""
    path = Path(folder) / FILE
    about = {"version": _VERSION, "step": saved.step, "every": saved.every, "lines": saved.lines}
    arrays: dict[str, NDArray[Any]] = {
        f"{_GATHERED}/{who}/{name}": array
        for who, held in saved.gathered.items()
        for name, array in held.items()
    }
    for n, interval in enumerate(saved.intervals):
        arrays |= {f"{n}/{f.name}": np.asarray(getattr(interval, f.name)) for f in fields(Interval)}
    partial = path.with_suffix(".part")
    with partial.open("wb") as file:
        np.savez(file, about=np.array(json.dumps(about)), **arrays)  # type: ignore[arg-type]
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    return path


def load(folder: str | Path, lines: Sequence[tuple[str, str, str]]) -> Saved | None:
    """What `save` left in the folder; None where there is nothing.

    Raises:
        CannotTrace: it is of other items or of another version.
    """
    path = Path(folder) / FILE
    if not path.exists():
        return None
    with np.load(path, allow_pickle=False) as file:
        about = json.loads(str(file["about"]))
        if about["version"] != _VERSION:
            age = "a newer" if about["version"] > _VERSION else "an older"
            raise CannotTrace(
                f"written by {age} version of this program",
                where=str(path),
                hint="go on with that version, or delete the file and let the ledger begin at this checkpoint",
            )
        if [list(line) for line in lines] != about["lines"]:
            raise CannotTrace(
                "the trace that is resumed was of other items",
                where=str(path),
                hint="give the items it was begun with, or trace into a new folder",
            )
        count = len({name.split("/")[0] for name in file.files if name[0].isdigit()})
        intervals = tuple(_interval(file, n) for n in range(count))
        gathered: dict[str, dict[str, NDArray[Any]]] = {}
        for path_in, who, name in (n.split("/") for n in file.files if n.startswith(f"{_GATHERED}/")):
            gathered.setdefault(who, {})[name] = file[f"{path_in}/{who}/{name}"]
        known = tuple(tuple(line) for line in about["lines"])
        return Saved(about["step"], known, about["every"], intervals, gathered)


def _interval(file: Mapping[str, Any], number: int) -> Interval:
    """An interval from its arrays."""
    arrays = {f.name: file[f"{number}/{f.name}"] for f in fields(Interval)}
    start, stop = int(arrays.pop("start")), int(arrays.pop("stop"))
    return Interval(start=start, stop=stop, **arrays)
