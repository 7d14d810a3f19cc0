"""The event log: who did what, when, each entry holding the hash of the one before.

An event is written in the transaction that does what it tells. Its hash covers all its other fields,
`prev_hash` among them, so an edited, deleted or reordered event breaks the chain at its place. The number and
hash of the last event also stand in the catalog's commit note and in the ledger; a chain cut at its end
disagrees with them. DuckLake's own snapshot list does not serve for this: expiring snapshots takes authors
and messages with it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from governance.lake.canonical import canonical_json, digest
from governance.lake.tables import EVENTS, names

if TYPE_CHECKING:
    from governance.lake.catalog import Lake

GENESIS = "0" * 64
"""The previous hash of the first event."""


@dataclass(frozen=True)
class Event:
    """One entry of the log."""

    seq: int  # 1, 2, 3 ... without gaps
    at: str  # ISO 8601, UTC
    actor: str
    action: str  # audit.commit, dataset.remove ...
    subject: str  # the run, NAME@VERSION or suite it is about
    details: str  # canonical JSON object
    prev_hash: str
    hash: str

    @property
    def data(self) -> Mapping[str, Any]:
        """The details as a mapping."""
        found: Mapping[str, Any] = json.loads(self.details)
        return found

    def as_row(self) -> dict[str, object]:
        """The event as a row of its table."""
        return asdict(self)

    def expected_hash(self) -> str:
        """SHA-256 of the canonical JSON of every field but the hash itself."""
        fields = asdict(self)
        del fields["hash"]
        return digest(canonical_json(fields))


@dataclass(frozen=True)
class Head:
    """The end of the chain: number and hash of the last event."""

    seq: int = 0
    hash: str = GENESIS


@dataclass(frozen=True)
class ChainCheck:
    """What became of a look at the whole chain.

    Attributes:
        broken_at: number of the first event that does not follow from the one before; None where all do.
        problem: what is wrong there, in words.
    """

    events: int
    head: Head
    broken_at: int | None = None
    problem: str = ""

    @property
    def ok(self) -> bool:
        """True where every link holds."""
        return self.broken_at is None


def append(lake: Lake, action: str, subject: str, details: Mapping[str, Any]) -> Event:
    """The event, committed on its own."""
    from governance.lake.commit import writing  # commit writes events; only this function needs it back

    with writing(lake) as tx:
        tx.describe(action, subject, details)
    return events(lake, after=tx.seq - 1)[0]


def events(lake: Lake, after: int = 0, limit: int | None = None) -> list[Event]:
    """Events in order, those with a number above `after`."""
    most = f"LIMIT {int(limit)}" if limit is not None else ""
    sql = f"SELECT {names(EVENTS.schema)} FROM lake.events WHERE seq > ? ORDER BY seq {most}"
    return [Event(*row) for row in lake.fetch(sql, [after])]


def about(lake: Lake, action: str, subject: str) -> list[Event]:
    """Events of that action and subject, in order."""
    sql = f"SELECT {names(EVENTS.schema)} FROM lake.events WHERE action = ? AND subject = ? ORDER BY seq"
    return [Event(*row) for row in lake.fetch(sql, [action, subject])]


def beginning(lake: Lake, prefix: str) -> list[Event]:
    """Events whose action begins so, in order."""
    sql = f"SELECT {names(EVENTS.schema)} FROM lake.events WHERE starts_with(action, ?) ORDER BY seq"
    return [Event(*row) for row in lake.fetch(sql, [prefix])]


def following(head: Head, at: str, actor: str, action: str, subject: str, details: str) -> Event:
    """The event that comes after the head, hash and all."""
    open_event = Event(head.seq + 1, at, actor, action, subject, details, head.hash, "")
    return Event(**{**asdict(open_event), "hash": open_event.expected_hash()})


def head(lake: Lake) -> Head:
    """The end of the chain as the catalog's note has it, or as the log itself where no note is left."""
    noted = noted_head(lake)
    return noted if noted.seq else logged_head(lake)


def noted_head(lake: Lake) -> Head:
    """Number and hash of the last event by the notes of the commits; zero where there is none."""
    found = lake.fetch(
        f"SELECT commit_extra_info FROM {lake.meta}.ducklake_snapshot_changes "
        "WHERE commit_extra_info LIKE '{\"govern\":%' ORDER BY snapshot_id DESC LIMIT 1"
    )
    if not found:
        return Head()
    note = json.loads(found[0][0])
    return Head(int(note["seq"]), str(note["hash"]))


def logged_head(lake: Lake) -> Head:
    """Number and hash of the last event of the log; zero where it is empty."""
    found = lake.fetch("SELECT seq, hash FROM lake.events ORDER BY seq DESC LIMIT 1")
    return Head(*found[0]) if found else Head()


def verify_chain(lake: Lake) -> ChainCheck:
    """Whether every event follows from the one before, and the last is what catalog and ledger know."""
    log = events(lake)
    last = Head()
    for event in log:
        problem = _broken(last, event)
        if problem:
            return ChainCheck(len(log), last, event.seq, problem)
        last = Head(event.seq, event.hash)
    noted = noted_head(lake)
    witnesses = {"ledger": _ledger_head(lake), **({"catalog": noted} if noted.seq else {})}
    for name, other in witnesses.items():
        if other != last:
            first = min(other.seq, last.seq) + (other.seq != last.seq)
            problem = (
                f"the log ends with event {last.seq}, and the {name} knows another end, event {other.seq}"
            )
            return ChainCheck(len(log), last, first, problem)
    return ChainCheck(len(log), last)


def _broken(last: Head, event: Event) -> str:
    if event.seq != last.seq + 1:
        return f"event {last.seq + 1} is missing: {event.seq} follows {last.seq}"
    if event.prev_hash != last.hash:
        return f"event {event.seq} does not follow event {last.seq}"
    if event.hash != event.expected_hash():
        return f"event {event.seq} was changed after it was written"
    return ""


def _ledger_head(lake: Lake) -> Head:
    found = lake.fetch("SELECT seq, event_hash FROM lake.ledger ORDER BY seq DESC LIMIT 1")
    return Head(*found[0]) if found else Head()
