"""One dataset as the user named it: which files, which columns, and its rows as batches of samples."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.compute as pc

from governance.columns import Named, Plan, recognise
from governance.detectors.splits.names import split_of_file
from governance.errors import InputError
from governance.readers import faults
from governance.readers.convert import batches
from governance.readers.delimited import CsvReader
from governance.readers.hub import SCHEME, HubReader, address_of
from governance.readers.ipc import IpcReader
from governance.readers.jsonl import JsonReader
from governance.readers.locate import Located, locate
from governance.readers.options import ReadOptions
from governance.readers.parquet import ParquetReader
from governance.readers.records import Reader
from governance.readers.sampling import sampled
from governance.readers.sniff import Format, asked_format, first_bytes, sniff
from governance.readers.streams import STDIN, Intake
from governance.report import FileRecord
from governance.samples import SampleBatch


@dataclass
class Source:
    """A dataset that is open for reading.

    Attributes:
        uri: the argument as the user gave it.
        name: what it is called where the user gave no name.
        files: its files, in reading order; `file` of a sample counts in this tuple.
        plan: how a row of the first file becomes a sample.
        defaults: what was said of a whole dataset (licence, source, label) when its rows were kept.
    """

    uri: str
    name: str
    files: tuple[str, ...]
    plan: Plan
    _options: ReadOptions
    _readers: Sequence[Reader]
    _plans: Mapping[int, Plan]
    _notes: list[str] = field(default_factory=list)
    _rows: dict[int, int] = field(default_factory=dict)
    _sampled: int | None = None
    defaults: Mapping[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> Mapping[str, str]:
        """Which column was taken as what, e.g. {"chat": "messages"}."""
        return self.plan.taken

    @property
    def json(self) -> bool:
        """Whether the records are JSON, so that `original` of a batch holds their text."""
        return all(isinstance(reader, JsonReader) for reader in self._readers)

    @property
    def notes(self) -> tuple[str, ...]:
        """What must not be silent: columns and files not read, sampling; complete after the last batch."""
        own = [note for reader in self._readers for note in reader.notes]
        return tuple(dict.fromkeys([*self._notes, *own, *self._sample_note()]))

    def batches(self) -> Iterator[SampleBatch]:
        """The rows in reading order, at most 8192 rows and about 16 MiB of text at a time.

        Raises:
            InputError: a file turns out to be damaged, or with `strict` a row cannot be read as it stands.
        """
        count = self._options.sample
        if count is None:
            yield from self._all()
            return
        self._sampled = 0
        for batch in sampled(self._all(), self._total(), count, self._options.seed):
            self._sampled += _records_in(batch)
            yield batch

    def file_records(self) -> tuple[FileRecord, ...]:
        """Size, hash and rows of each file; after the last batch."""
        return tuple(reader.record(self._rows.get(i, 0)) for i, reader in enumerate(self._readers))

    def total_rows(self) -> int | None:
        """Rows that `batches` will give, where the files tell without being read."""
        total, count = self._total(), self._options.sample
        return total if total is None or count is None else min(total, count)

    def _total(self) -> int | None:
        if any(plan.nested for plan in self._plans.values()):
            return None
        totals = [reader.total() for reader in self._readers]
        known = [total for total in totals if total is not None]
        return sum(known) if len(known) == len(totals) else None

    def _all(self) -> Iterator[SampleBatch]:
        row = 0
        for file, reader in enumerate(self._readers):
            first, before, split = row, _stamp(reader.path), split_of_file(reader.path)
            for records in reader.records(self._plans[file], original=self._options.keep_original):
                for batch in batches(records, self._plans[file], file=file, first_row=row, split=split):
                    self._check(batch)
                    yield batch
                row += len(records.lines)
            self._rows[file] = row - first
            if _stamp(reader.path) != before:
                hint = "wait until it is complete, then read it again"
                raise InputError("the file changed while it was read", where=reader.path, hint=hint)

    def _check(self, batch: SampleBatch) -> None:
        """With `strict`, the first row that could not be read as it stands ends the reading."""
        if not self._options.strict or not batch.problems.num_rows:
            return
        rules = [faults.UNREADABLE, faults.UTF8]
        found = batch.problems.filter(pc.is_in(batch.problems.column("rule"), pc.cast(rules, "string")))
        if found.num_rows:
            first = found.slice(0, 1).to_pylist()[0]
            where = f"{self.files[first['file']]}, line {first['line']}"
            raise InputError(
                first["message"], where=where, hint="leave out --strict-input to have it reported"
            )

    def _sample_note(self) -> list[str]:
        if self._sampled is None:
            return []
        total = sum(self._rows.values())
        drawn = (
            f"{self._sampled:,} of {total:,} rows were read, drawn uniformly with seed {self._options.seed}"
        )
        return [f"a sample: {drawn}"]


def _stamp(path: str) -> tuple[int, int] | None:
    """Size and time of last change of a file; None for what is no file."""
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return (found.st_size, found.st_mtime_ns) if stat.S_ISREG(found.st_mode) else None


def _records_in(batch: SampleBatch) -> int:
    unread = batch.problems.filter(pc.equal(batch.problems.column("rule"), faults.UNREADABLE))
    return len(batch) + int(unread.num_rows)


def open_source(uri: str, options: ReadOptions | None = None) -> Source:
    """The dataset that an argument means: a file, a folder, a glob, `-`, or `hf://name[@revision][:split]`.

    Formats are told by content, columns by their names (governance/columns.py), each file for itself.

    Raises:
        InputError: nothing of that name, of no known format, damaged, or without a column of text.
        UnknownColumn: a column the options name is not there.
    """
    options = options or ReadOptions()
    if uri.startswith(SCHEME):
        address = address_of(uri, options.split)
        located = Located(address.name.rstrip("/").rsplit("/", 1)[-1], (uri,))
        readers: list[Reader] = [HubReader(uri, address)]
        notes: list[str] = []
    else:
        located = locate(uri, split=options.split, input_format=options.input_format)
        readers, notes = _opened(located, options)
    plans = _plans(readers, options)
    notes = [*located.notes, *notes, *_unused(readers, plans)]
    files = tuple(reader.path for reader in readers)
    return Source(uri, located.name, files, plans[0], options, readers, plans, notes)


def _opened(located: Located, options: ReadOptions) -> tuple[list[Reader], list[str]]:
    """(a reader for each file, notes). An empty file among others is a note, alone it is an error."""
    readers: list[Reader] = []
    notes: list[str] = []
    asked = asked_format(options.input_format) if options.input_format else None
    asked = Format.ARROW if located.arrow_shards else asked
    for path in located.files:
        intake = Intake(path, options.limits)
        raw = first_bytes(intake)
        if not raw and len(located.files) > 1 and not path.endswith((".parquet", ".arrow")):
            notes.append(f"{path} is empty")
            continue
        found = sniff(intake, raw, asked)
        notes += [found.note] if found.note else []
        readers.append(_reader(found.format, intake, options))
    if not readers:
        raise InputError("all files are empty", where=located.files[0], hint="write or download them again")
    return readers, notes


def _reader(kind: Format, intake: Intake, options: ReadOptions) -> Reader:
    if kind in {Format.JSONL, Format.JSON}:
        return JsonReader(intake, options.limits, array=kind is Format.JSON)
    if kind in {Format.CSV, Format.TSV}:
        return CsvReader(intake, options.limits, "\t" if kind is Format.TSV else None)
    if intake.path == STDIN:
        hint = "give the file's path, or pipe JSON lines or CSV"
        raise InputError(f"{kind.value} cannot be read from a pipe", where="standard input", hint=hint)
    if kind is Format.PARQUET:
        return ParquetReader(intake.path)
    return IpcReader(intake.path, stream=kind is Format.ARROW_STREAM)


def _plans(readers: Sequence[Reader], options: ReadOptions) -> dict[int, Plan]:
    named = Named(
        options.text_column,
        options.chat_column,
        options.id_column,
        options.source_column,
        options.licence_column,
        options.label_column,
        options.group_column,
        options.time_column,
    )
    return {
        i: recognise(reader.possible(), named, where=reader.path, present=reader.columns())
        for i, reader in enumerate(readers)
    }


def _unused(readers: Sequence[Reader], plans: Mapping[int, Plan]) -> list[str]:
    """Columns that are not read, and files whose columns are not those of the first."""
    names = dict.fromkeys(name for plan in plans.values() for name in plan.unused if "." not in name)
    notes = [f"columns not read: {', '.join(names)}"] if names else []
    first = plans[0].taken
    for i, plan in plans.items():
        if plan.taken != first:
            notes.append(f"{readers[i].path} was read by other columns: {plan.taken}")
    return notes
