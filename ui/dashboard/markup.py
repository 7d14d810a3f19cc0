"""HTML made of values: whatever is not markup already is escaped, so a text cannot become markup by mistake."""

from __future__ import annotations

import html
from collections.abc import Iterable

VOID = frozenset({"br", "hr", "wbr"})


class Markup(str):
    """HTML that this module made."""

    __slots__ = ()


Child = Markup | str | int | None
"""What stands inside an element; plain texts are escaped, None is left out."""


def tag(name: str, *children: Child | Iterable[Child], **attributes: str | int | bool | None) -> Markup:
    """An element. Attributes: `cls` is class, underscores become hyphens, None and False are left out."""
    given = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in VOID:
        return Markup(f"<{name}{given}>")
    return Markup(f"<{name}{given}>{join(*children)}</{name}>")


def join(*children: Child | Iterable[Child]) -> Markup:
    """The children one after the other."""
    return Markup("".join(_inner(child) for child in children))


def _inner(child: Child | Iterable[Child]) -> str:
    if child is None:
        return ""
    if isinstance(child, Markup):
        return str(child)
    if isinstance(child, str | int):
        return html.escape(str(child))
    return "".join(_inner(one) for one in child)


def _attribute(key: str, value: str | int | bool | None) -> str:
    if value is None or value is False:
        return ""
    name = {"cls": "class"}.get(key, key.replace("_", "-"))
    return f" {name}" if value is True else f' {name}="{html.escape(str(value))}"'
