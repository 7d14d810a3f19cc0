"""E-mail addresses."""

from __future__ import annotations

import re

from governance.detectors.personal.spans import DOUBTFUL, KNOWN, LIKELY, POSSIBLE, Detector, Search, Span

_ADDRESS = re.compile(
    r"(?<![A-Za-z0-9._%+-])(?P<local>[A-Za-z0-9._%+-]{1,64})@"
    r"(?P<domain>(?:[A-Za-z0-9\u4e00-\u9fff-]{1,63}\.){1,8}(?P<top>[A-Za-z]{2,24}))(?![A-Za-z0-9]|-[A-Za-z0-9])"
)
_COMMON_TOPS = re.compile(
    "com|net|org|edu|gov|mil|int|info|biz|name|mobi|asia|pro|io|app|dev|xyz|top|club|online|site|shop|tech|store|vip"
    "|wang|cloud|email|live|work|ink|art|fun|ltd|group|link|space|website|news|bank"
)
_FILE_TYPES = re.compile("png|jpe?g|gif|svg|webp|ico|css|js|ts|py|md|txt|json|html?|pdf|zip|exe|dll")
_NOBODY = (
    "example.com",
    "example.org",
    "example.net",
    "example.cn",
    "test.com",
    "domain.com",
    "yourdomain.com",
)
_IN_WEB_ADDRESS = re.compile(r"://(?:[!-~]*/)?$")
_RESERVED_TOPS = re.compile("example|invalid|test|localhost|local")
_ROLES = re.compile(
    r"(?:no-?reply|do-?not-?reply|info|information|contact|contactus|support|service|services|customer-?service|help"
    r"|helpdesk|sales|marketing|media|press|pr|ir|investors?|investor-?relations?|admin|administrator|webmaster"
    r"|postmaster|hostmaster|abuse|security|privacy|legal|compliance|complaints?|feedback|enquir(?:y|ies)"
    r"|inquir(?:y|ies)|office|hr|jobs|careers?|recruit(?:ment)?|editor|editorial|subscribe|unsubscribe|newsletter|news"
    r"|billing|accounts|orders?|bookings?|reservations?|events|team|hello|hi|mail|kefu|tousu|zhaopin|git|your-?name"
    r"|user(?:name)?|someone|somebody|name|email|test|xxx+)[0-9]{0,2}",
    re.IGNORECASE,
)


def find(text: str, search: Search) -> list[Span]:
    """Addresses, those of roles and of reserved or allowed domains as public."""
    return [
        Span(*found.span(), "email", _confidence(text, found), public=_is_public(found, search))
        for found in _ADDRESS.finditer(text)
    ]


def _confidence(text: str, found: re.Match[str]) -> float:
    top, local = found["top"].lower(), found["local"]
    if _FILE_TYPES.fullmatch(top) or ".." in local or local[0] == "." or local[-1] == ".":
        return DOUBTFUL
    if _IN_WEB_ADDRESS.search(text, max(0, found.start() - 80), found.start()):
        return POSSIBLE  # the user of a web address, or the id of a message in one
    if _COMMON_TOPS.fullmatch(top):
        return KNOWN
    return LIKELY if len(top) == 2 or _RESERVED_TOPS.fullmatch(top) else POSSIBLE


def _is_public(found: re.Match[str], search: Search) -> bool:
    domain = found["domain"].lower()
    if _RESERVED_TOPS.fullmatch(found["top"].lower()) or _ROLES.fullmatch(found["local"]):
        return True
    return any(domain == known or domain.endswith("." + known) for known in (*_NOBODY, *search.allow))


EMAILS = Detector({"ats": 1}, re.compile(r"[^\s@＠][@＠][^\s@＠]"), find)
