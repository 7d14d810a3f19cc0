"""A long passage that stands in several rows which are otherwise different."""

from __future__ import annotations

import random

from governance.demo.bench import Bench, Draft
from governance.demo.grammar import words
from governance.demo.rows import Turn

CARRIERS = 10  # rows per language


def repeated(bench: Bench, rng: random.Random) -> list[Draft]:
    """The same disclaimer of more than a hundred words at the end of the last answer."""
    drafts = []
    for language in ("en", "zh"):
        passage = words(f"{language}_faults")["passage"]
        for _ in range(CARRIERS):
            row = bench.take(language)
            *turns, last = row.turns or ()
            bench.change(row.saying([*turns, Turn(last.role, f"{last.text}\n\n{passage}")]))
            drafts.append(Draft((row.key,)))
    return drafts
