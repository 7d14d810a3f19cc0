"""Numbers and states as people read them."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from governance.report import Gate, RuleState, Verdict
from governance.reports import words
from tests.reports.builders import clean_report, many, rendered, rich_report


@pytest.mark.parametrize(
    ("number", "expected"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (1_200, "1,200 rows")]
)
def test_one_is_singular(number: int, expected: str):
    assert expected == words.plural(number, "row")


@pytest.mark.parametrize("fmt", ["text", "concise", "markdown", "html", "junit", "github"])
@pytest.mark.parametrize("findings", [1, 2])
def test_no_format_says_one_findings_or_two_finding(fmt: str, findings: int):
    shown = rendered(many(findings), fmt)

    assert [] == [
        w for w in ("1 findings", "1 warnings", "2 finding ", "2 warning ", "2 warning;") if f" {w}" in shown
    ]


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1_000, "1.0 kB"),
        (1_843_200, "1.8 MB"),
        (5 * 10**15, "5000.0 TB"),
    ],
)
def test_sizes(number: int, expected: str):
    assert expected == words.size(number)


@pytest.mark.parametrize(
    ("part", "whole", "expected"), [(0, 10, "0.00 %"), (1, 10**6, "<0.01 %"), (1, 3, "33.33 %"), (1, 0, "–")]
)
def test_a_share_that_is_there_is_never_zero(part: int, whole: int, expected: str):
    assert expected == words.share(part, whole)


@pytest.mark.parametrize(
    ("value", "expected"), [(0.7999, "0.799"), (0.8, "0.800"), (None, ""), (math.nan, "")]
)
def test_a_score_is_cut_so_that_it_never_reads_as_reaching_a_threshold(value: float | None, expected: str):
    assert expected == words.score(value)


def test_floats_are_steady_and_what_json_cannot_say_is_null():
    assert '{"a":0.3,"b":null,"c":[0.333333333]}' == words.canonical(
        {"c": [1 / 3], "a": 0.1 + 0.2, "b": math.inf}
    )


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (clean_report(), "Nothing at or above the gate (fail on: error)."),
        (replace(clean_report(), gate=Gate("never")), "No finding fails this gate (fail on: never)."),
        (
            replace(rich_report(), gate=Gate("error")),
            "CON003 could not run; 3 errors at or above the gate (fail on: error); 7 warnings, 2 notes below it.",
        ),
        (
            replace(rich_report(), gate=Gate("note"), rules=()),
            "3 errors, 7 warnings, 2 notes at or above the gate (fail on: note).",
        ),
    ],
)
def test_the_gate_says_why(report, expected: str):
    assert expected == words.gate_explanation(report, report.counts())


def test_every_state_and_verdict_has_words():
    assert {"ran", "could not run", "not applicable"} == {words.state_words(state) for state in RuleState}
    for verdict in Verdict:
        assert verdict.value.upper() in rendered(replace(clean_report(), verdict=verdict), "text")
