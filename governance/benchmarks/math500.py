"""MATH-500: JSON lines of problem, solution, answer, subject, level."""

from __future__ import annotations

from pathlib import Path

from governance.benchmarks.files import data_files, first_object, read_jsonl, text
from governance.benchmarks.suite import RawItem, Reading

NAME = "math500"


def detect(path: Path) -> bool:
    """True for a JSON-lines file, or a folder of them, whose objects have problem, solution and answer."""
    files = data_files(path, (".jsonl",))
    wanted = {"problem", "solution", "answer"}
    return bool(files) and all(f.suffix == ".jsonl" and wanted <= set(first_object(f)) for f in files)


def read(path: Path) -> Reading:
    """The items, called by their `unique_id` where there is one, else test/0, test/1 ..."""
    notes: list[str] = []
    items: list[RawItem] = []
    for file in data_files(path, (".jsonl",)):
        for number, row in read_jsonl(file, notes):
            key = text(row.get("unique_id")) or f"{file.stem}/{number}"
            problem, level = text(row.get("problem")), text(row.get("level"))
            if problem is None:
                notes.append(f"{key}: no problem, kept without a question")
            items.append(
                RawItem(
                    item=key,
                    question=problem or "",
                    answer=text(row.get("answer")),
                    subject=text(row.get("subject")),
                    label=f"level {level}" if level else None,
                )
            )
    return Reading(items, notes)
