"""Profiles of dataset versions: kept with each version that an audit adds, compared with by the next audit.

The table came later than the others, so a lake without it is read as one without profiles, and the first audit that
has one makes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from governance.detectors.drift.profiles import PROFILE, Profile, from_row, total
from governance.lake.sql import identifier
from governance.lake.tables import DATASET_PROFILES, table_of

if TYPE_CHECKING:
    from governance.lake.catalog import Lake
    from governance.lake.commit import Transaction
    from governance.report import DatasetRecord


@dataclass(frozen=True)
class Earlier:
    """What a dataset is compared with: NAME@VERSION (several, for an audit of several), and its profile."""

    reference: str
    profile: Profile


class LakeProfiles:
    """The profiles of earlier versions of some dataset names, and those of the audit under way."""

    def __init__(self, lake: Lake, datasets: Sequence[str]) -> None:
        self.lake = lake
        self.datasets = tuple(datasets)
        self._parts: list[tuple[int, Profile]] = []

    def earlier(self, current: Profile) -> Earlier | None:
        """The version before the one of this profile: the latest that differs; None where one name has none.

        A version that was audited before is compared with what came before it, as it was then.
        """
        if len(self.datasets) == 1:
            return _before(self._versions(self.datasets[0]), current.digest)
        latest = [found[-1] for name in self.datasets if (found := self._versions(name))]
        if len(latest) < len(self.datasets):
            return None
        whole = total(e.profile for e in latest)
        return (
            None
            if whole.digest == current.digest
            else Earlier(" + ".join(e.reference for e in latest), whole)
        )

    def stage(self, parts: Iterable[tuple[int, Profile]]) -> None:
        """Profiles of batches, by the number of their first row, for the commit."""
        self._parts = list(parts)

    def commit(self, tx: Transaction, records: Sequence[DatasetRecord], added: Mapping[str, str]) -> None:
        """Each version (name -> version id) that has none yet gets the profile of its rows."""
        known = self._known(list(added.values()))
        rows = []
        for record in records:
            own = [p for first, p in self._parts if 0 <= first - record.first_row < record.rows]
            if own and added.get(record.name, "") not in {"", *known}:
                rows.append({"version_id": added[record.name], **total(own).as_row()})
        if rows:
            tx.ensure(DATASET_PROFILES)
            tx.insert(DATASET_PROFILES, table_of(DATASET_PROFILES.schema, rows))

    def _known(self, ids: list[str]) -> set[str]:
        """Those of the versions that have a profile."""
        if not self._parts or not has_profiles(self.lake):
            return set()
        sql = "SELECT version_id FROM lake.dataset_profiles WHERE list_contains(?, version_id)"
        return {str(row[0]) for row in self.lake.fetch(sql, [ids])}

    def _versions(self, name: str) -> list[Earlier]:
        """Every version of a name that has a profile and was not removed, oldest first."""
        if not has_profiles(self.lake):
            return []
        schema = pa.schema([pa.field("version", pa.int32(), False), *PROFILE])
        own = ", ".join(f"p.{identifier(name)}" for name in PROFILE.names)
        sql = (
            f"SELECT v.version, {own} FROM lake.dataset_profiles p"
            " JOIN lake.dataset_versions v USING (version_id) WHERE v.name = ? AND v.version_id NOT IN"
            " (SELECT id FROM lake.removals WHERE kind = 'dataset') ORDER BY v.version"
        )
        found = self.lake.query(sql, schema, [name]).to_pylist()
        return [Earlier(f"{name}@{row['version']}", from_row(row)) for row in found]


def has_profiles(lake: Lake) -> bool:
    """Whether the lake has the table at all."""
    from governance.lake.catalog import table_names

    return DATASET_PROFILES.name in table_names(lake)


def _before(versions: Sequence[Earlier], digest: str) -> Earlier | None:
    digests = [v.profile.digest for v in versions]
    own = digests.index(digest) if digest in digests else len(digests)
    return versions[own - 1] if own else None
