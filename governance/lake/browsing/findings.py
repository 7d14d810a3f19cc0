"""Findings of a run: counts, facets, one page of them, one of them, its neighbours."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from governance.lake.browsing.wanted import FROM, OPEN, WAIVED, Piece, Wanted, affected_entries, tables, where

if TYPE_CHECKING:
    from governance.lake.catalog import Lake

COLUMNS = (
    "f.fingerprint, f.rule, f.severity, f.kind, f.message, f.score, f.threshold, f.rows, f.details,"
    " coalesce(s.kind, ''), coalesce(s.waiver, '')"
)
RANK = "CASE f.severity WHEN 'error' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END"
SORTS = {
    "severity": f"{RANK}, f.rule, f.position",
    "rows": "f.rows DESC, f.position",
    "score": "f.score DESC NULLS LAST, f.position",
    "rule": "f.rule, f.position",
}
"""Orders of a list of findings; each ends with the position, so that pages never overlap."""
STATUS = f"CASE WHEN s.kind IS NULL THEN '{OPEN}' ELSE '{WAIVED}' END"
DEEPEST = 100_000  # findings that paging goes through; beyond that a filter is the way, and the page says so


@dataclass(frozen=True)
class Found:
    """One finding.

    Attributes:
        details: canonical JSON.
        suppressed: external | in-source | empty.
        waiver: id of the waiver that covers it, or empty.
    """

    fingerprint: str
    rule: str
    severity: str
    kind: str
    message: str
    score: float | None
    threshold: float | None
    rows: int
    details: str
    suppressed: str
    waiver: str

    @property
    def status(self) -> str:
        """Whether it counts: open | waived."""
        return WAIVED if self.suppressed else OPEN

    @property
    def numbers(self) -> Mapping[str, Any]:
        """The details as a mapping."""
        found: Mapping[str, Any] = json.loads(self.details or "{}")
        return found


@dataclass(frozen=True)
class Facets:
    """Findings by one field each, most first, every other field as it is asked for.

    Attributes:
        total: how many there are with every field as it is asked for.
    """

    total: int
    rule: Mapping[str, int]
    severity: Mapping[str, int]
    status: Mapping[str, int]
    source: Mapping[str, int]


@dataclass(frozen=True)
class Neighbours:
    """Where a finding stands in a list, 1-based; zero where it is not in it."""

    place: int = 0
    total: int = 0
    before: str = ""
    after: str = ""


def count(lake: Lake, wanted: Wanted, pieces: Sequence[Piece] = ()) -> int:
    """How many there are."""
    sql, values = where(wanted, pieces)
    return int(lake.fetch(f"SELECT count(*){tables(wanted)}{sql}", values)[0][0])


def page(
    lake: Lake, wanted: Wanted, pieces: Sequence[Piece], sort: str, limit: int, offset: int
) -> list[Found]:
    """Some of them in the order of `SORTS`.

    Which they are is found by position; what they say, and their waivers, are read of these few only.
    """
    sql, values = where(wanted, pieces)
    order = SORTS.get(sort, SORTS["severity"])
    few = f"SELECT f.position{tables(wanted)}{sql} ORDER BY {order} LIMIT ? OFFSET ?"
    sql = f"SELECT {COLUMNS}{FROM} WHERE f.run = ? AND f.position IN ({few}) ORDER BY {order}"
    return [Found(*row) for row in lake.fetch(sql, [wanted.run, *values, limit, min(offset, DEEPEST)])]


def one(lake: Lake, run: str, fingerprint: str) -> Found | None:
    """The finding of that fingerprint, None where the run has none."""
    sql = f"SELECT {COLUMNS}{FROM} WHERE f.run = ? AND f.fingerprint = ? LIMIT 1"
    found = lake.fetch(sql, [run, fingerprint])
    return Found(*found[0]) if found else None


def facets(lake: Lake, wanted: Wanted, pieces: Sequence[Piece] = (), most: int = 60) -> Facets:
    """How many there would be for each value of a field.

    Rules, severities and states come from one pass over the findings, which is what looking through their rows costs.
    """
    cells = _cells(lake, wanted.without("rule").without("severity").without("status"), pieces)

    total = sum(cell.findings for cell in cells if cell.fits(wanted))
    rule, severity, status = (_by(cells, wanted, name, most) for name in ("rule", "severity", "status"))
    return Facets(total, rule, severity, status, _sources(lake, wanted.without("source"), pieces, most))


class _Cell(NamedTuple):
    """How many findings there are of a rule, a severity and a status: a few hundred of these at most."""

    rule: str
    severity: str
    status: str
    findings: int

    def fits(self, wanted: Wanted) -> bool:
        """True where these findings are among those that are asked for."""
        same = wanted.severity in {"", self.severity} and wanted.status in {"", self.status}
        return same and self.rule.startswith(wanted.rule)


def _by(cells: Sequence[_Cell], wanted: Wanted, field: str, most: int) -> dict[str, int]:
    """Findings by one of the fields, whatever is asked of it, most first."""
    counts: Counter[str] = Counter()
    for cell in cells:
        if cell.fits(wanted.without(field)):
            counts[getattr(cell, field)] += cell.findings
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:most])


def _cells(lake: Lake, wanted: Wanted, pieces: Sequence[Piece]) -> list[_Cell]:
    clause, values = where(wanted, pieces)
    sql = f"SELECT f.rule, f.severity, {STATUS} AS status, count(*){FROM}{clause} GROUP BY ALL"
    return [_Cell(*row) for row in lake.fetch(sql, values)]


def by_severity(lake: Lake, wanted: Wanted, pieces: Sequence[Piece] = ()) -> Mapping[str, int]:
    """Findings by severity word."""
    return _tally(lake, wanted, pieces, "f.severity", 3)


def by_kind(lake: Lake, wanted: Wanted, pieces: Sequence[Piece] = ()) -> Mapping[str, int]:
    """Findings by the rules' own sub-kinds, most first."""
    return _tally(lake, wanted, pieces, "f.kind", 60)


