"""Finova's published scores, its quirks included: they are what the leaderboard was made with.

- Tools: right when the gold tools are among those named, so naming every tool is always right.
- Slots: right when each slot given is one of the gold; a gold slot that is missing costs nothing, and a slot may hold
  more text than the gold. An answer without any list is an empty one, right where the gold is empty.
- Intents: equal lists in any order. No list found is an empty list. Every name counts as often as it is given.
- Reasoning: a gold of one character is compared as text; a list joined by `;` in its order, letters too; numbers
  within one in ten thousand, also when off by a factor of 100.
- Yes or no: the sign itself, so 对 is never 是; and `不是` counts as 是.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from typing import Any

from training.scoring.base import Item, Scored
from training.scoring.finova.extractors import json_text, names_text, response_of, values_text, yes_or_no
from training.scoring.finova.matching import equal
from training.scoring.finova.tasks import Task, gold_names, task_of
from training.scoring.verdict import scored

LITERAL_LIMIT = 20_000
"""Characters of the longest list that is read; the published code has no limit."""


def official(item: Item, output: str) -> Scored:
    """The published score of what is said after the thinking; an item of no known task is compared as text."""
    extract, same = _TASKS.get(task_of(item) or Task.SAFETY, _TASKS[Task.SAFETY])
    found = extract(response_of(output))
    return scored(item, output, found if found or same in _EMPTY_COUNTS else None, same)


def same_slots(gold: str, given: str) -> bool:
    """Whether every slot given is a gold one, or both are empty."""
    try:
        wanted, found = json.loads(gold), json.loads(given or "[]")
    except (ValueError, RecursionError):
        return False
    if not isinstance(found, list | dict | str) or not isinstance(wanted, list):
        return False
    if not wanted or not found:
        return not wanted and not found
    return all(any(_covers(slot, one) for one in wanted) for slot in found)


def same_tools(gold: str, given: str) -> bool:
    """Whether the gold tools are among the given ones."""
    found = literal(given)
    try:
        return set(found).issuperset(gold_names(gold))
    except TypeError:
        return False


def same_intents(gold: str, given: str) -> bool:
    """Whether both lists have the same names, each as often."""
    found = literal(given)
    try:
        return sorted(found) == sorted(gold_names(gold))
    except TypeError:
        return False


def same_values(gold: str, given: str) -> bool:
    """Whether a letter is the gold, or every value of a list equals the gold's at its place."""
    if len(gold) == 1:
        return gold == given
    if ";" in gold:
        wanted, found = gold.split(";"), given.split(";")
        return len(wanted) == len(found) and all(map(equal, wanted, found))
    return gold == given if any(letter in gold for letter in "ABCDE") else equal(gold, given)


def same_sign(gold: str, given: str) -> bool:
    """Whether both are the same character."""
    return gold == given


def literal(text: str) -> Any:
    """The Python value that a text spells; None where it spells none."""
    try:
        return ast.literal_eval(text[:LITERAL_LIMIT].strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


def _covers(slot: Any, gold: Any) -> bool:
    """Whether a slot has the gold's type, and its text or more than its text."""
    try:
        return slot["type"] == gold["type"] and (
            slot["content"] == gold["content"] or gold["content"] in slot["content"]
        )
    except (TypeError, KeyError, IndexError):
        return False


_TASKS: dict[Task, tuple[Callable[[str], str], Callable[[str, str], bool]]] = {
    Task.SLOTS: (json_text, same_slots),
    Task.TOOLS: (json_text, same_tools),
    Task.INTENT: (names_text, same_intents),
    Task.EXPRESSION: (yes_or_no, same_sign),
    Task.REASONING: (values_text, same_values),
    Task.SAFETY: (yes_or_no, same_sign),
}
_EMPTY_COUNTS = (same_slots,)
"""Where nothing found is an answer: for slots it is an empty list (for intents the extractor says `[]` itself)."""
