"""Datasets: names with immutable, numbered versions, each the entries (and perhaps the rows) of one reading.

    with stage_version(lake, "sft") as staged:
        staged.write_entries(table)          # while the audit reads; nothing is visible yet
        commit_audit(lake, report, [staged]) # or commit_version(lake, staged, record)

The same content read the same way is the same version: nothing is stored twice. A removed number is not used
again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, cast

import pyarrow as pa

from governance.errors import NotFound, UsageError, did_you_mean
from governance.lake import rows as kept
from governance.lake.canonical import canonical_json, digest
from governance.lake.commit import Transaction, writing
from governance.lake.events import head
from governance.lake.profiles import has_profiles
from governance.lake.records import dataset_from_json
from governance.lake.removals import Removal, removal_row
from governance.lake.staged import Defaults, Kind, StagedVersion, stage_version
from governance.lake.staging import StagedFile
from governance.lake.tables import (
    DATASET_PROFILES,
    DATASET_VERSIONS,
    EDGES,
    EMBEDDING_BATCHES,
    EMBEDDINGS,
    ENTRIES,
    ENTRY,
    REMOVALS,
    SIGNATURE_BATCHES,
    SIGNATURES,
    names,
    table_of,
)
from governance.report import DatasetRecord

if TYPE_CHECKING:
    from governance.lake.catalog import Lake

__all__ = [
    "Dataset",
    "DatasetVersion",
    "Defaults",
    "StagedVersion",
    "add_version",
    "commit_version",
    "entries",
    "find_version",
    "list_datasets",
    "parse_reference",
    "prepare",
    "remove_version",
    "row_batches",
    "rows",
    "stage_version",
    "versions",
]


@dataclass(frozen=True)
class DatasetVersion:
    """One version of a dataset.

    Attributes:
        id: what entries and rows in the lake are filed under.
        record: the data as they were read: uri, files, columns, counts, content hash.
        parent: the version before it, None for the first.
        kind: `audited` keeps entries; `ingested` keeps the rows themselves too.
        removed: who removed it and when; None while it is there.
    """

    id: str
    name: str
    version: int
    record: DatasetRecord
    identity: str
    parent: int | None
    kind: Kind
    defaults: Defaults
    created_at: str
    created_by: str
    row_schema: str | None
    removed: Removal | None = None

    @property
    def reference(self) -> str:
        """NAME@VERSION."""
        return f"{self.name}@{self.version}"

    @property
    def schema(self) -> pa.Schema | None:
        """The columns of the kept rows as the user had them; None where none are kept."""
        return None if self.row_schema is None else kept.decode_schema(self.row_schema)


@dataclass(frozen=True)
class Dataset:
    """A name with its versions, oldest first; removed ones are not among them."""

    name: str
    versions: tuple[DatasetVersion, ...]

    @property
    def latest(self) -> DatasetVersion:
        """The version with the highest number."""
        return self.versions[-1]


def commit_version(lake: Lake, staged: StagedVersion, record: DatasetRecord) -> DatasetVersion:
    """The version in the lake, its number in `record.version`; an earlier one where it holds the same."""
    prepared = prepare(staged, record)
    with writing(lake) as tx:
        added = add_version(tx, prepared)
        if added.new:
            details = {"identity": prepared.identity, "content": record.content_hash, "rows": record.rows}
            tx.describe("dataset.commit", f"{staged.name}@{added.version}", {**details, "kind": staged.kind})
    return find_version(lake, staged.name, added.version)


@dataclass(frozen=True)
class Prepared:
    """A staged version with its files finished: nothing slow is left to do under the lock.

    Attributes:
        known: the name's versions when the log ended with event `seen`.
    """

    staged: StagedVersion
    record: DatasetRecord
    identity: str
    entries: list[StagedFile]
    rows: kept.KeptRows | None
    seen: int
    known: list[DatasetVersion]


def prepare(staged: StagedVersion, record: DatasetRecord) -> Prepared:
    """The version, ready to be committed."""
    entries, rows = staged.finish()
    seen = head(staged.lake).seq
    known = _all_versions(staged.lake, staged.name)
    return Prepared(staged, record, identity_of(record, staged.defaults), entries, rows, seen, known)


def identity_of(record: DatasetRecord, defaults: Defaults) -> str:
    """64 hex: equal for the same content from the same files, read with the same columns and defaults.

    Paths do not count, so a dataset that was moved is still the same.
    """
    parts = {
        "content": record.content_hash,
        "rows": record.rows,
        "files": [[f.sha256, f.rows] for f in record.files],
        "columns": dict(record.columns),
        "defaults": asdict(defaults),
    }
    return digest(canonical_json(parts))


@dataclass(frozen=True)
class Added:
    """What became of a staged version: its number and id in the lake, and whether they are new."""

    version: int
    id: str
    new: bool


def add_version(tx: Transaction, prepared: Prepared) -> Added:
    """The version as it is in the lake; an earlier one where that holds all of it, and then nothing is stored."""
    staged = prepared.staged
    known = _all_versions(tx.lake, staged.name) if tx.moved_on(prepared.seen) else prepared.known
    same = [v for v in known if v.removed is None and _serves(v, prepared)]
    if same:
        return Added(same[-1].version, same[-1].id, new=False)
    parent = max((v.version for v in known), default=None)
    number = (parent or 0) + 1
    tx.add(prepared.entries)
    if prepared.rows:
        tx.create(prepared.rows.table, prepared.rows.columns)
        tx.add(prepared.rows.files)
    row = {
        "version_id": staged.id,
        "name": staged.name,
        "version": number,
        "seq": tx.seq,
        "identity": prepared.identity,
        "content_hash": prepared.record.content_hash,
        "parent": parent,
        "rows": prepared.record.rows,
        "kind": staged.kind,
        "created_at": tx.at,
        "created_by": tx.lake.actor,
        **asdict(staged.defaults),
        "record": json.dumps(asdict(replace(prepared.record, version=number)), ensure_ascii=False),
        "row_schema": prepared.rows.schema if prepared.rows else None,
    }
    tx.insert(DATASET_VERSIONS, table_of(DATASET_VERSIONS.schema, [row]))
    return Added(number, staged.id, new=True)


def list_datasets(lake: Lake) -> list[Dataset]:
    """Every dataset that has a version, by name."""
    by_name: dict[str, list[DatasetVersion]] = {}
    for found in _all_versions(lake):
        if found.removed is None:
            by_name.setdefault(found.name, []).append(found)
    return [Dataset(name, tuple(found)) for name, found in sorted(by_name.items())]


def versions(lake: Lake, name: str, *, removed: bool = False) -> list[DatasetVersion]:
    """The dataset's versions, oldest first; removed ones only where asked for."""
    found = [v for v in _all_versions(lake, name) if removed or v.removed is None]
    if not found:
        known = [d.name for d in list_datasets(lake)]
        hint = f"{did_you_mean(name, known)}datasets are: {', '.join(known[:20]) or 'none yet'}"
        raise NotFound(f"there is no dataset {name!r}", where=lake.display, hint=hint)
    return found


