"""Finova: folders of JSON lists of {prompt, ground_truth, from}, an instruction around each question."""

from __future__ import annotations

from pathlib import Path

from governance.benchmarks.files import Row, data_files, first_object, read_json, text
from governance.benchmarks.suite import RawItem, Reading
from governance.benchmarks.template import separate, split_options

NAME = "finova"
KEYS = {"prompt", "ground_truth", "from"}


def detect(path: Path) -> bool:
    """True for a JSON list, or folders of them, whose objects have prompt, ground_truth and from."""
    files = data_files(path, (".json",))
    return bool(files) and all(f.suffix == ".json" and set(first_object(f)) >= KEYS for f in files)


def read(path: Path) -> Reading:
    """The items, e.g. 金融NER/3; the instructions that many prompts share are set apart from the question."""
    notes: list[str] = []
    items: list[RawItem] = []
    for file in data_files(path, (".json",)):
        rows = list(read_json(file, notes))
        prompts = [text(row.get("prompt")) or "" for _, row in rows]
        questions, found = separate(prompts)
        notes += [f"{file.stem}: {note}" for note in found]
        items += [
            _item(file, number, row, question)
            for (number, row), question in zip(rows, questions, strict=True)
        ]
    return Reading(items, notes)


def prompts(path: Path) -> dict[str, str]:
    """The whole prompt of each item as published, by the item's id; an evaluation asks with these."""
    unread: list[str] = []
    return {
        f"{file.stem}/{number}": text(row.get("prompt")) or ""
        for file in data_files(path, (".json",))
        for number, row in read_json(file, unread)
    }


def _item(file: Path, number: int, row: Row, question: str) -> RawItem:
    stem, options = split_options(question)
    return RawItem(
        item=f"{file.stem}/{number}",
        question=stem,
        options=options,
        answer=_gold(row.get("ground_truth")),
        subject=text(row.get("from")),
        label=file.parent.name,
    )


def _gold(value: object) -> str | None:
    """Lists of texts as one text, joined by `;`, the way the benchmark asks for several answers; `[]` if empty."""
    if isinstance(value, list) and value and all(isinstance(v, str) for v in value):
        return "; ".join(value)
    return text(value)
