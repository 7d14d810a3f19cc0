"""Toxic words in use, told from toxic words that a text speaks of."""

from __future__ import annotations

import re

import numpy as np

from governance.detectors.lexicon.book import Found, Texts, entries, found, hits
from governance.detectors.lexicon.context import is_quoted, is_refused, word_end
from governance.rules.marks import Mark
from governance.samples import SampleBatch

_ABOUT = re.compile(
    r"\b(?:words?|terms?|slurs?|phrases?|epithets?|expressions?|offensive|derogatory|profan\w+|curse|swear\w*|n-word|etymology"
    r"|pejorative|censor\w*)\b|脏话|粗话|词语|一词|词汇|侮辱性|辱骂|歧视|用语|不文明|蔑称|贬义|谩骂|敏感词",
    re.IGNORECASE,
)


def toxic_marks(batch: SampleBatch, least: int) -> list[Mark]:
    """Toxic language of at least a grade; the score of a place is its grade."""
    grave = np.array([entry.grade >= least for entry in entries()])
    marks, texts = list[Mark](), Texts(batch)
    for place in found(hits(batch, "toxic").of(grave)):
        if _is_meant(batch, texts[place.turn], place):
            end = word_end(texts[place.turn], place.end)
            marks.append(Mark(place.turn, place.start, end, place.entry.category, float(place.entry.grade)))
    return _widest(marks)


def _is_meant(batch: SampleBatch, text: str, place: Found) -> bool:
    if place.is_spared(text):
        return False
    around = text[max(place.start - 60, 0) : place.end + 60]
    if is_quoted(text, place.start, place.end) and _ABOUT.search(around):
        return False
    return not is_refused(batch, place.turn)


def _widest(marks: list[Mark]) -> list[Mark]:
    """Of marks that overlap, the gravest and then the longest."""
    kept: list[Mark] = []
    for mark in sorted(marks, key=lambda m: (m.turn, m.start, -m.end)):
        last = kept[-1] if kept else None
        if last is None or last.turn != mark.turn or last.end <= mark.start:
            kept.append(mark)
        elif (mark.score or 0, mark.end - mark.start) > (last.score or 0, last.end - last.start):
            kept[-1] = mark
    return kept
