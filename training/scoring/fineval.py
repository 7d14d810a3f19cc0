"""FinEval 1.0: one of four letters.

Official is what its authors' evaluator does with a generated answer (SUFE-AIFLM-Lab/FinEval): the last
`所以答案是…。` if a letter stands in it, else a list of cues, else the first capital A to D anywhere, else the first
option that is quoted. Where nothing is found it draws a letter by lot; here that is no answer and scores 0.
"""

from __future__ import annotations

import re

from training.scoring.base import Item, Scored
from training.scoring.choice import strict as strict_choice
from training.scoring.cues import compiled, first_cue, first_letter, first_option
from training.scoring.verdict import gold_letters, said, scored

LETTERS = "ABCD"
_LEADS = (
    "答案是", "答案为", "答案应为", "答案选", "答案是:", "答案应该是:", "答案为:", "答案应为:",
    "答案:", "答案是：", "答案应该是：", "答案为：", "答案应为：", "答案：",
)  # fmt: skip
_CUES = compiled(
    (
        "@是正确的", "选项@正确", "答案为@", "答案是@", "答案@", "选择@", "答案：@", "选择答案@", "^选@", "^选项@",
        *(rf"{lead}\s?选?项?\s?@" for lead in _LEADS[:6]),
        r"正确的一项是\s?@",
        *(rf"{lead}\s?选?项?\s?@" for lead in _LEADS[6:]),
        "选项([^\n]{1,400}?)是正确的。", "答案为([^\n]{1,400}?)。",
    ),
    LETTERS,
)  # fmt: skip
_SO = re.compile("所以答案是([^\n]{1,400}?)。")


def official(item: Item, output: str) -> Scored:
    """As the published evaluator scores what is said after the thinking."""
    return scored(item, output, _extracted(said(output), item), lambda _, given: given == gold_letters(item))


def strict(item: Item, output: str) -> Scored:
    """The letter that is stated as the answer, the last one if several are."""
    return strict_choice(item, output)


def _extracted(text: str, item: Item) -> str | None:
    concluded = _SO.findall(text)
    if concluded and concluded[-1] in LETTERS:
        return str(concluded[-1])
    if found := first_cue(text, _CUES) or first_letter(text, LETTERS):
        return found
    place = first_option(text, item.options[:4])
    return None if place is None else LETTERS[place]
