"""What changed between two versions of a dataset, or between two datasets, by sample identity."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pyarrow as pa

from governance.lake.datasets import DatasetVersion
from governance.samples import SAMPLE_ID

if TYPE_CHECKING:
    from governance.lake.catalog import Lake

Change = Literal["added", "removed", "kept"]
CHANGES = pa.schema(
    [
        pa.field("sample_id", SAMPLE_ID, False),
        pa.field("old_row", pa.int64()),  # null where it was added
        pa.field("new_row", pa.int64()),  # null where it was removed
    ]
)


@dataclass(frozen=True)
class VersionDiff:
    """Counts of rows. Equal samples are matched in reading order, so a repeated sample counts each time.

    Attributes:
        kept: rows in both.
        moved: those of the kept that have another row number.
    """

    old: str
    new: str
    added: int
    removed: int
    kept: int
    moved: int

    @property
    def same(self) -> bool:
        """True where both hold the same samples in the same order."""
        return not (self.added or self.removed or self.moved)


def diff_versions(lake: Lake, old: DatasetVersion, new: DatasetVersion) -> VersionDiff:
    """How many rows came, went, stayed and moved."""
    sql = (
        "SELECT count(*) FILTER (old_row IS NULL), count(*) FILTER (new_row IS NULL),"
        " count(*) FILTER (old_row IS NOT NULL AND new_row IS NOT NULL), count(*) FILTER (old_row <> new_row)"
        f" FROM ({_PAIRS})"
    )
    added, removed, kept, moved = lake.fetch(sql, _values(old, new))[0]
    return VersionDiff(old.reference, new.reference, added, removed, kept, moved)


def changed_samples(
    lake: Lake, old: DatasetVersion, new: DatasetVersion, change: Change
) -> Iterator[pa.Table]:
    """`CHANGES` rows of one kind, in reading order, in pieces."""
    where = {
        "added": "old_row IS NULL",
        "removed": "new_row IS NULL",
        "kept": "old_row IS NOT NULL AND new_row IS NOT NULL",
    }[change]
    order = "ORDER BY coalesce(new_row, old_row)"
    sql = f"SELECT sample_id, old_row, new_row FROM ({_PAIRS}) WHERE {where} {order}"
    return lake.stream(sql, CHANGES, _values(old, new))


def _values(old: DatasetVersion, new: DatasetVersion) -> list[object]:
    """What the question marks of `_PAIRS` stand for; rows may be numbered through several datasets."""
    return [old.record.first_row, new.record.first_row, old.id, new.id]


_NUMBERED = (
    'SELECT sample_id, "row", row_number() OVER (PARTITION BY sample_id ORDER BY "row") AS nth'
    " FROM lake.entries WHERE version_id = ?"
)
_PAIRS = (
    'SELECT coalesce(o.sample_id, n.sample_id) AS sample_id, o."row" - ? AS old_row, n."row" - ? AS new_row'
    f" FROM ({_NUMBERED}) o FULL JOIN ({_NUMBERED}) n ON o.sample_id = n.sample_id AND o.nth = n.nth"
)
