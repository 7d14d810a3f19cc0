"""Rows whose papers are not in order; their text is left as it was."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from dataclasses import replace

from governance.demo.bench import Bench, Draft
from governance.demo.faults.planting import EACH, plain
from governance.demo.grammar import words
from governance.demo.rows import Row, Turn
from governance.demo.say import LANGUAGES

NON_COMMERCIAL = ("rating-commentary", "CC-BY-NC-4.0")
FORUM, FORUM_LICENCES = "member-forum", ("CC-BY-4.0", "CC-BY-SA-4.0")
ARCHIVE, ARCHIVE_LICENCE = "shared-archive", "MIT"
MOVING, MOVING_LICENCE = "https://git.example.org/desk/question-pool", "CC-BY-4.0"
WRITER = "larkmoor-writer-2"


def unlicensed(bench: Bench, rng: random.Random) -> list[Draft]:
    """Rows that state no licence, or one that says nobody knows."""
    return _each(bench, lambda row, number: replace(row, licence=(None, "unknown")[number]))


def non_commercial(bench: Bench, rng: random.Random) -> list[Draft]:
    """Rows under a licence that forbids commercial use."""
    source, licence = NON_COMMERCIAL
    return _each(bench, lambda row, number: replace(row, source=source, licence=licence))


def two_licences(bench: Bench, rng: random.Random) -> list[Draft]:
    """Copies of rows under another licence than the original."""
    drafts = []
    for language in LANGUAGES:
        for _ in range(EACH):
            original = bench.take(language)
            copy = bench.add(original, original.turns)
            bench.change(replace(copy, source=ARCHIVE, licence=ARCHIVE_LICENCE))
            drafts.append(Draft((copy.key,), original.key, also=("DUP001",)))
    return drafts


def two_minds(bench: Bench, rng: random.Random) -> list[Draft]:
    """Rows of one source that stand under two licences."""
    return _each(bench, lambda row, number: replace(row, source=FORUM, licence=FORUM_LICENCES[number]))


def nameless(bench: Bench, rng: random.Random) -> list[Draft]:
    """Rows that name no source."""
    return _each(bench, lambda row, number: replace(row, source=None, revision=None))


def unpinned(bench: Bench, rng: random.Random) -> list[Draft]:
    """Rows from an address at a revision that moves, or at none."""

    def moved(row: Row, number: int) -> Row:
        return replace(row, source=MOVING, licence=MOVING_LICENCE, revision=("main", None)[number])

    return _each(bench, moved)


def edited_later(bench: Bench, rng: random.Random) -> list[Draft]:
    """Rows that state the hash of another text."""
    earlier = hashlib.sha256(f"an earlier text {rng.random()}".encode()).hexdigest()
    return _each(bench, lambda row, number: replace(row, stated_hash=earlier))


def self_named(bench: Bench, rng: random.Random) -> list[Draft]:
    """Answers of a model that names itself, in rows that name no writer; such words are boilerplate too."""
    drafts = []
    for language in LANGUAGES:
        for _ in range(EACH):
            row = bench.take(language, lambda row: row.generator is None and plain(row))
            *turns, last = row.turns or ()
            [words_of_it] = words(f"{language}_planted")["machine"]
            text = f"{words_of_it}{LANGUAGES[language].space}{last.text}"
            bench.change(row.saying([*turns, Turn(last.role, text)]))
            drafts.append(Draft((row.key,), also=("QLT006",)))
    return drafts


def denied(bench: Bench, rng: random.Random) -> list[Draft]:
    """Rows that name the model that wrote them and say that none did."""
    return _each(bench, lambda row, number: replace(row, generator=WRITER, synthetic=False))


def _each(bench: Bench, change: Callable[[Row, int], Row]) -> list[Draft]:
    """`EACH` rows of each language after a change that may differ from the first to the second."""
    drafts = []
    for language in LANGUAGES:
        for number in range(EACH):
            row = bench.take(language)
            bench.change(change(row, number))
            drafts.append(Draft((row.key,)))
    return drafts
