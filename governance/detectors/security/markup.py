"""Markup that acts when a page shows it: scripts, event handlers, frames, links that carry data away."""

from __future__ import annotations

import re
from collections.abc import Iterator

from governance.detectors.lexicon.context import is_code, is_quoted

_TAG = r"[a-z][a-z0-9]{0,20}\b"
_INSIDE = r"(?:[^<>\"']|\"[^\"<]{0,500}\"|'[^'<]{0,500}'){0,200}?"
_VALUE = r"(?:\"[^\"]{1,500}\"|'[^']{1,500}'|[^\s>\"']{1,200})"
_LINK = r"(?:\b(?:href|src|action|formaction|data)\s{0,3}=\s{0,3}[\"']?\s{0,3}|\]\(\s{0,3}<?)"
_IMAGE = r"(?:!\[[^\]\n]{0,200}\]\(\s{0,3}<?|<img\b[^<>]{0,200}\bsrc\s{0,3}=\s{0,3}[\"']?)"
_CARRIED = r"leak|exfil\w{0,10}|stolen|secret|chat_?(?:history|log)|conversation|prompt|history|cookie"
PATTERNS = {
    "script": r"<script\b[^<>]{0,300}(?:\bsrc\s{0,3}=[^<>]{1,500}>|>(?:(?!<script)[\s\S]){0,3000}?</script)",
    "handler": rf"<{_TAG}{_INSIDE}\son[a-z]{{4,20}}\s{{0,3}}=\s{{0,3}}{_VALUE}",
    "script-link": rf"{_LINK}(?:(?:javascript|vbscript):|data:text/html)",
    "frame": r"<(?:iframe|object|embed|applet)\b[^<>]{0,400}\b(?:src|srcdoc|data|code)\s{0,3}="
    r"|<meta\b[^<>]{0,100}http-equiv\s{0,3}=\s{0,3}[\"']?refresh",
    "data-link": rf"{_IMAGE}https?://[^\s)\"'<>]{{1,200}}\?[^\s)\"'<>]{{0,300}}?"
    rf"(?:[{{]|%7B|\$\{{|\[[A-Za-z_ ]{{3,40}}\]|\b(?:{_CARRIED})=)",
}
_PATTERNS = {kind: re.compile(pattern, re.IGNORECASE) for kind, pattern in PATTERNS.items()}
NARROW = (
    r"(?i)<(?:script|iframe|object|embed|applet|meta|img)[\s>/]|\son[a-z]{4,20}\s*=|(?:java|vb)script:|data:text/html"
    r"|!\[[^\]]*\]\([^)]*[?]"
)
"""What RE2 looks for first, in turns that have a tag or a link at all."""


def active_markup(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, kind) of active markup outside code and quotations."""
    for kind, pattern in _PATTERNS.items():
        for match in pattern.finditer(text):
            start, end = match.span()
            if not is_code(text, start) and not is_quoted(text, start, end, 1):
                yield start, min(end, start + 200), kind
