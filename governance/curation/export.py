"""A split written to a folder: the user's own rows with the columns they came with, and a manifest over every file.

The same split gives the same bytes: rows are cut into groups by their number alone, writer settings are fixed, and no
time of day is written. Each file of rows is read back before the manifest is written; where JSON records do not
survive as columns (a key that holds a text here and a number there), they stay JSON lines, and the manifest says so.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from governance.curation.folder import (
    INDEX,
    INDEXED,
    LEFT_OUT,
    MANIFEST,
    ExportedFile,
    file_members,
    manifest_of,
)
from governance.curation.inputs import kept_version
from governance.curation.member_rows import MemberRows, parsed_as
from governance.curation.record import SplitRecord
from governance.curation.redact import redaction_from
from governance.curation.sinks import JsonSink, ParquetSink, Sink
from governance.errors import InputError, UsageError
from governance.lake import Lake
from governance.lake.splits import checked_split, load_exclusions, load_members, note_export
from governance.lake.verify import file_sha256
from governance.members import PARTS

PARQUET, JSONL = "parquet", "jsonl"
FORMATS = (PARQUET, JSONL)
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
                rows = MemberRows(version, own, how, self.with_weights, names[data.reference])
                written, indexed = self._dataset(rows)
                files += written
                index += indexed
            done += own.num_rows
            self.progress("exporting", done, members.num_rows)
        files.append(self._table(INDEX, pa.concat_tables(index).sort_by("position")))
        files.append(self._table(LEFT_OUT, load_exclusions(self.lake, self.record)))
        return files, self.notes

    def _dataset(self, rows: MemberRows) -> tuple[list[ExportedFile], list[pa.Table]]:
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
        self, rows: MemberRows, kind: str, schema: pa.Schema | None
    ) -> tuple[list[ExportedFile], list[pa.Table]]:
        files, index = [], []
        paths = {part: _path(rows, part, kind) for part in PARTS}
        made: dict[str, Sink] = {}
        with ExitStack() as stack:
            for part, members, table in rows.parts():
                if part not in made:
                    place = self.folder / paths[part]
                    place.parent.mkdir(parents=True, exist_ok=True)
                    made[part] = ParquetSink(place, schema) if schema is not None else JsonSink(place)
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
        sink = ParquetSink(place, table.schema)
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


def _path(rows: MemberRows, part: str, kind: str) -> str:
    return f"data/{part}/{rows.file_name}.{kind}"


def _indexed(members: pa.Table, path: str, places: np.ndarray) -> pa.Table:
    count = members.num_rows
    at = members.schema.get_field_index("redacted")
    table = members.set_column(at, INDEXED.field("redacted"), members.column("redacted").is_valid())
    table = table.append_column("file", pa.repeat(pa.scalar(path), count))
    return table.append_column("place", pa.array(places, pa.int64())).select(INDEXED.names).cast(INDEXED)