def find_version(lake: Lake, name: str, version: int | None = None) -> DatasetVersion:
    """The version of that number, or the latest."""
    found = versions(lake, name, removed=version is not None)
    if version is None:
        return found[-1]
    for one in found:
        if one.version == version:
            if one.removed is not None:
                raise NotFound(
                    f"{one.reference} was removed {one.removed}", where=lake.display, hint=_have(found)
                )
            return one
    raise NotFound(f"dataset {name!r} has no version {version}", where=lake.display, hint=_have(found))


def parse_reference(text: str) -> tuple[str, int | None]:
    """(name, version) of NAME or NAME@VERSION."""
    name, separator, number = text.partition("@")
    if separator and not number.isdecimal():
        raise UsageError(f"{text!r} is no version of a dataset", hint="NAME or NAME@3")
    return name, int(number) if separator else None


def entries(lake: Lake, name: str, version: int | None = None) -> pa.Table:
    """What the version holds: `tables.ENTRY` columns in reading order, rows numbered from 0."""
    found = find_version(lake, name, version)
    own = names(ENTRY).replace('"row"', f'"row" - {found.record.first_row} AS "row"', 1)
    sql = f'SELECT {own} FROM lake.entries WHERE version_id = ? ORDER BY "row"'
    return lake.query(sql, ENTRY, [found.id])


