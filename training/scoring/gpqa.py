"""GPQA-diamond: one of four letters, the options in an order of their own for each item.

The benchmark gives the right option first, so the order in which they are asked is drawn from the item's id and a seed
(`permuted`); the item that is scored is the one that was asked. Official is the regular expression of OpenAI's
simple-evals, with which most published figures are made: the letter after the first `Answer:`, so `Answer: Because`
is B. Strict is the stated letter.
"""

from __future__ import annotations

import hashlib
import random
import re
from dataclasses import replace

from governance.benchmarks.suite import LETTERS
from training.scoring.base import Item, Scored
from training.scoring.choice import strict as strict_choice
from training.scoring.verdict import gold_letters, said, scored

_ANSWER = re.compile(r"(?i)answer[ \t]*:[ \t]*\$?([A-D])")


def permuted(item: Item, seed: int = 0) -> Item:
    """The item with its options in an order that the id and the seed decide, and its gold as a letter.

    The same item has the same order in every evaluation, whatever is evaluated beside it.
    """
    order = list(range(len(item.options)))
    digest = hashlib.sha256(f"{seed}:{item.suite}:{item.item}".encode()).digest()
    random.Random(digest).shuffle(order)  # noqa: S311 - an order, no secret
    gold = gold_letters(item)
    options = tuple(item.options[i] for i in order)
    if gold is None or len(gold) != 1 or LETTERS.index(gold) >= len(order):
        return replace(item, options=options)
    place = order.index(LETTERS.index(gold))
    return replace(item, options=options, answer=LETTERS[place], answer_text=options[place])


def official(item: Item, output: str) -> Scored:
    """The letter behind the first `Answer:`; a small one is not equal to any gold."""
    match = _ANSWER.search(said(output))
    return scored(item, output, match and match.group(1), lambda _, given: given == gold_letters(item))


def strict(item: Item, output: str) -> Scored:
    """The letter that is stated as the answer, the last one if several are."""
    return strict_choice(item, output)
