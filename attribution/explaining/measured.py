"""What leaving a whole group out did, where somebody trained again without it: the measure beside the estimate.

Such a test (`testing.group_effects`) is a check of kind `group` whose record names it: `by` (label, source, cluster,
rule), `group`, `suite`, `functional`, and the worth of the suite `after` training on everything and `without` the
group, in nats (minus the loss, or the margin, summed over its items). `low` and `high` are its interval, where it has
one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from governance.lake.contributions import Check


@dataclass(frozen=True)
class Measured:
    """What the suite lost when the group was left out, nats; positive where the group had helped."""

    amount: float
    low: float | None = None
    high: float | None = None


def measured(checks: Sequence[Check], by: str, suite: str, functional: str) -> Mapping[str, Measured]:
    """By group, the last measure of each."""
    found = {}
    for check in checks:
        said = check.record
        of = (said.get("by"), said.get("suite"), said.get("functional"))
        if check.kind == "group" and of == (by, suite, functional):
            amount = float(said["after"]) - float(said["without"])
            found[str(said["group"])] = Measured(amount, said.get("low"), said.get("high"))
    return found
