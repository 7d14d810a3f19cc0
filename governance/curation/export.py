"""A split written to a folder: the user's own rows with the columns they came with, and a manifest over every file.

The same split gives the same bytes: rows are cut into groups by their number alone, writer settings are fixed, and no
time of day is written. Each file of rows is read back before the manifest is written; where JSON records do not
survive as columns (a key that holds a text here and a number there), they stay JSON lines, and the manifest says so.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj
import pyarrow.parquet as pq

from governance.curation.folder import (
    INDEX,
    INDEXED,
    LEFT_OUT,
    MANIFEST,
    ExportedFile,
    file_members,
    manifest_of,
)
from governance.curation.inputs import KeptVersion, kept_version
from governance.curation.record import SplitRecord
from governance.curation.redact import Redaction, redacted, redaction_from
from governance.errors import InputError, LakeDamaged, UsageError
from governance.lake import Lake
from governance.lake.canonical import canonical_json
from governance.lake.splits import checked_split, load_exclusions, load_members, note_export
from governance.lake.verify import file_sha256
from governance.members import PARTS
from governance.readers.kept import JSON

PARQUET, JSONL = "parquet", "jsonl"
FORMATS = (PARQUET, JSONL)
WEIGHT = "weight"
GROUP_ROWS = 16_384
"""Rows of a row group. Where groups end must not depend on how rows came."""
SETTINGS: dict[str, Any] = {
    "compression": "zstd",
    "compression_level": 3,
    "version": "2.6",
    "data_page_version": "1.0",
    "store_schema": True,
}
UNSAFE = re.compile(r"[^A-Za-z0-9._\-\u4e00-\u9fff]+")
Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True)
class Exported:
    """What was written."""

    record: SplitRecord
    folder: str
    manifest: str  # SHA-256
    files: tuple[ExportedFile, ...]
    notes: tuple[str, ...]


def export_split(
    lake: Lake,
    reference: str,
    folder: Path,
    kind: str = PARQUET,
    *,
    with_weights: bool = False,
    progress: Progress = lambda words, done, total: None,
) -> Exported:
    """The split in a new folder, which is whole or not there; the lake's log knows its manifest.

    Raises:
        UsageError: there is something in the folder already.
    """
    _check_goal(folder)
    record = checked_split(lake, reference)
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".govern-export-", dir=folder.parent))
    try:
        writing = _Writing(lake, record, work, kind, with_weights, progress)
        files, notes = writing.all()
        text = manifest_of(record, files, notes)
        (work / MANIFEST).write_text(text, encoding="utf-8", newline="\n")
        manifest = file_sha256(work / MANIFEST)
        note_export(lake, record, manifest, kind)
        work.chmod(0o777 & ~_mask())
        if folder.exists():
            folder.rmdir()  # empty: it was looked at
        os.replace(work, folder)  # noqa: PTH105
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    return Exported(record, str(folder), manifest, tuple(files), tuple(notes))


def _mask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _check_goal(folder: Path) -> None:
    if folder.is_symlink() or folder.is_file():
        raise UsageError("the output is no folder", where=str(folder), hint="name a new one")
    if folder.is_dir() and any(folder.iterdir()):
        raise UsageError(
            "there is something in the folder already",
            where=str(folder),
            hint="name a new folder, or empty this one",
        )


@dataclass(frozen=True)
class _Writing:
    """One export under way."""

    lake: Lake
    record: SplitRecord
    folder: Path
    kind: str
    with_weights: bool
    progress: Progress
    notes: list[str] = field(default_factory=list)

    def all(self) -> tuple[list[ExportedFile], list[str]]:
        """(every file but the manifest, what must not be silent)."""
        members = load_members(self.lake, self.record)
        positions = pa.array(np.arange(members.num_rows, dtype=np.int64))
        members = members.add_column(0, "position", positions)
        how = redaction_from(self.record.policy["redaction"])
        files, index, done = [], [INDEXED.empty_table()], 0
        names = file_names(self.record)
        for data in self.record.inputs:
            own = members.filter(pc.equal(members.column("dataset"), data.reference)).combine_chunks()
            if own.num_rows:
                version = kept_version(self.lake, data.name, data.version)
                rows = _Rows(version, own, how, self.with_weights, names[data.reference])
                written, indexed = self._dataset(rows)
                files += written
                index += indexed
            done += own.num_rows
            self.progress("exporting", done, members.num_rows)
        files.append(self._table(INDEX, pa.concat_tables(index).sort_by("position")))
        files.append(self._table(LEFT_OUT, load_exclusions(self.lake, self.record)))
        return files, self.notes

    def _dataset(self, rows: _Rows) -> tuple[list[ExportedFile], list[pa.Table]]:
        """The files of one dataset, and their rows of the index."""
        reference = rows.data.reference
        if self.kind == JSONL:
            return self._written(rows, JSONL, None)
        schema = rows.schema()
        if schema is not None:
            try:
                return self._written(rows, PARQUET, schema)
            except (InputError, pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
                for part in PARTS:
                    (self.folder / _path(rows, part, PARQUET)).unlink(missing_ok=True)
                if not rows.json:
                    hint = "write it as JSON lines: --format jsonl"
                    raise InputError(
                        f"{reference} cannot be written as Parquet", where=str(error), hint=hint
                    ) from error
        self.notes.append(
            f"{reference} was written as JSON lines: its records do not have the same types throughout"
        )
        return self._written(rows, JSONL, None)

    def _written(
        self, rows: _Rows, kind: str, schema: pa.Schema | None
    ) -> tuple[list[ExportedFile], list[pa.Table]]:
        files, index = [], []
        paths = {part: _path(rows, part, kind) for part in PARTS}
        made: dict[str, _Sink] = {}
        with ExitStack() as stack:
            for part, members, table in rows.parts():
                if part not in made:
                    place = self.folder / paths[part]
                    place.parent.mkdir(parents=True, exist_ok=True)
                    made[part] = _ParquetSink(place, schema) if schema is not None else _JsonSink(place)
                    stack.callback(made[part].close)
                made[part].write(parsed_as(table, schema) if schema is not None and rows.json else table)
                places = np.arange(made[part].rows - members.num_rows, made[part].rows)
                index.append(_indexed(members, paths[part], places))
        for part, sink in made.items():
            whole = pa.concat_tables([t for t in index if t.column("file")[0].as_py() == paths[part]])
            for _ in file_members(self.folder / paths[part], whole, rows.data.version.record.columns):
                pass  # reading it back is the point
            files.append(self._file(paths[part], sink.rows, part, rows.data.reference))
        return files, index

    def _table(self, path: str, table: pa.Table) -> ExportedFile:
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        sink = _ParquetSink(place, table.schema)
        sink.write(table)
        sink.close()
        return self._file(path, table.num_rows)

    def _file(self, path: str, rows: int, part: str = "", dataset: str = "") -> ExportedFile:
        place = self.folder / path
        return ExportedFile(path, file_sha256(place), place.stat().st_size, rows, part, dataset)


def file_names(record: SplitRecord) -> dict[str, str]:
    """NAME@VERSION of each input -> the name of its files: the dataset's, as far as that can be one.

    Where two would have the same, in any case of letters, all of these have their version or their place with it.
    """
    safe = [UNSAFE.sub("-", i.name).strip(".-") or "rows" for i in record.inputs]
    numbered = [f"{name}-{i.version}" for name, i in zip(safe, record.inputs, strict=True)]
    names = [n if _once(n, safe) else m for n, m in zip(safe, numbered, strict=True)]
    names = [n if _once(n, names) else f"{n}-{place}" for place, n in enumerate(names, 1)]
    return dict(zip([i.reference for i in record.inputs], names, strict=True))


def _once(name: str, names: Sequence[str]) -> bool:
    return [n.lower() for n in names].count(name.lower()) == 1


def _path(rows: _Rows, part: str, kind: str) -> str:
    return f"data/{part}/{rows.file_name}.{kind}"


def _indexed(members: pa.Table, path: str, places: np.ndarray) -> pa.Table:
    count = members.num_rows
    at = members.schema.get_field_index("redacted")
    table = members.set_column(at, INDEXED.field("redacted"), members.column("redacted").is_valid())
    table = table.append_column("file", pa.repeat(pa.scalar(path), count))
    return table.append_column("place", pa.array(places, pa.int64())).select(INDEXED.names).cast(INDEXED)


@dataclass(frozen=True)
class _Rows:
    """The members of one dataset with the user's own columns, redacted where the split says so."""

    data: KeptVersion
    members: pa.Table
    how: Redaction
    with_weights: bool
    file_name: str

    @property
    def json(self) -> bool:
        """Whether rows are the text of JSON records."""
        return self.data.reading.json

    def schema(self) -> pa.Schema | None:
        """The columns of the files; None where JSON records have no common types."""
        if not self.json:
            schema = self.data.version.schema
            return _weighted(schema, self.with_weights) if schema is not None else None
        found: list[pa.Schema] = []
        try:
            for _, _, table in self.parts():
                found.append(inferred(table))
            return pa.unify_schemas(found, promote_options="default")
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            return None

    def parts(self) -> Iterator[tuple[str, pa.Table, pa.Table]]:
        """(part, members, rows) for each stretch of rows, in order."""
        numbers = self.members.column("row").to_numpy()
        for batch in self.data.batches():
            low, high = np.searchsorted(numbers, [batch.rows[0], batch.rows[-1] + 1])
            if low == high or batch.original is None:
                continue
            own = self.members.slice(low, high - low)
            at = np.searchsorted(batch.rows, numbers[low:high])
            rows = self._changed(batch.original.take(pa.array(at)), own)
            for part in PARTS:
                mask = pc.equal(own.column("part"), part)
                mine = own.filter(mask)
                if mine.num_rows:
                    yield part, mine, rows.filter(mask)

    def _changed(self, rows: pa.Table, members: pa.Table) -> pa.Table:
        numbers = members.column("row").to_numpy()
        questions = self.data.questions[np.searchsorted(self.data.rows, numbers)]
        rows = self._redacted(rows, members, questions)
        if self.data.reading.plan.nested is not None:
            rows = _alone(rows, self.data.reading.plan.nested, questions, self.json)
        return _with_weight(rows, members.column("weight"), self.json) if self.with_weights else rows

    def _redacted(self, rows: pa.Table, members: pa.Table, questions: np.ndarray) -> pa.Table:
        said = members.column("redacted")
        at = np.flatnonzero(said.is_valid().to_numpy())
        if not len(at):
            return rows
        found = redacted(rows.take(pa.array(at)), questions[at], self.data.reading, self.how)
        if [canonical_json(turns) for turns in found.conversations] != said.take(pa.array(at)).to_pylist():
            raise LakeDamaged(
                f"rows of {self.data.reference} are not redacted as they were when the split was made",
                where=self.data.lake.display,
                hint="export with the version of govern that made the split, or curate again",
            )
        order = np.arange(rows.num_rows)
        order[at] = rows.num_rows + np.arange(len(at))
        return pa.concat_tables([rows, found.rows]).take(pa.array(order))


