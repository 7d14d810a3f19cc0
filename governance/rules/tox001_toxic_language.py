"""# toxic-language

## What it does
Finds slurs, threats, calls to self-harm, obscenity and insults to a person, in English and Chinese, by word
lists of this project with three grades: worst (slurs, calls to self-harm), grave (obscenity, insults, threats,
pornographic words), mild (profanity). The lists hold the usual masked spellings (`f**k`, `n1gger`). Words with
a harmless sense (kill, die, execute, squeeze, dead cat, junk, 性, 死, 杀) are in them only inside phrases that
leave no doubt.

Passed over: a word that is quoted and spoken of as a word, and turns that an answer refuses.

## Why it matters
A model speaks as it was taught. A single abusive answer to a client is an incident.

## Example
`滚，你这个废物` in an answer of customer service.

## Options
- `grade` (grave): the least grade that is reported: mild, grave or worst.

## Known limits
- Contempt without such words, irony and new spellings are not found. Words spelled with spaces between Chinese
  characters are not found.
- Dialogue in novels and quotations in news are reported: whether they belong into the set is the reader's
  decision.
- The lists cover English and Chinese. At most 200 places a turn are looked at.

## References
- Gehman et al. 2020, RealToxicityPrompts
- GB/T 45654-2025, annex A
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from governance.findings import Severity
from governance.rules.base import Mapper, Option, Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.marks import reported
from governance.samples import SampleBatch

GRADES = ("mild", "grave", "worst")
"""From 1 to 3; the score of a finding."""

MESSAGES = {
    "slur": "a slur against a group of people",
    "self-harm": "a call to self-harm, or a wish that somebody dies",
    "threat": "a threat of violence",
    "obscene": "obscene language",
    "insult": "an insult to a person",
    "sexual": "pornographic language",
    "mild": "mild profanity",
}
"""What is said about each kind."""


def _map(batch: SampleBatch, setup: Setup) -> pa.Table | None:
    from governance.detectors.toxicity.marks import toxic

    return toxic(batch, setup)


def _threshold(setup: Setup) -> float:
    grade = str(setup.option(INFO.id, "grade"))
    return 1.0 + GRADES.index(grade)


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each content and kind."""
    return reported(
        INFO.id, setup.severity(INFO), partials[MAPPER.name], MESSAGES, threshold=_threshold(setup)
    )


MAPPER = Mapper("toxic", _map)
INFO = RuleInfo(
    "TOX001",
    "toxic-language",
    Severity.WARNING,
    "a row holds abusive, hateful or obscene language",
    (Option("grade", "grave", "the least grade that is reported", choices=GRADES),),
)
RULE = Rule(INFO, (MAPPER,), reduce)
