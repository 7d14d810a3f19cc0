"""The gate: what the findings and the rules that ran amount to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from governance.errors import UsageError, did_you_mean
from governance.findings import Severity
from governance.report import Gate, RuleOutcome, RuleState, Verdict

LEVELS = (*(s.value for s in Severity), "never")
"""Values of `fail_on`, strictest last: a note fails only where `note` is asked for; `never` lets all pass."""


@dataclass(frozen=True)
class Tolerance:
    """How much a rule may find before its findings count at the gate; None sets no bound.

    Attributes:
        max_rows: distinct rows that its findings may count against.
        max_rate: the same as a share of all rows, 0 to 1.
    """

    max_rows: int | None = None
    max_rate: float | None = None

    def as_mapping(self) -> dict[str, float]:
        """The bounds that are set, by name."""
        known = {"max_rows": self.max_rows, "max_rate": self.max_rate}
        return {name: bound for name, bound in known.items() if bound is not None}

    def tolerates(self, rows: int, of: int) -> bool:
        """True where so many rows out of all rows stay within every bound that is set."""
        few = self.max_rows is None or rows <= self.max_rows
        return few and (self.max_rate is None or rows <= self.max_rate * of)


def verdict(gate: Gate, outcomes: Iterable[RuleOutcome], severities: pa.Array) -> Verdict:
    """The verdict over the severities of all findings that count.

    A selected rule that could not run makes it incomplete, unless the gate allows that: what was not looked for has
    not been found absent.
    """
    incomplete = any(outcome.state is RuleState.NOT_RUN for outcome in outcomes)
    if incomplete and not gate.allow_incomplete:
        return Verdict.INCOMPLETE
    failing = pa.array(failing_levels(gate.fail_on), pa.string())
    fails = pc.any(pc.is_in(severities, value_set=failing)).as_py()
    return Verdict.FAIL if fails else Verdict.PASS


def failing_levels(fail_on: str) -> list[str]:
    """The severities at or above a level; UsageError for a word that is none."""
    if fail_on not in LEVELS:
        raise UsageError(
            f"{fail_on!r} is not a level to fail on",
            where="fail_on",
            hint=did_you_mean(fail_on, LEVELS) + "levels are: " + ", ".join(LEVELS),
        )
    if fail_on == "never":
        return []
    return [s.value for s in Severity if s.rank <= Severity(fail_on).rank]
