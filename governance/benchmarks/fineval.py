"""FinEval 1.0: folders dev, val and test of one CSV a subject, and `subject_map.json`."""

from __future__ import annotations

import json
from pathlib import Path

from governance.benchmarks.choices import read_choices
from governance.benchmarks.files import read_text
from governance.benchmarks.suite import RawItem, Reading

NAME = "fineval"
SPLITS = ("dev", "val", "test")


def detect(path: Path) -> bool:
    """True for the FinEval folder, or one of its split folders."""
    if not path.is_dir():
        return False
    if (path / "subject_map.json").is_file():
        return any((path / split).is_dir() for split in SPLITS)
    return path.name in SPLITS and any(path.glob(f"*_{path.name}.csv"))


def read(path: Path) -> Reading:
    """The items of all splits that are there, e.g. accounting_val/3; the test split has no answers."""
    notes: list[str] = []
    names = _subjects(path, notes)
    folders = [path] if path.name in SPLITS and not (path / "dev").is_dir() else [path / s for s in SPLITS]
    items: list[RawItem] = []
    for folder in folders:
        for file in sorted(folder.glob("*.csv")):
            subject = file.stem.rsplit("_", 1)[0]
            items += read_choices(file, notes, task=file.stem, subject=subject, label=names.get(subject))
    return Reading(items, notes)


def _subjects(path: Path, notes: list[str]) -> dict[str, str]:
    """Subject -> its group or English name as `subject_map.json` gives it."""
    file = next(
        (p for p in (path / "subject_map.json", path.parent / "subject_map.json") if p.is_file()), None
    )
    if file is None:
        return {}
    try:
        found = json.loads(read_text(file, notes))
        return {k: str(v.get("en", k)) for k, v in found.items() if isinstance(v, dict)}
    except (json.JSONDecodeError, AttributeError):
        notes.append("subject_map.json is not a JSON object of subjects; labels were left empty")
        return {}
