r"""Extractors of final answers: letter, letters, boxed, number, boolean.

Each takes a whole answer and gives what it finds with its place, or None. They are strict: an answer must be stated as
one (`答案：B`, `the answer is 12`, `\boxed{7}`, `#### 7`), or be all that is said; a number or letter somewhere in a
sentence is none. What a model thinks before it answers is never looked at: the thinking part is left out first, and
an answer that never stops thinking has none. Where several answers are stated the last one counts; `first=True` takes
the first, as some published scorers do.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

THINKING, THOUGHT = "<think>", "</think>"
LETTERS = "ABCDEFGH"
WIDE = str.maketrans("０１２３４５６７８９", "0123456789")
BOX = re.compile(r"\\(?:boxed|fbox)\s?\{")
BOX_LIMIT = 2000
"""Characters of the longest box; a longer one is not closed where it should be."""
BOXES = 50
LINE_LIMIT = 200

_OPEN, _CLOSE = r"[\s*_$\"'“”‘’「『(（\[【]{0,6}", r"[\s*_$\"'“”‘’」』)）\]】]{0,6}"
_SAID = (
    r"(?:(?i:(?:final |correct |right |best )?(?:answer|choice|option)(?: to (?:the|this) question)?"
    r"(?: is| should be|\s?[:：=])[:：]?)"
    r"|(?:正确|最终|参考|标准|最后)?(?:答案|选项|结果)(?:应该|应当)?(?:应?[是为选]|[:：=])[:：]?"
    r"|【(?:正确|参考)?答案】[:：]?"
    r"|(?:故|应|因此|所以|我)?选择?[:：]?)"
)
_NUMBER = r"[-+−]?\s?[$¥￥€£]?\s?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:\s?/\s?\d+)?\s?[%％]?"
_UNITS = r"(?:[A-Za-z]{1,12}|[\u4e00-\u9fff]{1,3})?"
_BOXED_UNITS = r"(?:\s?\\[,;:! ]){0,3}\s?(?:\\(?:text|mathrm)\w{0,4}\{[^{}\d]{1,30}\})?"
_CONCLUDED = r"(?:结论\*{0,2}[:：]|判断(?:结果)?为[:：]?)"
_BOOLEAN = {
    "yes": "yes", "true": "yes", "是": "yes", "是的": "yes", "正确": "yes", "对": "yes", "对的": "yes",
    "no": "no", "false": "no", "否": "no", "不是": "no", "错误": "no", "错": "no", "不正确": "no", "不对": "no",
}  # fmt: skip
_WORDS = "|".join(sorted(_BOOLEAN, key=len, reverse=True))
_END = r"(?=$|[\s.。,，;；:：!！*)）\]】」』”\"'、])"


@dataclass(frozen=True, slots=True)
class Found:
    """An answer and its place: characters of the text as it was given.

    `value` is in one form: capital letters in order of the alphabet, `yes` or `no`, a number without separators and
    currency, or what stands in the box.
    """

    value: str
    start: int
    end: int


def spoken(text: str) -> tuple[str, int]:
    """(the answer without its thinking part, where it begins); nothing where the thinking never ends."""
    at = text.rfind(THOUGHT)
    if at >= 0:
        return text[at + len(THOUGHT) :], at + len(THOUGHT)
    return ("", len(text)) if THINKING in text else (text, 0)


def boxed(text: str, *, first: bool = False) -> Found | None:
    r"""What stands in the last (or first) closed \boxed{...}; braces inside are counted."""
    said, offset = spoken(text)
    return _picked(_boxes(said), offset, first)


def letter(text: str, options: str = "ABCD", *, first: bool = False) -> Found | None:
    """The one option that the answer names; None also where it names several at once."""
    found = letters(text, options, first=first)
    return found if found is not None and len(found.value) == 1 else None


def letters(text: str, options: str = "ABCD", *, first: bool = False) -> Found | None:
    """The options that the answer names, each once, in order: `ACD`."""
    said, offset = spoken(text)
    one = rf"[{options}{options.lower()}]" if _alone(said) else rf"[{options}]"
    several = rf"{one}(?:{_CLOSE}(?:[,，、;；和与]|\band\b)?{_OPEN}{one}){{0,7}}(?![A-Za-z]|\s?(?:or|或)\s?[A-H(（])"
    for found in _in_box(said, several, first, rf"|{_OPEN}({several}){_CLOSE}[.．、:：][^\n]{{1,400}}"):
        return _shifted(_letters(found), offset)
    stated = re.compile(rf"{_SAID}{_OPEN}(?:(?i:option|choice)\s|选项)?{_OPEN}({several})(?![A-Za-z])")
    alone = re.compile(rf"\A\s*{_OPEN}({several}){_CLOSE}\n")
    endings = (_last_line(said, several), _hits(_leading(several), said), _hits(alone, said))
    for hits in (_hits(stated, said), *endings):
        if hit := _picked(hits, offset, first):
            return _letters(hit)
    return None


def number(text: str, *, first: bool = False) -> Found | None:
    """The number that the answer gives: after ####, in a box, after `the answer is`, or alone with its unit."""
    said, offset = spoken(text)
    for pattern in (re.compile(rf"####[\s*]{{0,4}}\$?({_NUMBER})"), None, _stated_number(), _lone_number()):
        if pattern is None:
            boxes = list(_in_box(said, _NUMBER, first, units=_BOXED_UNITS))
            hit = _shifted(boxes[0], offset) if boxes else None
        else:
            hit = _picked(_hits(pattern, said), offset, first)
        if hit:
            return replace(hit, value=plain_number(hit.value))
    return None


