"""INP003: bytes that are no text; what all input rules share is in test_inp."""

from __future__ import annotations

from pathlib import Path

import pytest

from governance.rules.inp003_invalid_utf8 import RULE
from tests.rules.inputs import GOOD, messages, on_lines

BYTES, SURROGATES = (
    "bytes that are not UTF-8 were replaced by U+FFFD",
    "lone surrogates were replaced by U+FFFD",
)
FIRES = {
    "Latin-1": (b'{"text": "caf\xe9"}', BYTES),
    "Windows quotes": (b'{"text": "it\x92s"}', BYTES),
    "half a character": (b'{"text": "3\xe2\x82 percent"}', BYTES),
    "a byte too many": (b'{"text": "\xc3\xa9\x80"}', BYTES),
    "too long a form": (b'{"text": "\xc0\xaf"}', BYTES),
    "half a pair": ('{"text": "up \\ud83d"}', SURROGATES),
    "the other half": ('{"text": "\\ude00 up"}', SURROGATES),
    "GBK": ('{"text": "债券是借款"}'.encode("gbk"), BYTES),
    "截断的汉字": ('{"text": "债'.encode() + "券".encode()[:2] + b'"}', BYTES),
    "中文和半个表情": ('{"text": "利率上升\\ud83d"}', SURROGATES),
}
NEAR_MISSES = {
    "accents": '{"text": "café"}',
    "a whole pair": '{"text": "up \\ud83d\\ude00"}',
    "the replacement character": '{"text": "a \ufffd b"}',
    "garbled before": '{"text": "cafÃ©"}',
    "a zero": '{"text": "a\\u0000b"}',
    "an escaped backslash": '{"text": "\\\\ud83d"}',
    "中文": '{"text": "债券是借款，利率３％。"}',
    "生僻字": '{"text": "𠀀𪚥"}',
}


@pytest.mark.parametrize(("line", "words"), FIRES.values(), ids=FIRES)
def test_text_that_is_not_unicode_is_named(line: str | bytes, words: str, tmp_path: Path) -> None:
    assert [words] == messages(on_lines(RULE, tmp_path / "a.jsonl", GOOD, line))


@pytest.mark.parametrize("line", NEAR_MISSES.values(), ids=NEAR_MISSES)
def test_text_that_is_odd_and_unicode_is_not(line: str, tmp_path: Path) -> None:
    assert [] == messages(on_lines(RULE, tmp_path / "a.jsonl", GOOD, line))
