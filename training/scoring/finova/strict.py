"""Finova by what the answer is worth: the whole answer, nothing else, in whatever words it is given.

- Tools and intents: the same set of names. Slots: the same pairs of text and type, each as often.
- Reasoning: letters as a set; values one by one in the order asked for, equal as far as the gold's digits go.
- Yes or no: the answer that is stated, in any words for it.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from governance.answers.extract import boxed, letters, number
from governance.answers.structures import listed, named, stated, values
from training.scoring.base import Item, Scored
from training.scoring.fineva import strict_yes_or_no
from training.scoring.finova.tasks import Task, gold_names, task_of
from training.scoring.numbers import agrees
from training.scoring.verdict import gold_letters, scored, value

_LETTERS_ONLY = re.compile(r"[A-H](?:\s?[;,、]\s?[A-H])*")
_COMMA_DECIMAL = re.compile(r"\d{1,2},\d{2}")


def strict(item: Item, output: str) -> Scored:
    """1 for the whole answer and nothing else; an item of no known task counts as a yes or no."""
    return _TASKS.get(task_of(item) or Task.SAFETY, strict_yes_or_no)(item, output)


def _slots(item: Item, output: str) -> Scored:
    found = listed(output)
    given = None if found is None else pairs(found.value)
    shown = None if given is None else _shown(given)
    return scored(item, output, shown, lambda gold, _: pairs(json.loads(gold)) == given)


def _names(item: Item, output: str) -> Scored:
    found = named(output)
    given = None if found is None else json.dumps(sorted(set(map(_name, found.value))), ensure_ascii=False)
    return scored(
        item, output, given, lambda gold, text: set(json.loads(text)) == set(map(_name, gold_names(gold)))
    )


def _reasoning(item: Item, output: str) -> Scored:
    if item.options or _LETTERS_ONLY.fullmatch((item.answer or "").strip()):
        found = letters(output, "ABCDEFGH")
        return scored(item, output, value(found), lambda _, given: given == gold_letters(item))
    return scored(item, output, _values(output), same_values)


def same_values(gold: str, given: str) -> bool:
    """Whether there are as many values as the gold has, each equal to the one at its place."""
    wanted, found = values(gold), values(given)
    return len(wanted) == len(found) and all(map(_same_value, wanted, found))


def pairs(slots: Any) -> Counter[tuple[str, str]] | None:
    """(type, text) of slots and how often; None where something else than slots is listed."""
    if not isinstance(slots, list) or not all(
        isinstance(s, dict) and {"type", "content"} <= set(s) for s in slots
    ):
        return None
    return Counter((_name(str(s["type"])), _name(str(s["content"]))) for s in slots)


def _values(output: str) -> str | None:
    """The values in the last box, joined by `;`; without a box the number or text that is stated."""
    if box := boxed(output):
        return ";".join(values(box.value)) or None
    return value(number(output) or stated(output))


def _same_value(gold: str, given: str) -> bool:
    # `69,07` in the benchmark's own gold is 69.07
    dotted = gold.replace(",", ".") if _COMMA_DECIMAL.fullmatch(gold) else gold
    return _name(gold) == _name(given) or agrees(dotted, given)


def _name(text: str) -> str:
    return re.sub(r"\s+", "", text).casefold()


def _shown(given: Counter[tuple[str, str]]) -> str:
    return json.dumps([{"type": t, "content": c} for t, c in sorted(given.elements())], ensure_ascii=False)


_TASKS: dict[Task, Callable[[Item, str], Scored]] = {
    Task.SLOTS: _slots,
    Task.TOOLS: _names,
    Task.INTENT: _names,
    Task.EXPRESSION: strict_yes_or_no,
    Task.REASONING: _reasoning,
    Task.SAFETY: strict_yes_or_no,
}
