"""# template-mismatch

## What it does
Finds conversations that the chat template of Qwen3 renders as something other than what they say:

- `unknown-role`: a turn of a role other than system, user, assistant and tool; the template leaves it out;
- `late-system`: a system turn that is not the first; it is written where it stands, and the tools go elsewhere;
- `assistant-first`: an answer before any question; it is written without the thought block of an answer;
- `repeated-role`: two turns of the user, or of the assistant, in a row; the first question is never answered;
- `tool-without-call`: a tool result that no answer called for; it is written as a turn of the user;
- `special-token`: a content that spells a control token such as `<|im_end|>`; the turn ends there;
- `unbalanced-think`: thought tags in an answer that do not form one thought at its beginning; the template then drops
  text, or takes the answer for a thought.

Plain texts are looked at for special tokens only.

## Why it matters
What is trained on is the rendered text. Nothing warns where it differs from the data.

## Example
`[{"role": "user", "content": "Hi"}, {"role": "expert", "content": "Hello."}]` renders as a question without an answer.

## Options
None.

## Known limits
- Whether an answer calls a tool is told by the usual notations (`<tool_call>`, JSON with a name, `Action:`, `f(`).
- Tool definitions outside the turns are not looked at.
- Other templates differ: Llama's refuses repeated roles, Mistral's refuses a late system turn.

## References
- Qwen3, tokenizer_config.json, `chat_template`; TRL, `chat_templates/qwen3.jinja`
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from governance.findings import Severity
from governance.rules.base import Mapper, Partials, Rule, RuleInfo, RuleResult, Setup
from governance.samples import SampleBatch

MESSAGES = {
    "unknown-role": "the template leaves out a turn of a role that it does not know",
    "late-system": "a system turn is not the first of its conversation",
    "assistant-first": "an answer stands before any question",
    "repeated-role": "two turns of one role follow each other",
    "tool-without-call": "a tool result was not called for",
    "special-token": "a control token of the template stands in a content",
    "unbalanced-think": "thought tags do not form one thought at the beginning of the answer",
}


def _map(batch: SampleBatch, setup: Setup) -> pa.Table | None:
    from governance.detectors.tokens.template import map_template

    return map_template(batch, setup) if len(batch) else None


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each content and kind."""
    from governance.rules.marks import reported

    return reported(INFO.id, setup.severity(INFO), partials[MAPPER.name], MESSAGES)


MAPPER = Mapper("template", _map)
INFO = RuleInfo(
    "TOK003",
    "template-mismatch",
    Severity.WARNING,
    "the chat template renders a conversation as something else",
)
RULE = Rule(INFO, (MAPPER,), reduce)