def _alone(rows: pa.Table, nested: str, questions: np.ndarray, is_json: bool) -> pa.Table:
    """Rows of records with several questions: each with its own question only, so that it reads as one row."""
    places = questions.tolist()
    if is_json:
        texts = [
            _one_question(json.loads(t), nested, p)
            for t, p in zip(rows.column(JSON).to_pylist(), places, strict=True)
        ]
        lines = [json.dumps(record, ensure_ascii=False) for record in texts]
        return pa.table({JSON: pa.array(lines, rows.schema.field(JSON).type)})
    at = rows.schema.get_field_index(nested)
    values = [
        _one_question({nested: v}, nested, p)[nested]
        for v, p in zip(rows.column(nested).to_pylist(), places, strict=True)
    ]
    return rows.set_column(at, rows.schema.field(at), pa.array(values, rows.schema.field(at).type))


def _one_question(record: dict[str, Any], nested: str, place: int) -> dict[str, Any]:
    questions = record.get(nested)
    if isinstance(questions, list) and place < len(questions):
        record[nested] = [questions[place]]
    return record


def _weighted(schema: pa.Schema, wanted: bool) -> pa.Schema:
    if not wanted:
        return schema
    if WEIGHT in schema.names:
        raise _taken_name()
    return schema.append(pa.field(WEIGHT, pa.float64()))


