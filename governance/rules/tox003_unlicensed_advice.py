"""# unlicensed-advice

## What it does
Finds answers and plain texts that promise a price (`必涨`, `will definitely go up`) and tell somebody to trade
on it within 80 characters, in a turn that says nothing about risk.

## Why it matters
Advice on securities needs a licence, and a promise of profit is forbidden to those who have one. A model that
has learned such answers gives them to clients.

## Example
`这只股票必涨，建议满仓买入。`

## Options
None.

## Known limits
- In preview: advice without a promise is not found, and neither is a promise in words the list does not know.

## References
- Securities Law of the PRC (2019), articles 160 and 161
- FINRA Rule 2210(d)(1)(B), 2210(d)(1)(F)
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from governance.findings import Severity
from governance.rules.base import Mapper, Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.marks import reported
from governance.samples import SampleBatch

MESSAGES = {
    "promise": "a promised price with the advice to trade on it",
}
"""What is said about each kind."""


def _map(batch: SampleBatch, setup: Setup) -> pa.Table | None:
    from governance.detectors.toxicity.marks import advice

    return advice(batch, setup)


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each content and kind."""
    return reported(INFO.id, setup.severity(INFO), partials[MAPPER.name], MESSAGES)


MAPPER = Mapper("advice", _map)
INFO = RuleInfo(
    "TOX003",
    "unlicensed-advice",
    Severity.WARNING,
    "an answer promises a price and says to trade on it",
    stage="preview",
)
RULE = Rule(INFO, (MAPPER,), reduce)
