"""Findings with their evidence, joined batch by batch so that two million of them never stand in memory as objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from governance.baseline import whole_column
from governance.excerpts import CONTEXT
from governance.report import WaiverRecord
from governance.reports import words
from governance.reports.places import Places
from governance.reports.shown import Excerpt, cut

Row = dict[str, Any]
IN_SOURCE = "in-source"
BATCH = 8192  # lines of evidence turned into Python values at a time: about 15 MB
EVIDENCE_ORDER = [
    (n, "ascending") for n in ("fingerprint", "role", "row", "turn", "start", "end", "peer", "peer_part")
]


@dataclass(frozen=True)
class Line:
    """One line of evidence: a row, the place in it, and the peer it was held against.

    Attributes:
        place: 'data.jsonl:18', or 'data.jsonl' where the line is not known.
        path: the file of the row, as the user gave it.
        values: the columns of `EVIDENCE`, except excerpts.
    """

    place: str
    path: str
    values: Row
    excerpt: Excerpt | None
    peer_excerpt: Excerpt | None

    @property
    def row(self) -> int:
        """Row number over the whole audit, 0-based."""
        return int(self.values["row"])

    @property
    def affected(self) -> bool:
        """True where the finding counts against this row, False for the representative it is held against."""
        return bool(self.values["role"] == "affected")


@dataclass(frozen=True)
class Suppression:
    """Why a finding does not count at the gate.

    Attributes:
        kind: external, by a waiver, or in-source, by what its rows say.
        waiver: the waiver; None in-source.
    """

    kind: str
    waiver: WaiverRecord | None

    @property
    def words(self) -> str:
        """Who keeps it from the gate, and until when."""
        if self.waiver is None:
            return "waived in the data" if self.kind == IN_SOURCE else "waived"
        who = f", approved by {self.waiver.approved_by}" if self.waiver.approved_by else ""
        return f"waived by {self.waiver.id}{who}, until {self.waiver.expires}"


@dataclass(frozen=True)
class Finding:
    """One finding as formats show it.

    Attributes:
        values: the columns of `FINDINGS`.
        state: new | unchanged against a baseline, empty without one.
        evidence: its lines, to be iterated once; longer than a batch, they are read as they are asked for.
        lines: how many lines of evidence there are, shown or not.
        suppression: why it does not count, None where it may.
    """

    values: Row
    state: str
    evidence: Iterable[Line]
    lines: int
    suppression: Suppression | None = None

    @property
    def marks(self) -> list[str]:
        """What is said of it beside its message: its state against a baseline, and who waived it."""
        waived = [self.suppression.words] if self.suppression else []
        return [*([self.state] if self.state else []), *waived]

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


class Join:
    """Findings and where their evidence lies.

    Args:
        findings: FINDINGS, in the order to show.
        evidence: EVIDENCE; the lines of a finding are brought together where they are not.
        states: (findings,) words, or None.
        suppressions: SUPPRESSIONS of these findings.
        waivers: the waivers that suppressions name, by id.
    """

    def __init__(
        self,
        findings: pa.Table,
        evidence: pa.Table,
        states: pa.ChunkedArray | None,
        places: Places,
        *,
        show_sensitive: bool,
        suppressions: pa.Table | None = None,
        waivers: Mapping[str, WaiverRecord] | None = None,
    ) -> None:
        self.findings = findings if states is None else findings.append_column("state", states)
        self._waivers = waivers or {}
        if suppressions is not None and suppressions.num_rows:
            self.findings = _with_suppressions(self.findings, suppressions)
        self.evidence, unique, self._group_starts, self._group_counts = _grouped(evidence)
        groups = pc.index_in(findings.column("fingerprint"), value_set=unique).fill_null(len(unique))
        self._group = groups.to_numpy()
        self._places = places
        self._show_sensitive = show_sensitive

    def all(self, most_lines: int | None = None) -> Iterator[Finding]:
        """Every finding in order, with at most `most_lines` of its evidence."""
        return self.at(np.arange(len(self._group)), most_lines)

    def at(self, indices: npt.NDArray[np.int64], most_lines: int | None = None) -> Iterator[Finding]:
        """The findings of these indices, in their order."""
        starts, totals = self._group_starts[self._group[indices]], self._group_counts[self._group[indices]]
        counts = totals if most_lines is None else np.minimum(totals, most_lines)
        for first, last in _batches(counts):
            rows = self.findings.take(pa.array(indices[first:last])).to_pylist()
            if last - first == 1 and counts[first] > BATCH:
                lines = self._stream(int(starts[first]), int(counts[first]))
                yield self._finding(rows[0], lines, int(totals[first]))
                continue
            found = self._lines(_picked(starts[first:last], counts[first:last], totals[first:last]))
            at = 0
            for row, count, total in zip(rows, counts[first:last], totals[first:last], strict=True):
                yield self._finding(row, found[at : at + count], int(total))
                at += count

    def _finding(self, row: Row, lines: Iterable[Line], total: int) -> Finding:
        state, kind, waiver = (row.pop(name, None) for name in ("state", "suppressed", "waiver"))
        suppression = Suppression(kind, self._waivers.get(waiver)) if kind else None
        return Finding(row, state or "", lines, total, suppression)

    def _stream(self, start: int, count: int) -> Iterator[Line]:
        for first in range(start, start + count, BATCH):
            yield from self._lines(np.arange(first, min(first + BATCH, start + count)))

    def _lines(self, indices: npt.NDArray[np.int64]) -> list[Line]:
        return [self._line(row) for row in self.evidence.take(pa.array(indices, pa.int64())).to_pylist()]

    def _line(self, row: Row) -> Line:
        text, at, peer = row.pop("excerpt"), row.pop("excerpt_start") or 0, row.pop("peer_excerpt")
        peer_at = max((row["peer_start"] or 0) - CONTEXT, 0)
        path = self._places.path(row["row"], row["file"])
        return Line(
            place=path if row["line"] is None else f"{path}:{row['line']}",
            path=path,
            values=row,
            excerpt=self._cut(text, at, row["start"], row["end"]),
            peer_excerpt=self._cut(peer, peer_at, row["peer_start"], row["peer_end"]),
        )

    def _cut(self, text: str | None, at: int, start: int | None, end: int | None) -> Excerpt | None:
        return None if text is None else cut(text, at, start, end, show_sensitive=self._show_sensitive)


def _with_suppressions(findings: pa.Table, suppressions: pa.Table) -> pa.Table:
    """The findings with what keeps them from the gate in two columns more, null where nothing does."""
    at = pc.index_in(findings.column("fingerprint"), value_set=whole_column(suppressions, "fingerprint"))
    kinds, waivers = (whole_column(suppressions, name).take(at) for name in ("kind", "waiver"))
    return findings.append_column("suppressed", kinds).append_column("waiver", waivers)


def _grouped(evidence: pa.Table) -> tuple[pa.Table, pa.Array, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """(evidence with each finding's lines together, their fingerprints, where each begins, how many it has).

    A group of no lines is added at the end, for findings without evidence.
    """
    evidence = _one_chunk(evidence)
    starts, unique = _runs(evidence)
    if pc.count_distinct(unique).as_py() != len(unique):
        evidence = evidence.sort_by(EVIDENCE_ORDER)
        starts, unique = _runs(evidence)
    ends = np.append(starts[1:], evidence.num_rows) if len(starts) else starts
    return evidence, unique, np.append(starts, 0), np.append(ends - starts, 0)


def _runs(evidence: pa.Table) -> tuple[npt.NDArray[np.int64], pa.Array]:
    """(where the fingerprint changes, the fingerprints there)."""
    column = evidence.column("fingerprint")
    if not len(column):
        return np.empty(0, np.int64), pa.array([], pa.string())
    changes = pc.not_equal(column.slice(1), column.slice(0, len(column) - 1)).to_numpy()
    starts = np.append(0, np.flatnonzero(changes) + 1)
    taken = column.take(pa.array(starts))
    return starts, pa.concat_arrays(taken.chunks)


def _one_chunk(table: pa.Table) -> pa.Table:
    """The table in one chunk, since taking rows from many chunks copies all of them each time.

    Excerpts get 64-bit offsets: together they may pass the 2 GB that 32 bits can address.
    """
    if table.num_rows and max(c.num_chunks for c in table.columns) == 1:
        return table
    wide = [
        pa.field(f.name, pa.large_string(), f.nullable) if f.name.endswith("excerpt") else f
        for f in table.schema
    ]
    return table.cast(pa.schema(wide)).combine_chunks()


def _batches(counts: npt.NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """(first, last) of runs of findings whose evidence together fits a batch; one alone may be larger."""
    ends = np.cumsum(counts + 1)  # the finding itself counts too, so that bare ones come in batches as well
    first, before = 0, 0
    while first < len(counts):
        last = max(int(np.searchsorted(ends, before + BATCH, side="right")), first + 1)
        yield first, last
        first, before = last, int(ends[last - 1])


def _picked(
    starts: npt.NDArray[np.int64], counts: npt.NDArray[np.int64], totals: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Line numbers to show: of each finding's `totals` lines the first `counts`, group after group.

    Where lines are left out, the last one shown is the last there is: by the order of the roles that is the
    representative, without which a cluster cannot be understood.
    """
    ends = np.cumsum(counts)
    indices = np.repeat(starts - (ends - counts), counts) + np.arange(int(counts.sum()))
    trimmed = (counts < totals) & (counts > 1)
    indices[ends[trimmed] - 1] = starts[trimmed] + totals[trimmed] - 1
    return indices


def kept_first(lines: Iterable[Line]) -> list[Line]:
    """The lines as people read them: what stays, then what repeats it."""
    return sorted(lines, key=lambda line: line.affected)


def peer_words(line: Line, places: Mapping[int, str]) -> str:
    """What the row was held against; another row by its place, where that is shown too."""
    name = line.values["peer"] or ""
    row = name.removeprefix("row:")
    if row != name and row.isdecimal() and int(row) in places:
        return places[int(row)]
    return words.peer(name, line.values["peer_part"])
