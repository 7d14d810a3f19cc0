"""The input rules: from real files through the readers to findings."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.findings import EVIDENCE, FINDINGS, fingerprint, fingerprints
from governance.readers import open_source
from governance.rules.base import Rule
from governance.rules.inp001_unreadable_row import RULE as INP001
from governance.rules.inp002_missing_text import RULE as INP002
from governance.rules.inp003_invalid_utf8 import RULE as INP003
from governance.rules.inp004_malformed_turns import RULE as INP004
from governance.rules.inp005_repeated_row_id import RULE as INP005
from governance.samples import hex_ids
from tests.builders import batch
from tests.rules.inputs import ANSWER, ASK, GOOD, chat, messages, on_lines, run

ALL = (INP001, INP002, INP003, INP004, INP005)


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
