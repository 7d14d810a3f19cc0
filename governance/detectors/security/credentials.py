"""Shapes of credentials: one set that hides them in reports and finds them in rows.

Reports lean towards hiding: whatever has the shape goes (`accept`). A finding asks more (`secrets.py` here
tells a secret from a placeholder, a hash or a word), so that all it names is hidden in its own evidence. Boundaries are
spelled with ASCII classes, not `\\b`: Chinese characters count as word characters and stand next to a key with no space
between.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

EDGE = r"(?<![A-Za-z0-9_-])"


@dataclass(frozen=True)
class Shape:
    """One shape of credential.

    Attributes:
        kind: what a finding calls it.
        placeholder: what stands in its place in reports.
        hint: a quick look at the lower-cased text; the pattern runs only where this is true.
        pattern: the secret is its group `hide`, or the whole match where there is no such group.
        accept: a last check of what would be hidden.
    """

    kind: str
    placeholder: str
    hint: Callable[[str], bool]
    pattern: re.Pattern[str]
    accept: Callable[[str], bool] = bool

    def secret(self, found: re.Match[str]) -> tuple[int, int]:
        """(start, end) of the secret itself in the text."""
        named = "hide" in self.pattern.groupindex and found.group("hide") is not None
        return found.span("hide" if named else 0)


def has(*signs: str) -> Callable[[str], bool]:
    """A hint: does one of the signs stand in the lower-cased text?"""
    return lambda lowered: any(sign in lowered for sign in signs)


_FORM_WORDS = frozenset(["required", "optional", "none", "null", "true", "false", "string", "your", "****"])


def _is_no_form_word(found: str) -> bool:
    """False for the words that stand after `password:` in forms and documentation."""
    return found.lower() not in _FORM_WORDS


_LONG_WORD = re.compile(r"(?<![a-z0-9_-])[a-z0-9_-]{16}")


def _has_long_word(lowered: str) -> bool:
    return _LONG_WORD.search(lowered) is not None


def _shape(
    kind: str,
    placeholder: str,
    hint: Callable[[str], bool],
    pattern: str,
    accept: Callable[[str], bool] = bool,
) -> Shape:
    return Shape(kind, placeholder, hint, re.compile(pattern, re.VERBOSE), accept)


KEYS = {
    "aws-key": r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}",
    "aliyun-key": r"LTAI[A-Za-z0-9]{12,30}",
    "tencent-key": r"AKID[A-Za-z0-9]{13,40}",
    "google-key": r"AIza[A-Za-z0-9_-]{35}",
    "github-token": r"gh[pousr]_[A-Za-z0-9]{30,255} | github_pat_[A-Za-z0-9_]{22,255}",
    "gitlab-token": r"gl(?:pat|dt|rt|ptt|ft|soat)-[A-Za-z0-9_-]{20,64}",
    "slack-token": r"xox[abeoprs]-[A-Za-z0-9-]{10,255} | xapp-\d-[A-Za-z0-9-]{20,255}",
    "stripe-key": r"(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,255} | whsec_[A-Za-z0-9+/]{32,64}",
    "model-api-key": r"sk-[A-Za-z0-9_-]{20,255}",  # OpenAI, Anthropic, DeepSeek, Qwen
    "hugging-face-token": r"hf_[A-Za-z0-9]{30,64}",
    "registry-token": r"npm_[A-Za-z0-9]{36} | pypi-[A-Za-z0-9_-]{50,255}",
    "sendgrid-key": r"SG\.[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{16,128}",
}
"""Keys that a vendor made recognisable, by the kind that a finding has."""

_NAMES = r"""(?i: passw(?:or)?d | passwd | pwd | (?:app|client|aws)?[_-]?secret(?:[_-]?(?:access[_-]?)?key)?
              | api[_-]?key | access[_-]?(?:key|token) | auth[_-]?token | 密码 | 口令 | 密钥 )"""

PRIVATE_KEY = _shape(
    "private-key",
    "[PRIVATE KEY]",
    has("-----begin"),
    r"""-----BEGIN\ [A-Z0-9 ]{0,30}PRIVATE\ KEY(?:\ BLOCK)?----- [\s\S]*?
        (?: -----END\ [A-Z0-9 ]{0,30}PRIVATE\ KEY(?:\ BLOCK)?----- | \Z)   # an excerpt may end inside""",
)
ADDRESS = _shape(
    "connection-password",
    "[PASSWORD]",
    has("://"),
    r"(?<=://) [^\s/:@]{0,256} : (?P<hide>[^\s/]{1,256}) (?=@)",
)
TOKEN = _shape(
    "access-token",
    "[TOKEN]",
    has("eyj", "bearer"),
    EDGE
    + r"""(?:
        eyJ[A-Za-z0-9_-]{8,2000}\.eyJ[A-Za-z0-9_-]{8,4000}(?:\.[A-Za-z0-9_-]{0,2000})?    # JSON Web Token
      | (?i:bearer)\ +(?P<hide>[A-Za-z0-9._~+/-]{16,2000}=*)
    )""",
)
KEY = _shape(
    "api-key", "[API KEY]", _has_long_word, EDGE + "(?:" + " | ".join(f"(?:{p})" for p in KEYS.values()) + ")"
)
ASSIGNMENT = _shape(
    "assigned-secret",
    "[PASSWORD]",
    has("passw", "pwd", "secret", "key", "token", "密码", "口令", "密钥"),
    _NAMES
    + r"""["']? \s{0,3} (?: [:：=] | 是 | 为 ) \s{0,3} ["']?
        (?P<hide>(?:(?!["',;<>()\[\]])[!-~]){4,200})""",
    _is_no_form_word,
)
CREDENTIALS = (PRIVATE_KEY, ADDRESS, TOKEN, KEY, ASSIGNMENT)
"""In the order in which they take their place: what an earlier one covers, a later one leaves alone."""

