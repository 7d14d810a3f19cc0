"""GPQA: CSV of Question, Correct Answer, Incorrect Answer 1-3, Record ID, Canary String and much else."""

from __future__ import annotations

from pathlib import Path

from governance.benchmarks.files import Row, data_files, header, read_csv, text
from governance.benchmarks.suite import RawItem, Reading

NAME = "gpqa"
WRONG = ("Incorrect Answer 1", "Incorrect Answer 2", "Incorrect Answer 3")
NEEDED = {"Question", "Correct Answer", *WRONG}


def detect(path: Path) -> bool:
    """True for a CSV file, or a folder of them, with GPQA's question and answer columns."""
    files = data_files(path, (".csv",))
    return bool(files) and all(f.suffix.lower() == ".csv" and set(header(f)) >= NEEDED for f in files)


def read(path: Path) -> Reading:
    """The items, called by their record id.

    The benchmark has no fixed order of options; here the correct one comes first, so the gold is its text
    and never a letter.
    """
    notes: list[str] = []
    items: list[RawItem] = []
    for file in data_files(path, (".csv",)):
        for number, row in read_csv(file, notes):
            items.append(_item(row, f"{file.stem}/{number}", notes))
    return Reading(items, notes)


def _item(row: Row, fallback: str, notes: list[str]) -> RawItem:
    key = text(row.get("Record ID")) or fallback
    question, gold = text(row.get("Question")), text(row.get("Correct Answer"))
    if question is None:
        notes.append(f"{key}: no question, kept without one")
    options = [gold, *(text(row.get(name)) for name in WRONG)]
    return RawItem(
        item=key,
        question=question or "",
        options=tuple(o for o in options if o),
        answer=gold,
        answer_text=gold,
        subject=text(row.get("Subdomain")),
        label=text(row.get("High-level domain")),
    )
