"""What a scorer is: an item and an output in, what was extracted and a score out. Pure, without a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Item:
    """One evaluation item, a row of `governance.benchmarks.items.ITEMS`; texts are untrusted.

    Attributes:
        suite: name of the suite, e.g. fineval.
        item: the item's id within the suite, e.g. accounting_val/3.
        question: what is asked, without options and context.
        options: in order A, B, C ...; empty where there are none.
        answer: gold as the benchmark gives it (a letter, a number, JSON, a text); None where it is withheld.
        answer_text: the gold spelled out: the option's text, or the answer itself.
    """

    suite: str
    item: str
    question: str
    options: tuple[str, ...] = ()
    answer: str | None = None
    answer_text: str | None = None
    context: str | None = None
    subject: str | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Scored:
    """What one scorer makes of one output.

    Attributes:
        extracted: the answer it found, in one form; None where it found none.
        score: between 0 and 1; None where the item cannot be scored (the gold is withheld).
        reason: our own words where there is no answer or no score; empty otherwise.
    """

    extracted: str | None
    score: float | None
    reason: str = ""


class Scorer(Protocol):
    """A way of scoring. `official` is what the benchmark's authors published, `strict` what the answer is worth."""

    def __call__(self, item: Item, output: str) -> Scored:
        """The score of the output, whose thinking part may still be there."""
