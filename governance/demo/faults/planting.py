"""Two ways to plant: a sentence added to a clean row, and a row of its own in the place of one."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from governance.demo.bench import Bench, Draft
from governance.demo.grammar import expand, words
from governance.demo.rows import Row, Turn
from governance.demo.say import LANGUAGES

EACH = 2  # rows of a kind in each language

Values = Callable[[str, random.Random], Mapping[str, str]]
"""(language, generator) -> what the braces of a text stand for."""


def nothing(language: str, rng: random.Random) -> Mapping[str, str]:
    """For texts without braces."""
    return {}


def said(bench: Bench, rng: random.Random, name: str, role: str, values: Values = nothing) -> list[Draft]:
    """Clean rows whose first question, or last answer, goes on with a sentence of that name."""
    drafts = []
    for language in LANGUAGES:
        for text in some(words(f"{language}_planted")[name], rng):
            row = bench.take(language, plain)
            bench.change(saying_more(row, expand(text, values(language, rng), rng), role))
            drafts.append(Draft((row.key,)))
    return drafts


def plain(row: Row) -> bool:
    """Whether a sentence may follow: program text and JSON would be broken by it."""
    return not any(
        turn.text.rstrip().endswith(("}", "```")) or turn.text.startswith("{") for turn in row.turns or ()
    )


def saying_more(row: Row, text: str, role: str) -> Row:
    """The row with a sentence more in its first turn of the user, or its last of the assistant."""
    turns = list(row.turns or ())
    places = [number for number, turn in enumerate(turns) if turn.role == role]
    at = places[0] if role == "user" else places[-1]
    turns[at] = Turn(role, f"{turns[at].text}{LANGUAGES[row.language].space}{text}")
    return row.saying(turns)


def written(bench: Bench, rng: random.Random, name: str, values: Values = nothing) -> list[Draft]:
    """Rows with the questions and answers of that name."""
    return [
        Draft((put(bench, language, record, ("user", "assistant"), values(language, rng), rng),))
        for language in LANGUAGES
        for record in some(words(f"{language}_planted")[name], rng)
    ]


def put(
    bench: Bench,
    language: str,
    record: Mapping[str, str],
    parts: tuple[str, str],
    values: Mapping[str, str],
    rng: random.Random,
) -> int:
    """Key of a row that now holds a question and an answer, the two parts of the record."""
    known: dict[str, Any] = {**LANGUAGES[language].common, **values}
    asked, answered = (expand(record[part], known, rng) for part in parts)
    row = bench.take(language)
    turns = (Turn("user", asked), Turn("assistant", answered))
    bench.change(replace(row, turns=turns, label=record["label"]))
    return row.key


def some(texts: list[Any], rng: random.Random) -> list[Any]:
    """`EACH` of the texts; each once as long as there are enough."""
    return [text for _ in range(EACH // len(texts)) for text in texts] or rng.sample(texts, EACH)
