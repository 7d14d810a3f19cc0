"""Unified social credit codes (GB 32100): of organisations, and of people in business on their own."""

from __future__ import annotations

import re

from governance.detectors.personal.spans import KNOWN, POSSIBLE, Detector, Search, Span, before, names_another

_ANY = "[0-9A-HJ-NPQRTUWXY]"  # I, O, S, V and Z are left out, as they look like digits
SHAPE = f"[1-9ANY][1-59](?:1[0-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5])[0-9]{{4}}{_ANY}{{10}}"
_CODE = re.compile(rf"(?<![0-9A-Za-z_.-]){SHAPE}(?![0-9A-Za-z_]|[.-][0-9])")
_NAMED = re.compile(r"信用代码|税号|纳税人|执照|(?i:uscc|credit code|tax)")


def find(text: str, search: Search) -> list[Span]:
    """Codes whose check character is right; digits alone must not follow the name of another number."""
    from stdnum.cn import uscc

    return [
        Span(*match.span(), "company-code", _confidence(text, match))
        for match in _CODE.finditer(text)
        if uscc.is_valid(match[0])
    ]


def _confidence(text: str, match: re.Match[str]) -> float:
    words = before(text, match.start())
    if _NAMED.search(words):
        return KNOWN
    if "身份" in words:  # one resident id in thirty has the right check character for a code as well
        return POSSIBLE
    return POSSIBLE if names_another(text, match.start()) else KNOWN


COMPANIES = Detector({"longest_word": 18, "longest_number": 18}, re.compile(SHAPE + "|[０-９]{6}"), find)
