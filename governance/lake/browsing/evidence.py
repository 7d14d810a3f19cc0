"""Evidence of findings: the first line of each of a page, all lines of one, counts by benchmark item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.lake.browsing.wanted import Piece, Wanted, tables, where

if TYPE_CHECKING:
    from governance.lake.catalog import Lake

NAMES = (
    "fingerprint", "row", "sample_id", "role", "turn", "start", "end", "score", "peer", "peer_part", "peer_start",
    "peer_end", "file", "line", "excerpt", "excerpt_start", "peer_excerpt",
)  # fmt: skip
COLUMNS = ", ".join(f'e."{name}"' for name in NAMES)
SUITE = "split_part(substr(e.peer, 6), '/', 1)"
"""The suite of a peer such as item:fineval/accounting/3."""


@dataclass(frozen=True)
class Line:
    """One line of evidence; `excerpt` and `peer_excerpt` are untrusted text as it is stored."""

    fingerprint: str
    row: int
    sample_id: str | None
    role: str
    turn: int | None
    start: int | None
    end: int | None
    score: float | None
    peer: str | None
    peer_part: str | None
    peer_start: int | None
    peer_end: int | None
    file: int | None
    line: int | None
    excerpt: str | None
    excerpt_start: int | None
    peer_excerpt: str | None

    @property
    def affected(self) -> bool:
        """True where the finding counts against the row, False for the representative that stays."""
        return self.role == "affected"

    @property
    def item(self) -> str:
        """The benchmark item it was held against, SUITE/ITEM, or empty."""
        return (self.peer or "").removeprefix("item:") if (self.peer or "").startswith("item:") else ""


@dataclass(frozen=True)
class Overlaps:
    """How much one kind of contamination found in one suite."""

    suite: str
    rule: str
    kind: str
    findings: int
    items: int
    rows: int


def first_lines(lake: Lake, run: str, fingerprints: Sequence[str]) -> dict[str, Line]:
    """The first line of each finding, by fingerprint."""
    sql = (
        f"SELECT {COLUMNS} FROM lake.evidence e WHERE e.run = ? AND e.fingerprint IN (SELECT unnest(?))"
        " QUALIFY row_number() OVER (PARTITION BY e.fingerprint ORDER BY e.position) = 1"
    )
    found = lake.fetch(sql, [run, list(fingerprints)]) if fingerprints else []
    return {row[0]: Line(*row) for row in found}


def lines(lake: Lake, run: str, fingerprint: str, limit: int, offset: int = 0) -> list[Line]:
    """Lines of one finding in order."""
    sql = (
        f"SELECT {COLUMNS} FROM lake.evidence e WHERE e.run = ? AND e.fingerprint = ?"
        " ORDER BY e.position LIMIT ? OFFSET ?"
    )
    return [Line(*row) for row in lake.fetch(sql, [run, fingerprint, limit, offset])]


def count(lake: Lake, run: str, fingerprint: str) -> int:
    """How many lines one finding has."""
    sql = "SELECT count(*) FROM lake.evidence WHERE run = ? AND fingerprint = ?"
    return int(lake.fetch(sql, [run, fingerprint])[0][0])


def affected_samples(lake: Lake, wanted: Wanted, pieces: Sequence[Piece], most: int) -> list[str]:
    """Ids of the samples that findings count against, sorted; `most` of them at most."""
    clause, values = where(wanted, pieces)
    sql = (
        "SELECT DISTINCT e.sample_id FROM lake.evidence e WHERE e.run = ? AND e.role = 'affected'"
        " AND e.sample_id IS NOT NULL AND e.fingerprint IN"
        f" (SELECT f.fingerprint{tables(wanted)}{clause}) LIMIT ?"
    )
    return sorted(str(row[0]) for row in lake.fetch(sql, [wanted.run, *values, most]))


def representative(lake: Lake, run: str, fingerprint: str) -> Line | None:
    """The row that stays of a cluster; None where the finding has none."""
    sql = (
        f"SELECT {COLUMNS} FROM lake.evidence e WHERE e.run = ? AND e.fingerprint = ?"
        " AND e.role = 'representative' ORDER BY e.position LIMIT 1"
    )
    found = lake.fetch(sql, [run, fingerprint])
    return Line(*found[0]) if found else None


def overlaps(lake: Lake, run: str) -> list[Overlaps]:
    """Contamination by suite and kind, most findings first."""
    sql = (
        f"SELECT {SUITE}, f.rule, f.kind, count(DISTINCT f.fingerprint) AS n, count(DISTINCT e.peer),"
        " count(DISTINCT e.row) FROM lake.evidence e"
        " JOIN lake.findings f ON f.run = e.run AND f.fingerprint = e.fingerprint"
        " WHERE e.run = ? AND starts_with(e.peer, 'item:') AND starts_with(f.rule, 'CON')"
        " GROUP BY ALL ORDER BY n DESC, ALL LIMIT 200"
    ).replace(", ALL LIMIT", ", f.rule, f.kind LIMIT")
    return [Overlaps(*row) for row in lake.fetch(sql, [run])]