def rows(lake: Lake, name: str, version: int | None = None) -> pa.Table:
    """The kept rows, with the columns and types the user gave."""
    tables = list(row_batches(lake, name, version))
    return pa.concat_tables(tables)


def row_batches(lake: Lake, name: str, version: int | None = None) -> Iterator[pa.Table]:
    """The kept rows in pieces that fit in memory; at least one, which may be empty."""
    found = find_version(lake, name, version)
    if found.row_schema is None:
        raise NotFound(
            f"{found.reference} was audited only, so its rows are not in the lake",
            where=lake.display,
            hint="govern ingest keeps the rows",
        )
    return kept.read(lake, found.id, found.row_schema)


def remove_version(lake: Lake, name: str, version: int) -> None:
    """The version's entries and rows and the name's cached signatures are gone; the number stays taken.

    Audits that read it keep their findings. The signatures go altogether, because they are shared by the
    name's versions; the next audit computes them again.
    """
    with writing(lake) as tx:
        found = find_version(lake, name, version)
        tx.delete(ENTRIES, "version_id", found.id)
        if found.row_schema is not None:
            tx.drop(kept.table_name(found.id))
        drop_signatures(tx, name)
        if has_profiles(lake):
            tx.delete(DATASET_PROFILES, "version_id", found.id)
        tx.insert(REMOVALS, removal_row(tx, "dataset", found.id, found.reference))
        tx.describe(
            "dataset.remove", found.reference, {"content": found.record.content_hash, "version_id": found.id}
        )


def drop_signatures(tx: Transaction, name: str) -> None:
    """Nothing is cached for the dataset any more, alone or with others (an audit of two is cached as A+B)."""
    sql = "SELECT batch_id FROM lake.signature_batches WHERE contains(concat('+', dataset, '+'), ?)"
    for (batch,) in tx.lake.fetch(sql, [f"+{name}+"]):
        for table in (SIGNATURES, EDGES, SIGNATURE_BATCHES):
            tx.delete(table, "batch_id", str(batch))
    sql = "SELECT batch_id FROM lake.embedding_batches WHERE contains(concat('+', dataset, '+'), ?)"
    for (batch,) in tx.lake.fetch(sql, [f"+{name}+"]):
        for table in (EMBEDDINGS, EMBEDDING_BATCHES):
            tx.delete(table, "batch_id", str(batch))


def _all_versions(lake: Lake, name: str | None = None) -> list[DatasetVersion]:
    sql = (
        "SELECT version_id, name, version, record, identity, parent, v.kind, licence, source, label,"
        ' created_at, created_by, row_schema, r."at", r.actor FROM lake.dataset_versions v'
        " LEFT JOIN lake.removals r ON r.id = v.version_id AND r.kind = 'dataset'"
        " WHERE ? IS NULL OR name = ? ORDER BY name, version"
    )
    return [_version(row) for row in lake.fetch(sql, [name, name])]


def _version(row: tuple[object, ...]) -> DatasetVersion:
    (
        ident,
        name,
        version,
        record,
        identity,
        parent,
        kind,
        licence,
        source,
        label,
        at,
        by,
        schema,
        gone,
        who,
    ) = row
    return DatasetVersion(
        id=str(ident),
        name=str(name),
        version=cast("int", version),
        record=dataset_from_json(json.loads(str(record))),
        identity=str(identity),
        parent=cast("int | None", parent),
        kind=cast("Kind", kind),
        defaults=Defaults(str(licence), str(source), str(label)),
        created_at=str(at),
        created_by=str(by),
        row_schema=cast("str | None", schema),
        removed=Removal(str(gone), str(who)) if gone else None,
    )


def _serves(known: DatasetVersion, wanted: Prepared) -> bool:
    """True where the known version holds all that the wanted one would."""
    if known.identity != wanted.identity:
        return False
    return wanted.rows is None or known.row_schema == wanted.rows.schema


def _have(found: list[DatasetVersion]) -> str:
    there = [str(v.version) for v in found if v.removed is None]
    return f"versions are: {', '.join(there)}" if there else "none of its versions is left"
