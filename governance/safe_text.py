"""Untrusted text made safe to look at: what cannot be seen, or acts on a terminal, is spelled out.

Row text can carry terminal escapes, right-to-left overrides that reorder a line, and characters of no width. `visible`
replaces each by a sign a person can see; everything else, Chinese and emoji included, stays as it is. It works
character by character, so the parts of a text may be treated apart and joined.
"""

from __future__ import annotations

import re

_CONTROL = r"\x00-\x1f\x7f-\x9f"
# Unicode categories Cf, Cs, Co, Zl and Zp, the fillers that draw nothing, and the non-characters XML forbids.
_HIDDEN = (
    r"\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800"
    r"\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U0001fffe\U0001ffff\U000e0000-\U0010ffff"
)
UNSAFE = re.compile(f"[{_CONTROL}{_HIDDEN}]")
_UNSAFE_IN_LINES = re.compile(f"(?![\\n\\t])[{_CONTROL}{_HIDDEN}]")
_SIGNS = {"\n": "⏎", "\t": "⇥", "\x7f": "␡"}


def visible(text: str, *, lines: bool = False) -> str:
    """The text with control, bidi, zero-width and unpaired surrogate characters spelled out.

    Escape becomes ␛, a right-to-left override ⟦U+202E⟧. A newline becomes ⏎ and a tab ⇥, so the result is one line,
    unless `lines` keeps these two as they are.
    """
    return (_UNSAFE_IN_LINES if lines else UNSAFE).sub(_sign, text)


def _sign(found: re.Match[str]) -> str:
    character = found[0]
    if character in _SIGNS:
        return _SIGNS[character]
    code = ord(character)
    return chr(0x2400 + code) if code < 0x20 else f"⟦U+{code:04X}⟧"


def json_safe(encoded: str) -> str:
    """The same JSON value with every unsafe character inside its strings as a `\\uXXXX` escape.

    Lossless, unlike `visible`: a reader of the JSON gets the character, a terminal showing the file does not. The
    text must be JSON without line breaks of its own.
    """
    return UNSAFE.sub(_escape, encoded)


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x10000:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"


def clip(text: str, limit: int) -> str:
    """The text if it has at most `limit` characters, else its beginning and an ellipsis, `limit` in all."""
    return text if len(text) <= limit else text[: max(limit - 1, 0)] + "…"


def brief(text: str, limit: int, *, lines: bool = False) -> str:
    """The visible text, cut to `limit` characters; of a text of 10 MB only the beginning is looked at."""
    return clip(visible(clip(text, limit + 1), lines=lines), limit)
