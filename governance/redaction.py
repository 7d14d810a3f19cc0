"""Personal data and credentials in text, replaced by what they are: [EMAIL], [PHONE], [CARD] ...

Applied to every excerpt of a row before it is shown. It leans towards hiding, with one exception: numbers as finance
writes them (amounts, dates, tickers, rates) stay, since hiding them would make the evidence useless. What personal data
look like is defined in `governance.personal`, once for the rules and for this; here the least sign is enough.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Redacted:
    """A text after redaction, and where its parts came from.

    Attributes:
        text: what may be shown.
        edits: (start, end, replacement length) in the text before, in order, not overlapping.
    """

    text: str
    edits: tuple[tuple[int, int, int], ...] = ()

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where the characters start:end of the text before now are; a replaced stretch counts as a whole."""
        return self._moved(start, at_end=False), self._moved(end, at_end=True)

    def _moved(self, offset: int, *, at_end: bool) -> int:
        shift = 0
        for start, end, length in self.edits:
            if start < offset < end:
                return start + shift + (length if at_end else 0)
            shift += length - (end - start) if end <= offset else 0
        return offset + shift


@dataclass(frozen=True)
class _Kind:
    """One kind of thing to hide.

    Attributes:
        hint: a quick look at the lower-cased text; the pattern runs only where this is true.
        pattern: hides its group `hide`, or the whole match where there is no such group.
        accept: a last check of what would be hidden.
    """

    placeholder: str
    hint: Callable[[str], bool]
    pattern: re.Pattern[str]
    accept: Callable[[str], bool]


def _any(found: str) -> bool:
    return True


_FORM_WORDS = frozenset(["required", "optional", "none", "null", "true", "false", "string", "your", "****"])


def _secret_like(found: str) -> bool:
    """False for the words that stand after `password:` in forms and documentation."""
    return found.lower() not in _FORM_WORDS


def _kind(
    placeholder: str,
    hint: Callable[[str], bool],
    pattern: str,
    accept: Callable[[str], bool] = _any,
) -> _Kind:
    return _Kind(placeholder, hint, re.compile(pattern, re.VERBOSE), accept)


def _has(*signs: str) -> Callable[[str], bool]:
    return lambda lowered: any(sign in lowered for sign in signs)


_LONG_WORD = re.compile(r"(?<![a-z0-9_-])[a-z0-9_-]{16}")


def _has_long_word(lowered: str) -> bool:
    return _LONG_WORD.search(lowered) is not None


_EDGE = r"(?<![A-Za-z0-9_-])"

_CREDENTIALS = (
    _kind(
        "[PRIVATE KEY]",
        _has("-----begin"),
        r"""-----BEGIN\ [A-Z0-9 ]{0,30}PRIVATE\ KEY(?:\ BLOCK)?----- [\s\S]*?
            (?: -----END\ [A-Z0-9 ]{0,30}PRIVATE\ KEY(?:\ BLOCK)?----- | \Z)   # an excerpt may end inside""",
    ),
    _kind("[PASSWORD]", _has("://"), r"(?<=://) [^\s/:@]{0,256} : (?P<hide>[^\s/]{1,256}) (?=@)"),
    _kind(
        "[TOKEN]",
        _has("eyj", "bearer"),
        _EDGE
        + r"""(?:
            eyJ[A-Za-z0-9_-]{8,2000}\.eyJ[A-Za-z0-9_-]{8,4000}(?:\.[A-Za-z0-9_-]{0,2000})?    # JSON Web Token
          | (?i:bearer)\ +(?P<hide>[A-Za-z0-9._~+/-]{16,2000}=*)
        )""",
    ),
    _kind(
        "[API KEY]",
        _has_long_word,
        _EDGE
        + r"""(?:
            (?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}   # Amazon
          | LTAI[A-Za-z0-9]{12,30} | AKID[A-Za-z0-9]{13,40}     # Alibaba, Tencent
          | AIza[A-Za-z0-9_-]{35}   # Google
          | gh[pousr]_[A-Za-z0-9]{30,255} | github_pat_[A-Za-z0-9_]{22,255} | glpat-[A-Za-z0-9_-]{20,64}
          | xox[abeoprs]-[A-Za-z0-9-]{10,255}   # Slack
          | (?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,255}   # Stripe
          | sk-[A-Za-z0-9_-]{20,255}   # OpenAI, Anthropic, DeepSeek, Qwen
          | hf_[A-Za-z0-9]{30,64} | npm_[A-Za-z0-9]{36} | pypi-[A-Za-z0-9_-]{50,255}
          | SG\.[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{16,128}     # SendGrid
        )""",
    ),
    _kind(
        "[PASSWORD]",
        _has("passw", "pwd", "secret", "key", "token", "密码", "口令", "密钥"),
        r"""(?i: passw(?:or)?d | passwd | pwd | secret(?:[_-]?key)? | api[_-]?key | access[_-]?(?:key|token)
              | auth[_-]?token | client[_-]?secret | 密码 | 口令 | 密钥 )
            ["']? \s{0,3} (?: [:：=] | 是 | 为 ) \s{0,3} ["']?
            (?P<hide>(?:(?!["',;<>()\[\]])[!-~]){4,200})""",
        _secret_like,
    ),
)


