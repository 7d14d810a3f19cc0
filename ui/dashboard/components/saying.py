"""What a page says around its content: headings, notices, the command that shows the same in a terminal."""

from __future__ import annotations

import streamlit as st

from governance.errors import GovernError
from ui.dashboard import safe_text
from ui.dashboard.markup import Child, Markup, tag


def draw(*parts: Markup | None) -> None:
    """Put markup on the page."""
    body = "".join(part for part in parts if part)
    if body:
        st.html(body)


def heading(eyebrow: Child, title: Child, under: Child = None) -> None:
    """The top of a page."""
    draw(
        tag(
            "header",
            tag("p", eyebrow, cls="eyebrow"),
            tag("h1", title),
            tag("p", under, cls="under") if under else None,
            cls="top",
        )
    )


def section(title: str, note: Child = None) -> None:
    """The heading of a part of a page."""
    draw(tag("div", tag("h2", title), tag("p", note, cls="soft") if note else None, cls="part"))


def notice(kind: str, words: str, *more: Child) -> None:
    """A calm remark: kind is info, good or bad."""
    role = "alert" if kind == "bad" else "status"
    draw(tag("div", tag("p", words), *more, cls=f"notice {kind}", role=role))


def error(found: GovernError) -> None:
    """An error in the words it came with: what, where, what to do."""
    where = tag("p", "at: ", tag("code", safe_text.path(found.where))) if found.where else None
    hint = tag("p", f"Try: {safe_text.path(found.hint)}") if found.hint else None
    notice("bad", safe_text.path(found.what), where, hint)


def command(*lines: str) -> None:
    """The commands that give the same in a terminal, to be copied."""
    draw(tag("p", "The same in a terminal", cls="soft command-label"))
    st.code("\n".join(safe_text.path(line) for line in lines), language=None, wrap_lines=True)
