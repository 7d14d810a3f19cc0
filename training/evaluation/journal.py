"""Results on disk as they come, so that whatever happens no item is asked twice.

One JSON line a result, after a line that says which evaluation it is. Lines are appended and synced together; a kill
can leave half a line at the end, which is cut off when the journal is opened again.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType

from governance.errors import InputError, LakeBusy
from governance.evaluations import ItemResult, ItemState

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Heading:
    """The first line: which evaluation of which plan this is.

    Attributes:
        plan: 64 hex over model, items and settings; a journal of another plan is never taken up.
        started: ISO 8601, UTC.
    """

    evaluation: str
    plan: str
    started: str
    format: int = FORMAT


class Journal:
    """An open journal; this process alone writes it. Close it, or use it as a context manager."""

    def __init__(self, path: Path, descriptor: int, heading: Heading, results: dict[str, ItemResult]) -> None:
        self.path = path
        self.heading = heading
        self.results = results
        self._descriptor = descriptor

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Another process may go on."""
        os.close(self._descriptor)

    def has(self, item: str) -> bool:
        """True where the item needs not be asked again; one that failed is."""
        found = self.results.get(item)
        return found is not None and found.state is not ItemState.FAILED

    def append(self, results: Iterable[ItemResult]) -> None:
        """The results are on the disk."""
        new = list(results)
        _write(self._descriptor, [_line(asdict(r)) for r in new])
        self.results |= {r.item: r for r in new}

    def remove(self) -> None:
        """The file is gone; its results are in the lake."""
        self.path.unlink(missing_ok=True)


def open_journal(path: Path, heading: Heading) -> Journal:
    """The journal at the path, taken up where it is of the same plan, else begun with this heading.

    Raises:
        LakeBusy: another process writes it.
        InputError: it is of another plan, or damaged before its end.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(descriptor, path)
        found, results, size = _read(path)
        os.ftruncate(descriptor, size)
        os.lseek(descriptor, 0, os.SEEK_END)
        if found is None:
            _write(descriptor, [_line(asdict(heading))])
        elif found.plan != heading.plan:
            raise InputError("the journal is of another evaluation", where=str(path), hint="move it away")
        return Journal(path, descriptor, found or heading, results)
    except BaseException:
        os.close(descriptor)
        raise


def discard(path: Path) -> None:
    """The journal is gone, if there was one.

    Raises:
        LakeBusy: another process writes it.
    """
    if not path.is_file():
        return
    descriptor = os.open(path, os.O_RDWR)
    try:
        _lock(descriptor, path)
        path.unlink()
    finally:
        os.close(descriptor)


def peek(path: Path) -> tuple[Heading, int] | None:
    """(heading, items that need not be asked again) of a journal that is there; None without one."""
    if not path.is_file():
        return None
    heading, results, _ = _read(path)
    done = sum(r.state is not ItemState.FAILED for r in results.values())
    return None if heading is None else (heading, done)


def _lock(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        hint = "wait for it to end"
        raise LakeBusy("another process runs this evaluation", where=str(path), hint=hint) from error


def _read(path: Path) -> tuple[Heading | None, dict[str, ItemResult], int]:
    """(heading, last result of each item, bytes of whole lines)."""
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    lines = content[:whole].splitlines()
    try:
        heading = Heading(**json.loads(lines[0])) if lines else None
        results = [ItemResult.of(json.loads(line)) for line in lines[1:]]
    except (ValueError, TypeError, KeyError) as error:
        hint = "move it away, and the evaluation begins anew"
        raise InputError("the journal of the evaluation is damaged", where=str(path), hint=hint) from error
    return heading, {r.item: r for r in results}, whole


def _line(values: dict[str, object]) -> bytes:
    return json.dumps(values, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


def _write(descriptor: int, lines: list[bytes]) -> None:
    view = memoryview(b"".join(lines))
    while view:
        view = view[os.write(descriptor, view) :]
    os.fsync(descriptor)
