"""An exported split as a folder: its manifest, whether it is what was written, and its members as training reads them.

manifest.json                 what the split is, and the SHA-256 of every file
data/train/NAME.parquet       the user's own rows, one file a dataset, with the columns they came with
data/holdout/NAME.parquet
.govern/members.parquet       identity, weight and labels of each row, in the order of the split
.govern/exclusions.parquet    every row that was left out, and why
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from governance.curation.record import MEMBER, Input, SplitRecord, record_of
from governance.errors import InputError
from governance.lake import Lake
from governance.lake.canonical import canonical_json, digest
from governance.lake.splits import exported_manifests, list_splits
from governance.lake.verify import file_sha256
from governance.members import MEMBERS
from governance.readers import ReadOptions, open_source
from governance.samples import SampleBatch, hex_ids

MANIFEST = "manifest.json"
INDEX, LEFT_OUT = ".govern/members.parquet", ".govern/exclusions.parquet"
FORMAT = "govern.split/1"
OWN = ("version", "split_id", "run", "created_at", "created_by")
"""Fields of a record that do not follow from data and policy; of these a manifest has the version alone."""
INDEXED = pa.schema(
    [
        pa.field("position", pa.int64(), False),
        *(pa.field("redacted", pa.bool_(), False) if f.name == "redacted" else f for f in MEMBER),
        pa.field("file", pa.string(), False),
        pa.field("place", pa.int64(), False),  # 0-based row in that file
    ]
)
Read = Callable[[str | None], Iterator[pa.Table]]


@dataclass(frozen=True)
class ExportedFile:
    """One file of an exported split; `part` and `dataset` are empty for those that hold no rows of the user."""

    path: str
    sha256: str
    bytes: int
    rows: int
    part: str = ""
    dataset: str = ""


@dataclass(frozen=True)
class FolderCheck:
    """What a look at an exported folder found.

    Attributes:
        reference: NAME@VERSION of the split, empty where the manifest cannot be read.
        files: how many were looked at.
        against: what the manifest was held against beside itself, in words.
        problems: each names the file that is not as it was written.
    """

    folder: str
    reference: str
    files: int
    against: str
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """True where nothing was changed."""
        return not self.problems


def manifest_of(record: SplitRecord, files: list[ExportedFile], notes: list[str]) -> str:
    """The text of a manifest; equal splits have equal ones."""
    split = {name: value for name, value in asdict(record).items() if name not in OWN}
    parts = {
        "format": FORMAT,
        "split": {**split, "version": record.version},
        "files": [asdict(f) for f in sorted(files, key=lambda f: f.path)],
        "notes": notes,
    }
    sealed = {**parts, "seal": digest(canonical_json(parts))}
    return json.dumps(sealed, ensure_ascii=False, sort_keys=True, indent=2) + "\n"


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a folder.

    Raises:
        InputError: there is none, or it is none of ours.
    """
    path = folder / MANIFEST
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["format"] != FORMAT:
            raise InputError(
                f"the manifest has format {found['format']!r}, and this version reads {FORMAT}",
                where=str(path),
            )
        record_from(found)
        [ExportedFile(**f) for f in found["files"]]
    except OSError as error:
        hint = "name a folder that `govern splits export` wrote"
        raise InputError("there is no manifest", where=str(path), hint=hint) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        hint = "export the split again"
        raise InputError("the manifest cannot be read", where=str(path), hint=hint) from error
    manifest: dict[str, Any] = found
    return manifest


def record_from(manifest: Mapping[str, Any]) -> SplitRecord:
    """The record of a split, as its manifest has it: without the lake's own fields."""
    return record_of({"run": "", **manifest["split"]})


def verify_folder(folder: Path, lake: Lake | None = None) -> FolderCheck:
    """Whether every file is what was written, none is missing and none was added.

    Args:
        lake: where the split was exported from; its event log knows the manifest.
    """
    try:
        manifest = read_manifest(folder)
    except InputError as error:
        return FolderCheck(str(folder), "", 0, "nothing", (f"{MANIFEST}: {error.what}",))
    files = [ExportedFile(**f) for f in manifest["files"]]
    reference = record_from(manifest).reference
    problems = [] if _sealed(manifest) else [f"{MANIFEST}: it was changed after it was written"]
    against = "its own seal"
    if lake is not None:
        against, other = _by_lake(folder, manifest, lake)
        problems += other
    named = {f.path for f in files} | {MANIFEST}
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_symlink() or not p.is_dir()}
    problems += [f"{path}: it is not in the manifest" for path in sorted(there - named)]
    for file in files:
        problems += _file_problems(folder, file)
    return FolderCheck(str(folder), reference, len(files) + 1, against, tuple(problems))


