"""Strict scoring of choice questions: the letters that the answer states are the gold's, no more and no fewer."""

from __future__ import annotations

from governance.answers.extract import letters
from training.scoring.base import Item, Scored
from training.scoring.verdict import gold_letters, letters_of, scored, value


def strict(item: Item, output: str) -> Scored:
    """1 where the last choice that is stated after the thinking names exactly the right options."""
    found = letters(output, letters_of(item))
    return scored(item, output, value(found), lambda _, given: given == gold_letters(item))
