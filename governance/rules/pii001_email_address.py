"""# email-address

## What it does
Finds e-mail addresses of people, also where Chinese characters stand right beside them and with full-width
letters. Mailboxes of roles (`info@`, `service@`, `noreply@`, `ir@` ...), reserved domains (`example.com`, `.test`)
and the domains of `allow` lead to nobody in particular: they are counted, and reported only with `public`.

## Why it matters
An address identifies its owner, and a model repeats what it has learned by heart.

## Example
`我的邮箱是zhang.san@qq.com，请查收。`

## Options
- `allow` (empty): a list of domains that may stay, with those below them, e.g. `mybank.cn`.
- `public` (false): also report, as notes, role mailboxes, reserved and allowed domains.
- `confidence` (0.7): least confidence; 0.5 adds addresses with a rare ending and those inside web addresses.

## Known limits
- Spelled-out forms such as `zhang at qq dot com` are not found.
- Addresses in published source code and mailing lists are public already, and reported all the same.

## References
- RFC 5322; RFC 2606 (reserved domains); RFC 2142 (mailboxes of roles)
- Personal Information Protection Law of the PRC, article 4
"""

from __future__ import annotations

from collections.abc import Mapping

from governance.findings import Severity
from governance.rules.base import Option, Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.personal import CONFIDENCE_OPTION, PERSONAL, PUBLIC_OPTION, reported_kinds

MESSAGES = {"email": "an e-mail address"}


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each content with addresses."""
    return reported_kinds(INFO, partials, setup, MESSAGES)


INFO = RuleInfo(
    "PII001",
    "email-address",
    Severity.WARNING,
    "a row holds an e-mail address of a person",
    (
        Option("allow", (), "mail domains that may stay"),
        PUBLIC_OPTION,
        CONFIDENCE_OPTION,
    ),
)
RULE = Rule(INFO, (PERSONAL,), reduce)