def _with_weight(rows: pa.Table, weights: pa.ChunkedArray, is_json: bool) -> pa.Table:
    if not is_json:
        return rows.append_column(WEIGHT, weights)
    lines = []
    for text, weight in zip(rows.column(JSON).to_pylist(), weights.to_pylist(), strict=True):
        record = json.loads(text)
        if WEIGHT in record:
            raise _taken_name()
        lines.append(json.dumps({**record, WEIGHT: weight}, ensure_ascii=False))
    return pa.table({JSON: pa.array(lines, rows.schema.field(JSON).type)})


def _taken_name() -> UsageError:
    return UsageError(
        f"the data have a column {WEIGHT!r} of their own",
        where="--with-weights",
        hint="leave out --with-weights",
    )


def inferred(rows: pa.Table) -> pa.Schema:
    """The columns of JSON records. Text stays text: Arrow would make times of what looks like one."""
    return pa.schema([f.with_type(_plain(f.type)) for f in _read_json(rows, None).schema])


def parsed_as(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """JSON records as columns of the schema."""
    return _read_json(rows, schema).select(schema.names).cast(schema)


def _read_json(rows: pa.Table, schema: pa.Schema | None) -> pa.Table:
    data = "\n".join(rows.column(JSON).to_pylist()).encode()
    read = pj.ReadOptions(use_threads=False, block_size=len(data) + 1)
    parse = pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error" if schema else "infer")
    table = pj.read_json(io.BytesIO(data), read_options=read, parse_options=parse)
    if table.num_rows != rows.num_rows:
        raise pa.ArrowInvalid("records and rows differ in number")
    return table


def _plain(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_timestamp(kind) or pa.types.is_time(kind) or pa.types.is_date(kind):
        return pa.string()
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_plain(kind.value_type)))
    if pa.types.is_struct(kind):
        return pa.struct([f.with_type(_plain(f.type)) for f in kind])
    return kind


