"""Any other suite: scored by the shape of the item's gold answer; no one has published another score for it.

Letters where the item has options, else yes or no, a number, a set of names, a mathematical expression in a box, and
what is left as a text: equal but for case, width, blanks and punctuation.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable

from governance.answers.extract import boolean, number
from governance.answers.structures import named, stated
from training.scoring import math500
from training.scoring.base import Item, Scored
from training.scoring.choice import strict as letters_scorer
from training.scoring.numbers import agrees, same_number, value_of
from training.scoring.verdict import gold_letters, said, scored, value

LETTERS, BOOLEAN, NUMBER, SET, EXPRESSION, TEXT = "letters", "boolean", "number", "set", "expression", "text"
_YES_OR_NO = {"yes", "no", "true", "false", "是", "否", "对", "错", "正确", "错误"}


def strict(item: Item, output: str) -> Scored:
    """The score by the shape of the item."""
    return _SCORERS[shape(item)](item, output)


official = strict


def shape(item: Item) -> str:
    """What kind of answer an item has: letters, boolean, number, set, expression or text."""
    gold = (item.answer or "").strip()
    if item.options and (not gold or gold_letters(item) is not None):
        return LETTERS
    if gold.casefold() in _YES_OR_NO:
        return BOOLEAN
    if value_of(gold) is not None or "####" in gold:
        return NUMBER
    if _names(gold) is not None:
        return SET
    return EXPRESSION if "\\" in gold else TEXT


def same_text(gold: str, given: str) -> bool:
    """Whether two texts are equal but for case, width, blanks and punctuation."""
    return bool(folded(gold)) and folded(gold) == folded(given)


def folded(text: str) -> str:
    """The letters, digits and symbols of a text in one form; punctuation and blanks gone, not between digits."""
    wide = unicodedata.normalize("NFKC", text).casefold()
    kept = re.sub(r"(?<=\d)[.,:/-](?=\d)", "\x00\\g<0>\x00", wide)
    parts = kept.split("\x00")
    return "".join(p if i % 2 else _letters(p) for i, p in enumerate(parts))


def _letters(text: str) -> str:
    return "".join(c for c in text if not unicodedata.category(c).startswith(("P", "Z", "C")))


def _boolean(item: Item, output: str) -> Scored:
    found = boolean(output)
    return scored(item, output, value(found), _same_boolean)


def _same_boolean(gold: str, given: str) -> bool:
    found = boolean(gold)
    return found is not None and found.value == given


def _number(item: Item, output: str) -> Scored:
    found = number(output)
    return scored(item, output, value(found), _same_number)


def _same_number(gold: str, given: str) -> bool:
    wanted = gold.rpartition("####")[2].strip()
    return same_number(wanted, given) or agrees(wanted, given)


def _set(item: Item, output: str) -> Scored:
    found = named(output)
    names = found.value if found is not None else _stated_names(output)
    given = json.dumps(sorted(names), ensure_ascii=False) if names is not None else None
    return scored(item, output, given, _same_set)


def _same_set(gold: str, given: str) -> bool:
    return set(map(folded, _names(gold) or [])) == set(map(folded, json.loads(given)))


def _stated_names(output: str) -> list[str] | None:
    found = stated(output)
    return [p.strip() for p in re.split(r"[;；\n]", found.value) if p.strip()] if found is not None else None


def _names(gold: str) -> list[str] | None:
    """The names of a gold that is a list of texts, or is joined by `;`; None of anything else."""
    if gold.startswith("["):
        try:
            names = json.loads(gold)
        except ValueError:
            return None
        return names if isinstance(names, list) and all(isinstance(n, str) for n in names) else None
    parts = [p.strip() for p in gold.split(";")]
    return parts if len(parts) > 1 and all(parts) and len(gold) < 2000 else None


def _text(item: Item, output: str) -> Scored:
    """What is stated, in a box or after `the answer is`, or all that is said."""
    found = stated(output)
    whole = said(output).strip()
    given = found.value if found is not None else whole or None
    return scored(item, output, given, lambda gold, text: same_text(gold, text) or same_text(gold, whole))


_SCORERS: dict[str, Callable[[Item, str], Scored]] = {
    LETTERS: letters_scorer,
    BOOLEAN: _boolean,
    NUMBER: _number,
    SET: _set,
    EXPRESSION: math500.strict,
    TEXT: _text,
}
