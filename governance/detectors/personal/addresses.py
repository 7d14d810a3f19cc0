"""Postal addresses down to the house: Chinese administrative ones, and English ones by street.

Two kinds: `address` is a home (a flat, or words such as 家住 or "home address"), `street` a house that may as well
be an office.
"""

from __future__ import annotations

import re

from governance.detectors.personal.spans import KNOWN, LIKELY, POSSIBLE, Detector, Search, Span, before

_HAN = "[\u4e00-\u9fff]"
_NUMERAL = "[0-9A-Z一二三四五六七八九十]"
_ROAD = "(?:路|大街|街|大道|道|巷|弄|胡同|条|里|村|新村|庄|坊|段)"
_HOUSE = "(?:[0-9]{1,5}弄)?[甲乙丙]?[0-9]{1,5}(?:-[0-9]{1,4})?(?:号|號|弄)(?:大?院)?"
_FLAT = f"(?:{_NUMERAL}{{1,5}}(?:号楼|號樓|栋|幢|座|单元|室|房|楼|层|户)[ -]?){{1,4}}(?:[0-9]{{2,4}}号?)?"
_COMPOUND = "(?:小区|花园|家园|公寓|社区|新村|苑|园|府|城|湾|庭|居|里|村)"
_VILLAGE = "村(?:民?委员?会)?[0-9一二三四五六七八九十]{1,3}(?:组|队|社)(?:[0-9]{1,4}号)?"

CHINESE = (
    f"{_ROAD}{_HOUSE}(?:{_HAN}{{0,10}}{_FLAT})?"
    f"|{_COMPOUND}(?:[一二三四五六七八九十]{{1,2}}[期区])?[0-9A-Z]{{1,4}}(?:号楼|栋|幢|座|号){_FLAT}"
    f"|{_VILLAGE}"
)
_CHINESE = re.compile(CHINESE)
_HAS_FLAT = re.compile(
    f"{_NUMERAL}{{1,5}}(?:单元|室|房|户)|[0-9A-Z]{{1,4}}(?:号楼|栋|幢)[0-9]{{3,4}}|{_VILLAGE}"
)
_LEFT = re.compile("[\u4e00-\u9fff0-9（）]{0,32}$")
_PLACES = re.compile(
    "北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川"
    "|贵州|云南|陕西|甘肃|青海|台湾|内蒙古|广西|西藏|宁夏|新疆|香港|澳门|广州|深圳|成都|杭州|南京|武汉|西安|苏州"
)
_LEVEL = re.compile(
    "(?P<city>市|自治州|盟)|(?P<county>(?<![小社地园校景专战特灾时])区|县|旗)|(?P<town>镇|乡|街道)"
)
_WORDS_BEFORE = re.compile(
    ".*(?:地址|住址|住所|户籍|居住|家住|现住|住在|位于|坐落|寄到|寄往|寄至|送到|送往|送至|搬到|搬至|前往|来到|通过|沿着|[（）])"
)
_WORD_BEFORE = re.compile(".*[在于是为到至往从由将]")
_HOMES = re.compile(
    "住址|家住|现住|住在|租住|居住|户籍|常住|家庭地址|收货|收件|寄件|邮寄|寄到|寄往|寄给|老家"
)
_OFFICES = re.compile(
    "公司|企业|工商|注册|办公|营业|经营|总部|法院|机关|银行|支行|网点|大厦|广场|中心|写字楼|商务|[0-9]层"
)
_NAME = "(?:[A-Z][A-Za-z'.]{1,14}|[0-9]{1,3}(?:st|nd|rd|th)) "
_STREET = (
    "(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Place|Pl|Square|Sq|Terrace|Way"
    "|Parkway|Pkwy|Circle|Cir|Highway|Hwy|Crescent|Close)"
)
_UNIT = r"(?:,? (?:Apt|Apartment|Suite|Ste|Unit|Floor|Fl|Room|Rm|#)\.? ?#?[A-Z0-9][A-Z0-9-]{0,5})"
_STATES = (
    "Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Georgia|Hawaii|Idaho|Illinois"
    "|Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan|Minnesota|Mississippi|Missouri"
    "|Montana|Nebraska|Nevada|New Hampshire|New Jersey|New Mexico|New York|North Carolina|North Dakota|Ohio|Oklahoma"
    "|Oregon|Pennsylvania|Rhode Island|South Carolina|South Dakota|Tennessee|Texas|Utah|Vermont|Virginia|Washington"
    "|West Virginia|Wisconsin|Wyoming"
)
_STATE = rf"(?:[A-Z]{{2}} ?|(?:{_STATES}),? )[0-9]{{5}}(?:-[0-9]{{4}})?"
_POSTCODE = "[A-Z]{1,2}[0-9][0-9A-Z]? [0-9][A-Z]{2}"
ENGLISH = (
    rf"[0-9]{{1,5}}[A-Z]? (?:[NSEW]{{1,2}}\.? )?(?:{_NAME}){{1,4}}{_STREET}\b\.?(?: [NSEW]{{1,2}}\b)?{_UNIT}?"
)
_BOX = r"P\.? ?O\.? Box [0-9]{1,6}"
_ENGLISH = re.compile(
    rf"(?=[0-9P])(?<![0-9A-Za-z.,$-])(?:{ENGLISH}|{_BOX})"
    rf"(?P<town>[ ,\n]{{1,3}}(?:[A-Z][A-Za-z.'-]{{1,20}}[ ,]{{1,3}}){{1,4}}(?:{_STATE}|{_POSTCODE})(?![0-9A-Za-z]))?"
)
_HOME_WORDS = re.compile(
    r"(?i:\b(?:lives?|living|lived|resid(?:es|ed|ing|ence)|home|mailing|shipping|ship to|my|her|his|delivery)\b)"
)
_HOME_UNIT = re.compile(r"\b(?:Apt|Apartment|Unit)\b|#")


