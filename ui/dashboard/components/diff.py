"""Two texts side by side, token by token: what differs is marked, long stretches that do not are folded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from governance.reports.likeness import differences
from ui.dashboard.markup import Markup, tag

KEPT = 40
"""Characters of unchanged text that stay before and after a difference."""
Piece = tuple[str, str]
"""(text, what it is: empty where both have it, `differs` where the other does not)."""


@dataclass(frozen=True)
class Folded:
    """A stretch that both texts have and that is not shown."""

    characters: int


def fold(pieces: Sequence[Piece], kept: int = KEPT) -> list[Piece | Folded]:
    """The pieces with the middle of long unchanged stretches folded; nothing is lost or moved."""
    shown: list[Piece | Folded] = []
    for number, (text, kind) in enumerate(pieces):
        before = kept if number else 0
        after = kept if number < len(pieces) - 1 else 0
        hidden = len(text) - before - after
        if kind or hidden <= kept:
            shown.append((text, kind))
            continue
        shown += [(text[:before], ""), Folded(hidden), (text[len(text) - after :], "")]
    return [p for p in shown if isinstance(p, Folded) or p[0]]


def side_by_side(left: tuple[str, str], right: tuple[str, str], *, whole: bool) -> Markup:
    """Two panes; each side is (heading, text), and texts are masked already."""
    first, second = differences(left[1], right[1])
    panes = [
        _pane(left[0], first if whole else fold(first), "removed"),
        _pane(right[0], second if whole else fold(second), "added"),
    ]
    return tag("div", panes, cls="pair")


def _pane(heading: str, pieces: Sequence[Piece | Folded], cls: str) -> Markup:
    body = [_piece(piece, cls) for piece in pieces]
    return tag("section", tag("h3", heading), tag("blockquote", body), cls="pane")


def _piece(piece: Piece | Folded, cls: str) -> Markup | str:
    if isinstance(piece, Folded):
        return tag("span", f"⋯ {piece.characters:,} characters are the same ⋯", cls="folded")
    text, kind = piece
    return tag("mark", text, cls=f"differs {cls}") if kind else text
