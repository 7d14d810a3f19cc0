"""FinEva: letters A to E, and 是 or 否 in the tasks of safety and compliance.

Official is what its authors' evaluator does (alipay/financial_evaluation_dataset). Letters: FinanceIQ's cues and
a few more, then the beginning of the answer. 是/否: the first 是 or 对 anywhere, before any 否 or 错 is looked for, so
`不是` and `否，这是违规的` both count as 是; and 对 is never equal to a gold 是.
"""

from __future__ import annotations

import re

from governance.answers.extract import boolean
from training.scoring import financeiq
from training.scoring.base import Item, Scored
from training.scoring.choice import strict as strict_choice
from training.scoring.cues import ANYTHING, compiled, first_cue, last_before, only_letter
from training.scoring.verdict import gold_letters, said, scored

LETTERS = "ABCDE"
YES, NO = "是", "否"
_CUES = compiled(
    (
        *financeiq.CUES,
        "选项@是最恰当的",
        f"选项@{ANYTHING}最恰当",
        f"选项@{ANYTHING}最能",
        f"最恰当{ANYTHING}是选项@",
        f"correct answer is{ANYTHING}@",
    ),
    LETTERS,
)
_WEAK = compiled([financeiq.WEAK], LETTERS)
_YES_OR_NO = tuple(
    re.compile(p) for p in ("([是对])[ ？]*正确", "([否错])[ ？]*错误", "([是对])", "([否错])")
)


def official(item: Item, output: str) -> Scored:
    """As the published evaluator scores what is said after the thinking."""
    text = said(output)
    if asks_yes_or_no(item):
        return scored(item, output, first_cue(text, _YES_OR_NO), lambda gold, given: gold == given)
    return scored(item, output, _extracted(text), lambda _, given: given == gold_letters(item))


def strict(item: Item, output: str) -> Scored:
    """The letter, or the yes or no, that is stated as the answer."""
    return strict_yes_or_no(item, output) if asks_yes_or_no(item) else strict_choice(item, output)


def strict_yes_or_no(item: Item, output: str) -> Scored:
    """Whether the answer states what the gold says, in any words for yes and no."""
    found = boolean(output)
    given = None if found is None else YES if found.value == "yes" else NO
    return scored(item, output, given, lambda gold, value: _yes(gold) == (value == YES))


def asks_yes_or_no(item: Item) -> bool:
    """Whether an item asks for 是 or 否: it has no options, or its gold says so."""
    return not item.options if item.answer is None else item.answer.strip() in (YES, NO)


def _yes(gold: str) -> bool:
    found = boolean(gold)
    return found is not None and found.value == "yes"


def _extracted(text: str) -> str | None:
    return (
        first_cue(text, _CUES)
        or last_before(text, "当选", LETTERS)
        or last_before(text, "正确", LETTERS)
        or first_cue(text, _WEAK)
        or only_letter(text, LETTERS)
        or only_letter(text[:4], LETTERS)
        or only_letter(text[:2], LETTERS)
    )
