"""# eval-answer-present

## What it does
Finds rows that hold the question of an evaluation item (found by CON001 or CON002) and give its gold answer
behind it: in the same turn, or in the turn that follows.

A gold of four words and more counts wherever it stands there. A letter, a number or a word counts only where
an answer
stands: behind a word such as "answer" or "答案", as the whole turn, or at its end. The options listed under
a question are no answer.

## Why it matters
Question and answer together are the item itself. Training on them teaches the benchmark, not the skill.

## Example
The user turn is item `gsm8k/test/0`, the assistant's turn ends with `#### 18`.

## Options
None.

## Known limits
- Items whose answers are withheld cannot be found by this rule; CON001 and CON002 still find their
  questions.
- A gold without words, such as a lone symbol, is not looked for.
- An answer further away than the next turn is not looked for.

## References
- decon, https://github.com/allenai/decon (question and answer scored apart)
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow.compute as pc

from governance.findings import Severity
from governance.rules.base import Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.contamination import MAPPER, decision, item_index, statistics


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each item that some row asks and answers."""
    from governance.detectors.contamination.findings import Wording, findings

    decided = decision(partials, setup)
    answered = decided.table.filter(np.asarray(pc.is_valid(decided.table.column("answer_turn"))))
    wording = Wording(INFO.id, setup.severity(INFO), lambda how: "answer", _message)
    found, evidence = findings(answered, item_index(setup), wording, answers=True)
    return RuleResult(found, evidence, statistics(decided, setup))


def _message(item: str, rows: int) -> str:
    if rows == 1:
        return f"1 row asks the question of {item} and gives its gold answer"
    return f"{rows} rows ask the question of {item} and give its gold answer"


INFO = RuleInfo(
    "CON003",
    "eval-answer-present",
    Severity.ERROR,
    "a row asks the question of an evaluation item and gives its gold answer",
    needs_eval=True,
)
RULE = Rule(INFO, (MAPPER,), reduce)
