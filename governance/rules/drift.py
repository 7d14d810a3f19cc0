"""What the drift rules share: one profile of the data, and the version before it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import pyarrow as pa

from governance.rules.base import Mapper, NotApplicable, Partials, RuleInfo, RuleResult, Setup
from governance.samples import SampleBatch

if TYPE_CHECKING:
    from governance.detectors.drift.rules import Compared, Measured


def _map(batch: SampleBatch, setup: Setup) -> pa.Table | None:
    from governance.detectors.drift.rules import map_profile

    return map_profile(batch, setup)


PROFILE = Mapper("drift_profile", _map)


def reduced(
    info: RuleInfo,
    partials: Mapping[str, Partials],
    setup: Setup,
    measure: Callable[[Compared], Measured],
) -> RuleResult:
    """The rule's one measure of the data against the version before, held against its option `threshold`."""
    from governance.detectors.drift.rules import compared, judged

    stored = partials[PROFILE.name]
    sides = setup.once("drift.sides", lambda: compared(stored, setup))
    if isinstance(sides, NotApplicable):
        raise sides
    threshold = float(setup.option(info.id, "threshold"))
    return judged(info.id, setup.severity(info), sides, measure(sides), threshold)
