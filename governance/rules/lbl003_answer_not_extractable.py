r"""# answer-not-extractable

## What it does
Finds rows whose question demands an answer in a checkable form, and whose answer gives nothing of that form: no option
letter (and no option in its own words) after labelled options, no closed `\boxed{}` where one was asked for, no yes or
no, no number. What a model thinks before it answers does not count.

## Why it matters
Such a row teaches to ignore the instruction, and a verifier that takes rewards from the answer scores it as wrong.

## Example
`... A. Bank B. Fund C. Bond D. Share` answered `It depends on the market.`

## Options
None.

## Known limits
- The question must say what it wants, in the user's last turn; at least three options are labelled A, B, C in order.
- A prompt with options that asks for something else (an explanation, a translation, another question) is left alone.
- An empty answer is INP002's or QLT001's to report.

## References
- The extractors are those of `governance.answers.extract`, which scorers of answers use as well.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from governance.findings import Severity
from governance.rules.base import Mapper, Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.marks import reported
from governance.samples import SampleBatch


def map_unextractable(batch: SampleBatch, _: Setup) -> pa.Table | None:
    """Answers that give nothing of the form that their question demands."""
    from governance.answers.unextractable import unextractable

    return unextractable(batch)


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each such sample."""
    return reported(INFO.id, setup.severity(INFO), partials[UNEXTRACTABLE.name], MESSAGES)


MESSAGES = {
    "letter": "the question has labelled options and the answer names none of them",
    "boxed": "the question asks for a box and the answer has no closed one",
    "boolean": "the question asks for yes or no and the answer gives neither",
    "number": "the question asks for a number and the answer states none",
}
INFO = RuleInfo(
    "LBL003",
    "answer-not-extractable",
    Severity.WARNING,
    "the question demands an answer in a checkable form and none can be taken out of the answer",
)
UNEXTRACTABLE = Mapper("unextractable_answers", map_unextractable)
RULE = Rule(INFO, (UNEXTRACTABLE,), reduce)