def _sealed(manifest: Mapping[str, Any]) -> bool:
    parts = {name: value for name, value in manifest.items() if name != "seal"}
    return bool(manifest.get("seal") == digest(canonical_json(parts)))


def _by_lake(folder: Path, manifest: Mapping[str, Any], lake: Lake) -> tuple[str, list[str]]:
    """(what the manifest was held against, what is wrong with it)."""
    record = record_from(manifest)
    known = [s for s in list_splits(lake, record.name) if s.version == record.version]
    if not known:
        return f"its own seal; the lake does not know {record.reference}", []
    if file_sha256(folder / MANIFEST) not in exported_manifests(lake, record.reference):
        return "the lake's event log", [
            f"{MANIFEST}: the lake's event log knows no such export of {record.reference}"
        ]
    if known[-1].content_hash != record.content_hash:
        return "the lake's event log", [f"{MANIFEST}: {record.reference} in the lake holds other rows"]
    return "the lake's event log", []


def _file_problems(folder: Path, file: ExportedFile) -> list[str]:
    path = folder / file.path
    if not path.resolve().is_relative_to(folder.resolve()) or path.is_symlink():
        return [f"{file.path}: it lies outside the folder"]
    if not path.is_file():
        return [f"{file.path}: it is missing"]
    if path.stat().st_size != file.bytes:
        return [f"{file.path}: it has {path.stat().st_size:,} bytes, the manifest says {file.bytes:,}"]
    if file_sha256(path) != file.sha256:
        return [f"{file.path}: its bytes are not those that were written"]
    return []


def open_folder(folder: Path, lake: Lake | None) -> tuple[SplitRecord, Read]:
    """(the record of an exported split, how to read its members).

    Raises:
        InputError: something in the folder is not what was written.
    """
    check = verify_folder(folder, lake)
    if check.problems:
        raise InputError(
            f"the exported split was changed: {'; '.join(check.problems[:5])}",
            where=str(folder),
            hint="export it again; `govern splits verify` lists every change",
        )
    manifest = read_manifest(folder)
    record = record_from(manifest)
    return record, lambda part: _members(folder, record, part)


def _members(folder: Path, record: SplitRecord, part: str | None) -> Iterator[pa.Table]:
    """Tables of MEMBERS, file by file; positions ascend within each."""
    index = pq.read_table(folder / INDEX).cast(INDEXED)
    columns = {i.reference: i.columns for i in record.inputs}
    index = index if part is None else index.filter(pc.equal(index.column("part"), part))
    for path in pc.unique(index.column("file")).to_pylist():
        own = index.filter(pc.equal(index.column("file"), path)).sort_by("place").combine_chunks()
        taken = columns[own.column("dataset")[0].as_py()]
        yield from file_members(folder / path, own, taken)


def file_members(path: Path, own: pa.Table, taken: Mapping[str, str]) -> Iterator[pa.Table]:
    """MEMBERS of one file of rows.

    Args:
        own: INDEXED columns of all rows of the file, in its order.
        taken: which column was taken as what.

    Raises:
        InputError: the file reads as other samples than those that were exported.
    """
    at = 0
    for batch in open_source(str(path), options_of(taken)).batches():
        part = own.slice(at, len(batch))
        if batch.problems.num_rows and "INP001" in batch.problems.column("rule").to_pylist():
            raise _misread(path)
        at += len(batch)
        if part.num_rows != len(batch) or not same_samples(batch, part):
            raise _misread(path)
        conversation = batch.table.column("conversation")
        table = part.append_column(MEMBERS.field("conversation"), conversation)
        yield table.select(MEMBERS.names).cast(MEMBERS)
    if at != own.num_rows:
        raise _misread(path)


def same_samples(batch: SampleBatch, members: pa.Table) -> bool:
    """Whether rows read from a file are the samples of the split; redacted ones are other samples by now."""
    equal = pc.equal(hex_ids(batch.sample_ids), members.column("sample_id"))
    return bool(np.all(pc.or_(equal, members.column("redacted")).to_numpy()))


def options_of(taken: Mapping[str, str]) -> ReadOptions:
    """How to read exported rows, so that the columns are taken for what they were."""
    if "questions" in taken:
        return ReadOptions()
    fields = ("text", "chat", "source", "licence", "label", "group", "time")
    named = {f"{name}_column": taken[name] for name in fields if name in taken}
    return ReadOptions(**named)  # type: ignore[arg-type]


def _misread(path: Path) -> InputError:
    return InputError(
        "the file does not read as the rows of the split", where=str(path), hint="export it again"
    )


def input_of(record: SplitRecord, reference: str) -> Input:
    """The input of that name."""
    return next(i for i in record.inputs if i.reference == reference)
