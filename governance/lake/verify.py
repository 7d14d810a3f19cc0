"""Does the lake hold what it says it holds: files against the ledger, the chain of events, the options."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from governance.lake import events
from governance.lake.catalog import NO_INLINING, inlining
from governance.lake.commit import ledger_root
from governance.lake.orphans import Orphan, find_orphans
from governance.lake.tables import EVENTS

if TYPE_CHECKING:
    from governance.lake.catalog import Lake

CHUNK = 1 << 20


@dataclass(frozen=True)
class Problem:
    """One thing that is not as it should be."""

    what: str
    where: str = ""


@dataclass(frozen=True)
class LakeCheck:
    """What a look at the whole lake found.

    Attributes:
        files: data files of the present state, each of which was looked at.
        orphans: files no snapshot knows; left by kills, no damage.
        problems: damage; empty is good.
    """

    files: int
    events: int
    orphans: tuple[Orphan, ...]
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """True where nothing is damaged."""
        return not self.problems


def verify_lake(lake: Lake, *, deep: bool = True) -> LakeCheck:
    """What was found: with `deep` every file is hashed (1.5 GB/s), else only its size is looked at."""
    ledger = _ledger(lake)
    files = _present_files(lake)
    chain = events.verify_chain(lake)
    problems = [Problem(chain.problem, "event log")] if not chain.ok else []
    problems += _check_ledger(lake, ledger)
    for path in files:
        problems += _check_file(lake.data / path, ledger.get(path), deep=deep)
    if any(value != NO_INLINING for value in inlining(lake)):
        problems.append(
            Problem("row inlining has been switched on, which is known to lose deletes", "options")
        )
    return LakeCheck(len(files), chain.events, tuple(find_orphans(lake)), tuple(problems))


@dataclass(frozen=True)
class _Line:
    seq: int
    event_hash: str
    table: str
    path: str
    sha256: str
    bytes: int
    rows: int


def _ledger(lake: Lake) -> dict[str, _Line]:
    sql = "SELECT path, seq, event_hash, table_name, sha256, bytes, rows FROM lake.ledger"
    return {
        str(path): _Line(seq, event_hash, table, path, sha256, size, rows)
        for path, seq, event_hash, table, sha256, size, rows in lake.fetch(sql)
    }


def _present_files(lake: Lake) -> list[str]:
    """Paths of the present state's files, relative to the data folder; the ledger's own are not in it."""
    sql = (
        f"SELECT t.path, f.path FROM {lake.meta}.ducklake_data_file f"
        f" JOIN {lake.meta}.ducklake_table t USING (table_id)"
        " WHERE f.end_snapshot IS NULL AND t.end_snapshot IS NULL AND t.table_name <> 'ledger' ORDER BY 1, 2"
    )
    return [f"main/{folder.strip('/')}/{name}" for folder, name in lake.fetch(sql)]


def _check_file(path: Path, line: _Line | None, *, deep: bool) -> list[Problem]:
    if not path.is_file():
        return [Problem("a data file is missing", str(path))]
    if line is None:
        return [Problem("a data file is not in the ledger", str(path))]
    if path.stat().st_size != line.bytes:
        return [Problem("a data file has another size than the ledger says", str(path))]
    if deep and file_sha256(path) != line.sha256:
        return [Problem("a data file has another SHA-256 than the ledger says", str(path))]
    return []


def _check_ledger(lake: Lake, ledger: dict[str, _Line]) -> list[Problem]:
    """The ledger against the events: each event holds a hash over the files of its transaction."""
    lines: dict[int, list[_Line]] = defaultdict(list)
    for line in ledger.values():
        lines[line.seq].append(line)
    problems = []
    for event in events.events(lake):
        own = lines.pop(event.seq, [])
        root = ledger_root((x.path, x.sha256, x.rows) for x in own if x.table != EVENTS.name)
        if root != event.data.get("ledger") or any(x.event_hash != event.hash for x in own):
            problems.append(Problem(f"the ledger differs from what event {event.seq} recorded", "ledger"))
    problems += [Problem(f"the ledger names event {seq}, which is not in the log", "ledger") for seq in lines]
    return problems


def file_sha256(path: Path) -> str:
    """64 hex of the file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
