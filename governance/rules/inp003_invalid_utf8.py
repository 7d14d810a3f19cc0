"""# invalid-utf8

## What it does
Names rows with bytes that are not UTF-8, and rows of JSON with a lone surrogate such as `\\ud83d`
without its other half. Each is replaced by U+FFFD before any other rule sees the row, and the replaced
text is what the row's identity is made of.

## Why it matters
The text is damaged: it was decoded with the wrong encoding, or cut inside a character. A tokenizer may
fail on it, or learn the damage.

## Example
`"The rate rose to 3\\ud83d percent"` in JSON, or the Latin-1 byte E9 in a file that is said to be
UTF-8.

## Options
None. With `--strict-input` the first such row ends the audit instead.

## Known limits
- Text that was decoded wrongly before it was saved (`Ã©` for é) is valid UTF-8 and is not found here.
- A JSON record with bad bytes in a column that is not read is reported too, since the record is damaged.

## References
- RFC 3629 (UTF-8). Unicode Standard, section 3.9 (ill-formed sequences and U+FFFD).
"""

from __future__ import annotations

from collections.abc import Mapping

from governance.findings import Severity
from governance.rules.base import Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.problems import MAPPER, reported


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each row whose text was not valid Unicode."""
    return reported(INFO.id, "encoding", partials, setup.severity(INFO))


INFO = RuleInfo("INP003", "invalid-utf8", Severity.WARNING, "a row holds bytes that are not UTF-8")
RULE = Rule(INFO, (MAPPER,), reduce)
