"""A lake in which every page has something to say, and more of it than fits one page of a list."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from governance.lake import open_lake
from governance.proposals import actions as proposals
from governance.proposals.model import Change, Kind
from governance.waivers import actions as waivers
from governance.waivers.model import today
from tests.ui import explained
from tests.ui.conftest import Demo
from tests.ui.mapped import embed_rows


@dataclass(frozen=True)
class Everything:
    """The folder, the run of the demo in it, and of each rule the finding with most rows, and the first note."""

    folder: Path
    run: str
    fingerprints: dict[str, str]
    noted: dict[str, str]


def build(curated: Demo, folder: Path) -> None:
    """A copy of the curated demo with vectors, evaluations, what moved them, waivers and proposals."""
    shutil.copytree(curated.folder, folder, dirs_exist_ok=True)
    place = str(folder / ".govern")
    embed_rows(place)
    known = read(folder).fingerprints
    explained.build(folder)
    _decide(place, folder / "waivers.toml", known)


def read(folder: Path) -> Everything:
    """What is in the folder."""
    with open_lake(str(folder / ".govern"), read_only=True) as lake:
        run = str(lake.fetch("SELECT run FROM lake.audits ORDER BY seq")[0][0])
        sql = "SELECT rule, arg_max(fingerprint, rows) FROM lake.findings WHERE run = ? GROUP BY rule"
        known = {str(rule): str(found) for rule, found in lake.fetch(sql, [run])}
        noted = "SELECT rule, min(fingerprint) FROM lake.findings WHERE severity = 'note' AND run = ? GROUP BY rule"
        notes = {str(rule): str(found) for rule, found in lake.fetch(noted, [run])}
    return Everything(folder, run, known, notes)


def _decide(place: str, book: Path, known: dict[str, str]) -> None:
    with open_lake(place) as lake:
        for rule in ("QLT006", "DUP003"):
            wanted = waivers.Request(rule, "looked at", today() + timedelta(days=30), fingerprint=known[rule])
            waivers.add(lake, book, wanted, "ann")
        waivers.approve(lake, book, "W-0001", "ben")
        for rows in range(3):
            proposals.propose(lake, Change(Kind.SHARE, "sft", label="x", rows=rows), "too many", "ann")
        proposals.approve(lake, "P-0001", "ben")
