"""Which pages there are: every file of `ui.dashboard.views` that has a `PAGE`. Adding a page is adding a file."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ui.dashboard import views

SECTIONS = ("Audit", "Data", "Models", "Decisions")
"""The headings of the navigation, in order. One without pages is not shown."""


@dataclass(frozen=True)
class Page:
    """What the navigation knows of a page.

    Attributes:
        path: its address without the slash; empty for the first page.
        order: its place under its heading.
        hidden: it needs an id, so that only links lead to it.
        under: the path of the page that the navigation shows as the current one.
    """

    path: str
    title: str
    section: str
    order: int = 0
    hidden: bool = False
    under: str = ""

    @property
    def current(self) -> str:
        """The path of the entry that is marked in the navigation."""
        return self.under or self.path


@dataclass(frozen=True)
class Entry:
    """A page and the file that draws it."""

    page: Page
    file: Path


@cache
def entries() -> tuple[Entry, ...]:
    """Every page, by heading and order."""
    names = sorted(m.name for m in pkgutil.iter_modules(views.__path__))
    modules = [importlib.import_module(f"{views.__name__}.{name}") for name in names]
    found = [Entry(m.PAGE, Path(str(m.__file__))) for m in modules if hasattr(m, "PAGE")]
    return tuple(sorted(found, key=lambda e: (SECTIONS.index(e.page.section), e.page.order, e.page.path)))


def visible() -> dict[str, list[Page]]:
    """Pages of the navigation by heading."""
    shown = [e.page for e in entries() if not e.page.hidden]
    return {s: pages for s in SECTIONS if (pages := [p for p in shown if p.section == s])}
