"""# hidden-unicode

## What it does
Finds characters that a reader does not see and a model does:

- `direction`: controls that show text in another order than it is read (overrides, right-to-left embeddings and
  isolates in text without right-to-left letters);
- `tags`: tag characters and runs of variation selectors, which can spell whole sentences unseen;
- `payload`: eight or more zero-width characters in a row, enough to write a byte;
- `zero-width`: zero-width characters between two letters or digits, which break a word for a tokeniser or a
  filter and not for the eye.

## Why it matters
Hidden text carries orders past reviewers, and split words pass word lists. A model that is trained on either
answers to something nobody can see.

## Example
`trans\\u200bfer` with U+200B after the s.

## Options
None.

## Known limits
- What scripts and emoji need is not reported: joiners in Persian, Arabic and Indic words, joined emoji, flags,
  a byte order mark at the start, direction marks. Soft hyphens of web pages are not reported either.
- Letters that look alike (Cyrillic а for a) are not looked for.

## References
- Boucher, Anderson 2021, Trojan Source: Invisible Vulnerabilities
- Unicode Technical Report 36, Unicode Security Considerations
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from governance.findings import Severity
from governance.rules.base import Mapper, Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.marks import reported
from governance.samples import SampleBatch

MESSAGES = {
    "direction": "controls that change the order in which text is shown",
    "tags": "invisible tag characters",
    "payload": "a run of zero-width characters long enough to hold a message",
    "zero-width": "a zero-width character inside a word",
}
"""What is said about each kind."""


def _map(batch: SampleBatch, setup: Setup) -> pa.Table | None:
    from governance.detectors.security.marks import hidden_marks

    return hidden_marks(batch, setup)


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each content and kind."""
    return reported(INFO.id, setup.severity(INFO), partials[MAPPER.name], MESSAGES)


MAPPER = Mapper("hidden", _map)
INFO = RuleInfo(
    "SEC002",
    "hidden-unicode",
    Severity.WARNING,
    "a row holds characters that do not show",
)
RULE = Rule(INFO, (MAPPER,), reduce)
