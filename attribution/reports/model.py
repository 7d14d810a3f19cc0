"""What a report is made from; everything in it follows from what the lake holds."""

from __future__ import annotations

from dataclasses import dataclass

from attribution.explaining.drivers import SuiteDrivers
from attribution.explaining.groups import By
from attribution.explaining.why import Why
from attribution.findings.base import Found
from governance.lake.contributions import StoredAttribution


@dataclass(frozen=True)
class WhyReport:
    """One item: an explanation for each functional that was traced.

    Attributes:
        notes: what could not be shown, and why.
    """

    stored: StoredAttribution
    suite: str
    item: str
    parts: tuple[Why, ...]
    findings: tuple[Found, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def question(self) -> str:
        """The item's text, untrusted; empty where it is not known."""
        return next((part.question for part in self.parts), "")


@dataclass(frozen=True)
class DriversReport:
    """The drivers of suites.

    Attributes:
        by: what samples are rolled up by.
        notes: what could not be shown, and why.
    """

    stored: StoredAttribution
    by: By
    parts: tuple[SuiteDrivers, ...]
    findings: tuple[Found, ...] = ()
    notes: tuple[str, ...] = ()
