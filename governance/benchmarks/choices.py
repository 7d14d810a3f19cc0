"""Multiple-choice items in a table, the layout that FinEval, FinanceIQ and FinEva share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from governance.benchmarks.files import Row, read_csv, text
from governance.benchmarks.suite import RawItem

OPTION_COLUMNS = "ABCDEFGH"


def read_choices(
    path: Path, notes: list[str], *, task: str, subject: str | None = None, label: str | None = None
) -> Iterator[RawItem]:
    """The items of a CSV file with columns [id,] question, [context,] A, B ... [, answer], in any case."""
    for number, row in read_csv(path, notes):
        fields = {name.lower(): value for name, value in row.items()}
        key = text(fields.get("id", fields.get(""))) or str(number)
        question = text(fields.get("question"))
        options = option_columns(fields)
        if question is None and not options:
            notes.append(f"{task}/{key}: neither a question nor options, skipped")
            continue
        yield RawItem(
            item=f"{task}/{key}",
            question=question or "",
            options=options,
            answer=text(fields.get("answer")),
            context=text(fields.get("context")),
            subject=subject or task,
            label=label,
        )


def option_columns(fields: Row) -> tuple[str, ...]:
    """The texts of columns a, b, c ...; an empty one keeps its place unless it is at the end."""
    values = [text(fields.get(letter.lower())) or "" for letter in OPTION_COLUMNS]
    while values and not values[-1]:
        values.pop()
    return tuple(values)
