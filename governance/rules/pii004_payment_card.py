"""# payment-card

## What it does
Finds payment card numbers: the ranges of Visa, Mastercard, American Express, Discover, JCB, Diners, UnionPay and the
older cards of Chinese banks, with a right check digit (Luhn). Numbers that processors publish for tests are counted,
and reported only with `public`.

## Why it matters
Card numbers must not be kept in the clear at all (PCI DSS, requirement 3), least of all in weights.

## Example
`请汇到卡号6222 0212 3456 7890 128`

## Options
- `public` (false): also report published test numbers, as notes.
- `confidence` (0.7): least confidence; 0.5 adds right numbers after words such as 订单.

## Known limits
- One number in ten has a right check digit. A bare number of 16 digits that begins like a card may be something
  else; words before it that name another number keep it out.

## References
- ISO/IEC 7812-1; PCI DSS 4.0
"""

from __future__ import annotations

from collections.abc import Mapping

from governance.findings import Severity
from governance.rules.base import Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.personal import CONFIDENCE_OPTION, PERSONAL, PUBLIC_OPTION, reported_kinds

MESSAGES = {"card": "a payment card number"}


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each content with cards."""
    return reported_kinds(INFO, partials, setup, MESSAGES)


INFO = RuleInfo(
    "PII004",
    "payment-card",
    Severity.ERROR,
    "a row holds a payment card number",
    (PUBLIC_OPTION, CONFIDENCE_OPTION),
)
RULE = Rule(INFO, (PERSONAL,), reduce)
