"""Any evaluation set in CSV, JSON, JSON lines or Parquet whose columns have usual names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from governance.benchmarks.choices import option_columns
from governance.benchmarks.files import READABLE, Row, data_files, read_rows, text
from governance.benchmarks.suite import LETTERS, RawItem, Reading
from governance.benchmarks.template import separate, split_options

NAME = "generic"
QUESTION = ("question", "prompt", "problem", "query", "instruction", "input", "text", "stem", "ctx")
ANSWER = (
    "answer", "gold", "target", "solution", "ground_truth", "label_text", "correct_answer", "answerkey",
    "answer_key", "output", "response",
)  # fmt: skip
OPTIONS = ("options", "choices", "endings", "candidates")
CONTEXT = ("context", "passage", "article", "document", "table", "support")
IDENTITY = ("id", "uid", "item", "item_id", "question_id", "_id", "record_id", "unique_id")
SUBJECT = ("subject", "category", "topic", "task", "type")
LABEL = (
    "govern_label",
)  # as `govern label` writes it; what is called `label` elsewhere is as often the answer


def detect(path: Path) -> bool:
    """True where a file, or a folder that holds one, has an ending that can be read."""
    return bool(data_files(path)) and all(f.suffix.lower() in READABLE for f in data_files(path)[:1])


def read(path: Path) -> Reading:
    """The items, called by their own id where it is unique in its file, else FILE/0, FILE/1 ...

    Instructions that many questions share are set apart, and options written into the question are taken
    out.
    """
    notes: list[str] = []
    items: list[RawItem] = []
    for file in data_files(path):
        items += _file_items(file, notes)
    return Reading(items, notes)


def _file_items(file: Path, notes: list[str]) -> list[RawItem]:
    rows = list(read_rows(file, notes))
    keys = [_key(row, number) for number, row in rows]
    by_number = len(set(keys)) < len(keys)
    found: list[RawItem] = []
    for (number, row), key in zip(rows, keys, strict=True):
        name = f"{file.stem}/{number if by_number else key}"
        item = item_of(name, row)
        if item is None:
            notes.append(f"{name}: no question among the columns {sorted(row)}, skipped")
        else:
            found.append(item)
    questions, shared = separate([item.question for item in found])
    notes += [f"{file.stem}: {note}" for note in shared]
    return [_with_question(item, q) for item, q in zip(found, questions, strict=True)]


def item_of(name: str, row: Row) -> RawItem | None:
    """The item of a row, or None where no column holds a question."""
    fields = {str(k).strip().lower().replace(" ", "_"): v for k, v in row.items()}
    question = _first(fields, QUESTION)
    options = _options(fields)
    if question is None and not options:
        return None
    return RawItem(
        item=name,
        question=question or "",
        options=options,
        answer=_answer(fields, options),
        context=_first(fields, CONTEXT),
        subject=_first(fields, SUBJECT),
        label=_first(fields, LABEL),
    )


def _with_question(item: RawItem, question: str) -> RawItem:
    if item.options:
        return replace(item, question=question)
    stem, options = split_options(question)
    return replace(item, question=stem, options=options)


def _key(row: Row, number: int) -> str:
    fields = {str(k).strip().lower(): v for k, v in row.items()}
    return _first(fields, IDENTITY) or str(number)


def _first(fields: Mapping[str, Any], names: Iterable[str]) -> str | None:
    """The first of the named fields that holds something, as text."""
    return next((t for n in names if (t := text(fields.get(n))) is not None), None)


def _options(fields: Mapping[str, Any]) -> tuple[str, ...]:
    """Options from a list, ARC's {"text": [...], "label": [...]}, {"A": ...}, or columns A, B ..."""
    value = next((fields[n] for n in OPTIONS if fields.get(n) is not None), None)
    if isinstance(value, Mapping):
        texts = value.get("text")
        value = texts if isinstance(texts, list) else [value[k] for k in sorted(value)]
    if isinstance(value, list | tuple):
        return tuple(_option_text(v) for v in value)
    return option_columns(fields)


def _option_text(value: Any) -> str:
    if isinstance(value, Mapping):
        value = value.get("text", value.get("content", value))
    return text(value) or ""


def _answer(fields: Mapping[str, Any], options: tuple[str, ...]) -> str | None:
    """The gold; a whole number beside options is an index (MMLU counts from 0) and becomes its letter."""
    value = next((fields[n] for n in ANSWER if fields.get(n) is not None), None)
    if options and isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(options):
        return LETTERS[value] if str(value) not in options else str(value)
    if isinstance(value, list) and value and all(isinstance(v, str) for v in value):
        return "; ".join(value)
    return text(value)
