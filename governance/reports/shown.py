"""What may be shown of a row: redacted, cut, with the span that matters marked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from governance.findings import EXCERPT_CHARACTERS
from governance.redaction import Redacted, redacted
from governance.safe_text import visible


@dataclass(frozen=True)
class Excerpt:
    """A piece of untrusted text, redacted, with the place of its span.

    Attributes:
        text: at most 200 characters; control characters are still in it.
        start: the span's first character in `text`, or -1 where nothing is marked.
        end: one past its last, or -1.
        continues: True where the turn has text before this piece.
        stops: True where the piece is as long as pieces get, so that the turn goes on after it.
    """

    text: str
    start: int = -1
    end: int = -1
    continues: bool = False
    stops: bool = False

    def pieces(self, *, lines: bool = False) -> list[tuple[str, bool]]:
        """(visible text, is it marked) in order, empty pieces left out; see `visible` for `lines`."""
        first, last = (self.start, self.end) if self.start >= 0 else (len(self.text), len(self.text))
        parts = [
            ("…" if self.continues else "", False),
            (self.text[:first], False),
            (self.text[first:last], True),
            (self.text[last:], False),
            ("…" if self.stops else "", False),
        ]
        return [(visible(text, lines=lines), marked) for text, marked in parts if text]

    def line(self) -> str:
        """The whole in one line, unmarked."""
        return "".join(text for text, _ in self.pieces())


@lru_cache(maxsize=1024)
def _safe(text: str, continues: bool, stops: bool) -> Redacted:
    """The text after redaction, 57 us for 400 characters; rows that repeat each other show the same words twice."""
    return redacted(text, begins_inside=continues, stops_inside=stops)


def cut(text: str, at: int, start: int | None, end: int | None, *, show_sensitive: bool) -> Excerpt:
    """The excerpt of a turn that begins at offset `at`, with the turn's characters start:end marked.

    Redaction sees twice what is shown, so that it knows a number that the cut goes through.
    """
    text = text[: 2 * EXCERPT_CHARACTERS]
    continues, stops = at > 0, len(text) >= EXCERPT_CHARACTERS
    safe = Redacted(text) if show_sensitive else _safe(text, continues, stops)
    plain = Excerpt(safe.text[:EXCERPT_CHARACTERS], continues=continues, stops=stops)
    if start is None or end is None:
        return plain
    first, last = (min(max(offset - at, 0), len(text)) for offset in (start, end))
    first, last = (min(offset, len(plain.text)) for offset in safe.span(first, last))
    return replace(plain, start=first, end=last) if first < last else plain
