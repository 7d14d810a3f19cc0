"""# bank-account

## What it does
Finds bank accounts: IBANs with a right checksum and the length of their country (`iban`), and numbers of 9 to 23
digits right after words such as 账号, 账户, 卡号 or "account no." (`account`). Accounts of chat and shopping platforms
are not meant.

## Why it matters
With a name beside it, an account number is enough for fraud, and the law calls it sensitive. A company prints its own
on every invoice, so that a finding is a warning, not an error.

## Example
`开户行：招商银行北京分行，账号：6217 0000 1234 5678 901`

## Options
- `confidence` (0.7): least confidence; 0.5 adds shorter numbers and accounts of platforms.

## Known limits
- Account numbers without such words before them cannot be told from other numbers.

## References
- ISO 13616 (IBAN); python-stdnum
"""

from __future__ import annotations

from collections.abc import Mapping

from governance.findings import Severity
from governance.rules.base import Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.personal import CONFIDENCE_OPTION, PERSONAL, reported_kinds

MESSAGES = {"iban": "an IBAN", "account": "a number named as an account"}


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each content and kind of account."""
    return reported_kinds(INFO, partials, setup, MESSAGES)


INFO = RuleInfo(
    "PII005", "bank-account", Severity.WARNING, "a row holds a bank account number", (CONFIDENCE_OPTION,)
)
RULE = Rule(INFO, (PERSONAL,), reduce)