_KEY_BEGINS = r"""(?: AKIA | ASIA | LTAI | AKID | AIza | gh[pousr]_ | github_pat_ | glpat- | xox[abeoprs]- | hf_ | npm_
    | (?:sk|rk)_live_ | sk- | pypi- | SG\. | eyJ ) [A-Za-z0-9._-]* \Z"""


def mixed(found: str) -> bool:
    """True where letters and digits take turns as in a key, not as in a word with a number behind it."""
    return any(c.isdigit() for c in found) and switches(found) >= 1 / 4


def switches(found: str) -> float:
    """Share of letters and digits that are followed by one of another class: upper case, lower case, digit."""
    classes = [(c.isdigit(), c.isupper()) for c in found if c.isalnum()]
    return sum(a != b for a, b in pairwise(classes)) / max(len(classes), 1)


def _begins_with_key(found: str) -> bool:
    """True where the first word looks drawn; without a digit it has to look more so than `CreditSpread`."""
    first = found.split(maxsplit=1)[0]
    return mixed(first) or switches(first) >= 1 / 3


_FIRST_WORD = re.compile(r"[a-z0-9_+/=.-]{8}")
_BEGINNINGS = has(
    "akia", "asia", "ltai", "akid", "aiza", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox",
    "hf_", "npm_", "k_live_", "sk-", "pypi-", "sg.", "eyj",
)  # fmt: skip


def _begins_in_long_word(lowered: str) -> bool:
    return _FIRST_WORD.match(lowered) is not None


def _may_end_in_key(lowered: str) -> bool:
    """Looks at as much as a key may show before its own shape takes it."""
    return _BEGINNINGS(lowered[-64:])


BEGUN_BEFORE = _shape(
    "fragment",
    "[CUT KEY]",
    _begins_in_long_word,
    r"\A [A-Za-z0-9_+/=.-]{8,4000} (?: (?:\s|\\n){1,4} [A-Za-z0-9+/=]{16,80} (?![A-Za-z0-9]) ){0,100}",
    _begins_with_key,
)
ENDED_AFTER = _shape("fragment", "[CUT KEY]", _may_end_in_key, EDGE + _KEY_BEGINS)
ENDED_ADDRESS = _shape(
    "fragment", "[CUT KEY]", has("://"), r"(?<=://) [^\s/:@]{1,256} : (?P<hide>[^\s/:@]{1,256}) \Z"
)
"""What a text that was cut out of a longer one may hold at its ends."""
