"""# eval-item-verbatim

## What it does
Finds rows in which the whole question of an evaluation item stands word for word: case, punctuation, spaces,
full-width forms, the width of blanks and a number before the question make no difference. Every turn of a
conversation is searched, and the evidence names the turn, the characters in it and the characters of the
item.

A question of six words and more is found inside longer text (each Chinese character counts as a word). A
shorter one is found where it is the whole turn, or stands beside its own options, and an option, the context
or the answer confirms it.

## Why it matters
A model that was trained on the question has a score on that item which says nothing about its ability.

## Example
An instruction row asks "Janet's ducks lay 16 eggs per day. ... How much in dollars does she make every day
at the farmers' market?", which is item `gsm8k/test/0`.

## Options
None.

## Known limits
- Some questions cannot be recognised by their words: generic stems ("which of the following is true"), stems
  that several items share, labels of a few words. They count only together with more than half of their
  options, their context or their answer. Items that have none of these are listed as unsearchable.
- A question with a blank is not reported where the blank is filled in by running text, since that is a
  statement of the fact rather than the question; nor where other options follow it.
- Rewritten or translated questions are not found.

## References
- decon, https://github.com/allenai/decon (question, answer and passage scored apart)
- Brown et al. 2020, Language Models are Few-Shot Learners, appendix C (13-gram overlap)
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from governance.findings import Severity
from governance.rules.base import Partials, Rule, RuleInfo, RuleResult, Setup
from governance.rules.contamination import MAPPER, decision, item_index, statistics


def reduce(partials: Mapping[str, Partials], setup: Setup) -> RuleResult:
    """One finding for each item whose whole question some row holds."""
    from governance.detectors.contamination.findings import Wording, any_whole_turn, findings
    from governance.detectors.contamination.scan import OVERLAP

    decided = decision(partials, setup)
    whole = decided.table.filter(np.asarray(decided.table.column("how").to_numpy() != OVERLAP))
    wording = Wording(INFO.id, setup.severity(INFO), any_whole_turn, _message)
    found, evidence = findings(whole, item_index(setup), wording, answers=False)
    return RuleResult(found, evidence, statistics(decided, setup))


def _message(item: str, rows: int) -> str:
    return f"the question of {item} stands word for word in {rows} row{'s' if rows > 1 else ''}"


INFO = RuleInfo(
    "CON001",
    "eval-item-verbatim",
    Severity.ERROR,
    "a row holds the whole question of an evaluation item",
    needs_eval=True,
)
RULE = Rule(INFO, (MAPPER,), reduce)
