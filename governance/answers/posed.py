"""What a question demands of its answer, where it says so: an option letter, a box, a number, yes or no.

Only explicit demands count: labelled options A, B, C in order, `put your answer in \\boxed{}`, `answer yes or no`,
`只输出数字`. A question that merely has a checkable answer demands no form.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from governance.answers.extract import boolean, boxed, letters, number, spoken

LETTER, BOX, BOOLEAN, NUMBER = "letter", "boxed", "boolean", "number"
MARKERS = [
    "boxed", "####", "C.", "C．", "C、", "C:", "C：", "C)", "C）", "yes or no", "Yes or No", "Yes or no", "yes/no",
    "Yes/No", "true or false", "True or False", "True/False", "or \"no\"", "or 'no'", "是或否", "或“否”", "或\"否\"",
    "或者否", "是/否", "还是否", "正确或错误", "对或错", "umber only", "nly a number", "nly the number",
    "nly a single number", "nly output the number", "输出数字", "回答数字", "给出数字", "填数字", "返回数字",
    "个数字", "的数字",
]  # fmt: skip
"""One of these stands in every question that demands a form; a search for all of them at once comes first."""
LIKELY = (
    r"(?s)A[.．、:：)）\]].*B[.．、:：)）\]].*C[.．、:：)）\]]|boxed|####|(?i:number)|[只仅].{0,12}数字"
    r"|(?i:yes|true)\W{0,3}(?:or|OR|/)|是.{0,2}[或还/]|[对确]或"
)
"""Then this pattern, in linear time, of those that have one."""

_OPTION = re.compile(r"(?:^|[\s，。；;?？:：)）\]\"'。])[(（\[]?([A-H])[)）\].．、:：]\s?(?=\S)")
_EITHER = (
    r"(?:[\"'“‘]?yes[\"'”’]?\s?(?:or|/)\s?[\"'“‘]?no\b|[\"'“‘]?true[\"'”’]?\s?(?:or|/)\s?[\"'“‘]?false\b)"
)
_BOOLEAN = re.compile(
    rf"(?i:\b(?:answer|respond|reply|output|say|state|write|choose)\b[^.\n]{{0,40}}{_EITHER}|[(\[]{_EITHER}[)\]]"
    rf"|^\W*{_EITHER}\s?[:?]|{_EITHER}\W*\Z)"
    r"|[“\"'‘]?是[”\"'’]?\s?(?:或者?|/|还是)\s?[“\"'‘]?否|(?:回答|判断|输出)[^。\n]{0,12}(?:正确或错误|对或错)"
)
_NUMBER = re.compile(
    r"(?i:\b(?:only|just)\s(?:output|give|return|answer with|provide|write|reply with)?\s?(?:a|the|one)?\s?"
    r"(?:single\s|final\s)?number\b"
    r"|\bnumber only\b|\bafter ####)"
    r"|(?:只|仅)需?(?:要)?(?:输出|回答|给出|填写?|返回)(?:一个|最终|计算)?(?:的)?数字"
)
_TASK = re.compile(
    r"(?i:\b(?:explain|rewrite|translate|write|create|generate|design)\b)|解释|解析|改写|翻译|编写|设计|生成"
)
"""A prompt that holds a question and wants something else made of it."""
_BOX = re.compile(r"\\f?boxed|boxed\{")


@dataclass(frozen=True, slots=True)
class Posed:
    """What is demanded, and the options of a choice by their letters."""

    kind: str
    options: tuple[tuple[str, str], ...] = ()


def posed(question: str) -> Posed | None:
    """The form that a question demands of its answer; None where it demands none."""
    if _BOX.search(question):
        return Posed(BOX)
    options = options_of(question)
    if options and not _TASK.search(question):
        return Posed(LETTER, options)
    if _BOOLEAN.search(question):
        return Posed(BOOLEAN)
    return Posed(NUMBER) if _NUMBER.search(question) else None


def options_of(question: str) -> tuple[tuple[str, str], ...]:
    """The last run of labelled options A, B, C ... of a question, three or more; () without."""
    run: list[re.Match[str]] = []
    best: list[re.Match[str]] = []
    for match in _OPTION.finditer(question):
        expected = chr(ord("A") + len(run))
        if match.group(1) == expected:
            run.append(match)
        else:
            run = [match] if match.group(1) == "A" else []
        best = list(run) if len(run) >= 3 else best
    ends = [m.start() for m in best[1:]] + [len(question)]
    texts = (
        question[m.end() : end].split("\n", maxsplit=1)[0].strip()
        for m, end in zip(best, ends, strict=bool(best))
    )
    return tuple((m.group(1), text) for m, text in zip(best, texts, strict=True))


def gives(answer: str, demand: Posed) -> bool:
    """Whether something of the form demanded can be taken out of the answer."""
    if demand.kind == BOX:
        return boxed(answer) is not None
    if demand.kind == BOOLEAN:
        return boolean(answer) is not None
    if demand.kind == NUMBER:
        return number(answer) is not None
    names = "".join(name for name, _ in demand.options)
    return letters(answer, names) is not None or _in_words(answer, demand.options)


def _in_words(answer: str, options: tuple[tuple[str, str], ...]) -> bool:
    """Whether the answer says exactly one of the options in its own words."""
    said = _bare(spoken(answer)[0])
    named = [text for _, text in options if text and _bare(text) and _bare(text) in said]
    return len(named) == 1 or any(said == _bare(text) for _, text in options)


def _bare(text: str) -> str:
    return re.sub(r"[\s.。,，;；]+", "", text).lower()
