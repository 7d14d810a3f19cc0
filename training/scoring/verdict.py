"""From an answer that was found to a score: the few cases that all scorers share."""

from __future__ import annotations

from collections.abc import Callable

from governance.answers.extract import THINKING, THOUGHT, Found, spoken
from governance.answers.structures import FoundText
from governance.benchmarks.suite import LETTERS, letter_index
from training.scoring.base import Item, Scored

WITHHELD = "the gold answer is withheld"
NO_ANSWER = "no answer of the form asked for was found"
UNFINISHED = "the thinking never ends"
EMPTY = "the output is empty"

Same = Callable[[str, str], bool]
"""(gold, extracted) -> whether they are the same answer."""


def scored(item: Item, output: str, extracted: str | None, same: Same) -> Scored:
    """The score of an extracted answer: 1 or 0, or none where the gold is withheld."""
    if item.answer is None:
        return Scored(extracted, None, WITHHELD)
    if extracted is None:
        return Scored(None, 0.0, why_nothing(output))
    return Scored(extracted, float(same(item.answer, extracted)))


def value(found: Found | FoundText | None) -> str | None:
    """What was found, if anything."""
    return None if found is None else found.value


def why_nothing(output: str) -> str:
    """Why there is no answer in an output, in our words."""
    if not output.strip():
        return EMPTY
    unfinished = THINKING in output and THOUGHT not in output
    return UNFINISHED if unfinished else NO_ANSWER


def said(output: str) -> str:
    """The output without its thinking part, as every scorer reads it, the official ones too."""
    return spoken(output)[0]


def letters_of(item: Item) -> str:
    """The letters that an item's options have, A to D where it lists none."""
    return LETTERS[: min(len(item.options), 8)] or "ABCD"


def gold_letters(item: Item) -> str | None:
    """The letters that the gold names, in order of the alphabet: `B`, `AD`; None where it names none.

    The gold may also be the text of an option, as where options are permuted.
    """
    if item.answer is None:
        return None
    if item.answer in item.options and letter_index(item.answer, len(item.options)) is None:
        return LETTERS[item.options.index(item.answer)]
    named = [c for c in item.answer.upper() if c not in " ,，;；、.。()（）"]
    if not named or any(c not in LETTERS[:8] for c in named):
        return None
    return "".join(sorted(set(named)))
