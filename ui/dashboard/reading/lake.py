"""The lake as pages see it: one read-only connection a process, opened again where the lake was made anew."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from governance.lake.location import Folder, parse_location

if TYPE_CHECKING:
    from governance.lake import Lake


def open_to_read(location: str) -> Lake:
    """The lake, read only; NotFound where there is none yet. Each query sees the last committed state."""
    return _opened(location, _stamp(location))


@st.cache_resource(show_spinner=False, max_entries=4, on_release=lambda lake: lake.close())
def _opened(location: str, stamp: str) -> Lake:
    from governance.lake import open_lake

    del stamp  # part of the key: another catalog file at the same place is another lake
    return open_lake(location, read_only=True, create=False)


def _stamp(location: str) -> str:
    place = parse_location(location)
    if not isinstance(place, Folder):
        return ""
    try:
        found = Path(place.catalog).stat()
    except OSError:
        return ""
    return f"{found.st_dev}:{found.st_ino}"
