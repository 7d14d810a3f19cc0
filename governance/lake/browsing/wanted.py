"""Which findings are meant: a value that becomes one WHERE clause, with every word of it bound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from governance.report import AuditReport

OPEN, WAIVED = "open", "waived"
STATUSES = (OPEN, WAIVED)
FINGERPRINT_CHARACTERS = frozenset("0123456789abcdef")
Clause = tuple[str, list[object]]
"""SQL with question marks, and what they stand for, in order."""
FINDINGS = " FROM lake.findings f"
FROM = f"{FINDINGS} LEFT JOIN lake.suppressions s ON s.run = f.run AND s.fingerprint = f.fingerprint"


@dataclass(frozen=True)
class Piece:
    """The rows of a run that one kept dataset version has entries for.

    Attributes:
        first: number of its first row in the run; entries are numbered `shift` lower.
    """

    version_id: str
    first: int
    rows: int
    shift: int


@dataclass(frozen=True)
class Wanted:
    """Some findings of one run. An empty field asks for nothing.

    Attributes:
        rule: an id, or a family such as CON.
        source: of a row the finding speaks of, as the data name it.
        status: open | waived.
        suite: an evaluation suite that the finding's evidence points at.
        row: a row of the run that the finding speaks of.
        text: the beginning of a fingerprint, or words of the message or of an excerpt.
        least: findings that count against at least so many rows.
    """

    run: str
    rule: str = ""
    severity: str = ""
    kind: str = ""
    source: str = ""
    status: str = ""
    suite: str = ""
    row: int | None = None
    text: str = ""
    least: int = 0

    def without(self, name: str) -> Wanted:
        """The same findings, whatever that field says."""
        default: Any = Wanted.__dataclass_fields__[name].default
        changes: dict[str, Any] = {name: default}
        return replace(self, **changes)


def pieces_of(report: AuditReport, versions: Sequence[tuple[str, str, int]]) -> tuple[Piece, ...]:
    """Where the entries of a run's rows are.

    Args:
        versions: (dataset name, version id, first row of the reading that was kept) of the run's kept datasets.
    """
    records = {d.name: d for d in report.datasets}
    return tuple(
        Piece(ident, records[name].first_row, records[name].rows, records[name].first_row - first)
        for name, ident, first in versions
        if ident and name in records
    )


def tables(wanted: Wanted) -> str:
    """The FROM clause for counting; waivers are joined where they are asked about, since that takes half the time."""
    return FROM if wanted.status else FINDINGS


def where(wanted: Wanted, pieces: Sequence[Piece] = ()) -> Clause:
    """The WHERE clause over `FROM`."""
    parts: list[Clause] = [("f.run = ?", [wanted.run]), *_plain(wanted), *_by_evidence(wanted, pieces)]
    return " WHERE " + " AND ".join(sql for sql, _ in parts), [v for _, values in parts for v in values]


def _plain(wanted: Wanted) -> list[Clause]:
    """What the finding itself says."""
    parts: list[Clause] = []
    if wanted.rule:
        parts.append(("starts_with(f.rule, ?)", [wanted.rule]))
    if wanted.severity:
        parts.append(("f.severity = ?", [wanted.severity]))
    if wanted.kind:
        parts.append(("f.kind = ?", [wanted.kind]))
    if wanted.least:
        parts.append(("f.rows >= ?", [wanted.least]))
    if wanted.status:
        parts.append((f"s.fingerprint IS {'NOT ' if wanted.status == WAIVED else ''}NULL", []))
    return parts


def _by_evidence(wanted: Wanted, pieces: Sequence[Piece]) -> list[Clause]:
    """What its rows say."""
    own = "f.fingerprint IN (SELECT e.fingerprint FROM lake.evidence e WHERE e.run = ?"
    parts: list[Clause] = []
    if wanted.row is not None:
        parts.append((f"{own} AND e.row = ?)", [wanted.run, wanted.row]))
    if wanted.suite:
        parts.append((f"{own} AND starts_with(e.peer, ?))", [wanted.run, f"item:{wanted.suite}/"]))
    if wanted.source:
        parts.append(_of_source(wanted, pieces))
    if wanted.text:
        parts.append(_with_words(wanted.text, own, wanted.run))
    return parts


def _of_source(wanted: Wanted, pieces: Sequence[Piece]) -> Clause:
    sql, values = affected_entries(wanted.run, pieces)
    return f"f.fingerprint IN (SELECT a.fingerprint FROM ({sql}) a WHERE a.source = ?)", [
        *values,
        wanted.source,
    ]


def _with_words(text: str, own: str, run: str) -> Clause:
    words = text.lower()
    if len(words) >= 6 and FINGERPRINT_CHARACTERS.issuperset(words):
        return "starts_with(f.fingerprint, ?)", [words]
    sql = f"(contains(lower(f.message), ?) OR {own} AND contains(lower(e.excerpt), ?)))"
    return sql, [words, run, words]


def affected_entries(run: str, pieces: Sequence[Piece]) -> Clause:
    """A query of (fingerprint, row, source, licence, label) of the rows that findings of a run count against."""
    one = (
        "SELECT e.fingerprint, e.row, coalesce(n.source, '') AS source, coalesce(n.licence, '') AS licence,"
        " coalesce(n.label, '') AS label FROM lake.evidence e"
        " JOIN lake.entries n ON n.version_id = ? AND n.row = e.row - ?"
        " WHERE e.run = ? AND e.role = 'affected' AND e.row >= ? AND e.row < ?"
    )
    if not pieces:
        nothing = "SELECT NULL AS fingerprint, NULL AS row, NULL AS source, NULL AS licence, NULL AS label"
        return f"{nothing} WHERE false", []
    values: list[object] = []
    for piece in pieces:
        values += [piece.version_id, piece.shift, run, piece.first, piece.first + piece.rows]
    return " UNION ALL ".join([one] * len(pieces)), values
