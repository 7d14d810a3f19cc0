"""Phone numbers: their form narrows them down, the numbering plans that phonenumbers carries confirm them."""

from __future__ import annotations

import re

from governance.detectors.personal.spans import (
    ALONE,
    DOUBTFUL,
    KNOWN,
    LIKELY,
    NO_AMOUNT,
    NO_UNIT,
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

_CHINESE = "电话|手机|座机|固话|热线|传真|专线|联系方式|联系人|致电|拨打|来电|号码|電話|手機|聯絡"
_ENGLISH = (
    "[Tt][Ee][Ll]|[Pp]hone|PHONE|[Mm]obile|MOBILE|[Cc]ell|[Cc]all|[Ff]ax|FAX|[Cc]ontact|[Tt]ext"
    "|[Ww]hats[Aa]pp|[Dd]ial"
)
_SAID = f"(?:{_CHINESE}|(?<![A-Za-z])(?:{_ENGLISH}))"
_MOBILE = r"(?:[(（]?(?:\+|00)?86[)）]?[ -]?)?1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}"
_LANDLINE = r"(?:\+?86[ -]?)?(?:[(（]0[0-9]{2,3}[)）][ -]?|0[0-9]{2,3}[- ])[2-9][0-9]{2,3}[ -]?[0-9]{4}"
_EXTENSION = "(?:-[0-9]{1,5})?"
_SHARED = "[48]00[- ]?[0-9]{3,4}[- ]?[0-9]{3,4}"
_AMERICA = r"(?:\+?1[ .-]?)?(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[-.])[2-9][0-9]{2}[-.][0-9]{4}"
_WORLD = r"(?:\+|00)[1-9][0-9]{0,2}(?:[ .-]?\([0-9]{1,4}\))?(?:[ .-]?[0-9]){7,12}"

_BODY = re.compile(
    rf"(?P<mobile>{_MOBILE})|(?P<landline>{_LANDLINE}{_EXTENSION})|(?P<shared>{_SHARED})"
    rf"|(?P<america>{_AMERICA}{_EXTENSION})|(?P<world>{_WORLD})"
)
_NUMBER = re.compile(rf"(?:{ALONE}|(?<=[A-Za-z])(?=\+))(?:{_BODY.pattern}){NO_UNIT}")
_LOCAL = re.compile(rf"(?<![0-9A-Za-z_.+-])[(（]?[0-9][0-9 ()（）.-]{{5,17}}[0-9]{NO_AMOUNT}")
_GAP = r"(?:[ _]?[Nn]umber)?[^0-9\n+]{0,6}"
_WORDS = re.compile(f"{_SAID}{_GAP}$")
_BRACKETS = str.maketrans("（）", "()")
_SAID_BEFORE = re.compile(f"{_SAID}|微信")
_SUM = "(?<![0-9])(?!1[3-9])[0-9]{9,11}"
_SUM_BEFORE, _SUM_AFTER = re.compile(_SUM + "[^0-9]{1,5}$"), re.compile(f"[^0-9]{{1,5}}{_SUM}(?![0-9])")
_GOES_ON = re.compile(
    r"[A-Za-z_]|\s?(?:人(?!工|事|员)|户|个|家|次|条|笔|件|点|倍|年|名|辆|台|公里|平方|people|units|shares|times)"
)


def find(text: str, search: Search) -> list[Span]:
    """Numbers that their form gives away: those of the regions, and those with a country code."""
    found = (_formatted(text, match, search) for match in numbers(_NUMBER, text))
    return [span for span in found if span]


def find_named(text: str, search: Search) -> list[Span]:
    """Numbers that words such as 电话 give away, in whatever format the regions have."""
    found = (_named(text, match, search) for match in numbers(_LOCAL, text))
    return [span for span in found if span]


def _formatted(text: str, match: re.Match[str], search: Search) -> Span | None:
    """A number that its form gives away."""
    form, written, start = str(match.lastgroup), match[0], match.start()
    words, other = before(text, start), names_another(text, start)
    close = _WORDS.search(words) is not None
    if (other or not close) and _GOES_ON.match(text, match.end()):
        return None
    abroad = written.startswith("+") or form == "world"
    region = "US" if form == "america" else "CN"
    standing = _standing(written, region) if abroad or region in search.regions else None
    if standing is None:
        return Span(start, match.end(), "phone", DOUBTFUL)
    unclear = (
        is_labelled(text, start)
        or is_in_a_row_of_numbers(text, start, match.end())
        or (written.isdigit() and _is_one_of_several(text, start, match.end()))
    )
    if other or (unclear and not close):
        sure = POSSIBLE
    else:
        sure = KNOWN if _SAID_BEFORE.search(words) else _confidence(form, written)
    return Span(start, match.end(), "phone", sure, public=standing)


def _is_one_of_several(text: str, start: int, end: int) -> bool:
    """True beside other numbers of that size which are no mobiles, as among the choices of a question."""
    return (
        _SUM_BEFORE.search(text, max(0, start - 17), start) is not None
        or _SUM_AFTER.match(text, end) is not None
    )


def _confidence(form: str, written: str) -> float:
    """How sure a number that is in use is to be meant as one, where no word says so."""
    if written.startswith("+"):
        return KNOWN
    if form == "world":
        return LIKELY if "-" in written else POSSIBLE
    if form == "america" and "." in written:
        return POSSIBLE
    return POSSIBLE if form == "shared" and written.isdigit() else LIKELY


def _named(text: str, match: re.Match[str], search: Search) -> Span | None:
    words = _WORDS.search(before(text, match.start()))
    if words is None or names_another(text, match.start()):
        return None
    standings = [s for region in search.regions if (s := _standing(match[0], region)) is not None]
    if standings:
        return Span(*match.span(), "phone", LIKELY, public=any(standings))
    local = re.fullmatch("[2-8][0-9]{2,3}[ -]?[0-9]{4}", match[0]) and re.search("[:：]", words[0])
    return Span(*match.span(), "phone", LIKELY) if local else None  # without its area code


def _standing(written: str, region: str) -> bool | None:
    """None for a number that no plan has, True for one that leads to an organisation, else False."""
    plain = re.sub("^00(?=[1-9])", "+", written.translate(_BRACKETS))
    whole = _planned(plain, region)
    return whole if whole is not None else _planned(re.sub(f"{_EXTENSION}$", "", plain), region)


def _planned(written: str, region: str) -> bool | None:
    import phonenumbers
    from phonenumbers import PhoneNumberType as Kind

    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    shared = (Kind.TOLL_FREE, Kind.SHARED_COST, Kind.PREMIUM_RATE, Kind.UAN, Kind.VOICEMAIL)
    return phonenumbers.number_type(number) in shared


PHONES = Detector({"longest_number": 9}, re.compile(f"{_BODY.pattern}|[０-９]{{6}}"), find)
NAMED_PHONES = Detector(
    {"longest_number": 7},
    re.compile(rf"(?:{_CHINESE}|{_ENGLISH}){_GAP}" + r"[0-9][0-9 ()（）.-]{5}|[０-９]{6}"),
    find_named,
)
