"""# postal-address

## What it does
Finds addresses down to the house:

- `address`: somebody's home, told by a flat (3单元501室, Apt 4B) or by words such as 家住, 收货 or "lives at";
- `street`: a house that may as well be an office: a Chinese one with its place and number, an English one with its
  town and postcode. It is a note, since companies print theirs everywhere.

Flats in buildings called 大厦, 中心 or 广场 and addresses after words such as 公司 or 注册 count as `street`.

## Why it matters
A home address points at a household, and with one more fact at a person.

## Example
`家住安徽省合肥市蜀山区望江西路5号2栋803室`

## Options
- `confidence` (0.7): least confidence; 0.5 adds English streets without a town.

## Known limits
- Places without a house number (a village, a district) are not addresses here.
- Chinese and English only; the beginning of a Chinese address may be a few characters off.

## References
- Personal Information Protection Law of the PRC, article 4
"""

from __future__ import annotations

from collections.abc import Mapping

from governance.findings import Severity
from governance.rules.base import Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.personal import CONFIDENCE_OPTION, PERSONAL, reported_kinds

MESSAGES = {"address": "an address of a home"}
NOTES = {"street": "an address of a house, perhaps an office"}


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each content and kind of address."""
    return reported_kinds(INFO, partials, setup, MESSAGES, NOTES)


INFO = RuleInfo(
    "PII006", "postal-address", Severity.WARNING, "a row holds a postal address", (CONFIDENCE_OPTION,)
)
RULE = Rule(INFO, (PERSONAL,), reduce)
