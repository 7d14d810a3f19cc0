"""A run's journal: one line a step, on the disk before the next step begins.

The lake takes the steps at checkpoints; what lies between is here. A kill leaves at most the last line torn. When
a run goes on from a checkpoint, the journal is cut back to it, so that each step stands in it once.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO

import pyarrow as pa

from governance.trainings import BATCHES, CHECKPOINTS, STEPS, WEIGHTS, Progress
from training.errors import ResumeError


@dataclass(frozen=True)
class StepLine:
    """One step of the optimizer.

    Attributes:
        batches: (process, part, the samples' numbers) of each micro-batch.
    """

    step: int
    loss: float
    learning_rate: float
    grad_norm: float | None
    tokens: int
    supervised: int
    seconds: float
    batches: tuple[tuple[int, int, tuple[int, ...]], ...]


@dataclass(frozen=True)
class WeightsLine:
    """Weights of labels that are in force from a step on."""

    step: int
    weights: Mapping[str, float]


@dataclass(frozen=True)
class CheckpointLine:
    """A state on disk, after `step` steps."""

    step: int
    path: str
    sha256: str


Line = StepLine | WeightsLine | CheckpointLine
KINDS: Mapping[str, type[Any]] = {"step": StepLine, "weights": WeightsLine, "checkpoint": CheckpointLine}


class Journal:
    """A file of lines, open for more."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: TextIO = path.open("a", encoding="utf-8")

    def write(self, line: Line) -> None:
        """The line is with the operating system: a killed process does not lose it."""
        kind = next(name for name, known in KINDS.items() if isinstance(line, known))
        self._file.write(json.dumps({"kind": kind, **asdict(line)}, separators=(",", ":")) + "\n")
        self._file.flush()

    def sync(self) -> None:
        """Every line is on the disk: a power cut does not lose it."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Nothing more is written."""
        self._file.close()


def read_journal(path: Path) -> list[Line]:
    """The lines of a journal; one that a kill has torn, at the end, is left out."""
    if not path.is_file():
        return []
    texts = path.read_text(encoding="utf-8", errors="replace").split("\n")
    found = []
    for number, text in enumerate(texts[:-1], 1):  # after the last newline stands nothing, or a torn line
        try:
            values = json.loads(text)
            found.append(_line(values))
        except (ValueError, KeyError, TypeError) as error:
            hint = "start the run anew in another folder"
            raise ResumeError("the journal is damaged", where=f"{path}:{number}", hint=hint) from error
    return found


def cut_back(path: Path, step: int) -> list[Line]:
    """The lines up to the state after `step` steps, which is all that the file holds from now on."""
    kept = [line for line in read_journal(path) if _belongs(line, step)]
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    journal = Journal(fresh)
    for line in kept:
        journal.write(line)
    journal.sync()
    journal.close()
    fresh.replace(path)
    steps = [line.step for line in kept if isinstance(line, StepLine)]
    if steps != list(range(step)):
        hint = "start the run anew in another folder"
        raise ResumeError(f"the journal does not hold the {step} steps before the checkpoint", where=str(path),
                          hint=hint)  # fmt: skip
    return kept


def as_progress(lines: Sequence[Line]) -> Progress:
    """The lines as rows of the lake."""
    steps = [line for line in lines if isinstance(line, StepLine)]
    batches = [
        {"step": line.step, "part": part, "process": process, "place": place, "sample": sample}
        for line in steps
        for process, part, samples in line.batches
        for place, sample in enumerate(samples)
    ]
    weights = [
        {"step": line.step, "label": label, "weight": weight}
        for line in lines
        if isinstance(line, WeightsLine)
        for label, weight in sorted(line.weights.items())
    ]
    checkpoints = [asdict(line) for line in lines if isinstance(line, CheckpointLine)]
    return Progress(
        pa.Table.from_pylist([_without_batches(line) for line in steps], schema=STEPS),
        pa.Table.from_pylist(batches, schema=BATCHES),
        pa.Table.from_pylist(checkpoints, schema=CHECKPOINTS),
        pa.Table.from_pylist(weights, schema=WEIGHTS),
    )


def weights_in_force(lines: Sequence[Line]) -> Mapping[str, float] | None:
    """The last weights of the lines; None where there are none."""
    found = [line.weights for line in lines if isinstance(line, WeightsLine)]
    return found[-1] if found else None


def _belongs(line: Line, step: int) -> bool:
    """Weights of the very step are estimated again when it begins; a checkpoint of it is where we are."""
    return line.step <= step if isinstance(line, CheckpointLine) else line.step < step


def _without_batches(line: StepLine) -> dict[str, Any]:
    return {k: v for k, v in asdict(line).items() if k != "batches"}


def _line(values: dict[str, Any]) -> Line:
    kind = KINDS[values.pop("kind")]
    if kind is StepLine:
        values["batches"] = tuple((p, part, tuple(samples)) for p, part, samples in values["batches"])
    line: Line = kind(**values)
    return line
