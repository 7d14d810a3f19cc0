"""Records with a list of questions about one context (TAT-QA and its like), laid out as a row a question.

The context is the table, one line a row with cells set apart by ` | `, then the paragraphs by their
`order`, then a plain `context` field. The answer is the question's `answer`: several spans are
joined by newlines, a number is written as JSON writes it, a `scale` such as million follows after a
space. Scalar fields of the record are inherited by its rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from governance.readers.texts import canonical_json

IDS = ("id", "uid", "uuid", "qid", "question_id")
QUESTION, ANSWER = ("question", "query", "text"), ("answer", "answers", "response")


def laid_out(record: Mapping[str, Any], column: str) -> list[dict[str, Any]]:
    """One flat row a question, with `question`, `context`, `answer`, `id` and the record's scalar fields.

    A record whose list is empty or no list gives one row without a question, so that it does not vanish.
    """
    shared: dict[str, Any] = {k: v for k, v in record.items() if isinstance(v, str | int | float)}
    shared["context"] = context_of(record)
    questions = record.get(column)
    if not isinstance(questions, list) or not questions:
        return [shared | {"context": None}]
    return [shared | _row(question) for question in questions]


def _row(question: Any) -> dict[str, Any]:
    if not isinstance(question, dict):
        return {"question": question}
    scalars = {k: v for k, v in question.items() if isinstance(v, str | int | float)}
    return scalars | {
        "id": _first(question, IDS),
        "question": _first(question, QUESTION),
        "answer": _answer(question),
    }


def _first(question: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((question[name] for name in names if question.get(name) is not None), None)


def _answer(question: Mapping[str, Any]) -> str | None:
    """The answer in words, with its scale."""
    answer = _first(question, ANSWER)
    if answer is None:
        return None
    parts = answer if isinstance(answer, list) else [answer]
    words = "\n".join(part if isinstance(part, str) else canonical_json(part) for part in parts)
    scale = question.get("scale")
    return f"{words} {scale}" if isinstance(scale, str) and scale and words else words


def context_of(record: Mapping[str, Any]) -> str | None:
    """The table, the paragraphs and the plain context of a record as one text; None where there are none."""
    found = [_table(record.get("table")), _paragraphs(record.get("paragraphs")), record.get("context")]
    return "\n".join(part for part in found if isinstance(part, str) and part) or None


def _table(value: Any) -> str:
    rows = value.get("table") if isinstance(value, dict) else value
    if not isinstance(rows, list):
        return ""
    return "\n".join(" | ".join(map(_cell, row)) if isinstance(row, list) else _cell(row) for row in rows)


def _cell(value: Any) -> str:
    return value if isinstance(value, str) else canonical_json(value)


def _paragraphs(value: Any) -> str:
    if not isinstance(value, list):
        return ""
    dicts = all(isinstance(p, dict) and isinstance(p.get("order"), int) for p in value)
    ordered = sorted(value, key=lambda p: p["order"]) if dicts else value
    return "\n".join(str(p.get("text", "")) if isinstance(p, dict) else _cell(p) for p in ordered)
