"""FinanceIQ: one of four letters, taken from the text; subjects count equally.

Official is what its authors' evaluator does (Duxiaoman-DI/XuanYuan): line breaks are dropped, a letter at the very
beginning is the answer, else a list of cues, else the last letter before 当选 or 正确, else the letter after 是, else
the only letter that is mentioned. Where nothing is found it draws a letter by lot; here that scores 0.
"""

from __future__ import annotations

from training.scoring.base import Item, Scored
from training.scoring.choice import strict as strict_choice
from training.scoring.cues import compiled, first_cue, last_before, only_letter
from training.scoring.verdict import gold_letters, said, scored

LETTERS = "ABCD"
CUES = (
    "答案(?:选项)?[是为]：? ?@",
    "答案[是为]选项 ?@",
    "选择?：? ?@",
    "@ ?选?项[是为]?正确",
    "正确的?选项[是为] ?@",
    "答案(?:应该)?[是为]@",
    "选项 ?@ ?[是为]?正确",
    "选择答案 ?@",
    "答案?：?@",
    "@(?:选?项)?是?符合题意",
    "答案选项：? ?@",
    "答案(?:选项)?为[^\n]{0,400}?@",
)
WEAK = "[^不]是：? ?@"

_CUES, _WEAK = compiled(CUES, LETTERS), compiled([WEAK], LETTERS)


def official(item: Item, output: str) -> Scored:
    """As the published evaluator scores what is said after the thinking."""
    text = said(output).strip().replace("\n", "")
    return scored(item, output, _extracted(text), lambda _, given: given == gold_letters(item))


def strict(item: Item, output: str) -> Scored:
    """The letter that is stated as the answer, the last one if several are."""
    return strict_choice(item, output)


def _extracted(text: str) -> str | None:
    if text[:1] and text[0] in LETTERS:
        return text[0]
    return (
        first_cue(text, _CUES)
        or last_before(text, "当选", LETTERS)
        or last_before(text, "正确", LETTERS)
        or first_cue(text, _WEAK)
        or only_letter(text, LETTERS)
    )
