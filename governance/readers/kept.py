"""Rows that were kept with the user's own columns, read once more as the samples they were.

Kept rows are Arrow tables with the user's schema, or one column `json` with the text of each record. The columns that
were taken as what are known by name, so the plan is found again; the ids of the rows tell whether it is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from governance.columns import Kind, Named, Plan, recognise, with_optional
from governance.errors import InputError
from governance.readers import faults
from governance.readers.columnar import pieces, wanted_columns
from governance.readers.convert import conversations
from governance.readers.jsonl import Decoder, Survey, plain_numbers, survey
from governance.readers.jsonvalues import UnreadableError, columns_of, exploded, parsed
from governance.readers.kinds import SPELLED, column_at, kinds_of, spelled_kinds
from governance.readers.lines import Block
from governance.readers.options import ReadLimits
from governance.readers.records import Records
from governance.readers.texts import texts_of
from governance.report import FileRecord
from governance.samples import TURN

JSON = "json"
FIRST_ROWS = 1000
"""Rows that tell what columns hold where their types do not, as many as a survey of a file looks at."""
NO_BOUNDS = ReadLimits(row_mb=1 << 20, nesting=1 << 16)
"""What was kept has passed the bounds of its reading already."""
UNREADABLE = "the row could not be read when the data were ingested"

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Reading:
    """How kept rows become samples.

    Attributes:
        plan: how a row becomes a conversation.
        json: whether rows are the text of JSON records, in one column.
        found: what the first records hold, where they are JSON.
        defaults: column -> what stands for its nulls; the column need not be in the data.
    """

    plan: Plan
    json: bool
    found: Survey = field(default_factory=lambda: Survey({}, frozenset()))
    defaults: Mapping[str, str] = field(default_factory=dict)

    def pieces(self, rows: pa.Table) -> Iterator[tuple[int, int]]:
        """Row ranges that fit a batch of samples."""
        return pieces(rows, [JSON] if self.json else wanted_columns(self.plan, rows.column_names))

    def picked(self, rows: pa.Table, places: Indices) -> tuple[pa.Table, pa.Table]:
        """(the plan's columns of kept rows, FAULTS).

        Args:
            places: (rows,) which of its record's questions each row is; zero where a record is a row.
        """
        if self.plan.nested is not None:
            table, found = self._laid_out(rows, places)
        elif self.json:
            table, found = self._decoded(rows)
        else:
            names = [name for name in self.plan.columns if name not in self.defaults or _has(rows, name)]
            table, found = (
                pa.table({name: column_at(rows, name) for name in names}),
                faults.FAULTS.empty_table(),
            )
        return self._filled(table, rows.num_rows), found

    def conversations(self, rows: pa.Table, places: Indices) -> pa.Array:
        """(rows,) lists of turns."""
        piece, _ = conversations(self.picked(rows, places)[0], self.plan)
        turns = pa.StructArray.from_arrays([piece.roles, piece.contents], fields=list(TURN))
        return pa.ListArray.from_arrays(pa.array(piece.starts, pa.int32()), turns, type=pa.list_(TURN))

    def _decoded(self, rows: pa.Table) -> tuple[pa.Table, pa.Table]:
        data = "\n".join(rows.column(JSON).to_pylist()).encode()
        records = Decoder(self.plan, self.found, NO_BOUNDS).decoded(
            Block(data, 1), plain_numbers, original=False
        )
        if records.table.num_rows != rows.num_rows:
            raise InputError("kept records are not JSON any more", hint="ingest the file again")
        return records.table, records.faults

    def _laid_out(self, rows: pa.Table, places: Indices) -> tuple[pa.Table, pa.Table]:
        """A row a question. Rows of one record follow each other, so a record is taken apart once."""
        records = rows.column(JSON).to_pylist() if self.json else rows.to_pylist()
        laid: list[Mapping[str, Any]] = []
        before: Any = None
        questions: Sequence[Mapping[str, Any]] = ()
        for record, place in zip(records, places.tolist(), strict=True):
            if record != before:
                before, questions = record, exploded(as_record(record), self.plan)
            if place >= len(questions):  # records that say the same, one after the other on one line
                raise InputError(
                    "several equal records with questions stand on one line",
                    hint="write a record a line, as JSON lines, and ingest that",
                )
            laid.append(questions[place])
        table, found = columns_of(laid, self.plan, list(range(len(laid))))
        return table, faults.table(found)

    def _filled(self, table: pa.Table, count: int) -> pa.Table:
        for name, value in self.defaults.items():
            words = texts_of(table.column(name))[0] if name in table.column_names else pa.array([""] * count)
            filled = [text or value for text in words.to_pylist()]
            column = pa.array(filled, pa.string())
            at = table.schema.get_field_index(name)
            table = table.set_column(at, name, column) if at >= 0 else table.append_column(name, column)
        return table


def _has(rows: pa.Table, name: str) -> bool:
    return name in rows.column_names or ("." in name and name.split(".", 1)[0] in rows.column_names)


def as_record(record: Any) -> dict[str, Any]:
    """The record itself, or the one that a JSON text spells."""
    found: dict[str, Any] = parsed(record.encode(), lambda *_: None) if isinstance(record, str) else record
    return found


def reading_of(
    first: pa.Table,
    taken: Mapping[str, str],
    where: str,
    defaults: Mapping[str, str],
    named: Mapping[str, str],
) -> Reading:
    """How rows, of which the first are given, become the samples they were.

    Args:
        taken: sample field or part -> column, as the dataset's record says it.
        defaults: sample field (licence, source, label) -> what is true of rows that do not say.
        named: sample field (group, time) -> the column to take for it instead.

    Raises:
        UnknownColumn: a named column is not there.
    """
    is_json = first.column_names == [JSON] and JSON not in taken.values()
    found = _survey(first.slice(0, FIRST_ROWS)) if is_json else Survey({}, frozenset())
    kinds = with_optional(found.kinds) if is_json else _kinds(first)
    present = found.kinds if is_json else first.column_names
    plan = recognise(kinds, _named(taken, kinds, named), where=where, present=present)
    if plan.nested is not None and named:
        plan = replace(plan, meta={**plan.meta, **named})
    columns = {name: plan.meta.get(name) or f"default {name}" for name, value in defaults.items() if value}
    if columns:
        plan = replace(plan, meta={**plan.meta, **columns})
    return Reading(plan, is_json, found, {column: defaults[name] for name, column in columns.items()})


def _named(taken: Mapping[str, str], kinds: Mapping[str, Kind], named: Mapping[str, str]) -> Named:
    if "questions" in taken:  # a plan for nested questions is found by the columns alone
        return Named()
    fields = ("text", "chat", "row_id", "source", "licence", "label", "group", "time")
    known = {name: taken[name] for name in fields if taken.get(name) in kinds}
    given = {**known, **named}
    return Named(**given)


def _survey(rows: pa.Table) -> Survey:
    try:
        return survey([parsed(text.encode(), lambda *_: None) for text in rows.column(JSON).to_pylist()])
    except UnreadableError as error:
        raise InputError("a kept record is not JSON", hint="ingest the file again") from error


def _kinds(rows: pa.Table) -> dict[str, Kind]:
    kinds = kinds_of(rows.schema)
    spelled = [n for n, k in kinds.items() if k is Kind.TEXT and n.lower() in SPELLED]
    texts = {name: texts_of(rows.column(name).slice(0, 32))[0].to_pylist() for name in spelled}
    return spelled_kinds(kinds, texts)


@dataclass
class Stream:
    """Kept rows of a dataset, taken from front to back by the readers of its files, one after another."""

    open: Callable[[], Iterator[pa.Table]]
    _tables: Iterator[pa.Table] = field(default_factory=lambda: iter(()))
    _held: pa.Table | None = None
    _at: int = 0

    def take(self, start: int, count: int) -> Iterator[pa.Table]:
        """The rows from `start` on, in pieces."""
        if start == 0 or start != self._at:
            self._tables, self._held, self._at = self.open(), None, 0
        while self._at < start + count:
            if self._held is None or not self._held.num_rows:
                self._held = next(self._tables)
                continue
            wanted = start + count if self._at >= start else start
            part = self._held.slice(0, wanted - self._at)
            self._held = self._held.slice(part.num_rows)
            self._at += part.num_rows
            if self._at > start:
                yield part


@dataclass(frozen=True)
class Places:
    """Where kept rows stood: of one file, in order.

    Attributes:
        rows: (n,) numbers within the file, ascending; others could not be read.
        lines: (n,) lines in the file.
        questions: (n,) which question of its record a row is.
    """

    rows: Indices
    lines: Indices
    questions: Indices


class KeptFile:
    """The kept rows of one file, as a reader of that file gives them.

    Args:
        start: how many kept rows of other files come before.
        total: rows of the file; every number that is not among the places is a row that could not be read.
    """

    notes: tuple[str, ...] = ()

    def __init__(
        self, reading: Reading, record: FileRecord, stream: Stream, places: Places, start: int, total: int
    ) -> None:
        self.path = record.path
        self._reading, self._record, self._stream = reading, record, stream
        self._places, self._start, self._total = places, start, total

    def columns(self) -> Mapping[str, Kind]:
        """The columns; only their names matter by now."""
        return dict.fromkeys(self._reading.plan.present, Kind.OTHER)

    def possible(self) -> Mapping[str, Kind]:
        """The same columns."""
        return self.columns()

    def total(self) -> int | None:
        """Rows of the file, the unreadable ones included."""
        return self._total

    def record(self, rows: int) -> FileRecord:
        """Size and hash of the file, as it was."""
        return self._record

    def records(self, plan: Plan, *, original: bool) -> Iterator[Records]:
        """All rows in order; those that could not be read are faults."""
        at = emitted = 0
        for table in self._stream.take(self._start, len(self._places.rows)):
            for low, high in self._reading.pieces(table):
                rows = table.slice(low, high - low)
                place = slice(at, at + rows.num_rows)
                end = int(self._places.rows[place][-1]) + 1
                yield self._records(rows, place, emitted, end, original)
                at, emitted = place.stop, end
        if emitted < self._total:
            yield self._records(None, slice(at, at), emitted, self._total, original)

    def _records(self, rows: pa.Table | None, place: slice, first: int, end: int, original: bool) -> Records:
        kept = self._places.rows[place] - first
        lines = self._lines(kept, self._places.lines[place], end - first)
        gone = np.setdiff1d(np.arange(end - first), kept)
        unread = faults.same(gone, faults.UNREADABLE, UNREADABLE)
        if rows is None:
            empty = pa.table({name: pa.nulls(0) for name in self._reading.plan.columns})
            return Records(empty, lines, kept, unread)
        table, found = self._reading.picked(rows, self._places.questions[place])
        return Records(
            table,
            lines,
            kept,
            faults.together([unread, faults.moved(found, kept)]),
            rows if original else None,
        )

    @staticmethod
    def _lines(kept: Indices, known: Indices, count: int) -> Indices:
        """(count,) lines of all rows; one that could not be read stands where counting on leads."""
        if not len(kept):
            return np.arange(1, count + 1)
        before = np.maximum(np.searchsorted(kept, np.arange(count), "right") - 1, 0)
        return np.asarray(known[before] + np.arange(count) - kept[before], np.int64)
