"""The evaluation set: written by hand, with numeric items filled from worked examples."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from governance.demo.figures import SUMS
from governance.demo.grammar import choose, expand, generator, words
from governance.demo.say import LANGUAGES

SUITE = "demo-eval"
NUMERIC = 17  # numeric items a language: with the 43 written ones that makes 120 items in all


@dataclass(frozen=True)
class Item:
    """One evaluation item.

    Attributes:
        name: unique in the suite, e.g. en-007.
        kind: choice | stem | statute | short | numeric; a stem is asked twice with other options.
        options: empty where the answer is open.
        answer: a letter where there are options, else the answer itself.
        edited: the question in slightly other words, for a partial leak; empty for most items.
        reworded: the question told anew, for a paraphrase; empty for most items.
    """

    name: str
    language: str
    kind: str
    subject: str
    question: str
    options: tuple[str, ...]
    answer: str
    context: str = ""
    edited: str = ""
    reworded: str = ""

    @property
    def answer_text(self) -> str:
        """The answer spelled out."""
        return self.options["ABCD".index(self.answer)] if self.options else self.answer

    @property
    def peer(self) -> str:
        """How evidence names the item."""
        return f"item:{SUITE}/{SUITE}/{self.name}"


def items(seed: int) -> list[Item]:
    """All items, English first."""
    return [item for code in LANGUAGES for item in _numbered(code, seed)]


def _numbered(code: str, seed: int) -> Iterator[Item]:
    records = [*_written(code), *_numeric(code, seed)]
    for number, (kind, record) in enumerate(records, start=1):
        options = tuple(record.get("options", ()))
        extra = {name: record.get(name, "") for name in ("context", "edited", "reworded")}
        name = f"{code}-{number:03d}"
        yield Item(
            name, code, kind, record["subject"], record["question"], options, record["answer"], **extra
        )


def _written(code: str) -> Iterator[tuple[str, dict[str, Any]]]:
    page = words(f"{code}_items")
    for kind in ("choice", "stem", "statute", "short"):
        yield from ((kind, record) for record in page[kind])


def _numeric(code: str, seed: int) -> Iterator[tuple[str, dict[str, Any]]]:
    say, rng = LANGUAGES[code], generator(seed, f"items/{code}")
    templates = words(f"{code}_items")["numeric"]
    recipes = [name for name in templates if name in SUMS]
    for number in range(NUMERIC):
        recipe = recipes[number % len(recipes)]
        figures = SUMS[recipe][2](rng, say)
        question = choose(templates[recipe], figures, rng)
        answer = expand(templates[f"{recipe}_answer"], figures, rng)
        yield "numeric", {"subject": recipe, "question": question, "answer": answer}


def as_lines(found: Sequence[Item]) -> str:
    """The items as JSON lines: id, subject, question, context and choices where there are some, answer."""
    return "".join(json.dumps(_record(item), ensure_ascii=False) + "\n" for item in found)


def _record(item: Item) -> dict[str, Any]:
    record: dict[str, Any] = {"id": item.name, "subject": item.subject, "question": item.question}
    if item.context:
        record["context"] = item.context
    if item.options:
        record["choices"] = list(item.options)
    return {**record, "answer": item.answer}
