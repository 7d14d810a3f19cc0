"""Payment card numbers: the ranges of issuers, and the check digit of ISO/IEC 7812-1."""

from __future__ import annotations

import re

from governance.detectors.personal.spans import (
    ALONE,
    KNOWN,
    LIKELY,
    NO_AMOUNT,
    POSSIBLE,
    Detector,
    Search,
    Span,
    before,
    is_in_a_row_of_numbers,
    is_labelled,
    names_another,
    numbers,
)

_GROUPS = "(?:[ -]?[0-9]{4}){3}"
SHAPE = (
    "(?:"
    f"4[0-9]{{3}}{_GROUPS}|436742[0-9]{{13}}"  # Visa, and cards of China Construction Bank
    f"|(?:5[1-5][0-9]{{2}}|222[1-9]|22[3-9][0-9]|2[3-6][0-9]{{2}}|27[01][0-9]|2720){_GROUPS}"  # Mastercard
    "|3[47][0-9]{2}[ -]?[0-9]{6}[ -]?[0-9]{5}"  # American Express
    f"|(?:6011|65[0-9]{{2}}|64[4-9][0-9]|35[2-8][0-9]){_GROUPS}"  # Discover, JCB
    "|3(?:0[0-5]|[68][0-9])[0-9][ -]?[0-9]{6}[ -]?[0-9]{4}"  # Diners
    f"|62[0-9]{{2}}{_GROUPS}(?:[ -]?[0-9]{{1,3}})?"  # UnionPay
    f"|(?:9558|9559){_GROUPS}[ -]?[0-9]{{3}}"  # cards of Chinese banks older than UnionPay's own range
    ")"
)
_NUMBER = re.compile(ALONE + SHAPE + NO_AMOUNT)
_NAMED = re.compile(
    r"卡号|银行卡|信用卡|储蓄卡|借记卡|刷卡|(?i:card|visa|mastercard|unionpay|amex|debit|credit|cvv)"
)
_SAMPLES = re.compile(
    "4111111111111111|4242424242424242|4000000000000002|4012888888881881|5555555555554444|5105105105105100"
    "|2223003122003222|378282246310005|371449635398431|6011111111111117|6011000990139424|30569309025904"
    "|38520000023237|3530111333300000|3566002020360505|6200000000000005"
)
"""Numbers that processors publish for trying out a payment form."""


def find(text: str, search: Search) -> list[Span]:
    """Card numbers whose check digit is right; the published samples as public."""
    from stdnum import luhn

    found = []
    for match in numbers(_NUMBER, text):
        digits = re.sub("[ -]", "", match[0])
        sample = _SAMPLES.fullmatch(digits) is not None
        if sample or (luhn.is_valid(digits) and len(set(digits)) > 2):
            found.append(Span(*match.span(), "card", _confidence(text, match), public=sample))
    return found


def _confidence(text: str, match: re.Match[str]) -> float:
    if _NAMED.search(before(text, match.start())):
        return KNOWN
    if names_another(text, match.start()) or is_labelled(text, match.start()):
        return POSSIBLE  # one order number in ten passes the check
    stray = is_in_a_row_of_numbers(text, *match.span()) or not _evenly_grouped(match[0])
    return POSSIBLE if stray else LIKELY


def _evenly_grouped(written: str) -> bool:
    """False for digits with stray separators, as in a row of a table; one separator throughout, or none."""
    marks = {c for c in written if not c.isdigit()}
    return len(marks) <= 1 and (not marks or len(re.split("[ -]", written)) >= 3)


CARDS = Detector({"longest_number": 14}, re.compile(SHAPE + "|[０-９]{4}[ -]?[０-９]{4}"), find)
