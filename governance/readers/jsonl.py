"""JSON records: one object a line, or one array in a file.

A block of lines goes to pyarrow's JSON parser with a fixed schema: every column has the type the
plan needs, and the parser refuses whatever does not fit. A block it refuses is read record by
record (jsonvalues.py), with the same result for each record the parser would have taken. What types
a block happens to hold never matters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.json as pj

from governance.columns import Form, Kind, Plan, with_optional
from governance.readers import faults
from governance.readers.arrays import ArrayLines
from governance.readers.faults import Fault, excerpt
from governance.readers.jsonvalues import (
    UnreadableError,
    columns_of,
    exploded,
    forms,
    kind_of,
    nesting,
    parsed,
)
from governance.readers.lines import Block, blocks
from governance.readers.options import MB, ReadLimits
from governance.readers.records import Records
from governance.readers.streams import Intake
from governance.readers.texts import texts_of
from governance.readers.turns import CALL_FIELDS, CONTENT_FIELDS, ROLE_FIELDS
from governance.report import FileRecord

SURVEY_BYTES = 1 << 20
SPACES = b" \t\r\n"
NO_JSON = re.compile(rb"[:\[,]\s*-?(?:NaN|Inf)")
"""Numbers that pyarrow and Python spell differently (-NaN, Inf); such blocks are read record by record."""
STRUCT = pa.struct([(name, pa.string()) for name in (*ROLE_FIELDS, *CONTENT_FIELDS, *CALL_FIELDS)])
DECLARED: Mapping[Form, pa.DataType] = {
    Form.TEXT: pa.string(),
    Form.TURNS: pa.list_(STRUCT),
    Form.PAIRS: pa.list_(pa.list_(pa.string())),
}
GIVE_UP = 3
"""Refused blocks in a row after which the columnar parser is not asked again."""

Numbers = Callable[[Block, npt.NDArray[np.int64]], npt.NDArray[np.int64]]
"""(block, indices of lines that are not blank) -> their lines in the file."""


@dataclass(frozen=True)
class Survey:
    """What the first records of a file hold: column -> kind, and the columns whose numbers are all whole."""

    kinds: Mapping[str, Kind]
    whole: frozenset[str]


class JsonReader:
    """A file of JSON records."""

    def __init__(self, intake: Intake, limits: ReadLimits, *, array: bool) -> None:
        self._intake = intake
        self._limits = limits
        self._array = array
        self._survey: Survey | None = None

    @property
    def path(self) -> str:
        """The file as the user would name it."""
        return self._intake.path

    @property
    def notes(self) -> tuple[str, ...]:
        """Nothing to note."""
        return ()

    def columns(self) -> Mapping[str, Kind]:
        """The keys of the first records and what they hold."""
        return self.survey().kinds

    def possible(self) -> Mapping[str, Kind]:
        """The keys seen, and optional ones later records may bring."""
        return with_optional(self.survey().kinds)

    def total(self) -> int | None:
        """Not known before the end."""
        return None

    def record(self, rows: int) -> FileRecord:
        """Size and hash of the file."""
        return self._intake.record(rows)

    def survey(self) -> Survey:
        """What the first MiB holds, at most `survey_rows` records."""
        if self._survey is None:
            self._survey = survey(self._first_records())
        return self._survey

    def records(self, plan: Plan, *, original: bool) -> Iterator[Records]:
        """All records in order, a block of lines at a time."""
        decoder = Decoder(plan, self.survey(), self._limits)
        lines = ArrayLines(self._intake.name) if self._array else None
        chunks = self._intake.chunks()
        stream = blocks(chunks if lines is None else lines.lines(chunks), longest=self._limits.row_mb * MB)
        for block in stream:
            yield decoder.decoded(block, plain_numbers if lines is None else array_numbers(lines), original)

    def _first_records(self) -> list[dict[str, Any]]:
        """The first records that can be read; a last line that is cut short is none."""
        size = SURVEY_BYTES
        while True:
            head = self._intake.head(size)
            found = self._parsed_head(head)
            if found or len(head) < size or size > self._limits.row_mb * MB:
                return found
            size *= 8

    def _parsed_head(self, head: bytes) -> list[dict[str, Any]]:
        block = next(blocks([head], longest=self._limits.row_mb * MB, size=len(head) + 1), Block(b"", 1))
        if self._array:
            block = Block(self._head_lines(block.data), 1)
        found: list[dict[str, Any]] = []
        for start, end in zip(*(bounds.tolist() for bounds in block.bounds), strict=True):
            line = block.data[start:end].strip(SPACES)
            if line and nesting(line) <= self._limits.nesting:
                try:
                    found.append(parsed(line, lambda *_: None))
                except UnreadableError:
                    continue
            if len(found) == self._limits.survey_rows:
                break
        return found

    def _head_lines(self, head: bytes) -> bytes:
        """The elements at the front of an array, whose end lies further on."""
        return next(ArrayLines(self._intake.name).lines([head]), b"")


def survey(records: Sequence[Mapping[str, Any]]) -> Survey:
    """What these records hold, key by key in the order of first sight."""
    names = dict.fromkeys(name for record in records for name in record)
    values = {name: [record.get(name) for record in records] for name in names}
    for name in list(names):
        inner = [v for v in values[name] if isinstance(v, dict)]
        for key in dict.fromkeys(k for v in inner for k in v):
            values.setdefault(f"{name}.{key}", [v.get(key) for v in inner])
    whole = {name for name, found in values.items() if _whole(found)}
    return Survey({name: kind_of(found) for name, found in values.items()}, frozenset(whole))


def _whole(values: Sequence[Any]) -> bool:
    given = [v for v in values if v is not None]
    return bool(given) and all(isinstance(v, int) and not isinstance(v, bool) for v in given)


def plain_numbers(block: Block, index: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Lines of a file that is JSON lines already."""
    return index + block.first


