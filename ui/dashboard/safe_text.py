"""The one door through which texts of rows, and names that data gave, come onto a page.

Personal data and credentials are masked here, on the server; what cannot be seen is spelled out; the rest is escaped.
Nothing of it is ever Markdown, a link or a style: `st.markdown` was seen to fetch the image that a row named.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from governance.excerpts import CONTEXT
from governance.lake.browsing.evidence import Line
from governance.redaction import redact, redact_credentials, redacted
from governance.reports.shown import Excerpt, cut
from governance.safe_text import brief, visible
from ui.dashboard.markup import Markup, join, tag

if TYPE_CHECKING:
    from attribution.explaining.overlap import Shared

PASSAGE = 4_000
"""Characters that are shown of a prompt, an answer or a row."""
NAME = 80
"""Characters of a name that the data gave: a source, a licence, a label."""


def words(text: str | None, limit: int = NAME) -> str:
    """A short text of the data in one line, masked and cut; whoever draws it escapes it."""
    return brief(redact(text), limit) if text else ""


def person(name: str | None) -> str:
    """Who did something, as the log has it. An address is not masked: a log that hides who acted is none."""
    return brief(redact_credentials(name), NAME) if name else ""


def path(text: str) -> str:
    """A path, an address or a command, with credentials masked."""
    return brief(redact_credentials(text), 400)


def passage(text: str | None, limit: int = PASSAGE) -> str:
    """A longer text with its line breaks, masked and cut; whoever draws it escapes it."""
    if not text:
        return ""
    safe = redacted(text[: 2 * limit], stops_inside=len(text) > 2 * limit).text
    return visible(safe[:limit], lines=True) + ("…" if len(safe) > limit else "")


def heated(text: str, spans: Sequence[Shared], limit: int = PASSAGE // 4) -> Markup:
    """A text, masked, with stretches of it marked by how long they are; a long text around its longest stretch."""
    longest = max(spans, key=lambda s: s.words, default=None)
    begin = max(0, longest.start - limit // 3) if longest and len(text) > limit else 0
    part = text[begin : begin + 2 * limit]
    safe = redacted(part, begins_inside=begin > 0, stops_inside=begin + len(part) < len(text))
    shown = safe.text[:limit]
    pieces: list[Markup | str] = ["…" if begin else ""]
    at = 0
    for one in spans:
        inside = one.start >= begin and one.end <= begin + len(part)
        start, end = safe.span(one.start - begin, one.end - begin) if inside else (0, 0)
        if not at <= start < end <= len(shown):
            continue
        words = "1 word" if one.words == 1 else f"{one.words:,} words in a row"
        marked = tag(
            "mark", visible(shown[start:end], lines=True), cls=f"heat h{heat(one.words)}", title=words
        )
        pieces += [visible(shown[at:start], lines=True), marked]
        at = end
    more = len(safe.text) > limit or begin + len(part) < len(text)
    return join(*pieces, visible(shown[at:], lines=True), "…" if more else "")


def heat(words: int) -> int:
    """How dark a shared stretch is, 1 to 3: few words in a row, five or more, ten or more."""
    return 3 if words >= 10 else 2 if words >= 5 else 1


def excerpt(line: Line) -> Excerpt | None:
    """The words around a span of a row, masked."""
    if line.excerpt is None:
        return None
    return cut(line.excerpt, line.excerpt_start or 0, line.start, line.end, show_sensitive=False)


def peer_excerpt(line: Line) -> Excerpt | None:
    """The words around a span of a benchmark item, masked."""
    if line.peer_excerpt is None:
        return None
    at = max((line.peer_start or 0) - CONTEXT, 0)
    return cut(line.peer_excerpt, at, line.peer_start, line.peer_end, show_sensitive=False)


def unmasked(line: Line) -> Excerpt | None:
    """The same words as they are stored. `components.revealing` alone asks for them, after the event is written."""
    if line.excerpt is None:
        return None
    return cut(line.excerpt, line.excerpt_start or 0, line.start, line.end, show_sensitive=True)


def hides(line: Line) -> bool:
    """True where something of the row's words is masked."""
    masked, whole = excerpt(line), unmasked(line)
    return masked is not None and whole is not None and masked.text != whole.text


def spans(found: Excerpt | None, kind: str = "span") -> Markup:
    """The excerpt with its span marked by colour and by underline; line breaks stay."""
    if found is None:
        return tag("span", "no text is kept of this row", cls="soft")
    pieces = found.pieces(lines=True)
    return join(tag("mark", text, cls=kind) if marked else text for text, marked in pieces)


def line_of(found: Excerpt | None, limit: int = 140) -> Markup:
    """The excerpt in one line of a table, around its span."""
    if found is None:
        return Markup("")
    pieces = found.pieces()
    shown, left = [], limit
    for text, marked in _from_the_span(pieces, limit):
        if left <= 0:
            break
        part = text if len(text) <= left else text[: left - 1] + "…"
        left -= len(text)
        shown.append(tag("mark", part, cls="span") if marked else part)
    return join(shown)


def _from_the_span(pieces: list[tuple[str, bool]], limit: int) -> list[tuple[str, bool]]:
    """The pieces without the beginning, where the span would lie beyond the limit."""
    before = 0
    for number, (text, marked) in enumerate(pieces):
        if marked and before > limit // 2:
            lead = "".join(t for t, _ in pieces[:number])[-limit // 4 :]
            return [("…" + lead, False), *pieces[number:]]
        before += len(text)
    return pieces
