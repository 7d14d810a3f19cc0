"""What detectors return, what they are made of, and the surroundings they all look at.

Boundaries are spelled with ASCII classes, not `\\b`: Chinese characters count as word characters and stand next to a
number with no space between, which is how other tools miss every number in a Chinese sentence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

KNOWN = 0.95
"""A checksum or a register confirms it, and its form or the words before it say so too."""
LIKELY = 0.8
"""A checksum, a register or the words before it confirm it."""
POSSIBLE = 0.5
"""It has the form, but stands alone where something else may have it, or follows words that name something else."""
DOUBTFUL = 0.2
"""It has the form and fails a check. Excerpts hide it, for a mistyped number is still somebody's."""

CONTEXT = 32
"""Characters before a number in which words may say what it is: a label and a name fit."""


@dataclass(frozen=True)
class Span:
    """Personal data at the characters start:end of a text.

    Attributes:
        kind: email, phone, resident-id ...; `governance.detectors.personal.find.PLACEHOLDERS` has them all.
        confidence: 0 to 1; one of the levels above.
        public: True where it leads to an organisation or to nobody: hotlines, role mailboxes, published samples.
    """

    start: int
    end: int
    kind: str
    confidence: float
    public: bool = False


@dataclass(frozen=True)
class Search:
    """What a reader of texts regards as personal.

    Attributes:
        regions: ISO 3166 codes whose national phone formats are understood; other numbers need their country code.
        allow: mail domains, with those below them, that are nobody's secret.
    """

    regions: tuple[str, ...] = ("CN", "US")
    allow: tuple[str, ...] = ()


@dataclass(frozen=True)
class Detector:
    """One family of personal data.

    Attributes:
        least: what a turn must at least be made of, one of these (fields of governance.text.profile).
        shape: what a text must hold, in the syntax that Python and Rust share, so without looking around.
        find: spans in a text whose full-width characters are folded; may overlap.
    """

    least: Mapping[str, int]
    shape: re.Pattern[str]
    find: Callable[[str, Search], list[Span]]


ALONE = r"(?<![0-9A-Za-z_.¥￥$€£])(?<![0-9],)(?<![ -~][/-])"
"""Before a number: no part of a word, a decimal, a grouped amount, a path or a negative amount."""
NO_UNIT = (
    r"(?![0-9]|[.-][0-9]|,[0-9]{3}(?![0-9])"
    r"|\s?(?:元|美元|港元|人民币|亿|万|股|手(?!机)|份|吨|%|％|CNY|RMB|USD|HKD|EUR|yuan|dollars))"
)
"""After a number: no further digits, no decimals, no unit that makes it an amount."""
NO_AMOUNT = r"(?![A-Za-z_])" + NO_UNIT
"""The same, and no letters."""

_MONEY_BEFORE = re.compile(
    r"(?:[¥￥$€£]|RMB|CNY|USD|HKD|EUR|金额|价格|市值|收入|利润|资产|[数量额值])\s?[:：为]?\s?$"
)
_OTHER_NUMBER = re.compile(
    r"(?:订单|单号|流水|编号|货号|运单|快递|物流|发票|凭证|合同|案号|序号|批次|代码|专利|条码|型号|编码|时间戳"
    r"|(?i:order|invoice|tracking|serial|ticket|ref(?:erence)?|isbn|issn|doi|imei|timestamp|sku|patent|item|part)"
    r"(?![a-z])(?:\s?(?i:no|number|id)\b)?)\s?[.:：#＃=为是号]{0,3}\s?[A-Z]{0,3}$"
)
_LABEL = re.compile(r"(?<![A-Za-z])(?:ID|id|No|NO)(?![a-z])[.:：#＃=]{0,3}\s?$")

CHAIN = re.compile(r"[0-9](?:[ .()（）-]{0,2}[0-9]){6,}")
_AHEAD = 12


def numbers(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Matches of a pattern of digits, looked for only where seven or more digits follow each other.

    A pattern that begins by looking behind is tried at every character, 100 us for 1 KB; this costs a tenth.
    """
    for chain in CHAIN.finditer(text):
        for match in pattern.finditer(text, max(0, chain.start() - 2), chain.end() + _AHEAD):
            if match.start() < chain.end():
                yield match


def before(text: str, at: int, characters: int = CONTEXT) -> str:
    """The words in front of an offset, as far as the line goes."""
    return text[max(0, at - characters) : at].rpartition("\n")[2]


def names_another(text: str, at: int) -> bool:
    """True where the words before say that the number is an amount, an order or the like."""
    words = before(text, at)
    return _OTHER_NUMBER.search(words) is not None or _MONEY_BEFORE.search(words) is not None


def is_labelled(text: str, at: int) -> bool:
    """True for a number after ID or No., of which nobody knows what it counts."""
    return _LABEL.search(before(text, at)) is not None


def is_in_a_row_of_numbers(text: str, start: int, end: int) -> bool:
    """True for groups of digits with blanks between them that have further numbers beside them, as in a table."""
    after, in_front = text[end : end + 2].lstrip(" "), text[max(0, start - 2) : start].rstrip(" ")
    return " " in text[start:end] and (after.isdigit() or in_front.isdigit())


_FOLDED = {0xFF01 + i: 0x21 + i for i in range(94) if chr(0x21 + i).isalnum() or chr(0x21 + i) in "@.+-_"}
_WIDE = re.compile("[\uff10-\uff19\uff20-\uff3a\uff41-\uff5a]")


def folded(text: str) -> str:
    """The text with full-width digits, letters, @ . + - _ as ASCII, character for character."""
    return text.translate(_FOLDED) if _WIDE.search(text) else text
