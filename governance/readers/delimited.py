"""CSV and TSV by Python's csv: rows of any length, quoted newlines, exact lines, bad rows one by one."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from governance.columns import Kind, Plan
from governance.errors import InputError, LimitExceeded
from governance.readers import faults
from governance.readers.faults import Fault, excerpt
from governance.readers.kinds import column_at, distinct_names, spelled_kinds
from governance.readers.lines import BOM, blocks
from governance.readers.options import MB, ReadLimits
from governance.readers.records import Records
from governance.readers.streams import Intake
from governance.readers.texts import texts_of
from governance.report import FileRecord

ROWS = 4096
BLOCK = 4 * MB
SURVEY_BYTES = MB
QUOTED = re.compile('"[^"]*"')
SEPARATORS = (",", "\t", ";", "|")


class CsvReader:
    """A file of comma- or tab-separated values whose first row names the columns."""

    def __init__(self, intake: Intake, limits: ReadLimits, separator: str | None = None) -> None:
        self._intake = intake
        self._limits = limits
        # csv keeps this bound for the whole process; its default, 128 KiB, is less than one long document.
        csv.field_size_limit(max(csv.field_size_limit(), limits.row_mb * MB))
        head = intake.head(SURVEY_BYTES)
        self._separator = separator or separator_of(head)
        whole_lines = head[: head.rfind(b"\n") + 1] or head
        self._first = next(self._groups(iter([whole_lines]), limits.survey_rows), Group())
        self._names = self._first.take_header(intake.name)
        distinct_names(self._names, intake.name)

    @property
    def path(self) -> str:
        """The file as the user would name it."""
        return self._intake.path

    @property
    def notes(self) -> tuple[str, ...]:
        """The separator, where it is not the usual one."""
        usual = self._separator in {",", "\t"}
        return () if usual else (f"{self._intake.name}: columns are separated by {self._separator!r}",)

    def columns(self) -> Mapping[str, Kind]:
        """The columns; all are text, and those without any value in the first rows are empty."""
        rows = [row for row in self._first.rows if row is not None and len(row) == len(self._names)]
        values = dict(zip(self._names, zip(*rows, strict=True), strict=True)) if rows else {}
        kinds = {n: Kind.TEXT if not rows or any(values[n]) else Kind.EMPTY for n in self._names}
        return spelled_kinds(kinds, values)

    def possible(self) -> Mapping[str, Kind]:
        """The columns; the header knows no others."""
        return self.columns()

    def total(self) -> int | None:
        """Not known before the end."""
        return None

    def record(self, rows: int) -> FileRecord:
        """Size and hash of the file."""
        return self._intake.record(rows)

    def records(self, plan: Plan, *, original: bool) -> Iterator[Records]:
        """All rows in order.

        Raises:
            LimitExceeded: a line is longer than the limits allow.
        """
        header = True
        for group in self._groups(self._intake.chunks(), ROWS):
            if header:
                group.take_header(self._intake.name)
                header = False
            yield self._records(group, plan, original)

    def _records(self, group: Group, plan: Plan, original: bool) -> Records:
        """The rows of a group; those with too few or too many fields are faults."""
        width, found, kept, rows = len(self._names), list(group.faults), [], []
        for at, row in enumerate(group.rows):
            if row is None:
                continue
            if len(row) == width:
                kept.append(at)
                rows.append(row)
            else:
                what = f"the row has {len(row)} fields, the header has {width}"
                found.append((at, faults.UNREADABLE, what, excerpt(_raw(self._separator.join(row)))))
        columns = list(zip(*rows, strict=True)) or [()] * width
        whole = pa.table(dict(zip(self._names, map(_array, columns), strict=True)))
        picked = pa.table({name: column_at(whole, name) for name in plan.columns})
        clean = (
            pa.table({name: texts_of(whole.column(name))[0] for name in self._names}) if original else None
        )
        lines = np.array(group.lines, np.int64)
        return Records(picked, lines, np.array(kept, np.int64), faults.table(sorted(found)), clean)

    def _groups(self, chunks: Iterator[bytes], rows: int) -> Iterator[Group]:
        """Rows as csv splits them, about as many at a time as `rows` or one block of the file."""
        feed = _Feed(chunks, self._limits, self._intake.name)
        reader = csv.reader(feed, delimiter=self._separator, strict=True)
        group, before, block = Group(), 0, 1
        while True:
            try:
                row = next(reader, None)
            except csv.Error as error:
                group.refuse(error, before + 1, max(reader.line_num, before + 1))
                row = []
            if row is None:
                break
            if row:
                group.rows.append(row)
                group.lines.append(before + 1)
            before = reader.line_num
            if len(group.rows) >= rows or (feed.blocks != block and group.rows):
                yield group
                group, block = Group(), feed.blocks
        yield from [group] if group.rows else []


@dataclass
class Group:
    """Some consecutive rows: fields, or None where csv could not split them, with their lines and faults."""

    rows: list[list[str] | None] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def refuse(self, error: csv.Error, first: int, last: int) -> None:
        """Take note of lines that are no row."""
        where = f"line {first}" if first == last else f"lines {first} to {last}"
        self.faults.append((len(self.rows), faults.UNREADABLE, f"{where}: {error}", None))
        self.rows.append(None)
        self.lines.append(first)

    def take_header(self, where: str) -> list[str]:
        """The column names, taken off the front.

        Raises:
            InputError: the first row names no columns.
        """
        if not self.rows or self.rows[0] is None:
            raise InputError(
                "the file has no header row", where=where, hint="the first row names the columns"
            )
        header = self.rows.pop(0) or []
        self.lines.pop(0)
        self.faults = [(at - 1, *rest) for at, *rest in self.faults]  # type: ignore[misc]
        return [_raw(name).decode("utf-8", "replace") for name in header]


class _Feed:
    """The lines of a file as text, bad UTF-8 as lone surrogates; counts the blocks they came in."""

    def __init__(self, chunks: Iterator[bytes], limits: ReadLimits, where: str) -> None:
        self.blocks = 0
        self._stream = blocks(chunks, longest=limits.row_mb * MB, size=BLOCK)
        self._limit = limits.row_mb
        self._where = where

    def __iter__(self) -> Iterator[str]:
        for block in self._stream:
            self.blocks += 1
            starts, ends = block.bounds
            long = np.flatnonzero(ends - starts > self._limit * MB)
            if len(long):
                what = f"line {block.first + int(long[0])} is longer than {self._limit} MiB"
                hint = "if you trust the file, raise row_mb under [limits]"
                raise LimitExceeded(what, where=self._where, hint=hint)
            yield from io.StringIO(block.data.decode("utf-8", "surrogateescape"), newline="\n")


def separator_of(head: bytes) -> str:
    """The separator that stands most often in the header."""
    first = head.removeprefix(BOM).split(b"\n", 1)[0].decode("utf-8", "replace")
    return max(SEPARATORS, key=QUOTED.sub("", first).count)


def _array(values: Sequence[str]) -> pa.Array:
    """Fields as text; as bytes where some are not UTF-8."""
    try:
        return pa.array(values, pa.large_string())
    except UnicodeEncodeError:
        return pa.array([_raw(value) for value in values], pa.large_binary())


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
