"""Personal data and credentials in text, replaced by what they are: [EMAIL], [PHONE], [CARD] ...

Applied to every excerpt of a row before it is shown. It leans towards hiding, with one exception: numbers as finance
writes them (amounts, dates, tickers, rates) stay, since hiding them would make the evidence useless. What the two look
like is defined once for the rules and for this, in `detectors.personal` and `detectors.security`; here the least sign
is enough.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from governance.detectors.security.credentials import (
    BEGUN_BEFORE,
    CREDENTIALS,
    ENDED_ADDRESS,
    ENDED_AFTER,
    Shape,
)


@dataclass(frozen=True)
class Redacted:
    """A text after redaction, and where its parts came from.

    Attributes:
        text: what may be shown.
        edits: (start, end, replacement length) in the text before, in order, not overlapping.
    """

    text: str
    edits: tuple[tuple[int, int, int], ...] = ()

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where the characters start:end of the text before now are; a replaced stretch counts as a whole."""
        return self._moved(start, at_end=False), self._moved(end, at_end=True)

    def _moved(self, offset: int, *, at_end: bool) -> int:
        shift = 0
        for start, end, length in self.edits:
            if start < offset < end:
                return start + shift + (length if at_end else 0)
            shift += length - (end - start) if end <= offset else 0
        return offset + shift


Taken = tuple[int, int, str]
"""(start, end, placeholder) of what is to be replaced."""


def redact(text: str) -> str:
    """The text with personal data and credentials replaced by placeholders such as [EMAIL]."""
    return redacted(text).text


def redact_credentials(text: str) -> str:
    """The text with credentials replaced, personal data left: for paths, commands and settings."""
    return _replaced(text, _shaped(text, CREDENTIALS)).text


def redacted(text: str, *, begins_inside: bool = False, stops_inside: bool = False) -> Redacted:
    """The same as `redact`, with a map from offsets before to offsets after.

    Args:
        begins_inside: the text was cut out of a longer one, so its beginning may be half of a key or number.
        stops_inside: the same of its end.
    """
    from governance.detectors.personal.find import looks_personal

    cuts = ((BEGUN_BEFORE,) if begins_inside else ()) + ((ENDED_AFTER, ENDED_ADDRESS) if stops_inside else ())
    halves = _halves(text, begins_inside, stops_inside)
    return _replaced(text, [*_shaped(text, (*CREDENTIALS, *cuts)), *looks_personal(text), *halves])


def _shaped(text: str, shapes: Iterable[Shape]) -> list[Taken]:
    """What looks like a credential of some shape."""
    lowered = text.lower()
    found = [
        (*shape.secret(match), shape.placeholder, shape)
        for shape in shapes
        if shape.hint(lowered)
        for match in shape.pattern.finditer(text)
    ]
    return [(start, end, word) for start, end, word, shape in found if shape.accept(text[start:end])]


_DATE = r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_HALF_BEFORE = re.compile(rf"(?!{_DATE}(?![ -]?[0-9Xx]))[0-9](?:[ -]?[0-9Xx]){{4,}}")
_HALF_AFTER = re.compile(
    r"(?:(?P<mail>[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]*)|[0-9](?:[ -]?[0-9]){6,}[ -]?)\Z"
)


def _halves(text: str, begins_inside: bool, stops_inside: bool) -> list[Taken]:
    """What a cut may have left of a number or an address; four last and six first digits tell nothing."""
    first = _HALF_BEFORE.match(text) if begins_inside else None
    last = _HALF_AFTER.search(text, max(0, len(text) - 90)) if stops_inside else None
    taken = [(*first.span(), "[NUMBER]")] if first else []
    return [*taken, (*last.span(), "[EMAIL]" if last["mail"] else "[NUMBER]")] if last else taken


def _replaced(text: str, wanted: Iterable[Taken]) -> Redacted:
    """The text with everything replaced; what an earlier one took, a later one leaves alone."""
    taken: list[Taken] = []
    for start, end, placeholder in wanted:
        if all(end <= s or e <= start for s, e, _ in taken):
            taken.append((start, end, placeholder))
    if not taken:
        return Redacted(text)
    taken.sort()
    return Redacted(_joined(text, taken), tuple((s, e, len(p)) for s, e, p in taken))


def _joined(text: str, taken: list[Taken]) -> str:
    parts, at = [], 0
    for start, end, placeholder in taken:
        parts += [text[at:start], placeholder]
        at = end
    return "".join([*parts, text[at:]])
