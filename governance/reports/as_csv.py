"""Findings joined with their evidence, one line of evidence a row, for spreadsheets.

A cell whose text begins like a formula gets a leading `'`, since spreadsheets run formulas in opened files.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any, TextIO

from governance.reports import words
from governance.reports.evidence import Finding, Line
from governance.reports.view import View
from governance.safe_text import visible

FINDING = (
    "rule",
    "severity",
    "kind",
    "state",
    "message",
    "rows",
    "score",
    "threshold",
    "fingerprint",
    "details",
)
EVIDENCE = (
    "role", "row", "turn", "start", "end", "score", "peer", "peer_part", "peer_start", "peer_end", "sample_id",
)  # fmt: skip
COLUMNS = (
    *FINDING, "path", "line", *(f"evidence_{c}" if c in FINDING else c for c in EVIDENCE), "excerpt", "peer_excerpt",
    "waived",
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def write(view: View, out: TextIO) -> None:
    """Writes a header and the rows; a finding without evidence is a row of its own."""
    table = csv.writer(out, lineterminator="\n")
    table.writerow(COLUMNS)
    for found in view.findings():
        own = [cell(found.state if name == "state" else found[name]) for name in FINDING]
        waived = cell(found.suppression.words if found.suppression else None)
        table.writerows([*own, *row, waived] for row in _rows(found))


def _rows(found: Finding) -> Iterator[list[Any]]:
    empty = True
    for line in found.evidence:
        yield _row(line)
        empty = False
    if empty:
        yield [""] * (len(COLUMNS) - len(FINDING) - 1)


def _row(line: Line) -> list[Any]:
    shown = [excerpt.line() if excerpt else "" for excerpt in (line.excerpt, line.peer_excerpt)]
    values = [line.path, line.values["line"], *(line.values[name] for name in EVIDENCE), *shown]
    return [cell(value) for value in values]


def cell(value: Any) -> Any:
    """A value that a spreadsheet shows and never runs. Numbers stay numbers, also negative ones."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return words.steady(value)
    text = visible(value)
    return f"'{text}" if text.lstrip().startswith(FORMULA) else text
