"""Counts over a run, kept: what is stored of a run never changes, and counting two million findings takes a second."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from governance.lake.browsing import findings
from governance.lake.browsing.findings import Facets
from governance.lake.browsing.wanted import Piece, Wanted
from ui.dashboard.reading.visit import Visit

if TYPE_CHECKING:
    from governance.lake import Lake


def count(visit: Visit, wanted: Wanted) -> int:
    """How many findings there are."""
    return _count(visit.lake, visit.desk.lake, wanted, visit.pieces)


def facets(visit: Visit, wanted: Wanted) -> Facets:
    """How many there would be for each value of a field."""
    return _facets(visit.lake, visit.desk.lake, wanted, visit.pieces)


@st.cache_data(show_spinner=False, max_entries=1024)
def _count(_lake: Lake, location: str, wanted: Wanted, pieces: tuple[Piece, ...]) -> int:
    return findings.count(_lake, wanted, pieces)


@st.cache_data(show_spinner=False, max_entries=256)
def _facets(_lake: Lake, location: str, wanted: Wanted, pieces: tuple[Piece, ...]) -> Facets:
    return findings.facets(_lake, wanted, pieces)
