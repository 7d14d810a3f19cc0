"""INP002: rows that hold no text; what all input rules share is in test_inp."""

from __future__ import annotations

from pathlib import Path

import pytest

from governance.rules.inp002_missing_text import RULE
from tests.rules.inputs import GOOD, chat, on_lines

FIRES = {
    "null": '{"text": null}',
    "an empty text": '{"text": ""}',
    "nothing": "{}",
    "blanks and an ideographic space": '{"text": " \\n\\u3000"}',
    "another column": '{"note": "a"}',
    "别的字段": '{"text": null, "备注": "债券"}',
    "只有全角空格": '{"text": "　　"}',
}
NEAR_MISSES = {
    "one letter": '{"text": "a"}',
    "one sign": '{"text": "?"}',
    "a zero": '{"text": "0"}',
    "an emoji": '{"text": "😀"}',
    "the word null": '{"text": "null"}',
    "a conversation with an empty system turn": chat(
        {"role": "system", "content": ""}, {"role": "user", "content": "Hi"}
    ),
    "一个字": '{"text": "债"}',
    "全角标点": '{"text": "。"}',
}


@pytest.mark.parametrize("line", FIRES.values(), ids=FIRES)
def test_a_row_without_text_is_found(line: str, tmp_path: Path) -> None:
    assert [1] == on_lines(RULE, tmp_path / "a.jsonl", GOOD, line).evidence.column("row").to_pylist()


@pytest.mark.parametrize("line", NEAR_MISSES.values(), ids=NEAR_MISSES)
def test_a_row_with_any_text_is_not(line: str, tmp_path: Path) -> None:
    first = line if line.startswith('{"messages"') else GOOD  # a file is of one kind

    assert 0 == on_lines(RULE, tmp_path / "a.jsonl", first, line).findings.num_rows
