"""FinEva: folders of CSVs, one a task: id, [context,] question, A-D[, E], answer; most answers withheld."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from governance.benchmarks.choices import read_choices
from governance.benchmarks.files import header
from governance.benchmarks.suite import RawItem, Reading

NAME = "fineva"


def detect(path: Path) -> bool:
    """True for a folder of folders of CSVs with id, question and answer columns, or an inner folder."""
    files = _files(path)
    wanted = {"id", "question", "answer"}
    return bool(files) and all(wanted <= set(header(f)) for f in files) and not any(path.glob("*_val.csv"))


def read(path: Path) -> Reading:
    """The items of every task, e.g. 会计从业资格考试/3; the folder is the label (an ability)."""
    notes: list[str] = []
    files = _files(path)
    stems = Counter(f.stem for f in files)
    items: list[RawItem] = []
    for file in files:
        task = file.stem if stems[file.stem] == 1 else f"{file.parent.name}/{file.stem}"
        items += read_choices(file, notes, task=task, subject=file.stem, label=file.parent.name)
    return Reading(items, notes)


def _files(path: Path) -> list[Path]:
    return sorted([*path.glob("*/*.csv"), *path.glob("*.csv")]) if path.is_dir() else []