def array_numbers(lines: ArrayLines) -> Numbers:
    """Lines of a file whose array was turned into lines."""
    return lambda _, index: lines.take_starts(len(index))


class Decoder:
    """Turns blocks of lines into records; remembers only whether the columnar parser is worth asking."""

    def __init__(self, plan: Plan, found: Survey, limits: ReadLimits) -> None:
        self._plan = plan
        self._limits = limits
        self._schema = declared(plan, found)
        self._refused = 0 if self._schema is not None else GIVE_UP

    def decoded(self, block: Block, numbers: Numbers, original: bool) -> Records:
        """The records of a block."""
        starts, ends = block.bounds
        full = not_blank(block.data, starts, ends)
        starts, ends = starts[full], ends[full]
        lines = numbers(block, np.flatnonzero(full))
        bad = self._out_of_bounds(block.data, starts, ends)
        table = None if bad else self._columnar(block.data, starts, ends)
        if table is None:
            return self._careful(block.data, starts, ends, lines, bad, original)
        kept = np.arange(len(lines), dtype=np.int64)
        return Records(table, lines, kept, original=texts(block.data, starts, ends) if original else None)

    def _out_of_bounds(self, data: bytes, starts: Any, ends: Any) -> dict[int, str]:
        """Index of the line -> what bound it breaks."""
        limits, lengths = self._limits, ends - starts
        bad = {
            int(i): f"the record is longer than {limits.row_mb} MiB (limit row_mb)"
            for i in np.flatnonzero(lengths > limits.row_mb * MB)
        }
        for i in np.flatnonzero(openers(data, starts) > limits.nesting).tolist():
            if i not in bad and nesting(data[starts[i] : ends[i]]) > limits.nesting:
                bad[i] = f"the record is nested deeper than {limits.nesting} levels (limit nesting)"
        return bad

    def _columnar(self, data: bytes, starts: Any, ends: Any) -> pa.Table | None:
        """The plan's columns by pyarrow; None where it refuses, or could see other rows than the lines."""
        if self._refused >= GIVE_UP or not len(starts) or not _proper(data, starts, ends):
            return None
        read = pj.ReadOptions(use_threads=False, block_size=len(data) + 1)
        parse = pj.ParseOptions(explicit_schema=self._schema, unexpected_field_behavior="ignore")
        try:
            table = pj.read_json(pa.BufferReader(data), read_options=read, parse_options=parse)
        except pa.ArrowInvalid:
            self._refused += 1
            return None
        self._refused = 0
        return table if table.num_rows == len(starts) else None

    def _careful(
        self, data: bytes, starts: Any, ends: Any, lines: Any, bad: Mapping[int, str], original: bool
    ) -> Records:
        """The records one by one; each that cannot be read is a fault."""
        found: list[Fault] = []
        rows: list[Mapping[str, Any]] = []
        kept: list[int] = []
        owners: list[int] = []
        count = 0
        for i, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
            at, line = count, data[start:end]

            def report(rule: str, message: str, shown: str | None, at: int = at) -> None:
                found.append((at, rule, message, shown))

            count += 1
            owners.append(i)
            try:
                if i in bad:
                    raise UnreadableError(bad[i])
                laid = exploded(parsed(line, report), self._plan)
            except UnreadableError as error:
                found.append((at, faults.UNREADABLE, str(error), excerpt(line)))
                continue
            rows += laid
            count += len(laid) - 1
            owners += [i] * (len(laid) - 1)
            kept += range(at, count)
        table, more = columns_of(rows, self._plan, kept)
        places = np.array(kept, np.int64)
        own = np.array(owners, np.int64)
        whole = texts(data, starts, ends).take(pa.array(own[places])) if original else None
        return Records(table, lines[own], places, faults.table([*found, *more]), whole)


