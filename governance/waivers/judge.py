"""Which waivers are in force: approved by a second person, not expired, and as the event log knows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from governance.waivers.book import Book
from governance.waivers.model import State, Status, Waiver, today

if TYPE_CHECKING:
    from governance.lake import Lake
    from governance.waivers.log import Recorded

LOG, FILE = "log", "file"
"""Where an approval has to stand: in the lake's event log, or in waivers.toml alone."""


@dataclass(frozen=True)
class Judged:
    """A waiver and what it amounts to.

    Attributes:
        faults: in words, how the entry differs from what the event log has; empty where it does not.
        changed: names of the fields that differ.
    """

    waiver: Waiver
    state: State
    faults: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    @property
    def in_force(self) -> bool:
        """True where findings it covers do not count at the gate."""
        return self.state is State.IN_FORCE


@dataclass(frozen=True)
class Judgement:
    """Every waiver of a file, judged on one day.

    Attributes:
        name: of the file, without its folders.
        sha256: of the file's bytes, 64 hex.
    """

    name: str = ""
    sha256: str = ""
    day: date | None = None
    waivers: tuple[Judged, ...] = ()

    def in_force(self) -> tuple[Waiver, ...]:
        """The waivers that keep findings from the gate, in the order of the file."""
        return tuple(j.waiver for j in self.waivers if j.in_force)


def judge_book(book: Book, lake: Lake | None, approvals: str = LOG, day: date | None = None) -> Judgement:
    """Every waiver of a book. Without a lake there is no log, and nothing was recorded."""
    from governance.waivers.log import last_known

    recorded = last_known(lake) if lake is not None and book.waivers else {}
    on = day or today()
    judged = tuple(judge(w, recorded.get(w.id), approvals, on) for w in book.waivers)
    return Judgement(book.name, book.sha256, on, judged)


def judge(waiver: Waiver, recorded: Recorded | None, approvals: str, on: date) -> Judged:
    """One waiver against what the log has of it."""
    differences = recorded.differences(waiver) if recorded else ()
    faults, changed = tuple(map(str, differences)), tuple(d.name for d in differences)
    if waiver.status is Status.APPROVED and recorded is None and approvals == LOG:
        return Judged(waiver, _unless_worse(waiver, State.UNRECORDED), ("the log has no approval of it",))
    if waiver.status is Status.APPROVED and faults:
        return Judged(waiver, State.CHANGED, faults, changed)
    return Judged(waiver, _state(waiver, on), faults, changed)


def _unless_worse(waiver: Waiver, state: State) -> State:
    return State.SELF_APPROVED if waiver.self_approved else state


def _state(waiver: Waiver, on: date) -> State:
    if waiver.status is not Status.APPROVED:
        return State(waiver.status.value)
    if waiver.self_approved:
        return State.SELF_APPROVED
    return State.EXPIRED if waiver.expired(on) else State.IN_FORCE


def as_mapping(judgement: Judgement) -> Mapping[str, Judged]:
    """The judged waivers by id."""
    return {j.waiver.id: j for j in judgement.waivers}
