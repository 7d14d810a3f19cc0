"""Which part of a data set a word or a file name means."""

from __future__ import annotations

import re
from pathlib import Path

TRAIN = frozenset(["train", "training", "sft", "finetune", "fit"])
HOLDOUT = frozenset(
    ["test", "testing", "valid", "validation", "val", "dev", "development", "eval", "evaluation", "holdout"]
)
_WORD = re.compile(r"[A-Za-z]+")


def is_holdout(split: str) -> bool | None:
    """True for held-out rows, false for training rows, None for a word that is neither."""
    words = {word.lower() for word in _WORD.findall(split)}
    if words & HOLDOUT:
        return True
    return False if words & TRAIN else None


def split_of_file(path: str) -> str | None:
    """The split that the name of a file or of its folder tells (`train-00001.parquet`, `data/test/a.jsonl`)."""
    place = Path(path)
    for part in (place.name, place.parent.name):
        found: list[str] = [w.lower() for w in _WORD.findall(part) if w.lower() in TRAIN | HOLDOUT]
        if len(found) == 1:
            return found[0]
    return None
