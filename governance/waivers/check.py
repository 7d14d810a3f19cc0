"""Is waivers.toml what the event log says it is; every difference names its waiver."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from governance.errors import GovernError
from governance.waivers.book import Book, read_book
from governance.waivers.judge import LOG, judge_book
from governance.waivers.log import PRUNED, last_known
from governance.waivers.model import State

if TYPE_CHECKING:
    from governance.lake import Lake


def verify_waivers(lake: Lake, path: Path | None, approvals: str = LOG) -> list[str]:
    """What is wrong, a line each; without a file there is nothing to hold against the log."""
    if path is None:
        return []
    try:
        book = read_book(path)
    except GovernError as error:
        return [f"{error.where}: {error.what}"]
    return [*_changed(book, lake, approvals), *_missing(book, lake)]


def _changed(book: Book, lake: Lake, approvals: str) -> Iterator[str]:
    known = last_known(lake)
    for found in judge_book(book, lake, approvals).waivers:
        ident = found.waiver.id
        if found.faults and ident in known:
            yield f"waiver {ident} was changed after event {known[ident].seq}: {'; '.join(found.faults)}"
        elif found.state in {State.UNRECORDED, State.SELF_APPROVED} and found.faults:
            yield f"waiver {ident} is called approved, and {'; '.join(found.faults)}"


def _missing(book: Book, lake: Lake) -> Iterator[str]:
    here = {w.id for w in book.waivers}
    for ident, last in last_known(lake).items():
        if ident not in here and last.action != PRUNED:
            yield f"waiver {ident} is not in {book.name}: the log has it since event {last.seq} ({last.action})"
