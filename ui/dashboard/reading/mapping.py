"""The points of a run's map, kept: neither its rows nor what was found in them change, and a look takes a second."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from governance.lake.browsing import points
from governance.lake.browsing.points import Cloud
from governance.lake.browsing.wanted import Piece
from ui.dashboard.reading.visit import Visit

if TYPE_CHECKING:
    from governance.lake import Lake


def likely(visit: Visit) -> bool:
    """True where the lake has vectors, though maybe not of this run: to be asked by pages that only lead to the map."""
    return bool(points.batches(visit.lake))


def cloud(visit: Visit) -> Cloud | None:
    """The points; None where no row of the run has a vector."""
    there = points.batches(visit.lake)
    return _cloud(visit.lake, visit.desk.lake, visit.run, visit.pieces, there) if there else None


@st.cache_data(show_spinner=False, max_entries=8)
def _cloud(
    _lake: Lake, location: str, run: str, pieces: tuple[Piece, ...], batches: tuple[str, ...]
) -> Cloud | None:
    del batches  # part of the key: a later audit may embed rows of this one
    return points.cloud(_lake, run, pieces)
