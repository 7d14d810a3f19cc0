"""Numbers that states give to people: mainland resident ids, Hong Kong ids, US social security numbers."""

from __future__ import annotations

import datetime
import re

from governance.detectors.personal.spans import (
    DOUBTFUL,
    KNOWN,
    LIKELY,
    POSSIBLE,
    Detector,
    Search,
    Span,
    before,
    names_another,
    numbers,
)

_PROVINCE = (
    "(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|9[1-8])"  # 9: foreigners who may stay for good
)
_DAY = "(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
RESIDENT = f"[1-9][0-9]{{5}}[ -]?(?:18|19|20)[0-9]{{2}}{_DAY}[ -]?[0-9]{{3}}[0-9Xx]"
RESIDENT_15 = f"{_PROVINCE}[0-9]{{6}}{_DAY}[0-9]{{3}}"
SSN = "[0-8][0-9]{2}-[0-9]{2}-[0-9]{4}"
HONG_KONG = "[A-Z]{1,2}[0-9]{6} ?[(（]?[0-9A][)）]?"

_START, _END = r"(?<![0-9A-Za-z_.])(?<![0-9]-)", r"(?![0-9A-Za-z_]|[.-][0-9])"
_RESIDENT, _RESIDENT_15, _SSN, _HONG_KONG = (
    re.compile(_START + shape + _END) for shape in (RESIDENT, RESIDENT_15, SSN, HONG_KONG)
)
_ID_WORDS = re.compile(
    r"身份证|身份號|证件号|證件|公民身份|居民证|证号|(?i:id card|identity|national id|citizen)"
)
_SSN_WORDS = re.compile(r"(?i:ssn|social.security|taxpayer|\btin\b)|社会安全|社保号|社会保障")
_HK_WORDS = re.compile(r"身份证|身份證|回乡证|(?i:hkid|identity|id card|id no)")
_SAMPLE_SSN = frozenset(["123-45-6789", "111-11-1111"])


def find(text: str, search: Search) -> list[Span]:
    """Mainland and US ids; those that are right as `KNOWN` or `LIKELY`, those that fail a check as `DOUBTFUL`."""
    return [*_residents(text), *_old_residents(text), *_securities(text)]


def _residents(text: str) -> list[Span]:
    found = []
    for match in numbers(_RESIDENT, text):
        right = resident_id_is_right(re.sub("[ -]", "", match[0]).upper())
        sure = POSSIBLE if names_another(text, match.start()) and not _said(_ID_WORDS, text, match) else KNOWN
        found.append(Span(*match.span(), "resident-id", sure if right else DOUBTFUL))
    return found


def resident_id_is_right(number: str) -> bool:
    """True where province, birthday and check character of an 18-character id are right (GB 11643, ISO 7064).

    The county is not held against a list: ids keep the county of their first registration, however it is called now.
    """
    from stdnum.cn import ric

    if not re.match(_PROVINCE, number) or ric.calc_check_digit(number) != number[-1]:
        return False
    return _is_date(number[6:14])


def _is_date(digits: str) -> bool:
    try:
        datetime.date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return False
    return True


def _old_residents(text: str) -> list[Span]:
    """Ids of 15 digits, given out until 1999; they have no check character, so the words before must name them."""
    return [
        Span(*m.span(), "resident-id", LIKELY if _said(_ID_WORDS, text, m) else DOUBTFUL)
        for m in numbers(_RESIDENT_15, text)
        if _is_date("19" + m[0][6:12])
    ]


def _securities(text: str) -> list[Span]:
    """US social security numbers. They have no check digit; alone, three groups of digits may be anything."""
    from stdnum.us import ssn

    found = []
    for match in numbers(_SSN, text):
        right = ssn.is_valid(match[0])
        sure = KNOWN if _said(_SSN_WORDS, text, match) else POSSIBLE
        public = match[0] in _SAMPLE_SSN
        found.append(Span(*match.span(), "us-ssn", sure if right else DOUBTFUL, public))
    return found


def find_hong_kong(text: str, search: Search) -> list[Span]:
    """Ids in brackets as they are printed, or after words that name them."""
    found = []
    for match in _HONG_KONG.finditer(text):
        bracketed, named = match[0][-1] in ")）", _said(_HK_WORDS, text, match)
        if bracketed != (match[0][-3] in "(（") or not (bracketed or named):
            continue
        right = hong_kong_id_is_right(re.sub("[^0-9A-Z]", "", match[0]))
        found.append(Span(*match.span(), "hong-kong-id", (KNOWN if named else LIKELY) if right else DOUBTFUL))
    return found


def hong_kong_id_is_right(number: str) -> bool:
    """True where the check character of one or two letters, six digits and itself is right.

    Letters count 10 to 35, a missing one 36, weights run from 9 down to 1, and the sum divides by 11.
    """
    values = [36] * (9 - len(number)) + [int(c, 36) for c in number]
    return sum(value * weight for value, weight in zip(values, range(9, 0, -1), strict=True)) % 11 == 0


def _said(words: re.Pattern[str], text: str, match: re.Match[str]) -> bool:
    return words.search(before(text, match.start())) is not None


NATIONAL_IDS = Detector(
    {"longest_number": 9}, re.compile("|".join([RESIDENT, RESIDENT_15, SSN, "[０-９]{6}"])), find
)
HONG_KONG_IDS = Detector({"longest_word": 7}, re.compile(HONG_KONG), find_hong_kong)
