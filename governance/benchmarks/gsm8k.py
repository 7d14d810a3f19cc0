"""GSM8K: JSON lines of question and answer, the answer a worked solution ending in `#### 18`."""

from __future__ import annotations

from pathlib import Path

from governance.benchmarks.files import data_files, first_object, read_jsonl, text
from governance.benchmarks.suite import RawItem, Reading

NAME = "gsm8k"
MARK = "####"


def detect(path: Path) -> bool:
    """True for a JSON-lines file, or a folder of them, whose answers hold `####`."""
    files = data_files(path, (".jsonl",))
    return bool(files) and all(MARK in (text(first_object(f).get("answer")) or "") for f in files)


def read(path: Path) -> Reading:
    """The items, e.g. test/0; the gold is the number behind `####`."""
    notes: list[str] = []
    items: list[RawItem] = []
    for file in data_files(path, (".jsonl",)):
        for number, row in read_jsonl(file, notes):
            key = f"{file.stem}/{number}"
            question, solution = text(row.get("question")), text(row.get("answer"))
            if question is None:
                notes.append(f"{key}: no question, kept without one")
            if solution is not None and MARK not in solution:
                notes.append(f"{key}: the answer has no {MARK}, the whole of it is taken as gold")
            gold = solution.rpartition(MARK)[2].strip() if solution else None
            items.append(RawItem(item=key, question=question or "", answer=gold))
    return Reading(items, notes)
