"""The input rules: from real files through the readers to findings."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.findings import EVIDENCE, FINDINGS, fingerprint, fingerprints
from governance.readers import open_source
from governance.rules.base import Rule, RuleResult, Setup
from governance.rules.inp001_unreadable_row import RULE as INP001
from governance.rules.inp002_missing_text import RULE as INP002
from governance.rules.inp003_invalid_utf8 import RULE as INP003
from governance.rules.inp004_malformed_turns import RULE as INP004
from governance.rules.inp005_repeated_row_id import RULE as INP005
from governance.samples import SampleBatch, hex_ids
from tests.builders import batch

ALL = (INP001, INP002, INP003, INP004, INP005)


@dataclass(frozen=True)
class Memory:
    """Partials that were never spilled."""

    parts: list[pa.Table]

    def tables(self, columns: list[str] | None = None) -> Iterator[pa.Table]:
        yield from (part.select(columns) if columns else part for part in self.parts)

    def read(self, columns: list[str] | None = None) -> pa.Table:
        return pa.concat_tables(self.tables(columns)) if self.parts else pa.table({})

    @property
    def rows(self) -> int:
        return sum(part.num_rows for part in self.parts)


def run(rule: Rule, batches: list[SampleBatch]) -> RuleResult:
    setup = Setup(options={}, scratch=Path(), severities={rule.info.id: rule.info.severity})
    partials = {
        mapper.name: Memory([p for b in batches if (p := mapper.map(b, setup)) is not None])
        for mapper in rule.mappers
    }
    return rule.reduce(partials, setup)


def on_lines(rule: Rule, path: Path, *lines: str | bytes) -> RuleResult:
    path.write_bytes(b"".join((line.encode() if isinstance(line, str) else line) + b"\n" for line in lines))
    return run(rule, list(open_source(str(path)).batches()))


def messages(result: RuleResult) -> list[str]:
    return result.findings.column("message").to_pylist()


def chat(*turns: Mapping[str, Any]) -> str:
    return json.dumps({"messages": turns})


GOOD = '{"text": "a bond is a loan"}'
ASK = {"role": "user", "content": "What is a bond?"}
ANSWER = {"role": "assistant", "content": "A loan."}


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.info.id)
def test_a_clean_file_has_no_findings(rule: Rule, tmp_path: Path):
    result = on_lines(rule, tmp_path / "a.jsonl", GOOD, '{"text": "a share is not"}')

    assert (0, 0) == (result.findings.num_rows, result.evidence.num_rows)


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.info.id)
def test_findings_and_evidence_have_the_agreed_columns(rule: Rule, tmp_path: Path):
    result = on_lines(
        rule, tmp_path / "a.jsonl", GOOD, "{", '{"id": 1}', '{"id": 1, "text": "\\ud800"}', chat({})
    )

    assert (FINDINGS, EVIDENCE) == (result.findings.schema, result.evidence.schema)


def test_an_unreadable_line_is_one_finding_with_its_place(tmp_path: Path):
    result = on_lines(INP001, tmp_path / "a.jsonl", GOOD, '{"text": "cut', GOOD)

    evidence = result.evidence.to_pylist()
    assert ["not valid JSON: Unterminated string starting at (character 10)"] == messages(result)
    assert [(1, 0, 2, '{"text": "cut', None)] == [
        (e["row"], e["file"], e["line"], e["excerpt"], e["sample_id"]) for e in evidence
    ]


def test_rows_without_text_share_a_finding_and_are_all_named(tmp_path: Path):
    result = on_lines(INP002, tmp_path / "a.jsonl", '{"text": null}', GOOD, '{"text": ""}', "{}")

    assert ["the row holds no text (in 3 rows)"] == messages(result)
    assert [3] == result.findings.column("rows").to_pylist()
    assert [0, 2, 3] == result.evidence.column("row").to_pylist()


def test_blank_text_is_missing_text(tmp_path: Path):
    assert 1 == on_lines(INP002, tmp_path / "a.jsonl", GOOD, '{"text": " \\n\\u3000"}').findings.num_rows


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b'{"text": "caf\xe9"}', "bytes that are not UTF-8 were replaced by U+FFFD"),
        ('{"text": "up \\ud83d"}', "lone surrogates were replaced by U+FFFD"),
    ],
)
def test_text_that_is_not_unicode_is_named(line: str | bytes, words: str, tmp_path: Path):
    assert [words] == messages(on_lines(INP003, tmp_path / "a.jsonl", GOOD, line))


MALFORMED = {
    "no role": (chat({"content": "hello"}), "turn 1 has no role"),
    "no content": (chat(ASK, {"role": "assistant"}), "turn 2 has no content"),
    "neither": (chat(ASK, {}), "turn 2 has neither role nor content"),
    "null turn": (
        '{"messages": [null, {"role": "user", "content": "x"}]}',
        "turn 1 has neither role nor content",
    ),
    "a text as turn": ('{"messages": ["hello"]}', "a turn is a text, not an object"),
    "an object as content": (
        chat(ASK, {"role": "assistant", "content": {"a": 1}}),
        "a column of text holds an object or a nested list",
    ),
    "empty answer": (chat(ASK, {"role": "assistant", "content": " "}), "turn 2 is an empty answer"),
    "role with control characters": (
        chat({"role": "us\ner", "content": "x"}),
        "turn 1 has a role that is not a name",
    ),
    "role of 40 letters": (chat({"role": "r" * 40, "content": "x"}), "turn 1 has a role that is not a name"),
    "nobody asked": (chat(ANSWER), "there is an answer and no user turn"),
    "an image": (
        chat(
            {
                "role": "user",
                "content": [{"type": "text", "text": "see"}, {"type": "image_url", "image_url": "x"}],
            }
        ),
        "a turn has parts that are not text; only its texts are read",
    ),
    "turns as one object": ('{"messages": {"role": "user", "content": "x"}}', None),
}


@pytest.mark.parametrize(("line", "words"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_turn_is_named(line: str, words: str | None, tmp_path: Path):
    words = words or "the conversation is one object, not a list of turns"

    assert [words] == messages(on_lines(INP004, tmp_path / "a.jsonl", chat(ASK, ANSWER), line))


FINE = {
    "two user turns in a row": chat(ASK, ASK, ANSWER),
    "ends with the user": chat(ASK, ANSWER, ASK),
    "only a question": chat(ASK),
    "system first": chat({"role": "system", "content": "be brief"}, ASK, ANSWER),
    "a role of its own": chat({"role": "expert", "content": "x"}, ANSWER),
    "a role in Chinese": chat({"role": "专家", "content": "x"}, ANSWER),
    "tool call without content": chat(
        ASK, {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]}
    ),
    "answer to a tool": chat({"role": "tool", "content": "42"}, ANSWER),
    "parts of text": chat({"role": "user", "content": [{"type": "text", "text": "see"}]}, ANSWER),
    "empty system prompt": chat({"role": "system", "content": ""}, ASK, ANSWER),
    "a number as content": chat(ASK, {"role": "assistant", "content": 42}),
}


@pytest.mark.parametrize("line", FINE.values(), ids=FINE)
def test_usual_conversations_are_not_malformed(line: str, tmp_path: Path):
    assert [] == messages(on_lines(INP004, tmp_path / "a.jsonl", chat(ASK, ANSWER), line))


def test_an_empty_answer_column_is_malformed_and_an_absent_one_is_not(tmp_path: Path):
    pairs = ['{"question": "q1", "answer": "a"}', '{"question": "q2", "answer": ""}', '{"question": "q3"}']

    assert ["the answer is empty"] * 2 == messages(on_lines(INP004, tmp_path / "a.jsonl", *pairs))
    assert [] == messages(on_lines(INP004, tmp_path / "b.jsonl", '{"prompt": "q1"}', '{"prompt": "q2"}'))


def test_a_row_is_reported_once_by_a_rule(tmp_path: Path):
    line = chat({"role": "assistant", "content": ""}, {"content": "x"}, {"role": "user"})

    assert 1 == on_lines(INP004, tmp_path / "a.jsonl", chat(ASK, ANSWER), line).findings.num_rows


def test_fingerprints_come_from_content_and_not_from_place(tmp_path: Path):
    bad = chat(ASK, {"role": "assistant", "content": ""})
    first = on_lines(INP004, tmp_path / "a.jsonl", bad, chat(ASK, ANSWER))
    later = on_lines(INP004, tmp_path / "b.jsonl", chat(ASK, ANSWER), chat(ASK), bad)
    source = next(open_source(str(tmp_path / "a.jsonl")).batches())

    expected = fingerprint("INP004", [hex_ids(source.sample_ids)[0].as_py()])
    assert [expected] == first.findings.column("fingerprint").to_pylist()
    assert [expected] == later.findings.column("fingerprint").to_pylist()


@settings(deadline=None, max_examples=30)  # the first call loads DuckDB
@given(st.lists(st.text(st.characters(codec="utf-8")), max_size=5))
def test_fingerprints_of_a_column_are_those_of_its_values(contents: list[str]):
    expected = [fingerprint("INP001", [content]) for content in contents]

    assert expected == fingerprints("INP001", pa.array(contents, pa.string())).to_pylist()


def test_a_repeated_id_is_one_finding_that_names_its_rows():
    batches = [
        batch("one", "two", row_id=["a", "b"]),
        batch("three", "one", "four", first_row=2, row_id=["c", "a", None]),
        batch("five", "six", first_row=5, row_id=["c", None]),
    ]

    result = run(INP005, batches)

    assert [
        "a row id is repeated on rows of the same content (in 2 rows)",
        "a row id is repeated on rows of different content (in 2 rows)",
    ] == messages(result)
    assert [0, 3, 2, 5] == result.evidence.column("row").to_pylist()
    assert [2, 2] == result.findings.column("rows").to_pylist()


def test_evidence_of_a_repeated_id_holds_the_sample_ids():
    rows = batch("one", "two", "three", row_id=["a", "b", "b"])
    ids = hex_ids(rows.sample_ids).to_pylist()

    assert ids[1:] == run(INP005, [rows]).evidence.column("sample_id").to_pylist()


def test_rows_without_ids_repeat_nothing():
    assert 0 == run(INP005, [batch("one", "two")]).findings.num_rows


def test_a_fingerprint_of_a_repeated_id_does_not_depend_on_the_rows():
    one = run(INP005, [batch("x", "y", row_id=["k", "k"])])
    other = run(INP005, [batch("p", "q", "r", row_id=["z", "k", "k"])])

    assert one.findings.column("fingerprint") == other.findings.column("fingerprint")
