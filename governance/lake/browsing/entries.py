"""Rows of a kept dataset version: what metadata they carry, and how many findings count against each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.lake.browsing.wanted import Piece

if TYPE_CHECKING:
    from governance.lake.catalog import Lake

FIELDS = ("source", "licence", "label")


@dataclass(frozen=True)
class Entry:
    """One row of the data.

    Attributes:
        row: its number in the run.
        findings: how many findings count against it.
    """

    row: int
    line: int
    row_id: str | None
    source: str | None
    licence: str | None
    label: str | None
    sample_id: str
    findings: int


def by_field(lake: Lake, piece: Piece, field: str, most: int = 12) -> Mapping[str, int]:
    """Rows by the value of one of `FIELDS`, most first; rows without one are under an empty name."""
    if field not in FIELDS:
        raise ValueError(field)
    sql = (
        f"SELECT coalesce({field}, '') AS name, count(*) AS n FROM lake.entries WHERE version_id = ?"
        " GROUP BY name ORDER BY n DESC, name LIMIT ?"
    )
    return {str(name): int(n) for name, n in lake.fetch(sql, [piece.version_id, most])}


def count(lake: Lake, run: str, piece: Piece, *, marked: bool) -> int:
    """Rows of the version; with `marked`, only those that findings count against."""
    if not marked:
        return piece.rows
    sql = (
        "SELECT count(DISTINCT row) FROM lake.evidence WHERE run = ? AND role = 'affected'"
        " AND row >= ? AND row < ?"
    )
    return int(lake.fetch(sql, [run, piece.first, piece.first + piece.rows])[0][0])


def page(lake: Lake, run: str, piece: Piece, *, marked: bool, limit: int, offset: int) -> list[Entry]:
    """Some rows in reading order."""
    sql = (
        "SELECT n.row + ?, n.line, n.row_id, n.source, n.licence, n.label, lower(hex(n.sample_id)),"
        " coalesce(e.found, 0) FROM lake.entries n LEFT JOIN (SELECT row, count(DISTINCT fingerprint) AS found"
        " FROM lake.evidence WHERE run = ? AND role = 'affected' GROUP BY row) e ON e.row = n.row + ?"
        f" WHERE n.version_id = ?{' AND e.found > 0' if marked else ''} ORDER BY n.row LIMIT ? OFFSET ?"
    )
    values = [piece.shift, run, piece.shift, piece.version_id, limit, offset]
    return [Entry(*row) for row in lake.fetch(sql, values)]
