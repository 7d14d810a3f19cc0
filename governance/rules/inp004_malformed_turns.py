"""# malformed-turns

## What it does
Names conversations that cannot be what their author meant:

- a turn without a role, without content, or that is no object with the two;
- a role that is no name (more than 32 characters, or with control characters); any plausible name is kept
  as it is;
- content that is an object or a nested list instead of text, or has parts that are not text;
- an empty answer of the assistant, or an answer column that is empty;
- an answer without any turn of a user or a tool before or after it.

Two turns of the same role in a row, a conversation that ends with the user, and a missing system prompt
are usual and are not reported.

## Why it matters
A chat template drops or mislabels such turns, so the model learns to speak in the wrong place, or to say
nothing.

## Example
`{"messages": [{"role": "user", "content": "What is a bond?"}, {"role": "assistant", "content": ""}]}`

## Options
None.

## Known limits
- A row is reported once, for the first fault found in it.
- A role of an unusual but plausible name (`expert`) is no fault; whether the chat template knows it is
  for TOK003.

## References
- OpenAI chat format and ShareGPT format as described in the documentation of TRL and LLaMA-Factory.
"""

from __future__ import annotations

from collections.abc import Mapping

from governance.findings import Severity
from governance.rules.base import Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.problems import MAPPER, reported


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each conversation with a turn that is not one."""
    return reported(INFO.id, "turns", partials, setup.severity(INFO))


INFO = RuleInfo("INP004", "malformed-turns", Severity.WARNING, "a conversation has a turn that is not one")
RULE = Rule(INFO, (MAPPER,), reduce)
