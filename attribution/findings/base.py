"""What a rule about attributions is: metadata, a page (the module's docstring), and one check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from attribution.explaining.drivers import SuiteDrivers
from governance.findings import Severity
from governance.lake.contributions import Ledger, StoredAttribution
from governance.rules.base import RuleInfo


@dataclass(frozen=True)
class Subject:
    """What is looked at: one attribution, with the drivers of its suites by sample.

    Attributes:
        suites: every suite and functional, rolled up by sample.
    """

    stored: StoredAttribution
    ledger: Ledger
    suites: tuple[SuiteDrivers, ...]


@dataclass(frozen=True)
class Found:
    """One finding.

    Attributes:
        fingerprint: of the rule and what it speaks of (suite, functional, sample ids), so that tracing an equal run
            again gives the same.
        suite: the suite it speaks of; empty for all of them.
        message: our words and numbers only.
        score, threshold: what was measured, and what it was held against.
        samples: numbers of the samples it speaks of.
    """

    rule: str
    severity: Severity
    kind: str
    fingerprint: str
    suite: str
    functional: str
    message: str
    score: float | None = None
    threshold: float | None = None
    samples: tuple[int, ...] = ()


@dataclass(frozen=True)
class AttributionRule:
    """Metadata and the check."""

    info: RuleInfo
    check: Callable[[Subject], list[Found]]