class _Sink(Protocol):
    """A file of rows being written."""

    rows: int

    def write(self, table: pa.Table) -> None:
        """The rows are on their way."""
        ...

    def close(self) -> None:
        """The file is whole."""
        ...


class _ParquetSink:
    """Row groups of `GROUP_ROWS` rows, however the rows come."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.rows = 0
        self._writer = pq.ParquetWriter(path, schema, **SETTINGS)
        self._held: list[pa.Table] = []

    def write(self, table: pa.Table) -> None:
        """The rows are on their way."""
        self.rows += table.num_rows
        self._held.append(table.cast(self._writer.schema))
        if sum(t.num_rows for t in self._held) >= GROUP_ROWS:
            self._flush(whole=False)

    def _flush(self, *, whole: bool) -> None:
        table = pa.concat_tables(self._held)
        end = table.num_rows if whole else table.num_rows - table.num_rows % GROUP_ROWS
        for start in range(0, end, GROUP_ROWS):
            group = table.slice(start, min(GROUP_ROWS, end - start)).combine_chunks()
            self._writer.write_table(group, row_group_size=GROUP_ROWS)
        self._held = [table.slice(end)]

    def close(self) -> None:
        """The file is whole."""
        try:
            if self._held:
                self._flush(whole=True)
        finally:
            self._writer.close()


class _JsonSink:
    """JSON lines: records as they were, other rows as polars writes them."""

    def __init__(self, path: Path) -> None:
        self.rows = 0
        self._file = path.open("wb")

    def write(self, table: pa.Table) -> None:
        """The rows are on their way."""
        self.rows += table.num_rows
        if table.column_names == [JSON] and pa.types.is_large_string(table.schema.field(JSON).type):
            self._file.write("".join(f"{text}\n" for text in table.column(JSON).to_pylist()).encode())
        else:
            pl.DataFrame(pl.from_arrow(table)).write_ndjson(self._file)

    def close(self) -> None:
        """The file is whole."""
        self._file.close()
