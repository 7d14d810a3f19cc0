"""# phone-number

## What it does
Finds phone numbers: mainland mobiles and landlines, numbers with a country code, North American numbers, and after
words such as 电话 or "phone" any format of the regions. Each is held against the numbering plans that
`phonenumbers` carries. Hotlines (400, 800, toll-free) lead to an organisation: they are counted, and reported only
with `public`.

Amounts (`13812345678元`), counts, order numbers, parts of longer numbers, decimals and web addresses are not phones.

## Why it matters
A phone number leads to its owner at once, and in China to most accounts that the owner has.

## Example
`请拨打13812345678联系张女士`

## Options
- `region` (`CN`, `US`): countries whose national formats are understood, a list of ISO 3166 codes. Numbers
  with `+` and a country code are found whatever it is.
- `public` (false): also report hotlines, as notes.
- `confidence` (0.7): least confidence; 0.5 adds numbers after words such as 订单 and those with dots only.

## Known limits
- Short numbers (95588, 110) belong to organisations and are not looked for.
- A bare number of eleven digits that begins like a mobile is taken for one unless the words before or after it say
  otherwise.
- Numbers with characters between the digits that nobody would dial are not found.

## References
- phonenumbers, a port of Google's libphonenumber
- ITU-T E.164
"""

from __future__ import annotations

from collections.abc import Mapping

from governance.findings import Severity
from governance.rules.base import Option, Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.personal import CONFIDENCE_OPTION, PERSONAL, PUBLIC_OPTION, reported_kinds

MESSAGES = {"phone": "a phone number"}


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each content with numbers."""
    return reported_kinds(INFO, partials, setup, MESSAGES)


INFO = RuleInfo(
    "PII002",
    "phone-number",
    Severity.WARNING,
    "a row holds a phone number of a person",
    (
        Option("region", ("CN", "US"), "countries whose national formats are understood"),
        PUBLIC_OPTION,
        CONFIDENCE_OPTION,
    ),
)
RULE = Rule(INFO, (PERSONAL,), reduce)