def _tally(lake: Lake, wanted: Wanted, pieces: Sequence[Piece], field: str, most: int) -> dict[str, int]:
    clause, values = where(wanted, pieces)
    sql = f"SELECT {field} AS name, count(*) AS n{tables(wanted)}{clause} GROUP BY name ORDER BY n DESC, name LIMIT ?"
    return {str(name): int(n) for name, n in lake.fetch(sql, [*values, most])}


def _sources(lake: Lake, wanted: Wanted, pieces: Sequence[Piece], most: int) -> dict[str, int]:
    if not pieces:
        return {}
    clause, values = where(wanted, pieces)
    rows, given = affected_entries(wanted.run, pieces)
    among = f" AND a.fingerprint IN (SELECT f.fingerprint{tables(wanted)}{clause})"
    if wanted == Wanted(
        wanted.run
    ):  # every finding of the run is meant, and there are no others in its evidence
        among, values = "", []
    sql = (
        f"SELECT a.source, count(DISTINCT a.fingerprint) AS n FROM ({rows}) a WHERE a.source <> ''{among}"
        " GROUP BY a.source ORDER BY n DESC, a.source LIMIT ?"
    )
    return {str(name): int(n) for name, n in lake.fetch(sql, [*given, *values, most])}


def neighbours(
    lake: Lake, wanted: Wanted, pieces: Sequence[Piece], sort: str, fingerprint: str
) -> Neighbours:
    """The findings before and after one, in the list that is asked for.

    The list is put in order by positions: with two million fingerprints instead it took twice as long.
    """
    own = lake.fetch(
        "SELECT position FROM lake.findings WHERE run = ? AND fingerprint = ?", [wanted.run, fingerprint]
    )
    if not own:
        return Neighbours()
    clause, values = where(wanted, pieces)
    order = SORTS.get(sort, SORTS["severity"])
    sql = (
        "SELECT place, total, before, after FROM (SELECT f.position AS own, row_number() OVER o AS place,"
        f" count(*) OVER () AS total, lag(f.position) OVER o AS before, lead(f.position) OVER o AS after"
        f"{tables(wanted)}{clause} WINDOW o AS (ORDER BY {order})) WHERE own = ?"
    )
    found = lake.fetch(sql, [*values, own[0][0]])
    if not found:
        return Neighbours()
    place, total, *near = found[0]
    sql = "SELECT position, fingerprint FROM lake.findings WHERE run = ? AND position IN (?, ?)"
    names = dict(lake.fetch(sql, [wanted.run, *near]))
    return Neighbours(place, total, *(str(names.get(position, "")) for position in near))


@dataclass(frozen=True)
class Seen:
    """A finding in one of the runs that have it."""

    run: str
    started: str
    severity: str
    rows: int
    waived: bool


def history(lake: Lake, fingerprint: str, most: int = 50) -> list[Seen]:
    """The runs that have the finding, latest first."""
    sql = (
        "SELECT f.run, a.started, f.severity, f.rows, s.fingerprint IS NOT NULL FROM lake.findings f"
        " JOIN lake.audits a ON a.run = f.run"
        " LEFT JOIN lake.suppressions s ON s.run = f.run AND s.fingerprint = f.fingerprint"
        " WHERE f.fingerprint = ? ORDER BY a.seq DESC LIMIT ?"
    )
    return [Seen(*row) for row in lake.fetch(sql, [fingerprint, most])]


def in_both(lake: Lake, run: str, earlier: str) -> tuple[int, int, int]:
    """(new, unchanged, gone) findings of a run against an earlier one."""
    sql = (
        "SELECT count(*) FILTER (b.fingerprint IS NULL), count(*) FILTER (b.fingerprint IS NOT NULL AND"
        " a.fingerprint IS NOT NULL), count(*) FILTER (a.fingerprint IS NULL)"
        " FROM (SELECT fingerprint FROM lake.findings WHERE run = ?) a"
        " FULL JOIN (SELECT fingerprint FROM lake.findings WHERE run = ?) b USING (fingerprint)"
    )
    new, same, gone = lake.fetch(sql, [run, earlier])[0]
    return int(new), int(same), int(gone)