def boolean(text: str, *, first: bool = False) -> Found | None:
    """Yes or no, in English or Chinese: in a box, stated as the answer, the whole of it, or its first word."""
    said, offset = spoken(text)
    for found in _in_box(said, rf"(?i:{_WORDS})", first):
        return _shifted(_boolean(found), offset)
    stated = re.compile(rf"(?:{_SAID}|{_CONCLUDED}){_OPEN}((?i:{_WORDS})){_END}")
    leading = re.compile(rf"\A\s*{_OPEN}((?i:{_WORDS})){_CLOSE}(?=$|[.。,，;；:：!！\n])")
    for hits in (_hits(stated, said), _last_line(said, rf"(?i:{_WORDS})"), _hits(leading, said)):
        if hit := _picked(hits, offset, first):
            return _boolean(hit)
    return None


def plain_number(text: str) -> str:
    """A number without currency, separators, blanks and needless zeros; a percent sign and a slash stay."""
    plain = re.sub(r"[\s,$¥￥€£+]", "", text.translate(WIDE)).replace("−", "-").replace("％", "%")
    digits, percent = (plain[:-1], "%") if plain.endswith("%") else (plain, "")
    if "/" not in digits and "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    return digits + percent


def _boxes(text: str) -> Iterator[Found]:
    """Closed boxes in order; of very many, the first and the last."""
    marks = list(BOX.finditer(text))
    for match in marks if len(marks) <= 2 * BOXES else [*marks[:BOXES], *marks[-BOXES:]]:
        depth = 1
        for at in range(match.end(), min(len(text), match.end() + BOX_LIMIT)):
            depth += (text[at] == "{") - (text[at] == "}")
            if depth == 0:
                yield Found(text[match.end() : at], match.end(), at)
                break


def _in_box(text: str, pattern: str, first: bool, otherwise: str = "", units: str = "") -> Iterator[Found]:
    r"""What the pattern takes of a box that holds nothing else but \text{...}, dollars, blanks and a unit.

    `otherwise` is another form of the whole box, a pattern of its own with one group.
    """
    box = _picked(_boxes(text), 0, first)
    opened, closed = (
        rf"(?:\\text\w*\{{|\\mathrm\{{|\\\$|\\[ (])?{_OPEN}",
        rf"{_CLOSE}\\?{_CLOSE}[}}.。]?\s?{_UNITS}",
    )
    around = re.compile(rf"{opened}({pattern}){closed}{units}{otherwise}")
    if box and (match := around.fullmatch(box.value.replace("\\%", "%").strip())):
        yield Found(match.group(1) or match.group(2), box.start, box.end)


def _last_line(text: str, pattern: str) -> Iterator[Found]:
    """What is all of the last line, which may be the only one."""
    whole = text.rstrip()
    start = max(whole.rfind("\n") + 1, len(whole) - LINE_LIMIT)
    if match := re.compile(rf"\s*{_OPEN}({pattern}){_CLOSE}[.。]?").fullmatch(whole, start):
        yield Found(match.group(1), *match.span(1))


def _hits(pattern: re.Pattern[str], text: str) -> Iterator[Found]:
    return (Found(m.group(1), *m.span(1)) for m in pattern.finditer(text))


def _leading(pattern: str) -> re.Pattern[str]:
    """The answer begins with it, as in `B. The bank`."""
    return re.compile(rf"\A\s*{_OPEN}({pattern}){_CLOSE}[.．。、:：,，)）](?=\s|[^\x00-\x7f])")


def _stated_number() -> re.Pattern[str]:
    opened = rf"(?:\\[(\[])?{_OPEN}"
    return re.compile(rf"{_SAID}\s?(?i:about |approximately |约)?{opened}({_NUMBER})(?![\d.]*\d)")


def _lone_number() -> re.Pattern[str]:
    return re.compile(rf"\A\s*{_OPEN}({_NUMBER})\s?{_UNITS}{_CLOSE}[.。]?\s*\Z")


def _alone(text: str) -> bool:
    """A single lower-case letter is an answer only where nothing else is said."""
    return len(text.strip()) <= 3


def _picked(hits: Iterator[Found], offset: int, first: bool) -> Found | None:
    found = next(hits, None)
    if not first:
        found = deque([found, *hits], maxlen=1).pop()
    return None if found is None else _shifted(found, offset)


def _shifted(found: Found, offset: int) -> Found:
    return replace(found, start=found.start + offset, end=found.end + offset)


def _letters(found: Found) -> Found:
    named = re.sub(r"(?i)and", "", found.value)
    return replace(found, value="".join(sorted(set(re.findall("[A-H]", named.upper())))))


def _boolean(found: Found) -> Found:
    return replace(found, value=_BOOLEAN[found.value.lower()])
