"""# illegal-promotion

## What it does
Finds advertising for what the law forbids, in Chinese and English: gambling, unlawful loans, promised returns,
insider tips, money laundering and bank accounts for hire, traded invoices, fake orders and reviews, false
records. An advertisement is an offer and a call to act (a handle, a number, a link, `apply now`) within 160
characters of each other.

Laws, textbooks, news, warnings and compliance questions say the same words and are not reported: a turn that
warns, judges, forbids or asks whether to believe is passed over, and so is one whose answer refuses or warns.

## Why it matters
Such text is unlawful content under the Interim Measures for Generative AI Services and the advertising and
securities laws, and a finance model that repeats it promises what nobody may promise.

## Example
`保本保息，日赚千元，名额有限，加微信 vip88866`

## Options
None.

## Known limits
- The lists hold the usual offers in simplified Chinese and English; new slang is not found.
- An advertisement that uses a word of warning (other than to deny it: 不是骗局) is taken for a warning.
- Offers without any call to act are not reported.

## References
- GB/T 45654-2025, annex A
- Advertising Law of the PRC (2021), article 25; Securities Law of the PRC (2019), article 53
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from governance.findings import Severity
from governance.rules.base import Mapper, Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.marks import reported
from governance.samples import SampleBatch

MESSAGES = {
    "gambling": "advertising for gambling",
    "loan": "advertising for unlawful loans or cash advances",
    "returns": "advertising with promised returns",
    "insider": "advertising with inside information or sure stock tips",
    "money-laundering": "recruiting for money laundering or trade in bank accounts",
    "invoice": "advertising for traded invoices or false certificates",
    "fake-trade": "recruiting for fake orders or reviews",
    "false-records": "advertising for false records",
}
"""What is said about each kind."""


def _map(batch: SampleBatch, setup: Setup) -> pa.Table | None:
    from governance.detectors.toxicity.marks import promotion

    return promotion(batch, setup)


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each content and kind."""
    return reported(INFO.id, setup.severity(INFO), partials[MAPPER.name], MESSAGES)


MAPPER = Mapper("promotion", _map)
INFO = RuleInfo(
    "TOX002",
    "illegal-promotion",
    Severity.WARNING,
    "a row advertises what the law forbids",
)
RULE = Rule(INFO, (MAPPER,), reduce)
