"""All kinds at once: what stands where in a text, and the text without it."""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterable

from governance.detectors.personal.accounts import ACCOUNTS
from governance.detectors.personal.addresses import CHINESE_ADDRESSES, ENGLISH_ADDRESSES
from governance.detectors.personal.cards import CARDS
from governance.detectors.personal.companies import COMPANIES
from governance.detectors.personal.emails import EMAILS
from governance.detectors.personal.national_ids import HONG_KONG_IDS, NATIONAL_IDS
from governance.detectors.personal.phones import NAMED_PHONES, PHONES
from governance.detectors.personal.spans import CHAIN, Search, Span, folded

DETECTORS = (
    EMAILS,
    NATIONAL_IDS,
    HONG_KONG_IDS,
    COMPANIES,
    CARDS,
    ACCOUNTS,
    PHONES,
    NAMED_PHONES,
    CHINESE_ADDRESSES,
    ENGLISH_ADDRESSES,
)
"""In the order in which equally sure ones win a place that two claim."""
PLACEHOLDERS = {
    "email": "[EMAIL]",
    "resident-id": "[NATIONAL ID]",
    "hong-kong-id": "[NATIONAL ID]",
    "us-ssn": "[NATIONAL ID]",
    "company-code": "[COMPANY CODE]",
    "card": "[CARD]",
    "iban": "[ACCOUNT]",
    "account": "[ACCOUNT]",
    "phone": "[PHONE]",
    "address": "[ADDRESS]",
    "street": "[ADDRESS]",
}
"""What stands for each kind in a text that it was taken out of."""
_SIGNS = {
    "ats": re.compile("@"),
    "longest_number": CHAIN,
    "longest_word": re.compile("[0-9]{6}"),
    "han": CHINESE_ADDRESSES.shape,
    "latin": ENGLISH_ADDRESSES.shape,
}
"""What one text is asked first, in place of the counts that a batch has; 10 us for 400 characters."""
REPORTED = 0.7
"""Least confidence of what rules report and `placeholders` replaces."""


def find_personal(text: str, search: Search | None = None, confidence: float = REPORTED) -> list[Span]:
    """What is at least that sure, in order and not overlapping; offsets are characters of the text."""
    search, text = search or Search(), folded(text)
    signs = [field for field, sign in _SIGNS.items() if sign.search(text)]
    wanted = (d for d in DETECTORS if not d.least.keys().isdisjoint(signs))
    found = [span for detector in wanted for span in detector.find(text, search)]
    return resolved(span for span in found if span.confidence >= confidence)


def looks_personal(text: str) -> list[tuple[int, int, str]]:
    """(start, end, placeholder) of whatever has the form of personal data, public, wrong or uncertain as it may be."""
    return [(s.start, s.end, PLACEHOLDERS[s.kind]) for s in find_personal(text, confidence=0.0)]


def resolved(spans: Iterable[Span]) -> list[Span]:
    """Of spans that overlap, the surest; of equally sure ones, the one given first."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda s: -s.confidence):
        at = bisect(
            kept, span.start, key=lambda s: s.start
        )  # what is kept does not overlap, so neighbours suffice
        if (not at or kept[at - 1].end <= span.start) and (at == len(kept) or span.end <= kept[at].start):
            kept.insert(at, span)
    return kept


def placeholders(text: str, search: Search | None = None, confidence: float = REPORTED) -> str:
    """The text with what the rules report replaced by its kind: [EMAIL], [PHONE], [NATIONAL ID] ...

    What leads to an organisation (hotlines, role mailboxes, codes of companies) stays, as does what is less sure.
    """
    parts, at = [], 0
    for span in find_personal(text, search, confidence):
        if not span.public:
            parts += [text[at : span.start], PLACEHOLDERS[span.kind]]
            at = span.end
    return "".join([*parts, text[at:]])
