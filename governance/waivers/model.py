"""What a waiver is: which findings, why, who asked, who agreed, until when."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from governance.lake.canonical import canonical_json, digest


class Status(StrEnum):
    """What has been decided about a waiver; only an approved one can be in force."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REJECTED = "rejected"
    REVOKED = "revoked"


class State(StrEnum):
    """What a waiver amounts to today. Only one that is in force keeps findings from the gate."""

    IN_FORCE = "in-force"
    EXPIRED = "expired"
    REQUESTED = "requested"
    REJECTED = "rejected"
    REVOKED = "revoked"
    SELF_APPROVED = "self-approved"
    CHANGED = "changed"  # not what the event log says was approved
    UNRECORDED = "unrecorded"  # called approved in the file, and the event log knows of no approval


@dataclass(frozen=True)
class Waiver:
    """One entry of waivers.toml.

    Attributes:
        fingerprint: the one finding meant, 64 hex; empty where `where` says which.
        where: an expression over structured fields of findings; see `governance.waivers.where`.
        expires: the last day on which it holds, at most a year after the request.
        closed_by: who rejected or revoked it.
    """

    id: str
    rule: str
    reason: str
    requested_by: str
    requested_on: date
    expires: date
    fingerprint: str = ""
    where: str = ""
    ticket: str = ""
    status: Status = Status.REQUESTED
    approved_by: str = ""
    approved_on: date | None = None
    closed_by: str = ""
    closed_on: date | None = None
    closed_because: str = ""

    @property
    def scope(self) -> str:
        """Which findings are meant, in one line."""
        return f"finding {self.fingerprint}" if self.fingerprint else f"where {self.where}"

    @property
    def self_approved(self) -> bool:
        """True where whoever asked also agreed; letter case and spaces do not make another person."""
        return self.status is Status.APPROVED and same_person(self.requested_by, self.approved_by)

    def expired(self, today: date) -> bool:
        """True after its last day."""
        return self.expires < today

    def as_json(self) -> dict[str, Any]:
        """Every field that says something, dates as ISO 8601."""
        fields = {k: v.isoformat() if isinstance(v, date) else v for k, v in asdict(self).items()}
        return {k: str(v) for k, v in fields.items() if v}

    @property
    def content(self) -> str:
        """SHA-256 over every field; what the event log keeps."""
        return digest(canonical_json(self.as_json()))


def same_person(one: str, other: str) -> bool:
    """True where two names are one person's."""
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def today() -> date:
    """The day, in UTC: waivers expire at the same moment everywhere."""
    return datetime.now(UTC).date()
