"""Curated splits: a list of them, what one is mixed of, rows that are in or out of it, what another one changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.curation.compare import CHANGES
from governance.curation.record import SplitRecord, record_from_json
from governance.lake.catalog import table_names
from governance.lake.tables import SPLITS, TRAININGS

if TYPE_CHECKING:
    from governance.lake.catalog import Lake

FIELDS = ("label", "source")
SAME = "same"
OWN = (
    "SELECT sample_id, part, weight, coalesce(redacted, '') AS redacted, dataset, row,"
    " row_number() OVER (PARTITION BY sample_id ORDER BY position) AS nth FROM lake.split_members WHERE split_id = ?"
)
BOTH = (
    f"WITH a AS ({OWN}), b AS ({OWN}), sides AS (SELECT coalesce(b.dataset, a.dataset) AS dataset,"
    " coalesce(b.row, a.row) AS row, coalesce(b.sample_id, a.sample_id) AS sample_id,"
    " CASE WHEN a.part IS NULL THEN 'added' WHEN b.part IS NULL THEN 'removed' WHEN a.part <> b.part THEN 'moved'"
    " WHEN a.weight <> b.weight THEN 'reweighted' WHEN a.redacted <> b.redacted THEN 'rewritten' ELSE 'same' END"
    " AS change FROM a FULL JOIN b ON a.sample_id = b.sample_id AND a.nth = b.nth)"
)
"""Rows of two splits side by side: the nth of equal samples answers the nth, as `compare_splits` has it."""


@dataclass(frozen=True)
class SplitLine:
    """One split of a list."""

    name: str
    version: int
    rows: int
    train: int
    holdout: int
    created_at: str
    created_by: str

    @property
    def reference(self) -> str:
        """NAME@VERSION."""
        return f"{self.name}@{self.version}"


@dataclass(frozen=True)
class Share:
    """The rows of one label or source; an empty name stands for rows that say none."""

    name: str
    train: int
    holdout: int
    tokens: int


@dataclass(frozen=True)
class Left:
    """A row that is in no part of the split."""

    dataset: str
    row: int
    sample_id: str | None
    step: str
    rule: str | None
    finding: str | None
    decision: str | None
    stands: str | None


@dataclass(frozen=True)
class Member:
    """A row of the split."""

    dataset: str
    row: int
    sample_id: str
    part: str
    weight: float
    source: str | None
    label: str | None
    tokens: int
    redacted: bool


@dataclass(frozen=True)
class Changed:
    """A row that two splits have differently; `change` is one of `CHANGES`."""

    change: str
    dataset: str
    row: int
    sample_id: str


@dataclass(frozen=True)
class Fed:
    """A training run that was fed by the split."""

    run: str
    kind: str
    state: str
    started: str
    model: str


def count(lake: Lake) -> int:
    """How many splits there are."""
    return int(lake.fetch("SELECT count(*) FROM lake.splits")[0][0]) if _kept(lake) else 0


def page(lake: Lake, limit: int, offset: int) -> list[SplitLine]:
    """Some splits, the latest first."""
    if not _kept(lake):
        return []
    sql = (
        "SELECT name, version, rows, train, holdout, created_at, created_by FROM lake.splits"
        " ORDER BY seq DESC LIMIT ? OFFSET ?"
    )
    return [SplitLine(*row) for row in lake.fetch(sql, [limit, offset])]


def one(lake: Lake, reference: str) -> SplitRecord | None:
    """The split of NAME@VERSION, or the latest of NAME; None where there is none."""
    if not _kept(lake):
        return None
    name, at, number = reference.rpartition("@")
    if not at or not number.isdecimal():
        name, number = reference, ""
    sql = "SELECT record FROM lake.splits WHERE name = ? AND (? = '' OR version = TRY_CAST(? AS INTEGER))"
    found = lake.fetch(f"{sql} ORDER BY version DESC LIMIT 1", [name, number, number])
    return record_from_json(str(found[0][0])) if found else None


def names(lake: Lake, most: int = 200) -> list[str]:
    """Names of splits, the one curated last first."""
    if not _kept(lake):
        return []
    sql = "SELECT name FROM lake.splits GROUP BY name ORDER BY max(seq) DESC LIMIT ?"
    return [str(row[0]) for row in lake.fetch(sql, [most])]


def mixture(lake: Lake, record: SplitRecord, field: str, most: int = 50) -> list[Share]:
    """Rows and tokens by one of `FIELDS`, most rows of training first."""
    if field not in FIELDS:
        raise ValueError(field)
    sql = (
        f"SELECT coalesce({field}, '') AS name, count(*) FILTER (part = 'train') AS n,"
        " count(*) FILTER (part = 'holdout'), coalesce(sum(tokens) FILTER (part = 'train'), 0)::BIGINT"
        " FROM lake.split_members WHERE split_id = ? GROUP BY name ORDER BY n DESC, name LIMIT ?"
    )
    return [Share(*row) for row in lake.fetch(sql, [record.split_id, most])]


def left_count(lake: Lake, record: SplitRecord, step: str, rule: str = "") -> int:
    """How many rows left at a step, by a rule where one is named."""
    sql = (
        "SELECT count(*) FROM lake.split_exclusions WHERE split_id = ? AND step = ? AND (? = '' OR rule = ?)"
    )
    return int(lake.fetch(sql, [record.split_id, step, rule, rule])[0][0])


def left_page(lake: Lake, record: SplitRecord, step: str, rule: str, limit: int, offset: int) -> list[Left]:
    """Some of them, by dataset and row."""
    sql = (
        "SELECT dataset, row, sample_id, step, rule, finding, decision, stands FROM lake.split_exclusions"
        " WHERE split_id = ? AND step = ? AND (? = '' OR rule = ?) ORDER BY position LIMIT ? OFFSET ?"
    )
    return [Left(*row) for row in lake.fetch(sql, [record.split_id, step, rule, rule, limit, offset])]


def reasons(lake: Lake, record: SplitRecord, samples: Sequence[str]) -> Mapping[str, Left]:
    """Why samples are not in a split, by sample id; one that is not in its data at all has no reason."""
    sql = (
        "SELECT dataset, row, sample_id, step, rule, finding, decision, stands FROM lake.split_exclusions"
        " WHERE split_id = ? AND sample_id IN (SELECT unnest(?))"
        " QUALIFY row_number() OVER (PARTITION BY sample_id ORDER BY position) = 1"
    )
    return {str(row[2]): Left(*row) for row in lake.fetch(sql, [record.split_id, list(samples)])}


def member_count(lake: Lake, record: SplitRecord, field: str, value: str) -> int:
    """How many members have that label or source."""
    sql = f"SELECT count(*) FROM lake.split_members WHERE split_id = ? AND coalesce({_field(field)}, '') = ?"
    return int(lake.fetch(sql, [record.split_id, value])[0][0])


def member_page(
    lake: Lake, record: SplitRecord, field: str, value: str, limit: int, offset: int
) -> list[Member]:
    """Some of them, in the order of the split."""
    sql = (
        "SELECT dataset, row, sample_id, part, weight, source, label, tokens, redacted IS NOT NULL"
        f" FROM lake.split_members WHERE split_id = ? AND coalesce({_field(field)}, '') = ?"
        " ORDER BY position LIMIT ? OFFSET ?"
    )
    return [Member(*row) for row in lake.fetch(sql, [record.split_id, value, limit, offset])]


def changes(lake: Lake, old: SplitRecord, new: SplitRecord) -> Mapping[str, int]:
    """Rows by what became of them, `same` and every one of `CHANGES`."""
    sql = f"{BOTH} SELECT change, count(*) FROM sides GROUP BY change"
    found = {str(name): int(n) for name, n in lake.fetch(sql, [old.split_id, new.split_id])}
    return {name: found.get(name, 0) for name in (SAME, *CHANGES)}


def changed_page(
    lake: Lake, old: SplitRecord, new: SplitRecord, change: str, limit: int, offset: int
) -> list[Changed]:
    """Some rows of one kind of change, by dataset and row."""
    sql = (
        f"{BOTH} SELECT change, dataset, row, sample_id FROM sides WHERE change = ?"
        " ORDER BY dataset, row LIMIT ? OFFSET ?"
    )
    return [Changed(*row) for row in lake.fetch(sql, [old.split_id, new.split_id, change, limit, offset])]


def trained_on(lake: Lake, record: SplitRecord, most: int = 50) -> list[Fed]:
    """Training runs that were fed by the split, whatever it was called or exported to, the latest first."""
    if TRAININGS.name not in table_names(lake):
        return []
    sql = (
        "SELECT run, kind, state, started, model FROM lake.trainings WHERE split_hash = ?"
        " ORDER BY seq DESC LIMIT ?"
    )
    return [Fed(*row) for row in lake.fetch(sql, [record.content_hash, most])]


def _field(name: str) -> str:
    if name not in FIELDS:
        raise ValueError(name)
    return name


def _kept(lake: Lake) -> bool:
    """False in a lake that is older than splits."""
    return SPLITS.name in table_names(lake)
