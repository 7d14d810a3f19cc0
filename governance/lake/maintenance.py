"""Giving back space: old snapshots, files nothing needs any more, leftovers of killed processes.

DuckLake's `CHECKPOINT` and `cleanup_all` are never called: they delete by age alone, also what is being
written. The event log and the ledger are tables of their own, so no history goes with the snapshots.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from governance.lake.failures import translated
from governance.lake.orphans import remove_orphans
from governance.lake.sql import literal

if TYPE_CHECKING:
    from governance.lake.catalog import Lake

GRACE = timedelta(days=1)
"""No file goes younger than this after nothing needs it: a reader may still have it open."""


@dataclass(frozen=True)
class Reclaimed:
    """What was given back, or would be."""

    snapshots: int
    files: int
    orphans: int


def reclaim(lake: Lake, *, older_than: timedelta = timedelta(days=30), dry_run: bool = False) -> Reclaimed:
    """Snapshots older than that are gone, files that no snapshot needs for a day, and removable orphans."""
    from governance.lake.orphans import find_orphans

    dry = str(dry_run).lower()
    with lake.locked(), translated(lake.display, lake.dsn):
        expired = lake.fetch(
            f"CALL ducklake_expire_snapshots('lake', older_than => {_moment(older_than)}, dry_run => {dry})"
        )
        files = lake.fetch(
            f"CALL ducklake_cleanup_old_files('lake', older_than => {_moment(GRACE)}, dry_run => {dry})"
        )
        orphans = [o for o in find_orphans(lake) if o.removable]
    if not dry_run:
        orphans = remove_orphans(lake)
    return Reclaimed(len(expired), len(files), len(orphans))


def _moment(ago: timedelta) -> str:
    at = datetime.now(UTC) - ago
    return f"{literal(at.isoformat(timespec='microseconds'))}::TIMESTAMPTZ"
