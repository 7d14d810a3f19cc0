"""What the prompts of a suite have in common, told apart from what each of them asks.

Prompt-style benchmarks wrap every question in an instruction of up to several thousand characters. Searching
for
the whole prompt would make the instruction most of the item: every row with the same instruction would look
like a leak, and a leaked question without it would be missed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

SHARED_BY = 5  # at least so many prompts, and one in fifty, before a common beginning is an instruction
SHARED_PART = 0.02
SHORTEST = 8  # characters; shorter common beginnings ("某公司：") belong to the questions
SHORTEST_END = 3  # an end such as "\n答：" is short, but starts a line of its own

_CUT_BEFORE = re.compile(r"(?:\n|[：:](?![/0-9])\s?|[。！？]\s*)")  # a prefix ends with one of these
_LINE_END = re.compile(r"\s*\n")  # a suffix starts here,
_SENTENCE_END = re.compile(r"(?<=[。！？?!.])")  # ... or here where it is on the question's own line

_OPTION = re.compile(r"(?:(?<=\s)|(?<=[。？?！）)：:；;])|^)[(（]?([A-H])[)）]?\s*[.．、:：)）]\s*")


def separate(prompts: Sequence[str]) -> tuple[list[str], list[str]]:
    """(questions, notes): each prompt without the beginning and the end that it shares with many others."""
    beginnings = shared_prefixes(prompts)
    bare = [p[len(b) :] for p, b in zip(prompts, beginnings, strict=True)]
    ends = [e[::-1] for e in shared_prefixes([b[::-1] for b in bare], reverse=True)]
    questions = [b[: len(b) - len(e)].strip() for b, e in zip(bare, ends, strict=True)]
    kept = [q or p.strip() for q, p in zip(questions, prompts, strict=True)]
    counts = Counter((b, e) for b, e in zip(beginnings, ends, strict=True) if b or e)
    notes = [
        f"{number} prompts share an instruction of {len(b) + len(e)} characters, set apart from the question"
        for (b, e), number in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    return kept, notes


def shared_prefixes(texts: Sequence[str], *, reverse: bool = False) -> list[str]:
    """For each text the beginning it shares with enough others, cut where a sentence or a field ends.

    Texts that share a beginning are neighbours in sorted order, so the first and the last of each window of
    `SHARED_BY` neighbours tell what all of the window share. Texts are as a whole never their own prefix.
    """
    need = max(SHARED_BY, int(len(set(texts)) * SHARED_PART))
    distinct = sorted(set(texts))
    longest: dict[str, str] = dict.fromkeys(distinct, "")
    for first in range(len(distinct) - need + 1):
        window = distinct[first : first + need]
        common = _common(window[0], window[-1])
        prefix = _cut(common, reverse=reverse)
        if len(prefix) < (SHORTEST_END if reverse else SHORTEST):
            continue
        for member in window:
            if len(prefix) > len(longest[member]) and len(prefix) < len(member):
                longest[member] = prefix
    return [longest[t] for t in texts]


def split_options(question: str) -> tuple[str, tuple[str, ...]]:
    """(stem, options) of a question that ends in `A. ... B. ... C. ...`; no options where it does not.

    Letters have to run A, B, C ... in order up to the end of the text. "A银行" in a sentence is no option,
    since a mark has to follow the letter.
    """
    marks = list(_OPTION.finditer(question))
    starts = [i for i, m in enumerate(marks) if m.group(1) == "A"]
    for start in reversed(starts):
        run = marks[start:]
        letters = "".join(m.group(1) for m in run)
        if len(run) >= 2 and "ABCDEFGH".startswith(letters):
            ends = [m.start() for m in run[1:]] + [len(question)]
            options = tuple(question[m.end() : end].strip() for m, end in zip(run, ends, strict=True))
            return question[: run[0].start()].rstrip(), options
    return question, ()


def _common(first: str, second: str) -> str:
    """The longest common beginning of two texts."""
    low, high = 0, min(len(first), len(second))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if first[:middle] == second[:middle] else (low, middle - 1)
    return first[:low]


def _cut(common: str, *, reverse: bool) -> str:
    """The common beginning up to the last place where an instruction can end."""
    if reverse:
        forward = common[::-1]
        start = _LINE_END.search(forward) or _SENTENCE_END.search(forward)
        return forward[start.start() :][::-1] if start else ""
    ends = [m.end() for m in _CUT_BEFORE.finditer(common)]
    return common[: ends[-1]] if ends else ""
