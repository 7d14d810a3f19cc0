"""A dataset version on its way into the lake: written while the data are read, seen by nobody until committed."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Literal

import pyarrow as pa

from governance.errors import UsageError
from governance.lake import rows as kept
from governance.lake.staging import StagedFile, StagedTable
from governance.lake.tables import ENTRIES

if TYPE_CHECKING:
    from governance.lake.catalog import Lake

Kind = Literal["audited", "ingested"]


@dataclass(frozen=True)
class Defaults:
    """What the user said of a whole dataset; a row's own column goes before it."""

    licence: str = ""
    source: str = ""
    label: str = ""


class StagedVersion:
    """A version on its way in. Leaving it without a commit removes what was written.

    Attributes:
        id: what its entries and rows are filed under.
        kind: becomes `ingested` with the first call of `write_rows`.
    """

    def __init__(self, lake: Lake, name: str, defaults: Defaults) -> None:
        self.lake = lake
        self.name = name
        self.defaults = defaults
        self.kind: Kind = "audited"
        self.id = uuid.uuid4().hex
        self._entries = StagedTable(lake.session, ENTRIES)
        self._rows: kept.StagedRows | None = None

    def __enter__(self) -> StagedVersion:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.discard()

    @property
    def rows(self) -> int:
        """Entries written so far."""
        return self._entries.rows

    def write_entries(self, entries: pa.Table) -> None:
        """The entries (`tables.ENTRY` columns) belong to the version."""
        owner = pa.repeat(pa.scalar(self.id, pa.string()), entries.num_rows)
        self._entries.write(entries.add_column(0, "version_id", owner))

    def keep_rows(self) -> None:
        """The version keeps the user's own rows, even where none comes."""
        self.kind = "ingested"
        self._rows = self._rows or kept.StagedRows(self.lake.session, self.id)

    def write_rows(self, first_row: int, original: pa.Table) -> None:
        """The user's own rows, of which the first has that number, are kept as they are."""
        self.keep_rows()
        if self._rows is not None:
            self._rows.write(first_row, original)

    def finish(self) -> tuple[list[StagedFile], kept.KeptRows | None]:
        """Durable files of the entries, and the kept rows."""
        return self._entries.finish(), self._rows.finish() if self._rows else None

    def discard(self) -> None:
        """Files that were not committed are gone."""
        self._entries.discard()
        if self._rows is not None:
            self._rows.discard()


def stage_version(lake: Lake, name: str, defaults: Defaults = Defaults()) -> StagedVersion:
    """A new version of the dataset, open for writing and seen by nobody."""
    if not name or "@" in name or any(ord(c) < 32 for c in name):
        raise UsageError(
            f"a dataset cannot be called {name!r}",
            hint="a name without @ and control characters, as in NAME@3",
        )
    return StagedVersion(lake, name, defaults)
