"""A graph drawn with plain boxes and lines: columns by kind, so that what came of something stands right of it.

Streamlit lets no SVG through, and charts of graphs are drawn by scripts that take labels for markup. Boxes are links
and are read aloud in their order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ui.dashboard.components.tables import link
from ui.dashboard.markup import Markup, join, tag

WIDE, HIGH, ACROSS, DOWN = 112, 64, 132, 82
"""Pixels: size of a box, and from one box to the next; seven columns fit a page of 1,280."""
TOP, LANE = 30, 9
"""Pixels above the first row, and from a lane to the row under it: long lines run in lanes, behind no box."""
MOST, MOST_A_COLUMN = 60, 12
"""Boxes that are drawn; more cannot be told apart, and the table beside has them."""


@dataclass(frozen=True)
class Box:
    """A node as it is drawn; every word is safe to be shown.

    Attributes:
        kind: what it is, in a word.
        column: where it stands; columns follow one another in the order in which they come first.
        here: it is the one that is looked at.
    """

    key: str
    kind: str
    column: str
    title: str
    remark: str
    href: str
    here: bool = False


def drawn(boxes: Sequence[Box]) -> list[Box]:
    """Those that a picture has room for: of each column the first ones, and the one that is looked at."""
    found: list[Box] = []
    counts: dict[str, int] = defaultdict(int)
    for box in sorted(boxes, key=lambda b: not b.here):
        if counts[box.column] < MOST_A_COLUMN and len(found) < MOST:
            counts[box.column] += 1
            found.append(box)
    kept = {b.key for b in found}
    return [b for b in boxes if b.key in kept]


def graph(boxes: Sequence[Box], edges: Sequence[tuple[str, str]], label: str) -> Markup:
    """The picture, in a frame that scrolls where it is wider than the page."""
    columns = list(dict.fromkeys(b.column for b in boxes))
    places = _places(boxes, columns)
    lines = [_line(places[a], places[b]) for a, b in edges if a in places and b in places]
    heads = [
        tag("span", name, cls="kind", style=f"left:{n * ACROSS}px", aria_hidden="true")
        for n, name in enumerate(columns)
    ]
    most = max((y for _, y in places.values()), default=0)
    size = f"width:{max(len(columns) - 1, 0) * ACROSS + WIDE}px;height:{most + HIGH}px"
    inside = tag("div", heads, lines, [_box(b, places[b.key]) for b in boxes], cls="graph", style=size)
    return tag("div", inside, cls="scroll picture", tabindex="0", role="group", aria_label=label)


def _places(boxes: Sequence[Box], columns: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Left and top of each box; there is room above for the names of the columns."""
    rows: dict[str, int] = defaultdict(int)
    found = {}
    for box in boxes:
        found[box.key] = (columns.index(box.column) * ACROSS, TOP + rows[box.column] * DOWN)
        rows[box.column] += 1
    return found


def _box(box: Box, at: tuple[int, int]) -> Markup:
    inside = join(tag("b", box.title), tag("small", box.remark))
    style = f"left:{at[0]}px;top:{at[1]}px;width:{WIDE}px;height:{HIGH}px"
    attributes: Mapping[str, str | None] = {"aria_current": "true" if box.here else None}
    return tag("a", inside, href=box.href, data_go="1", cls="box here" if box.here else "box", style=style,
               aria_label=f"{box.kind} {box.title}, {box.remark}", **attributes)  # fmt: skip


def _line(start: tuple[int, int], end: tuple[int, int]) -> Markup:
    """To the next column: across, up or down, across. Further: by the lane above the row that it leads to."""
    x1, y1 = start[0] + WIDE, start[1] + HIGH // 2
    x2, y2 = end[0], end[1] + HIGH // 2
    into = x2 - (ACROSS - WIDE) // 2
    if x2 <= x1:  # one column: joined at their left sides
        return join(_flat(into, start[0], y1), _upright(into, y1, y2), _flat(into, x2, y2))
    if x2 - x1 <= ACROSS - WIDE:
        return join(_flat(x1, into, y1), _upright(into, y1, y2), _flat(into, x2, y2))
    out, lane = x1 + (ACROSS - WIDE) // 2 - 3, end[1] - LANE
    parts = (_flat(x1, out, y1), _upright(out, y1, lane), _flat(out, into, lane), _upright(into, lane, y2))
    return join(*parts, _flat(into, x2, y2))


def _flat(x1: int, x2: int, y: int) -> Markup:
    return tag("i", style=f"left:{x1}px;top:{y}px;width:{x2 - x1}px;height:1px", aria_hidden="true")


def _upright(x: int, y1: int, y2: int) -> Markup:
    style = f"left:{x}px;top:{min(y1, y2)}px;width:1px;height:{abs(y2 - y1) + 1}px"
    return tag("i", style=style, aria_hidden="true")


def choices(label: str, options: Sequence[tuple[str, str, bool]]) -> Markup:
    """A few links of which one is chosen: (words, address, chosen)."""
    items = [
        tag("li", tag("b", words, aria_current="true") if chosen else link(words, href))
        for words, href, chosen in options
    ]
    return tag("nav", tag("span", label, cls="soft"), tag("ul", items, cls="steps plain"), cls="steps",
               aria_label=label)  # fmt: skip
