"""When something began, how long it took, and what that cost: the part of a report that differs between runs."""

from __future__ import annotations

import getpass
import platform
import resource
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from governance.report import RunRecord
from governance.version import VERSION


@dataclass(frozen=True)
class Stopwatch:
    """A beginning: wall clock for people, monotonic and CPU clocks for durations."""

    started: datetime
    wall: float
    cpu: float

    @classmethod
    def start(cls) -> Stopwatch:
        """A stopwatch that begins now."""
        return cls(datetime.now(UTC), time.monotonic(), cpu_seconds())

    def stop(self, command: str, timings: Mapping[str, float], costs: Mapping[str, Any]) -> RunRecord:
        """The record of a run that ends now. Its id sorts by time and is short enough to type."""
        return RunRecord(
            id=f"{self.started:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}",
            started=self.started.isoformat(timespec="seconds"),
            finished=datetime.now(UTC).isoformat(timespec="seconds"),
            seconds=round(time.monotonic() - self.wall, 3),
            cpu_seconds=round(cpu_seconds() - self.cpu, 3),
            command=command,
            user=user(),
            host=platform.node(),
            govern=VERSION,
            timings={name: round(seconds, 3) for name, seconds in sorted(timings.items())},
            costs=dict(costs),
        )


def cpu_seconds() -> float:
    """User and system time of this process so far, all threads, in seconds."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def user() -> str:
    """Who runs this program, as the operating system knows them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number without a name
        return "unknown"
