"""FinanceIQ: folders dev and test of ten CSVs, one a subject, with columns `,Question,A,B,C,D,Answer`."""

from __future__ import annotations

from pathlib import Path

from governance.benchmarks.choices import read_choices
from governance.benchmarks.files import header
from governance.benchmarks.suite import RawItem, Reading

NAME = "financeiq"
COLUMNS = ("", "Question", "A", "B", "C", "D", "Answer")
SPLITS = ("dev", "test")


def detect(path: Path) -> bool:
    """True for a folder whose dev or test folder holds CSVs of FinanceIQ's columns."""
    files = [f for folder in _folders(path) for f in sorted(folder.glob("*.csv"))[:1]]
    return bool(files) and all(header(f) == COLUMNS for f in files)


def read(path: Path) -> Reading:
    """The items of both splits, e.g. dev/注册会计师/3: a subject's file has the same name in both folders."""
    notes: list[str] = []
    items: list[RawItem] = []
    for folder in _folders(path):
        for file in sorted(folder.glob("*.csv")):
            task = f"{folder.name}/{file.stem}"
            items += read_choices(file, notes, task=task, subject=file.stem, label=folder.name)
    return Reading(items, notes)


def _folders(path: Path) -> list[Path]:
    if not path.is_dir():
        return []
    inner = [path / split for split in SPLITS if (path / split).is_dir()]
    return inner or ([path] if path.name in SPLITS else [])
