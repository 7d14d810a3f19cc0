"""Small words that several commands say."""

from __future__ import annotations

import re

PASSWORD = re.compile(r"(?<=://)([^/\s:@]*):[^\s@]*@")
PARAMETER = re.compile(r"(?<=[?&])(password=)[^\s&'\"]*")


def without_passwords(text: str) -> str:
    """The text with the password of every address in it replaced by `***`."""
    return PARAMETER.sub(r"\1***", PASSWORD.sub(r"\1:***@", text))


def plural(number: int, word: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"
