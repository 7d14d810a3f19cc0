"""Whether a text says a thing or speaks of it: quotations, code, refusals."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import lru_cache

import pyarrow.compute as pc

from governance.samples import ASSISTANT, SampleBatch

_OPENING, _CLOSING = "\"'“‘「『《`(（【", "\"'”’」』》`)）】"
_REFUSAL = re.compile(
    r"""^\W{0,4}(?:
          (?:(?:i['’]?m|i\ am)\ (?:very\ |really\ |so\ )?(?:sorry|unable|afraid|not\ able)|sorry\b|i\ apologi[sz]e)
        | i\ (?:can(?:['’]t|not|\ not)|won['’]?t|will\ not|must\ (?:decline|refuse)|decline|refuse)
        | (?:no|as\ an\ ai)\b[^.\n]{0,60}\b(?:can(?:['’]t|not)|won['’]t|unable)
        | (?:很|非常|十分)?(?:抱歉|对不起|遗憾) | 我(?:不能|无法|不会|拒绝) | (?:不能|无法)(?:提供|协助|帮助|满足|执行)
        | 作为[^。\n]{0,20}(?:不能|无法|不会)
    )""",
    re.IGNORECASE | re.VERBOSE,
)


def is_quoted(text: str, start: int, end: int, slack: int = 2) -> bool:
    """True where quotation marks or brackets stand around text[start:end], at most `slack` characters away."""
    before, after = text[max(start - slack - 1, 0) : start], text[end : end + slack + 1]
    return any(c in _OPENING for c in before) and any(c in _CLOSING for c in after)


def is_code(text: str, start: int) -> bool:
    """True inside a code fence, or between two backticks of one line."""
    if bisect_left(_fences(text), start) % 2:
        return True
    line = text[max(text.rfind("\n", 0, start) + 1, start - 500) : start]
    return line.replace("```", "").count("`") % 2 == 1 and "`" in text[start : start + 200].partition("\n")[0]


@lru_cache(maxsize=4)
def _fences(text: str) -> list[int]:
    """Where code fences begin and end, looked up once for all places of a text."""
    return [m.start() for m in re.finditer("```", text)]


def word_end(text: str, at: int) -> int:
    """Where the run of ASCII letters ends that goes on at `at`."""
    while at < len(text) and text[at].isascii() and text[at].isalpha():
        at += 1
    return at


def refuses(text: str) -> bool:
    """True for an answer that begins by refusing."""
    return _REFUSAL.match(text.lstrip()[:160]) is not None


def is_refused(batch: SampleBatch, turn: int) -> bool:
    """True where the turn is an answer that refuses, or the next turn of its row is one.

    Such a row teaches a model to refuse what the turn asks for.
    """
    turns = batch.turns
    last = end_of_row(batch, turn)
    return any(
        turns.roles[t] == ASSISTANT and refuses(_beginning(batch, t))
        for t in range(turn, min(turn + 2, last))
    )


def end_of_row(batch: SampleBatch, turn: int) -> int:
    """One past the last turn of the row that a turn belongs to."""
    starts = batch.turns.starts
    return int(starts[starts.searchsorted(turn, side="right")])


def _beginning(batch: SampleBatch, turn: int) -> str:
    return str(pc.utf8_slice_codeunits(batch.turns.contents.slice(turn, 1), 0, 200)[0].as_py())