def declared(plan: Plan, found: Survey) -> pa.Schema | None:
    """The schema the columnar parser is held to; None where the plan needs more than it can do."""
    if plan.nested is not None or any("." in name for name in plan.columns):
        return None
    fields = []
    for name, form in forms(plan).items():
        kind = DECLARED[form]
        if form is Form.TEXT and name in found.whole:
            kind = pa.int64()
        elif form is Form.PAIRS and found.kinds.get(name) is Kind.STRINGS:
            kind = pa.list_(pa.string())
        fields.append((name, kind))
    return pa.schema(fields)


def not_blank(data: bytes, starts: Any, ends: Any) -> npt.NDArray[np.bool_]:
    """(lines,) whether a line holds more than white space."""
    raw = np.frombuffer(data, np.uint8)
    full = ends > starts
    first = raw[np.minimum(starts, len(raw) - 1)] if len(raw) else starts
    for i in np.flatnonzero(full & (first != ord("{"))).tolist():
        full[i] = bool(data[starts[i] : ends[i]].strip(SPACES))
    return np.asarray(full)


def openers(data: bytes, starts: Any) -> npt.NDArray[np.int64]:
    """(lines,) opening brackets in each line, those in strings included."""
    places = np.flatnonzero((np.frombuffer(data, np.uint8) | 0x20) == ord("{"))  # [ and { differ in this bit
    return np.diff(np.searchsorted(places, np.append(starts, len(data))))


def _proper(data: bytes, starts: Any, ends: Any) -> bool:
    """Whether the columnar parser must see exactly these lines as rows, if it takes the block at all.

    Each line begins with { and ends with }: no object can run over a line's end then, since } cannot be
    followed by { and a string cannot hold a newline; with as many rows as lines, each line is one row.
    """
    raw = np.frombuffer(data, np.uint8)
    if not ((raw[starts] == ord("{")) & (raw[ends - 1] == ord("}"))).all():
        return False
    if (b"NaN" in data or b"Inf" in data) and NO_JSON.search(data):
        return False
    try:
        return data.isascii() or bool(data.decode("utf-8"))
    except UnicodeDecodeError:
        return False


def texts(data: bytes, starts: Any, ends: Any) -> pa.Table:
    """One column `json`: the text of each line, as valid UTF-8."""
    lines = pa.array(
        [data[s:e] for s, e in zip(starts.tolist(), ends.tolist(), strict=True)], pa.large_binary()
    )
    return pa.table({"json": texts_of(lines)[0]})
