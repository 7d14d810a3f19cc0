"""Checkpoints on disk: which are whole, and which one a run goes on from.

transformers writes a checkpoint file by file into its folder, so a kill can leave half of one. A small file of ours,
written last, says that it is whole, and what its weights hash to.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from training.errors import ResumeError
from training.models.hashing import weights_hash

SEAL = "govern.json"
FOLDER = re.compile(r"checkpoint-(\d+)")


@dataclass(frozen=True)
class Checkpoint:
    """A whole state on disk, after `step` steps; `sha256` covers its weights."""

    step: int
    folder: Path
    sha256: str


def sealed(folder: Path, step: int) -> Checkpoint:
    """The checkpoint, from now on known as whole."""
    checkpoint = Checkpoint(step, folder, weights_hash(folder))
    fresh = folder / f"{SEAL}.new"
    with fresh.open("w", encoding="utf-8") as stream:
        json.dump({"step": step, "sha256": checkpoint.sha256}, stream)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(folder / SEAL)
    return checkpoint


def last_whole(run: Path) -> Checkpoint | None:
    """The latest whole checkpoint of a run's folder; None where there is none yet."""
    found = [c for c in map(_read, _folders(run)) if c is not None]
    return max(found, key=lambda c: c.step, default=None)


def remove_halves(run: Path) -> None:
    """What kills have left of checkpoints is gone."""
    for folder in _folders(run):
        if _read(folder) is None:
            shutil.rmtree(folder)


def check(checkpoint: Checkpoint) -> None:
    """ResumeError where the weights are no longer those that were written."""
    if weights_hash(checkpoint.folder) != checkpoint.sha256:
        hint = "delete that folder to go on from the checkpoint before it"
        raise ResumeError(
            "a checkpoint was changed after it was written", where=str(checkpoint.folder), hint=hint
        )


def _folders(run: Path) -> list[Path]:
    return [p for p in run.glob("checkpoint-*") if FOLDER.fullmatch(p.name) and p.is_dir()]


def _read(folder: Path) -> Checkpoint | None:
    try:
        seal = json.loads((folder / SEAL).read_text(encoding="utf-8"))
        return Checkpoint(int(seal["step"]), folder, str(seal["sha256"]))
    except (OSError, ValueError, KeyError):
        return None
