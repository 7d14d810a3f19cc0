"""# eval-ngram-overlap

## What it does
Finds rows that hold most of an evaluation question, though not all of it: the share of the question's words
that stand in runs of five and more inside a window a quarter longer than the question, each word weighed by
how rare its runs are among the items and in the dataset.

The share has to reach `threshold` for questions of 50 to 100 words; shorter ones need more (0.95 at 20 words),
because one changed word changes what is asked, and ones of 400 words and more need 0.15 less. What the
question asks, its numbers and its blanks have to be there too.

## Why it matters
Leaked items are often a little edited: a name replaced, a sentence shortened, a clause added.

## Example
Of a question of 60 words 55 stand in a row in the same order; two adjectives were replaced.

## Options
- `threshold` (0.8): share of the question that has to be covered, 0.6 to 1.

## Known limits
- A context passage, a statute, a licence or an instruction that both sides quote is not an overlap: the
  sentence that asks has to be covered.
- The same problem with other numbers is another problem and is not reported.
- Rewritten questions share few runs of five words and are not found.

## References
- decon, https://github.com/allenai/decon (IDF-weighted overlap, threshold by length)
- Lambert et al. 2024, Tulu 3, section 3.2 (share of covered tokens)
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from governance.findings import Severity
from governance.rules.base import Option, Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.contamination import MAPPER, decision, item_index, statistics

THRESHOLD = 0.8


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each item of whose question some row holds most, and no row-item pair of CON001."""
    from governance.detectors.contamination.findings import Wording, findings
    from governance.detectors.contamination.scan import OVERLAP

    decided = decision(partials, setup)
    part = decided.table.filter(np.asarray(decided.table.column("how").to_numpy() == OVERLAP))
    threshold = float(setup.options.get(INFO.id, {}).get("threshold", THRESHOLD))
    wording = Wording(INFO.id, setup.severity(INFO), lambda how: "overlap", _message, threshold)
    found, evidence = findings(part, item_index(setup), wording, answers=False)
    return RuleResult(found, evidence, statistics(decided, setup))


def _message(item: str, rows: int) -> str:
    return f"most of the question of {item} stands in {rows} row{'s' if rows > 1 else ''}"


INFO = RuleInfo(
    "CON002",
    "eval-ngram-overlap",
    Severity.WARNING,
    "a row holds most of the question of an evaluation item",
    options=(Option("threshold", THRESHOLD, "share of the question that has to be covered", 0.6, 1.0),),
    needs_eval=True,
)
RULE = Rule(INFO, (MAPPER,), reduce)
