"""Unlawful advertising: an offer and a call to act on it, side by side, and nobody who warns, asks or judges.

Offers alone are the daily bread of finance text: laws forbid them, textbooks explain them, examiners ask about them.
An advertisement also says how to get it. The word lists hold the offers; calls and warnings are patterns.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from governance.detectors.lexicon.book import Found, Texts, found, hits
from governance.detectors.lexicon.context import end_of_row, is_refused
from governance.detectors.toxicity.patterns import CALL, DENIAL, HANDLE, HANDLE_OR_CALL, WARNING
from governance.rules.marks import Mark, turns_with
from governance.samples import ASSISTANT, TEXT, SampleBatch

REACH = 160
"""Characters between an offer and the call to act on it: an advertisement is short, an article is not."""

AROUND, AROUND_HANDLE = (120, 120), (60, 20)
"""Characters before and after an offer in which a plain text may warn. One row of a crawl holds several articles, so a
warning at the other end says nothing; and who gives a number to call does not warn against calling it."""

Span = tuple[int, int]


def promotion_marks(batch: SampleBatch) -> list[Mark]:
    """Offers with a call to act on them; the kind is the sort of offer."""
    offers = hits(batch, "promotion")
    wanted = np.zeros(len(batch.turns.roles), np.bool_)
    wanted[offers.text] = True
    marks, texts = dict[tuple[int, str], Mark](), Texts(batch)
    for place in found(offers.inside(turns_with(batch, HANDLE_OR_CALL, wanted))):
        key = place.turn, place.entry.category
        if key in marks:
            continue
        span = _advertisement(batch, texts[place.turn], place)
        if span:
            marks[key] = Mark(place.turn, *span, place.entry.category)
    return list(marks.values())


def _advertisement(batch: SampleBatch, text: str, place: Found) -> Span | None:
    """From the offer to the call, or the other way round; None where it is no advertisement."""
    call = _call(text, place)
    if call is None:
        return None
    span = min(place.start, call[0]), max(place.end, call[1])
    if batch.turns.roles[place.turn] == TEXT:
        before, after = AROUND_HANDLE if HANDLE.search(text, *call) else AROUND
        warned = is_warned(text[max(span[0] - before, 0) : span[1] + after])
    else:
        warned = is_warned(text) or _is_answered(batch, place.turn)
    return None if warned else span


def _call(text: str, place: Found) -> Span | None:
    """Where the nearest call to act stands within reach of an offer."""
    first = max(place.start - REACH, 0)
    calls = [m.span() for m in CALL.finditer(text, first, min(place.end + REACH, len(text)))]
    apart = [c for c in calls if c[1] <= place.start or c[0] >= place.end]
    return min(apart, key=lambda c: max(place.start - c[1], c[0] - place.end), default=None)


@lru_cache(maxsize=16)
def is_warned(text: str) -> bool:
    """True where a text warns, judges, forbids or asks whether to believe; what it denies (不是骗局) does not count."""
    return WARNING.search(DENIAL.sub("", text)) is not None


def _is_answered(batch: SampleBatch, turn: int) -> bool:
    """True where the answer to a turn refuses or warns: such a row teaches to see through the offer."""
    if is_refused(batch, turn):
        return True
    turns = batch.turns
    answered = (
        turn + 1 < end_of_row(batch, turn)
        and turns.roles[turn] != ASSISTANT
        and turns.roles[turn + 1] == ASSISTANT
    )
    return answered and is_warned(turns.contents[turn + 1].as_py())
