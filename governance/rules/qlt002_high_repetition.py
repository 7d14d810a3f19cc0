"""# high-repetition

## What it does
Finds answers of the assistant and plain texts that say the same again and again:

- `loop`: some words follow themselves at least `loop_times` times and over at least `loop_words` words, such as
  "the the the" or 哈哈哈哈; the evidence names the place;
- `lines`: lines that stood before take too large a share of the text;
- `top`: one phrase of 2 to 4 words takes too large a share;
- `phrases`: phrases of 5 to 10 words that stood before take too large a share.

The three shares are Gopher's, in the same order: 20 % of the characters for lines, 20, 18 and 16 % for the most
frequent phrase of 2, 3 and 4 words, 15 % falling to 10 % for repeated phrases of 5 to 10 words. They were made to clean
web pages for pre-training; here a text is reported beyond `english` or `chinese` times these limits, once, for the
first share that is too large. A Chinese word counts as two characters, so Chinese phrases are 4 to 20 characters long.

## Why it matters
A model that learned from loops falls into loops, which no sampling setting cures for good. Repeated text also counts
several times in the loss.

## Example
An answer that ends "and so on and so on and so on and so on and so on and so on".

## Options
- `english` (3.0): how many times Gopher's limits a text of words may reach.
- `chinese` (3.0): the same for a text of Chinese characters.
- `words` (100): least words of a text whose shares are measured.
- `characters` (200): the same for a text of Chinese characters.
- `loop_words` (16): least words, or Chinese characters, of a loop.
- `loop_times` (5): how often a loop says the same at least.

## Known limits
- Numbers and blanks to fill in never repeat: a column of zeros is data. A loop of digits is not found.
- Where signs are more than a fifth of a text (program text, JSON, tables) only loops are reported.
- What users and systems say is not looked at: contexts and options repeat themselves by nature.
- A run of one letter inside a word (`aaaaaaaa`) is one word.

## References
- Rae et al. 2021, Scaling Language Models: Methods, Analysis and Insights from Training Gopher, table A1
- Holtzman et al. 2020, The Curious Case of Neural Text Degeneration
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from governance.findings import Severity
from governance.rules.base import Mapper, Option, Partials, Rule, RuleInfo, RuleResult, Setup
from governance.samples import SampleBatch

MESSAGES = {
    "loop": "the same words follow themselves again and again",
    "lines": "lines that stood before take most of the text",
    "top": "one phrase takes much of the text",
    "phrases": "phrases that stood before take much of the text",
}


def _map(batch: SampleBatch, setup: Setup) -> pa.Table | None:
    from governance.detectors.quality.repetition import map_repetition

    return map_repetition(batch, setup) if len(batch) else None


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each content and kind; the score is the times of a loop, or the multiple of Gopher's limit."""
    from governance.rules.marks import reported

    limits = dict.fromkeys(
        ("lines", "top", "phrases"), min(float(setup.option(INFO.id, n)) for n in ("english", "chinese"))
    )
    limits["loop"] = float(setup.option(INFO.id, "loop_times"))
    return reported(INFO.id, setup.severity(INFO), partials[MAPPER.name], MESSAGES, threshold=limits)


MAPPER = Mapper("repetition", _map)
INFO = RuleInfo(
    "QLT002",
    "high-repetition",
    Severity.WARNING,
    "a text says the same again and again",
    (
        Option("english", 3.0, "how many times Gopher's limits a text of words may reach", 0.1, 10.0),
        Option("chinese", 3.0, "the same for a text of Chinese characters", 0.1, 10.0),
        Option("words", 100, "least words of a text whose shares are measured", 10, 100_000),
        Option("characters", 200, "the same for a text of Chinese characters", 10, 100_000),
        Option("loop_words", 16, "least words, or Chinese characters, of a loop", 4, 10_000),
        Option("loop_times", 5, "how often a loop says the same at least", 3, 10_000),
    ),
)
RULE = Rule(INFO, (MAPPER,), reduce)