Taken = list[tuple[int, int, str]]
"""(start, end, placeholder) of what is to be replaced."""


def redact(text: str) -> str:
    """The text with personal data and credentials replaced by placeholders such as [EMAIL]."""
    return redacted(text).text


def redact_credentials(text: str) -> str:
    """The text with credentials replaced, personal data left: for paths, commands and settings."""
    return _replaced(text, _credentials(text)).text


def redacted(text: str, *, begins_inside: bool = False, stops_inside: bool = False) -> Redacted:
    """The same as `redact`, with a map from offsets before to offsets after.

    Args:
        begins_inside: the text was cut out of a longer one, so a number at its beginning may be half of one.
        stops_inside: the same of its end.
    """
    from governance.personal.find import looks_personal

    taken = _credentials(text)
    halves = _halves(text, begins_inside, stops_inside)
    for start, end, placeholder in (*looks_personal(text), *halves):
        if all(end <= s or e <= start for s, e, _ in taken):
            taken.append((start, end, placeholder))
    return _replaced(text, taken)


_HALF_BEFORE = re.compile(r"[0-9](?:[ -]?[0-9Xx]){4,}")
_HALF_AFTER = re.compile(
    r"(?:(?P<mail>[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]*)|[0-9](?:[ -]?[0-9]){6,}[ -]?)\Z"
)


def _halves(text: str, begins_inside: bool, stops_inside: bool) -> Taken:
    """What a cut may have left of a number or an address; four last and six first digits tell nothing."""
    first = _HALF_BEFORE.match(text) if begins_inside else None
    last = _HALF_AFTER.search(text, max(0, len(text) - 90)) if stops_inside else None
    taken = [(*first.span(), "[NUMBER]")] if first else []
    return [*taken, (*last.span(), "[EMAIL]" if last["mail"] else "[NUMBER]")] if last else taken


def _credentials(text: str) -> Taken:
    """Every kind of credential in turn; what an earlier kind took, a later one leaves alone."""
    taken: Taken = []
    lowered = text.lower()
    for kind in (k for k in _CREDENTIALS if k.hint(lowered)):
        for found in kind.pattern.finditer(text):
            group = "hide" if found.re.groups and found.group("hide") is not None else 0
            start, end = found.span(group)
            free = all(end <= s or e <= start for s, e, _ in taken)
            if free and kind.accept(text[start:end]):
                taken.append((start, end, kind.placeholder))
    return taken


def _replaced(text: str, taken: Taken) -> Redacted:
    if not taken:
        return Redacted(text)
    taken = sorted(taken)
    return Redacted(_joined(text, taken), tuple((s, e, len(p)) for s, e, p in taken))


def _joined(text: str, taken: Taken) -> str:
    parts, at = [], 0
    for start, end, placeholder in taken:
        parts += [text[at:start], placeholder]
        at = end
    return "".join([*parts, text[at:]])
