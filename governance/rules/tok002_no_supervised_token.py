"""# no-supervised-token

## What it does
Finds conversations that teach nothing once the chat template has masked what is not the assistant's:

- `no-answer`: no turn of the assistant;
- `empty-answer`: every answer is blank, or an empty `<think></think>`;
- `thought-only`: there are thoughts, and no answer after any of them.

Plain texts are for pre-training, where every token is learned, and are not looked at.

## Why it matters
Such a row costs a step and has no loss, or, as a thought without an answer, teaches the model to end there.

## Example
`[{"role": "user", "content": "What is a bond?"}]`

## Options
None.

## Known limits
- Sets of prompts alone (for reinforcement learning) are reported row by row: ignore the rule for them.
- Masks that a trainer takes from columns of the data are not known here.

## References
- TRL, SFTTrainer, `assistant_only_loss`
- Qwen Team 2025, Qwen3 Technical Report
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from governance.findings import Severity
from governance.rules.base import Mapper, Partials, Rule, RuleInfo, RuleResult, Setup
from governance.samples import SampleBatch

MESSAGES = {
    "no-answer": "the conversation has no turn of the assistant",
    "empty-answer": "every answer of the conversation is empty",
    "thought-only": "the conversation has thoughts and no answer",
}


def _map(batch: SampleBatch, setup: Setup) -> pa.Table | None:
    from governance.detectors.tokens.supervision import map_supervision

    return map_supervision(batch, setup) if len(batch) else None


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each content."""
    from governance.rules.marks import reported

    return reported(INFO.id, setup.severity(INFO), partials[MAPPER.name], MESSAGES)


MAPPER = Mapper("supervision", _map)
INFO = RuleInfo(
    "TOK002", "no-supervised-token", Severity.WARNING, "a conversation has nothing for the model to learn"
)
RULE = Rule(INFO, (MAPPER,), reduce)
