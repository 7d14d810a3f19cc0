"""Splits: names with immutable, numbered versions, each the members and the exclusions of one curation."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pyarrow as pa

from governance.curation.record import EXCLUSION, MEMBER, SplitRecord, record_from_json, record_to_json
from governance.errors import LakeDamaged, NotFound, UsageError, did_you_mean
from governance.lake import events
from governance.lake.canonical import digest, table_hash
from governance.lake.commit import writing
from governance.lake.staging import StagedFile, StagedTable
from governance.lake.tables import (
    SPLIT_EXCLUSIONS,
    SPLIT_MEMBERS,
    SPLITS,
    Table,
    names,
    table_of,
    with_owner,
)

if TYPE_CHECKING:
    from governance.lake.catalog import Lake

COMMIT, EXPORT = "split.commit", "split.export"
SLICE = 500_000  # rows staged at a time


@dataclass(frozen=True)
class SplitCheck:
    """Whether what is stored of a split is what its event recorded."""

    reference: str
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """True where everything agrees."""
        return not self.problems


def save_split(
    lake: Lake, record: SplitRecord, members: pa.Table, exclusions: pa.Table
) -> tuple[SplitRecord, bool]:
    """(the split as it is in the lake, whether it is new); the version that is there where its content is the same.

    Args:
        members: MEMBER columns, in the order of their positions.
        exclusions: EXCLUSION columns, by dataset and row.
    """
    _check_name(record.name)
    same = _same(lake, record)
    if same is not None:
        return same, False
    ident = uuid.uuid4().hex
    files = [
        *_stage(lake, SPLIT_MEMBERS, ident, members),
        *_stage(lake, SPLIT_EXCLUSIONS, ident, exclusions),
    ]
    with writing(lake) as tx:
        same = _same(lake, record)
        if same is None:
            for table in (SPLITS, SPLIT_MEMBERS, SPLIT_EXCLUSIONS):
                tx.ensure(table)
            sql = "SELECT coalesce(max(version), 0) FROM lake.splits WHERE name = ?"
            number = 1 + (int(lake.fetch(sql, [record.name])[0][0]) if _has_splits(lake) else 0)
            record = replace(record, version=number, split_id=ident, created_at=tx.at, created_by=lake.actor)
            tx.add(files)
            text = record_to_json(record)
            tx.insert(SPLITS, table_of(SPLITS.schema, [_row(record, tx.seq, text)]))
            tx.describe(COMMIT, record.reference, {**_hashes(record), "record": digest(text)})
    if same is not None:
        lake.session.discard([f.path for f in files])
        return same, False
    return record, True


def list_splits(lake: Lake, name: str | None = None) -> list[SplitRecord]:
    """Every split, oldest version of a name first."""
    if not _has_splits(lake):
        return []
    sql = "SELECT record FROM lake.splits WHERE ? IS NULL OR name = ? ORDER BY name, version"
    return [record_from_json(str(row[0])) for row in lake.fetch(sql, [name, name])]


def find_split(lake: Lake, reference: str) -> SplitRecord:
    """The split of NAME (the latest version) or NAME@VERSION."""
    from governance.lake.datasets import parse_reference

    name, number = parse_reference(reference)
    every = list_splits(lake)
    own = [s for s in every if s.name == name]
    found = [s for s in own if number in (None, s.version)]
    if found:
        return found[-1]
    if own:
        there = ", ".join(str(s.version) for s in own)
        raise NotFound(
            f"split {name!r} has no version {number}", where=lake.display, hint=f"versions are: {there}"
        )
    known = sorted({s.name for s in every})
    hint = f"{did_you_mean(name, known)}splits are: {', '.join(known[:20]) or 'none yet'}"
    raise NotFound(f"there is no split {name!r}", where=lake.display, hint=hint)


def load_members(lake: Lake, record: SplitRecord) -> pa.Table:
    """MEMBER columns of a split, in the order of their positions."""
    return _load(lake, SPLIT_MEMBERS, MEMBER, record.split_id)


def load_exclusions(lake: Lake, record: SplitRecord) -> pa.Table:
    """EXCLUSION columns of a split, by dataset and row."""
    return _load(lake, SPLIT_EXCLUSIONS, EXCLUSION, record.split_id)


def find_rows(
    lake: Lake, record: SplitRecord, dataset: str | None, row: int | None, sample: str | None
) -> Iterator[tuple[str, pa.Table]]:
    """(`in` or `out`, MEMBER or EXCLUSION columns) of the rows that are asked for: by number, or by sample id.

    Args:
        sample: the beginning of a sample id.
    """
    where = 'split_id = ? AND (? IS NULL OR dataset = ?) AND (? IS NULL OR "row" = ?)'
    where += " AND (? IS NULL OR starts_with(sample_id, ?))"
    values = [record.split_id, dataset, dataset, row, row, sample, sample]
    for word, table, schema in (("in", SPLIT_MEMBERS, MEMBER), ("out", SPLIT_EXCLUSIONS, EXCLUSION)):
        sql = f"SELECT {names(schema)} FROM lake.{table.name} WHERE {where} ORDER BY position LIMIT 200"
        yield word, lake.query(sql, schema, values)


def verify_split(lake: Lake, record: SplitRecord) -> SplitCheck:
    """Whether record, members and exclusions hash to what the event of the split recorded."""
    logged = [e for e in events.about(lake, COMMIT, record.reference) if e.expected_hash() == e.hash]
    if not logged:
        return SplitCheck(record.reference, ("the event log has no intact entry for this split",))
    said = logged[-1].data
    sql = "SELECT record FROM lake.splits WHERE split_id = ?"
    stored = {
        "record": digest(str(lake.fetch(sql, [record.split_id])[0][0])),
        "members": table_hash(load_members(lake, record)),
        "exclusions": table_hash(load_exclusions(lake, record)),
    }
    wrong = [f"its {name} not what was committed" for name in _differing(stored, said)]
    return SplitCheck(record.reference, tuple(wrong))


def _differing(stored: dict[str, str], said: object) -> list[str]:
    words = {"record": "record is", "members": "members are", "exclusions": "exclusions are"}
    known = said if isinstance(said, dict) else {}
    return [words[name] for name, value in stored.items() if known.get(name) != value]


def checked_split(lake: Lake, reference: str) -> SplitRecord:
    """The split, whose stored rows are those that were committed.

    Raises:
        LakeDamaged: they are not.
    """
    record = find_split(lake, reference)
    problems = verify_split(lake, record).problems
    if problems:
        raise LakeDamaged(
            f"split {record.reference} was changed: {'; '.join(problems)}",
            where=lake.display,
            hint="restore the lake from a backup, or curate again under another name",
        )
    return record


def missing_splits(lake: Lake) -> list[str]:
    """Splits that were committed by the event log, and are not in the lake."""
    stored = {s.reference for s in list_splits(lake)}
    said = [e.subject for e in events.beginning(lake, COMMIT)]
    return [reference for reference in dict.fromkeys(said) if reference not in stored]


def note_export(lake: Lake, record: SplitRecord, manifest: str, kind: str) -> None:
    """The log says that the split was exported, with the SHA-256 of its manifest."""
    details = {"manifest": manifest, "content": record.content_hash, "format": kind}
    known = exported_manifests(lake, record.reference)
    if manifest not in known:
        events.append(lake, EXPORT, record.reference, details)


def exported_manifests(lake: Lake, reference: str) -> set[str]:
    """SHA-256 of every manifest that was written of the split, by events that are intact."""
    found = events.about(lake, EXPORT, reference)
    return {str(e.data["manifest"]) for e in found if e.expected_hash() == e.hash}


def _same(lake: Lake, record: SplitRecord) -> SplitRecord | None:
    same = [s for s in list_splits(lake, record.name) if s.content_hash == record.content_hash]
    return same[-1] if same else None


def _has_splits(lake: Lake) -> bool:
    """Whether the lake has the tables at all: one that is older than they are has no split."""
    from governance.lake.catalog import table_names

    return SPLITS.name in table_names(lake)


def _hashes(record: SplitRecord) -> dict[str, str]:
    return {
        "content": record.content_hash,
        "members": record.members_hash,
        "exclusions": record.exclusions_hash,
    }


def _row(record: SplitRecord, seq: int, text: str) -> dict[str, object]:
    rows = {name: part.rows for name, part in record.parts.items()}
    return {
        "split_id": record.split_id,
        "name": record.name,
        "version": record.version,
        "seq": seq,
        "content_hash": record.content_hash,
        "rows": record.rows,
        "train": rows.get("train", 0),
        "holdout": rows.get("holdout", 0),
        "created_at": record.created_at,
        "created_by": record.created_by,
        "record": text,
    }


def _stage(lake: Lake, table: Table, ident: str, rows: pa.Table) -> list[StagedFile]:
    stream = StagedTable(lake.session, table)
    for start in range(0, rows.num_rows, SLICE):
        stream.write(with_owner("split_id", ident, rows.slice(start, SLICE), start))
    return stream.finish()


def _load(lake: Lake, table: Table, schema: pa.Schema, ident: str) -> pa.Table:
    sql = f"SELECT {names(schema)} FROM lake.{table.name} WHERE split_id = ? ORDER BY position"
    return lake.query(sql, schema, [ident])


def _check_name(name: str) -> None:
    if not name or "@" in name or "/" in name or any(ord(c) < 32 for c in name):
        raise UsageError(
            f"a split cannot be called {name!r}",
            hint="a name without @, / and control characters, as in NAME@3",
        )
