"""GSM8K: a number.

Official: the number behind the first `#### `, by the regular expression published with the data set, commas removed and
compared as text, so `#### 18.0` and `#### 18.` are wrong where the gold is 18. Where there is no `#### `, the last
number of the answer, by the expression that lm-evaluation-harness calls flexible: it makes a chat model's answer
count, and takes `18` out of `... so 18 remain of 2 18`. Strict: the number that is stated as the answer.
"""

from __future__ import annotations

import re

from governance.answers.extract import number
from training.scoring.base import Item, Scored
from training.scoring.numbers import same_number
from training.scoring.verdict import said, scored, value

_MARKED = re.compile(r"#### (-?[0-9.,]+)")
_FLEXIBLE = re.compile(r"-?[$0-9.,]{2,}|-?[0-9]+")


def official(item: Item, output: str) -> Scored:
    """Equal as text once commas, dollars and (for the flexible form) a full stop at the end are gone."""
    return scored(item, output, _extracted(said(output)), lambda gold, given: gold.replace(",", "") == given)


def strict(item: Item, output: str) -> Scored:
    """Equal as numbers, exactly."""
    found = number(output)
    return scored(item, output, value(found), same_number)


def _extracted(text: str) -> str | None:
    if marked := _MARKED.search(text):
        return marked.group(1).replace(",", "")
    hits = _FLEXIBLE.findall(text)
    return re.sub(r"[,$]|\.\Z", "", hits[-1]) if hits else None
