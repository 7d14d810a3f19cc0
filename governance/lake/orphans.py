"""Files in the data folder that no snapshot knows: found, and removed when nobody can still be writing them.

Such a file is left by a kill between staging and COMMIT. DuckLake's own `cleanup_all` removed the file of a
writer whose COMMIT then succeeded, and the table could not be read again (reproduced). Here a file goes only
when

* it is of a session whose lock is free, on the machine and boot that took the lock: its process is dead; or
* it is older than a day.

In both cases the writer lock is held and the catalog is asked, so no commit can register the file meanwhile. A
PostgreSQL server may still be at the COMMIT of a process that was killed a moment ago, so there ten minutes must
have passed since the session last said COMMIT.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from governance.errors import LakeBusy
from governance.lake.location import Folder
from governance.lake.staging import boot_id, scratch_folder, session_lock

if TYPE_CHECKING:
    from governance.lake.catalog import Lake

OLD = 86_400.0  # seconds; the longest a single file may take to be staged and committed
SETTLED = 600.0  # seconds after which a server has done what a lost client asked


@dataclass(frozen=True)
class Orphan:
    """A file no snapshot knows.

    Attributes:
        path: relative to the data folder.
        removable: True where nobody can still be writing it.
    """

    path: str
    bytes: int
    removable: bool


def find_orphans(lake: Lake) -> list[Orphan]:
    """Files that no snapshot knows, those of processes at work included (not removable)."""
    known = known_files(lake)
    found = []
    for path in sorted((lake.data / "main").glob("*/*.parquet")):
        if path.name not in known:
            try:
                status = path.stat()
            except FileNotFoundError:  # its owner has just thrown it away
                continue
            dead = status.st_mtime < time.time() - OLD or _owner_is_dead(lake, path)
            found.append(Orphan(path.relative_to(lake.data).as_posix(), status.st_size, dead))
    return found


def remove_orphans(lake: Lake) -> list[Orphan]:
    """The orphans that were removed; those of living processes stay."""
    with lake.locked():
        gone = [o for o in find_orphans(lake) if o.removable]
        for orphan in gone:
            (lake.data / orphan.path).unlink(missing_ok=True)
    return gone


def sweep_dead_sessions(lake: Lake) -> None:
    """What killed processes left behind is gone; skipped while another process is writing."""
    dead = [lock for lock in _locks(lake.data) if _is_dead(lake, lock)]
    if not dead:
        return
    wait, lake.wait = lake.wait, 0.0
    try:
        with lake.locked():
            for lock in dead:
                _sweep(lake, lock)
    except LakeBusy:
        return  # the next process that opens the lake will do it
    finally:
        lake.wait = wait


def known_files(lake: Lake) -> set[str]:
    """Names of all files any snapshot still knows, those scheduled for deletion among them."""
    parts = [
        f"SELECT parse_filename(path) FROM {lake.meta}.{table}"
        for table in ("ducklake_data_file", "ducklake_delete_file", "ducklake_files_scheduled_for_deletion")
    ]
    return {str(row[0]) for row in lake.fetch(" UNION ALL ".join(parts))}


def _sweep(lake: Lake, lock: Path) -> None:
    with _held(lock) as free:
        if not free:
            return
        known = known_files(lake)
        _unlink(p for p in (lake.data / "main").glob(f"*/{lock.stem}-*.parquet") if p.name not in known)
        shutil.rmtree(scratch_folder(lake.data, lock.stem), ignore_errors=True)
        lock.unlink(missing_ok=True)


def _unlink(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _locks(data: Path) -> list[Path]:
    return sorted((data / "staging").glob("*.lock"))


def _owner_is_dead(lake: Lake, file: Path) -> bool:
    lock = session_lock(lake.data, file.stem.rpartition("-")[0])
    return lock.is_file() and _is_dead(lake, lock)


def _is_dead(lake: Lake, lock: Path) -> bool:
    with _held(lock) as free:
        if not free or isinstance(lake.location, Folder):
            return free
        return lock.stat().st_mtime < time.time() - SETTLED


@contextmanager
def _held(lock: Path) -> Iterator[bool]:
    """True while we hold the session's lock, which its process lost by dying in this boot of this machine."""
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
    except OSError:  # removed meanwhile, or of another user
        yield False
        return
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield os.pread(descriptor, 200, 0).decode() == boot_id()
    finally:
        os.close(descriptor)
