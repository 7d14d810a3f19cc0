"""The page of a rule, drawn from the same docstring that `govern rule` prints. It is our own text, not a row's."""

from __future__ import annotations

import re

import streamlit as st

from governance.reports.pages import page_of
from ui.dashboard.components.saying import draw, section
from ui.dashboard.components.tables import link
from ui.dashboard.markup import tag

HEADING = re.compile(r"^#{2,3} +(.+)$", re.MULTILINE)


def parts(page: str) -> dict[str, str]:
    """The sections of a page by heading, in order; what stands before the first one has an empty heading."""
    pieces = HEADING.split(page)
    title, _, lead = pieces[0].partition("\n")
    found = {"": lead.strip() or title.strip("# ")}
    found |= {head.strip(): text.strip() for head, text in zip(pieces[1::2], pieces[2::2], strict=True)}
    return found


def why(rule: str, href: str) -> None:
    """Why findings of the rule matter, in the words of its page."""
    text = parts(page_of(rule)).get("Why it matters", "")
    if not text:
        return
    section("Why it matters")
    with st.container(width=760):
        st.markdown(text)
    draw(tag("p", link(f"All about {rule}", href)))
