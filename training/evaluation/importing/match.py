"""Which item of a suite an entry of a log is: by what is asked, since other programs number items their own way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from training.evaluation.importing.entries import Entry
from training.scoring.base import Item
from training.scoring.generic import folded


@dataclass(frozen=True)
class Matched:
    """Entries and the items they are.

    Attributes:
        items: an item for each entry, None where the suite has none of that content or several.
        found: entries that are an item of the suite.
        unclear: entries whose content several items have.
    """

    items: tuple[Item | None, ...]
    found: int
    unclear: int


def match(entries: Sequence[Entry], items: Sequence[Item]) -> Matched:
    """Each entry's item: the same question but for case, width, blanks and punctuation, and the same options.

    Options are compared as a set, since programs shuffle them; a log without options is matched by the question alone.
    """
    by_question: dict[str, list[Item]] = {}
    for item in items:
        by_question.setdefault(folded(item.question), []).append(item)
    found = [_one(entry, by_question.get(folded(entry.question), [])) for entry in entries]
    matched = tuple(candidates[0] if len(candidates) == 1 else None for candidates in found)
    return Matched(matched, sum(m is not None for m in matched), sum(len(c) > 1 for c in found))


def _one(entry: Entry, candidates: Sequence[Item]) -> list[Item]:
    """The candidates that the entry may be."""
    if not folded(entry.question):
        return []
    wanted = frozenset(map(folded, entry.options))
    same = [
        i for i in candidates if not wanted or not i.options or frozenset(map(folded, i.options)) == wanted
    ]
    if len(same) > 1 and entry.gold is not None:  # equal items that differ in what counts as right
        return [i for i in same if i.answer is not None and folded(i.answer) == folded(entry.gold)] or list(
            same
        )
    return same
