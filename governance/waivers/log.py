"""What the lake's event log knows of waivers: the last thing decided about each, and its content then.

The log is the proof: waivers.toml is a file that anybody may edit, and an edit after the approval shows here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from governance.lake import events

if TYPE_CHECKING:
    from governance.lake import Lake
    from governance.waivers.model import Waiver

PRUNED = "waiver.prune"
ACTIONS = "waiver."


@dataclass(frozen=True)
class Difference:
    """One field of a waiver that the file and the log have differently; None where one has no such field."""

    name: str
    now: str | None
    logged: str | None

    def __str__(self) -> str:
        now, logged = ("nothing" if v is None else repr(v) for v in (self.now, self.logged))
        return f"{self.name} is {now}, the log has {logged}"


@dataclass(frozen=True)
class Recorded:
    """One change of one waiver, as an intact event has it.

    Attributes:
        action: waiver.add | waiver.approve | waiver.reject | waiver.revoke | waiver.prune.
        content: SHA-256 over the entry after the change.
        entry: the fields of the entry after the change.
    """

    seq: int
    at: str
    actor: str
    action: str
    id: str
    content: str
    entry: Mapping[str, str]

    def differences(self, waiver: Waiver) -> tuple[Difference, ...]:
        """In which fields the file's entry is not what the log has; empty where it is."""
        if waiver.content == self.content:
            return ()
        now = waiver.as_json()
        names = [k for k in {**self.entry, **now} if self.entry.get(k) != now.get(k)]
        return tuple(Difference(k, now.get(k), self.entry.get(k)) for k in names)


def history(lake: Lake) -> list[Recorded]:
    """Every change of every waiver, in order. An event whose hash is wrong proves nothing and is left out."""
    found = [e for e in events.beginning(lake, ACTIONS) if e.hash == e.expected_hash()]
    return [
        Recorded(e.seq, e.at, e.actor, e.action, change["id"], change["content"], change["entry"])
        for e in found
        for change in e.data["changes"]
    ]


def last_known(lake: Lake) -> dict[str, Recorded]:
    """The last change of each waiver by id, those that were pruned included."""
    return {change.id: change for change in history(lake)}


def details(waivers: list[Waiver], login: str) -> dict[str, Any]:
    """What an event keeps of waivers that were changed; `login` is who the operating system says it was."""
    changes = [{"id": w.id, "content": w.content, "entry": w.as_json()} for w in waivers]
    return {"changes": changes, "login": login}
