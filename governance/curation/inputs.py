"""Dataset versions of the lake as sources of samples: the rows that were kept, read as they were the first time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from governance.curation.record import Input
from governance.errors import LakeDamaged, UsageError
from governance.lake import Lake
from governance.lake.datasets import DatasetVersion, entries, find_version, row_batches
from governance.readers import ReadOptions, Source, open_source
from governance.readers.kept import JSON, KeptFile, Places, Reading, Stream, reading_of
from governance.samples import SampleBatch

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class KeptVersion:
    """A dataset version whose rows are in the lake.

    Attributes:
        named: sample field (group, time) -> the column to take for it.
        path: the file or folder it was ingested from just now; empty of what was in the lake before.
    """

    lake: Lake
    version: DatasetVersion
    named: Mapping[str, str]
    path: str = ""

    @property
    def reference(self) -> str:
        """NAME@VERSION."""
        return self.version.reference

    @cached_property
    def entries(self) -> pa.Table:
        """`tables.ENTRY` columns, by row."""
        return entries(self.lake, self.version.name, self.version.version)

    @cached_property
    def rows(self) -> Indices:
        """(n,) numbers of the rows that could be read, ascending."""
        return cast("Indices", self.entries.column("row").to_numpy())

    @cached_property
    def questions(self) -> Indices:
        """(n,) which question of its record each row is; zero where a record is a row."""
        if self.reading.plan.nested is None:
            return np.zeros(len(self.rows), np.int64)
        if not self.whole:
            hint = "ingest the file without --sample"
            raise UsageError(
                "a sample of records with several questions cannot be curated",
                where=self.reference,
                hint=hint,
            )
        begins = self._new_line | self._new_text
        return _since(begins)

    @cached_property
    def records(self) -> Indices:
        """(n,) which record of its line each row is of; zero but where several records stand on one line."""
        begins = self._new_line | self._new_text
        number = np.cumsum(begins)
        return cast("Indices", number - number[np.arange(len(number)) - _since(self._new_line)])

    @cached_property
    def _new_line(self) -> npt.NDArray[np.bool_]:
        """(n,) True where a row stands on another line than the one before it."""
        place = np.stack([self.entries.column(name).to_numpy() for name in ("file", "line")])
        found = np.ones(len(self.rows), np.bool_)
        found[1:] = (np.diff(place, axis=1) != 0).any(axis=0)
        return found

    @cached_property
    def _new_text(self) -> npt.NDArray[np.bool_]:
        """(n,) True where a row's record has another text than the one before: an array may be a single line."""
        found = np.zeros(len(self.rows), np.bool_)
        if not self.reading.json:
            return found
        at, last = 0, None
        for table in row_batches(self.lake, self.version.name, self.version.version):
            texts = table.column(JSON).combine_chunks()
            if len(texts):
                found[at] = texts[0].as_py() != last
                found[at + 1 : at + len(texts)] = pc.not_equal(texts[1:], texts[:-1]).to_numpy(
                    zero_copy_only=False
                )
                at, last = at + len(texts), texts[-1].as_py()
        return found

    @cached_property
    def reading(self) -> Reading:
        """How the kept rows become samples."""
        batches = row_batches(self.lake, self.version.name, self.version.version)
        first = next((t for t in batches if t.num_rows), None)
        if first is None:
            raise UsageError("there is no row to curate", where=self.reference, hint="name another version")
        record = self.version.record
        return reading_of(first, record.columns, self.reference, asdict(self.version.defaults), self.named)

    @property
    def unread(self) -> Indices:
        """Numbers of the rows that could not be read."""
        return np.setdiff1d(np.arange(self.version.record.rows), self.rows)

    @property
    def whole(self) -> bool:
        """Whether all rows of the files were read; of a sample, rows are numbered as they were drawn."""
        record = self.version.record
        return sum(f.rows for f in record.files) == record.rows

    def source(self) -> Source:
        """The version as the reader of its files gave it; batches carry the user's own columns too."""
        record, reading = self.version.record, self.reading
        stream = Stream(lambda: row_batches(self.lake, self.version.name, self.version.version))
        starts = self._starts()
        cuts = np.searchsorted(self.rows, starts)
        lines = self.entries.column("line").to_numpy()
        readers = []
        for i, file in enumerate(record.files):
            own = slice(int(cuts[i]), int(cuts[i + 1]))
            places = Places(self.rows[own] - starts[i], lines[own], self.questions[own])
            readers.append(KeptFile(reading, file, stream, places, own.start, int(starts[i + 1] - starts[i])))
        options = ReadOptions(keep_original=True)
        plans = dict.fromkeys(range(len(readers)), reading.plan)
        files = tuple(f.path for f in record.files)
        source = Source(
            record.uri, self.version.name, files, reading.plan, options, readers, plans, list(record.notes)
        )
        source.defaults = asdict(self.version.defaults)
        return source

    def _starts(self) -> Indices:
        """(files + 1,) number of the first row of each file, and the number of all rows."""
        record = self.version.record
        if self.whole:
            return np.cumsum([0, *(f.rows for f in record.files)])
        first = np.searchsorted(self.entries.column("file").to_numpy(), np.arange(len(record.files)))
        starts: Indices = np.append(self.rows, record.rows)[first]
        return np.append(np.where(first == 0, 0, starts), record.rows)

    def to_audit(self) -> Source:
        """The version as an audit reads it: the file itself where it is at hand, with the words of unreadable rows."""
        if self.path and self.path != "-":
            return open_source(self.path)
        return KeptVersion(self.lake, self.version, {}).source()

    def batches(self) -> Iterator[SampleBatch]:
        """The rows in order, each of which is the sample it was.

        Raises:
            LakeDamaged: a row is not, so the stored rows were changed, or were read by other columns.
        """
        known = self.entries.column("sample_id").combine_chunks()
        for batch in self.source().batches():
            if not len(batch):
                continue
            at = np.searchsorted(self.rows, batch.rows)
            if not batch.sample_ids.equals(_taken(known, at)):
                raise LakeDamaged(
                    f"rows of {self.reference} are not what they were when they were ingested",
                    where=self.lake.display,
                    hint="`govern runs verify` says whether a file was changed; files with different columns"
                    " are ingested apart",
                )
            yield batch

    def described(self) -> Input:
        """The version as the record of a split names it."""
        record = self.version.record
        return Input(
            name=self.version.name,
            version=self.version.version,
            content_hash=record.content_hash,
            identity=self.version.identity,
            rows=record.rows,
            unreadable=record.unreadable,
            columns=dict(record.columns) | dict(self.named),
            files=tuple((Path(f.path).name, f.sha256, f.rows) for f in record.files),
            licence=self.version.defaults.licence,
        )


def _since(begins: npt.NDArray[np.bool_]) -> Indices:
    """(n,) how many places each is after the last one that is marked; the first one is."""
    first = np.flatnonzero(begins)
    return np.arange(len(begins)) - np.repeat(first, np.diff(np.append(first, len(begins))))


def _taken(ids: pa.Array, at: Indices) -> pa.Array:
    array = pa.concat_arrays(ids.chunks) if isinstance(ids, pa.ChunkedArray) else ids
    return array.take(pa.array(at))


def kept_version(
    lake: Lake, name: str, number: int | None, named: Mapping[str, str] | None = None, path: str = ""
) -> KeptVersion:
    """The version of a dataset, whose rows must be in the lake.

    Raises:
        NotFound: there is no such version, or only its identities were kept.
    """
    version = find_version(lake, name, number)
    if version.row_schema is None:
        row_batches(lake, name, version.version)  # says so
    return KeptVersion(lake, version, named or {}, path)
