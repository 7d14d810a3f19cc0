"""# too-short

## What it does
Finds answers of the assistant and plain texts with next to nothing in them:

- `no-words`: punctuation and blanks only, such as "...";
- `placeholder`: a word that stands for something missing, such as N/A, null, TODO, 略, 暂无;
- `answer`: less than `answer_letters` letters or `answer_characters` Chinese characters, where the user asks for prose
  ("why", "explain", "write an essay", 为什么, 论述) and offers no options, labels or blanks;
- `text`: a plain text of less than `text_letters` letters or `text_characters` Chinese characters.

One Chinese character carries as much as two to three letters, so each script has its own measure; in mixed text the
shares of both add up. Digits count as letters.

A letter to a multiple-choice question, a number, "yes", a label and an emoji are whole answers and are not reported.

## Why it matters
Such rows teach the model to be curt where people want to be told, or to answer with a placeholder.

## Example
"Why do bond prices fall when rates rise?" — "Rates."

## Options
- `answer_letters` (12) and `answer_characters` (5): least content of an answer to a question that asks for prose.
- `text_letters` (20) and `text_characters` (8): least content of a plain text.

## Known limits
- Whether a question asks for prose is told by words of English and Chinese, in its first and last 600 characters.
- Empty turns are INP002's, INP004's and TOK002's.

## References
- Zhou et al. 2023, LIMA: Less Is More for Alignment
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from governance.findings import Severity
from governance.rules.base import Mapper, Option, Partials, Rule, RuleInfo, RuleResult, Setup
from governance.samples import SampleBatch

MESSAGES = {
    "no-words": "there is nothing but punctuation",
    "placeholder": "a placeholder stands where the text should be",
    "answer": "a question that asks for prose is answered in a word or two",
    "text": "the text is next to empty",
}


def _map(batch: SampleBatch, setup: Setup) -> pa.Table | None:
    from governance.detectors.quality.short import map_short

    return map_short(batch, setup) if len(batch) else None


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each content and kind."""
    from governance.rules.marks import reported

    return reported(INFO.id, setup.severity(INFO), partials[MAPPER.name], MESSAGES)


MAPPER = Mapper("short", _map)
INFO = RuleInfo(
    "QLT001",
    "too-short",
    Severity.NOTE,
    "an answer or a text has next to no content",
    (
        Option(
            "answer_letters", 12, "least letters of an answer to a question that asks for prose", 1, 10_000
        ),
        Option("answer_characters", 5, "the same in Chinese characters", 1, 10_000),
        Option("text_letters", 20, "least letters of a plain text", 1, 10_000),
        Option("text_characters", 8, "the same in Chinese characters", 1, 10_000),
    ),
)
RULE = Rule(INFO, (MAPPER,), reduce)
