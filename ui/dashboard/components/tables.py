"""Tables of links: real HTML, so that every cell can be read aloud, wraps Chinese, and is reached by Tab."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from governance.reports.words import plural
from ui.dashboard.markup import Child, Markup, join, tag
from ui.dashboard.url_state import Query, address

PAGE_ROWS = 25
"""Lines of a page of a list."""


@dataclass(frozen=True)
class Column:
    """A column: its heading, and whether it holds numbers, long texts or a bar."""

    head: str
    kind: str = ""  # "" | n (number) | wide | tight


def table(columns: Sequence[Column], rows: Sequence[Sequence[Child]], caption: str) -> Markup:
    """A table whose caption is its accessible name."""
    head = tag("tr", [tag("th", c.head, scope="col", cls=c.kind or None) for c in columns])
    body = [
        tag("tr", [tag("td", cell, cls=c.kind or None) for c, cell in zip(columns, row, strict=True)])
        for row in rows
    ]
    whole = tag("table", tag("caption", caption), tag("thead", head), tag("tbody", body))
    return tag("div", whole, cls="scroll", tabindex="0", role="region", aria_label=caption)


def link(words: Child, href: str, cls: str | None = None, label: str | None = None) -> Markup:
    """A link inside the dashboard."""
    return tag("a", words, href=href, data_go="1", cls=cls, aria_label=label)


def number(n: int, href: str = "", label: str | None = None) -> Markup:
    """A count, which leads to what it counts."""
    return link(f"{n:,}", href, "count", label) if href and n else tag("span", f"{n:,}")


def bars(
    counts: Mapping[str, int], links: Mapping[str, str], caption: str, names: Mapping[str, str]
) -> Markup:
    """A bar chart made of a list: name, bar, count; each line leads to what it counts.

    Args:
        names: what a value is called, where that is not the value itself; already safe to be shown.
    """
    most = max(counts.values(), default=1)
    lines = [
        tag("li", _bar(names.get(value, value), n, n / most, links.get(value, "")))
        for value, n in counts.items()
    ]
    return tag("figure", tag("figcaption", caption), tag("ul", lines), cls="bars")


def _bar(name: str, n: int, share: float, href: str) -> Markup:
    fill = tag("span", cls="fill", style=f"width:{max(100 * share, 0.5):.1f}%")
    inside = join(
        tag("span", name, cls="name"),
        tag("span", fill, cls="track", aria_hidden="true"),
        tag("span", f"{n:,}", cls="n"),
    )
    return link(inside, href, "line") if href else tag("span", inside, cls="line")


def pager(page: str, query: Query, total: int, most: int = PAGE_ROWS, deepest: int = 100_000) -> Markup:
    """Which part of a list is shown, and links to the parts before and after it."""
    now = int(getattr(query, "page", 1))
    last = max(-(-min(total, deepest) // most), 1)
    first, end = (now - 1) * most + 1, min(now * most, total)
    shown = f"{first:,} to {end:,} of {plural(total, 'line')}" if end >= first else plural(total, "line")
    steps = [
        _step("First", page, query, 1, now > 2),
        _step("Previous", page, query, now - 1, now > 1),
        _step("Next", page, query, now + 1, now < last),
        _step("Last", page, query, last, now < last - 1),
    ]
    note = (
        f"; the first {deepest:,} can be paged through, narrow the list for the others"
        if total > deepest
        else ""
    )
    return tag(
        "nav", tag("span", shown + note, cls="soft"), steps, cls="pager", aria_label="Pages of the list"
    )


def _step(words: str, page: str, query: Query, to: int, there: bool) -> Markup:
    if not there:
        return tag("span", words, cls="off", aria_disabled="true")
    return link(words, address(page, query.at(page=to)))


def empty(words: str, *more: Child) -> Markup:
    """What stands where nothing is to be shown."""
    return tag("div", tag("p", words), *more, cls="empty")
