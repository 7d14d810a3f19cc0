"""# truncated-answer

## What it does
Finds answers of the assistant that break off:

- `sentence`: the last character is a comma, a colon or an opening bracket, or the last word wants another ("of the",
  "because", 以及, 例如);
- `bracket`: a bracket of the last line stays open and no stop follows;
- `no-stop`: the last sentence has no full stop, although one before it in the same line has;
- `fence`: a fence of program text (three backticks) stays open;
- `formula`: a LaTeX formula or environment stays open;
- `json`: the answer begins as JSON and ends before it does;
- `note`: a remark at the end says that the text was cut ("output truncated", 未完待续).

Answers that end in a number, a formula, a list item, a table row, a citation, a quotation, an emoji or any closing
sign are whole. A turn is reported once, for the surest of these.

## Why it matters
Answers cut by a token limit (`finish_reason: length`) teach the model to stop in the middle.

## Example
"The yield rises because the price of the"

## Options
- `letters` (60) and `characters` (20): least content of an answer that is judged, in letters of most scripts and in
  Chinese characters; in mixed text the shares of both add up.

## Known limits
- An answer cut right behind a full stop, or that is one line without any stop, is not found.
- An answer copied from the middle of a text (a span for a reading question) may lack its stop without being cut.
- What is left open is looked for in the last line only, except fences and formulas.

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
    "sentence": "the answer ends in the middle of a sentence",
    "bracket": "the answer ends inside a bracket",
    "no-stop": "the last sentence of the answer has no end",
    "fence": "a block of program text stays open",
    "formula": "a formula stays open",
    "json": "a JSON answer ends before it is closed",
    "note": "the answer says that it was cut",
}


def _map(batch: SampleBatch, setup: Setup) -> pa.Table | None:
    from governance.detectors.quality.truncated import map_truncated

    return map_truncated(batch, setup) if len(batch) else None


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each content and kind."""
    from governance.rules.marks import reported

    return reported(INFO.id, setup.severity(INFO), partials[MAPPER.name], MESSAGES)


MAPPER = Mapper("truncated", _map)
INFO = RuleInfo(
    "QLT005",
    "truncated-answer",
    Severity.WARNING,
    "an answer breaks off",
    (
        Option("letters", 60, "least letters of an answer that is judged", 1, 100_000),
        Option("characters", 20, "the same in Chinese characters", 1, 100_000),
    ),
)
RULE = Rule(INFO, (MAPPER,), reduce)
