"""Bank accounts: IBAN by its checksum, other numbers by the words in front of them."""

from __future__ import annotations

import re

from governance.detectors.personal.spans import (
    KNOWN,
    LIKELY,
    NO_AMOUNT,
    POSSIBLE,
    Detector,
    Search,
    Span,
    before,
    numbers,
)

IBAN = "[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?"
_IBAN = re.compile(rf"(?<![0-9A-Za-z_-]){IBAN}(?![0-9A-Za-z_])")
_SAID = (
    "(?P<said>(?:账|帐|賬|户|戶)(?:号|號)|卡号|卡號|(?:账|帐|賬)(?:户|戶)|存折号"
    "|(?i:account|acct|a/c)(?i:[ _-]?(?:number|num|no|id))?)"
)
_WORDS = re.compile(rf"{_SAID}(?:\.|码)?[\"']?\s?(?:[:：#=-]|是|为|is)?\s?#?[\"']?$")
_NUMBER = re.compile(rf"(?<![0-9A-Za-z_.-])[0-9](?:[ -]?[0-9]){{7,22}}{NO_AMOUNT}")
_ELSEWHERE = re.compile(
    r"(?:QQ|微信|支付宝|微博|抖音|游戏|登录|用户|会员|邮箱|平台|公众|twitter|github|user|steam|weibo"
    r"|wechat|login)[^0-9]{0,6}$",
    re.IGNORECASE,
)
SHAPE = (
    f"{IBAN}|(?:[账帐賬户戶][号號户戶]|卡[号號]|存折号|(?i:account|acct|a/c))"
    "[^0-9\n]{0,14}[0-9](?:[ -]?[0-9]){7}"
)


def find(text: str, search: Search) -> list[Span]:
    """IBANs that are right, and numbers of 8 to 23 digits after words such as 账号 or account no."""
    return [*_ibans(text), *_named(text)]


def _ibans(text: str) -> list[Span]:
    found = []
    for match in _IBAN.finditer(text):
        number = _right_part(match[0])
        if number:
            found.append(Span(match.start(), match.start() + len(number), "iban", KNOWN))
    return found


def _right_part(written: str) -> str | None:
    """The number without words in capitals that follow it, or None where it is none."""
    from stdnum import iban

    while len(written) >= 15:
        if iban.is_valid(written):
            return written
        written = written.rpartition(" ")[0]
    return None


def _named(text: str) -> list[Span]:
    found = []
    for match in numbers(_NUMBER, text):
        words = _WORDS.search(before(text, match.start()))
        if words:
            sure = _confidence(before(text, match.start()), words, sum(c.isdigit() for c in match[0]))
            found.append(Span(*match.span(), "account", sure))
    return found


def _confidence(line: str, words: re.Match[str], digits: int) -> float:
    if _ELSEWHERE.search(line[: words.start()]):
        return POSSIBLE
    bare = words["said"].lower() in {"account", "acct", "a/c", "账户", "帐户", "賬戶"}
    if bare and not re.search("[:：#]", words[0]):
        return LIKELY if digits >= 12 else POSSIBLE
    return LIKELY if digits >= 9 else POSSIBLE


ACCOUNTS = Detector({"longest_number": 8}, re.compile(SHAPE + "|[０-９]{6}"), find)
