"""One look at one page: the lake, the run the address names, and its report without the tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import streamlit as st

from governance.lake.browsing import runs
from governance.lake.browsing.runs import RunLine
from governance.lake.browsing.wanted import Piece
from governance.report import AuditReport
from governance.reports.places import Places
from governance.reports.presentable import presentable
from ui.dashboard.desk import Desk
from ui.dashboard.reading.lake import open_to_read

if TYPE_CHECKING:
    from governance.lake import Lake
    from governance.lake.browsing.evidence import Line


@dataclass(frozen=True)
class Visit:
    """What a page is drawn from.

    Attributes:
        run: the id of the run that is looked at; empty in a lake without audits.
        missing: the run that the address names and the lake does not have.
        known: the latest runs, latest first.
    """

    desk: Desk
    lake: Lake
    params: Mapping[str, str]
    run: str
    missing: str
    known: tuple[RunLine, ...]

    @property
    def latest(self) -> bool:
        """True where nothing newer has been audited."""
        return bool(self.known) and self.known[0].run == self.run

    @cached_property
    def report(self) -> AuditReport:
        """The run's report without findings; credentials in addresses are masked."""
        return _head(self.lake, self.desk.lake, self.run)

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """Where the entries of the run's rows are."""
        return runs.kept_pieces(self.lake, self.report)

    @cached_property
    def rows(self) -> int:
        """Rows of all datasets of the run."""
        return sum(d.rows for d in self.report.datasets)

    def place(self, line: Line) -> str:
        """'data.jsonl:18': where a row stands."""
        path = self._places.path(line.row, line.file)
        return path if line.line is None else f"{path}:{line.line}"

    @cached_property
    def _places(self) -> Places:
        return Places(self.report.datasets)


def arrive(desk: Desk, params: Mapping[str, str]) -> Visit:
    """The visit that an address asks for."""
    lake = open_to_read(desk.lake)
    asked = params.get("run", "")
    known = tuple(runs.recent_runs(lake, also=asked))
    named = [r.run for r in known if asked and r.run == asked]
    run = named[0] if named else (known[0].run if known else "")
    return Visit(desk, lake, params, run, asked if asked and not named else "", known)


@st.cache_data(show_spinner=False, max_entries=64)
def _head(_lake: Lake, location: str, run: str) -> AuditReport:
    """What is stored of a run never changes, so it is read once."""
    found = runs.report_head(_lake, run)
    if found is None:  # removed between two looks
        from governance.errors import NotFound

        raise NotFound(f"run {run} was removed", where=_lake.display, hint="open the dashboard's first page")
    return presentable(found)
