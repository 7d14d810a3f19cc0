"""Personal data that somebody looked at: who, which row of which finding, and why. Never what it was."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from governance.errors import UsageError
from governance.lake import events
from governance.redaction import redact

if TYPE_CHECKING:
    from governance.lake.catalog import Lake
    from governance.lake.events import Event

ACTION = "evidence.reveal"


@dataclass(frozen=True)
class Reveal:
    """One line of evidence that somebody sees unmasked.

    Attributes:
        line: its number among the lines of the finding, from 0.
        row: the row it stands in, counted over the datasets of the run.
    """

    run: str
    fingerprint: str
    line: int
    row: int
    sample_id: str
    reason: str


def record(lake: Lake, reveal: Reveal, by: str) -> Event:
    """The event, committed before anything is shown. What the reason repeats of the data is masked in it.

    Raises:
        UsageError: nobody is said to look, or no reason is given.
    """
    if not by.strip() or not reveal.reason.strip():
        raise UsageError(
            "who looks at personal data, and why, has to be said",
            where="reason",
            hint="say why in a few words",
        )
    said = asdict(reveal) | {"reason": redact(reveal.reason.strip())}
    del said["fingerprint"]
    before, lake.actor = lake.actor, by
    try:
        return events.append(lake, ACTION, reveal.fingerprint, said)
    finally:
        lake.actor = before


def of_finding(lake: Lake, fingerprint: str) -> list[Event]:
    """Every time that somebody looked at rows of the finding, in order."""
    return events.about(lake, ACTION, fingerprint)
