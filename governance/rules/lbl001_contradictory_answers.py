"""# contradictory-answers

## What it does
Finds rows that ask the same and end in final answers that cannot all be right: another number, another option, yes
and no. The question is everything before the answer, context and instructions included, compared without case,
width, spacing and punctuation.

## Why it matters
A model trained on both learns to guess, and at least one of the rows is wrong.

## Example
`What is 7 * 8?` answered `#### 56` in one row and `#### 54` in another.

## Options
None.

## Known limits
- Answers in free words are not compared, however different: only a stated number, option letter, yes or no, or a
  box that holds a number counts. `0.25`, `25%` and `\\frac{1}{4}` are one answer, and so are 3.33 and 3.3333.
- Only the last 120 and the first 24 characters of an answer are looked at.
- A question in other words is another question (see DUP003 and DUP004).
- A question that wants an opinion or a random number has no single answer.

## References
- Northcutt, Athalye, Mueller 2021: Pervasive label errors in test sets. arXiv 2103.14749
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from governance.findings import Severity
from governance.rules.base import Mapper, Partials, Rule, RuleInfo, RuleResult, Setup
from governance.samples import SampleBatch


def map_stated(batch: SampleBatch, _: Setup) -> pa.Table | None:
    """Rows that state a final answer, with the hash of their question."""
    from governance.answers.questions import stated

    return stated(batch)


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each question whose answers contradict each other."""
    from governance.answers.contradictions import reported

    return reported(INFO.id, setup.severity(INFO), partials[STATED.name])


INFO = RuleInfo(
    "LBL001",
    "contradictory-answers",
    Severity.WARNING,
    "rows ask the same question and give final answers that contradict each other",
)
STATED = Mapper("final_answers", map_stated)
RULE = Rule(INFO, (STATED,), reduce)
