"""Secrets told from what only looks like one: placeholders, hashes, identifiers, words of code and documentation."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import log2

from governance.detectors.security.credentials import (
    ADDRESS,
    ASSIGNMENT,
    CREDENTIALS,
    KEY,
    KEYS,
    PRIVATE_KEY,
    TOKEN,
    Shape,
    mixed,
    switches,
)

KEY_BITS = 3.0
"""Least entropy of the characters of a key, bits each: 20 random hexadecimal digits have 3.4, `abababab` has 1."""

KEY_SWITCHES, DRAWN_SWITCHES = 0.25, 0.4
"""Least share of letters and digits followed by another class (upper, lower, digit). Drawn from all 62 it is 0.62, from
hexadecimal digits 0.47, in `userInputValue` 0.29, in `annual-report-2018` 0.07."""

PASSWORD_BITS = 2.5
PASSWORD_LENGTH = 8

_STAND_IN = re.compile(
    r"""x{4,} | \*{3} | \.{3} | 0{6} | your | example | sample | placehold | change_?me | replace | insert
      | redacted | dummy | fake | passw | p[a@]ssw[o0]rd | secret | api_?key | token | todo | test | demo
      | foo_?bar | qwerty | admin | 12345 | 1q2w3e | abc123 | letmein | getenv | environ | process\. | config
      | settings | null | undefined""",
    re.VERBOSE | re.IGNORECASE,
)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_HASH = re.compile(
    r"(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})", re.IGNORECASE
)
_NAMED_KEY = re.compile(r"key|secret|密钥", re.IGNORECASE)
_CODE = re.compile(r"[$%{<&/\\]|\./|[A-Za-z]\w*(?:\.[A-Za-z_]\w*)+$|\w+://|[A-Za-z]:\\")
_LOCAL = re.compile(
    r"@(?:localhost|127\.0\.0\.1|0\.0\.0\.0|host\b|hostname|example|[\w-]*\.?example\.)", re.IGNORECASE
)
_KEY_BODY = re.compile(
    r"-----(?:\s|\\[nr])*(?:[A-Za-z-]+: [^\n]*\s+)*(?P<body>(?:[A-Za-z0-9+/=]{16,}(?:\s|\\[nr])*){2,})"
)
_PUBLIC_TOKEN = "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"  # noqa: S105  of the introduction at jwt.io
_VENDORS = {kind: re.compile(pattern, re.VERBOSE) for kind, pattern in KEYS.items()}


@dataclass(frozen=True)
class Secret:
    """A secret in a text: characters start:end, and what kind it is."""

    start: int
    end: int
    kind: str


def secrets_in(text: str) -> list[Secret]:
    """The secrets of a text, in order, not overlapping; all of them are hidden by `governance.redaction`."""
    lowered, found, taken = text.lower(), list[Secret](), bytearray(len(text))
    for shape in (s for s in CREDENTIALS if s.hint(lowered)):
        for secret in _of_shape(shape, text):
            if taken.find(1, secret.start, secret.end) < 0:
                taken[secret.start : secret.end] = b"\1" * (secret.end - secret.start)
                found.append(secret)
    return sorted(found, key=lambda s: s.start)


def _of_shape(shape: Shape, text: str) -> Iterator[Secret]:
    for match in shape.pattern.finditer(text):
        start, end = shape.secret(match)
        if shape.accept(text[start:end]) and _genuine(shape, match, text[start:end]):
            yield Secret(start, end, _kind(shape, text[start:end]))


def _kind(shape: Shape, secret: str) -> str:
    vendors = (kind for kind, pattern in _VENDORS.items() if pattern.fullmatch(secret))
    return next(vendors, shape.kind) if shape is KEY else shape.kind


def _genuine(shape: Shape, match: re.Match[str], secret: str) -> bool:
    if shape is PRIVATE_KEY:
        body = _KEY_BODY.search(secret)
        return body is not None and is_random(body["body"][:200])
    if shape is ADDRESS:
        local = _LOCAL.match(match.string, match.end()) is not None
        return not local and secret.isascii() and is_password(secret, 6)
    if shape is TOKEN:
        return _is_web_token(secret) if secret.startswith("eyJ") else is_random(secret)
    if shape is ASSIGNMENT:
        return _is_assigned(match, secret)
    return _is_key(secret)


def _is_key(secret: str) -> bool:
    """The shape says most; what is left to tell apart are slugs after `sk-`, placeholders and series.

    Test keys and publishable keys of Stripe are no secrets, and most that stand in texts come from its manual.
    """
    if secret.startswith(("sk_test", "rk_test", "pk_")) or _STAND_IN.search(secret):
        return False
    drawn = re.sub(r"^[A-Za-z]{2,9}[_-](?:[a-z]{2,5}\d{0,2}-)?|^(?:LTAI|A[A-Z]{3}|AIza)", "", secret)
    drawn = "".join(c for c in drawn if c.isalnum())
    least = KEY_SWITCHES if secret.startswith("sk-") else 0.0 if secret.isupper() else KEY_SWITCHES / 2
    return switches(drawn) >= least and bits(drawn) >= KEY_BITS - 0.5 and not is_series(drawn, 0.6)


def _is_assigned(match: re.Match[str], secret: str) -> bool:
    """A value after `password =`: no expression of code, and no hash unless the name says that it is a key."""
    if match.string[match.end() : match.end() + 1] in {"(", "["} or _UUID.fullmatch(secret):
        return False
    if _HASH.fullmatch(secret):
        name = match.string[match.start() : match.start("hide")]
        return _NAMED_KEY.search(name) is not None and is_random(secret)
    return is_password(secret.rstrip(".!?`"), PASSWORD_LENGTH)


def is_random(text: str) -> bool:
    """Letters and digits as a generator makes them: mixed, of many kinds, no series, no placeholder."""
    plain = "".join(c for c in text if c.isalnum())
    return (
        len(plain) >= 12
        and mixed(plain)
        and bits(plain) >= KEY_BITS
        and not is_series(plain)
        and not _STAND_IN.search(text)
    )


def is_password(text: str, least: int) -> bool:
    """A password that somebody chose or drew: long enough and mixed, no placeholder, no words of code or prose."""
    numbered = any(c.isdigit() for c in text) and any(c.isalpha() for c in text)
    return (
        len(text) >= least
        and (numbered or switches(text) >= DRAWN_SWITCHES)
        and bits(text) >= PASSWORD_BITS
        and not _STAND_IN.search(text)
        and not (_CODE.match(text) and switches(text) < DRAWN_SWITCHES)
        and not is_series(text)
        and not _is_slug(text)
        and not _is_encoded_prose(text)
    )


_WORD = re.compile(r"[A-Za-z]?[a-z]*\d?|[A-Z]+\d?|\d+")


def _is_slug(text: str) -> bool:
    """True for words and numbers with separators between them: chapter-2-the-garden, wd0_timeout."""
    pieces = re.split(r"[-_.+/:]", text)
    return len(pieces) >= 2 and all(_WORD.fullmatch(piece) for piece in pieces)


def bits(text: str) -> float:
    """Shannon entropy of the characters, bits each."""
    counts = Counter(text).values()
    return sum(n / len(text) * log2(len(text) / n) for n in counts) if text else 0.0


def is_series(text: str, share: float = 0.4) -> bool:
    """True where this share of neighbours are equal or follow each other: aaaa, 123456, abcdef."""
    steps = [abs(ord(a) - ord(b)) <= 1 for a, b in pairwise(text.lower())]
    return sum(steps) >= share * len(steps)


def _is_web_token(secret: str) -> bool:
    """A JSON Web Token (RFC 7519) with a readable header, a signature, and not the one of every tutorial."""
    head, _, rest = secret.partition(".")
    signature = rest.rpartition(".")[2]
    try:
        header = json.loads(_decoded(head))
    except ValueError:
        return False
    named = isinstance(header, dict) and "alg" in header
    return named and len(signature) >= 20 and signature != _PUBLIC_TOKEN and is_random(signature)


def _is_encoded_prose(text: str) -> bool:
    """True for base64 of words, which hides nothing: half of the lessons about encodings have one."""
    if len(text) < 12 or len(text) % 4:
        return False
    try:
        plain = _decoded(text).decode("utf-8")
    except ValueError:
        return False
    return sum(c.isalpha() or c == " " for c in plain) >= 0.85 * len(plain)


def _decoded(text: str) -> bytes:
    """The bytes of base64 in either alphabet; ValueError where it is none."""
    try:
        return base64.b64decode(text.translate({45: 43, 95: 47}) + "=" * (-len(text) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error
