"""The script that Streamlit runs: the pages, and the one that the address names."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from ui.dashboard.catalogue import entries
from ui.dashboard.desk import desk
from ui.dashboard.door import draw_door

st.set_page_config(
    page_title="govern", page_icon=str(Path(__file__).parent / "static" / "icon.png"), layout="wide"
)
PAGES = [
    st.Page(
        str(entry.file),
        title=f"{entry.page.title} · govern",
        url_path=entry.page.path or None,
        default=not entry.page.path,
        visibility="hidden" if entry.page.hidden else "visible",
    )
    for entry in entries()
]
page = st.navigation(PAGES, position="hidden")
here = desk()
if here.admitted:
    page.run()
else:
    draw_door(here)