def find_chinese(text: str, search: Search) -> list[Span]:
    """Addresses with a house number, a flat or the group of a village; from the largest place named on."""
    found = []
    for match in _CHINESE.finditer(text):
        start = _beginning(text, match.start())
        area, words = text[start : match.start()], before(text, match.start(), 40)
        levels = len({m.lastgroup for m in _LEVEL.finditer(area)}) + bool(_PLACES.match(area))
        said, flat = _HOMES.search(words) is not None, _HAS_FLAT.search(match[0]) is not None
        home = said or (flat and not _OFFICES.search(words + match[0]))
        if levels or home:
            sure = KNOWN if levels and home else LIKELY if levels or (flat and said) else POSSIBLE
            found.append(Span(start, match.end(), "address" if home else "street", sure))
    return found


def _beginning(text: str, at: int) -> int:
    """Where the address begins whose road starts at `at`: at the largest place named, or after the words before."""
    run = _LEFT.search(text, max(0, at - 32), at)
    own = _without(_WORDS_BEFORE, run[0] if run else "")
    place, level = _PLACES.search(own), _LEVEL.search(own)
    if place:
        return at - len(own) + place.start()
    if level:  # a name of up to three characters: 海淀区, 兴隆台区
        name = _without(_WORD_BEFORE, own[max(0, level.start() - 3) : level.start()])
        return at - len(own) + level.start() - len(name)
    return at - len(_without(_WORD_BEFORE, own[-6:]))


def _without(words: re.Pattern[str], text: str) -> str:
    """What follows the last of these words."""
    found = words.match(text)
    return text[found.end() :] if found else text


def find_english(text: str, search: Search) -> list[Span]:
    """Addresses with a number and a street, or a post box; sure where a town with its postcode follows."""
    found = []
    for match in _ENGLISH.finditer(text):
        said = _HOME_WORDS.search(before(text, match.start(), 40)) is not None
        home = said or _HOME_UNIT.search(match[0]) is not None
        sure = KNOWN if match["town"] else LIKELY if _HOME_UNIT.search(match[0]) else POSSIBLE
        found.append(Span(*match.span(), "address" if home else "street", sure))
    return found


CHINESE_ADDRESSES = Detector(
    {"han": 4},
    re.compile("[0-9](?:号|號|栋|幢|组)"),  # some larger sets of characters take six times as long
    find_chinese,
)
ENGLISH_ADDRESSES = Detector({"latin": 6}, re.compile(rf" {_STREET}\b|Box [0-9]"), find_english)
"""Their shapes are the cheap half of what an address holds: 0.3 us for 1 KB, where a whole pattern takes 8 us."""
