"""INP001: lines that are no record; what all input rules share is in test_inp."""

from __future__ import annotations

from pathlib import Path

import pytest

from governance.rules.inp001_unreadable_row import RULE
from tests.rules.inputs import GOOD, on_lines

FIRES = {
    "cut off": '{"text": "cut',
    "two records": '{"text": "a"}{"text": "b"}',
    "a comma too many": '{"text": "a",}',
    "single quotes": "{'text': 'a'}",
    "a list": '["a", "b"]',
    "a bare text": "just words",
    "截断的一行": '{"text": "债券是投资者借给国家的',
    "全角引号": "{“text”: “债券”}",
}
NEAR_MISSES = {
    "a blank line": "",
    "spaces around it": '  {"text": "a"}  ',
    "escapes": r'{"text": "a \"quoted\" \\ word\n"}',
    "a text that looks cut": '{"text": "{\\"text\\": \\"cut"}',
    "no text": '{"text": null}',
    "a number": '{"text": 42}',
    "中文": '{"text": "债券是借款"}',
    "转义的中文": r'{"text": "\u503a\u5238"}',
}


@pytest.mark.parametrize("line", FIRES.values(), ids=FIRES)
def test_a_line_that_is_no_record_is_found(line: str, tmp_path: Path) -> None:
    assert [1] == on_lines(RULE, tmp_path / "a.jsonl", GOOD, line, GOOD).evidence.column("row").to_pylist()


@pytest.mark.parametrize("line", NEAR_MISSES.values(), ids=NEAR_MISSES)
def test_a_record_of_any_kind_is_not(line: str, tmp_path: Path) -> None:
    assert 0 == on_lines(RULE, tmp_path / "a.jsonl", GOOD, line, GOOD).findings.num_rows
