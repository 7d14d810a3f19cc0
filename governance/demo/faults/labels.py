"""Answers that a check of the answer itself gives away, and conversations that do not train what they say."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from governance.demo.bench import Bench, Draft
from governance.demo.faults.planting import EACH, plain, put, some, written
from governance.demo.grammar import words
from governance.demo.rows import Row, Turn
from governance.demo.say import LANGUAGES

EQUATIONS = {
    "en": re.compile(r"[-+x/ $\d,.%()]{9,}(?<=[\d)%]) = \$((?:\d{1,3},)*\d{1,3}(?:\.\d\d)?)(?![\d,])"),
    "zh": re.compile(r"[-+×÷\d,.%()元]{6,}=((?:\d{1,3},)*\d{1,3}(?:\.\d\d)?)元"),
}
"""Arithmetic without letters in the answers of clean rows; the group is the result, an amount."""


def contradictions(bench: Bench, rng: random.Random) -> list[Draft]:
    """Two rows that ask the same and end in different numbers."""
    drafts = []
    for language in LANGUAGES:
        for record in some(words(f"{language}_planted")["contradiction"], rng):
            figures = _figures(rng)
            ends = (("user", "first"), ("user", "second"))
            drafts.append(Draft(tuple(put(bench, language, record, end, figures, rng) for end in ends)))
    return drafts


def _figures(rng: random.Random) -> Mapping[str, str]:
    amount, percent, few = 100 * rng.randrange(21, 90), rng.randrange(2, 6), rng.randrange(3, 7)
    right = amount * percent * few // 100
    wrong = right + rng.choice((-40, 35, 60))
    return {
        "amount": f"{amount:,}",
        "percent": str(percent),
        "few": str(few),
        "right": str(right),
        "wrong": str(wrong),
    }


def slips(bench: Bench, rng: random.Random) -> list[Draft]:
    """An equation of an answer that no longer comes out."""
    drafts = []
    for language in LANGUAGES:
        for _ in range(EACH):
            row = bench.take(language, lambda row: any(_equations(row)))
            at, found = next(_equations(row))
            turns = list(row.turns or ())
            start, end = found.span(1)
            said = turns[at].text
            turns[at] = Turn("assistant", said[:start] + _off(found[1], rng) + said[end:])
            bench.change(row.saying(turns))
            drafts.append(Draft((row.key,)))
    return drafts


def _equations(row: Row) -> Iterator[tuple[int, re.Match[str]]]:
    """(number of the turn, equation) for the turns of the assistant that compute something."""
    for number, turn in enumerate(row.turns or ()):
        found = EQUATIONS[row.language].search(turn.text) if turn.role == "assistant" else None
        if found:
            yield number, found


def _off(result: str, rng: random.Random) -> str:
    """Another amount, written alike: one that a slip of the pen gives, not a shift of the point."""
    wrong = Decimal(result.replace(",", "")) + rng.choice((30, 70, 200))
    return f"{wrong:,}"


def evasive(bench: Bench, rng: random.Random) -> list[Draft]:
    """Options to choose from, and an answer that chooses none."""
    return written(bench, rng, "evasive")


def unanswered(bench: Bench, rng: random.Random) -> list[Draft]:
    """Conversations that end with the first question."""
    return [_changed(bench, language, _question_only) for language in LANGUAGES for _ in range(EACH)]


def twice_asked(bench: Bench, rng: random.Random) -> list[Draft]:
    """Two turns of the user in a row."""
    return [_changed(bench, language, _asking_on) for language in LANGUAGES for _ in range(EACH)]


def _changed(bench: Bench, language: str, change: Callable[[Row], list[Turn]]) -> Draft:
    row = bench.take(language, plain)
    bench.change(row.saying(change(row)))
    return Draft((row.key,))


def _question_only(row: Row) -> list[Turn]:
    turns = list(row.turns or ())
    return turns[: _first_question(turns) + 1]


def _asking_on(row: Row) -> list[Turn]:
    turns = list(row.turns or ())
    after = _first_question(turns) + 1
    more = words(f"{row.language}_planted")["asked_on"]
    return [*turns[:after], Turn("user", more), *turns[after:]]


def _first_question(turns: list[Turn]) -> int:
    return next(number for number, turn in enumerate(turns) if turn.role == "user")
