"""How scorers are tested: one line a case, (gold, output, official score, strict score)."""

from __future__ import annotations

from collections.abc import Sequence

from training.scoring.base import Item
from training.scoring.registry import scorers

Case = tuple[str, str, int, int]


def item(suite: str, gold: str | None, options: Sequence[str] = (), subject: str | None = None) -> Item:
    return Item(suite, "test/0", "question", tuple(options), gold, gold, subject=subject)


def wrong(
    suite: str, cases: Sequence[Case], options: Sequence[str] = (), subject: str | None = None
) -> list[str]:
    """The cases whose scores are others than the line says, readable in a failure."""
    rules = scorers(suite)
    found = []
    for gold, output, official, strict in cases:
        asked = item(suite, gold, options, subject)
        got = rules.official(asked, output), rules.strict(asked, output)
        if (official, strict) != (got[0].score, got[1].score):
            found.append(f"{gold!r} {output!r}: expected {(official, strict)}, got {got}")
    return found
