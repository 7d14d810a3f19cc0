"""LBL002: arithmetic in answers; the cases of the reader itself are in tests/arithmetic."""

from __future__ import annotations

import pytest

from governance.findings import EVIDENCE, FINDINGS
from governance.rules.lbl002_failed_recomputation import RULE
from tests.builders import batch
from tests.rules.duplicates import fingerprints, run, shuffled


def answer(text: str) -> list[tuple[str, str]]:
    return [("user", "how much? 1 + 1 = 3"), ("assistant", text)]


FIRES = ["12 * 3 = 35", "<<48/2=25>>25", "15% of 200 = 25", "共3 × 4 = 13元。", "利息为5万 × 4% = 3000元"]
NEAR_MISSES = [
    "12 * 3 = 36",
    "<<48/2=24>>24",
    "15% of 200 = 30",
    "x + 3 * 4 = 20",
    "from 2019-2021 = 3 years",
    "共3 × 4 = 12元。",
    "利息为5万 × 4% = 2000元",
    "增长率≈33.3%",
]


@pytest.mark.parametrize("text", FIRES)
def test_slips_in_answers(text):
    row = answer("中文😀 " + text)

    result = run(RULE, batch(row))

    (finding,), (line,) = result.findings.to_pylist(), result.evidence.to_pylist()
    assert ("LBL002", "note" if "<<" in text else "step", 1) == (
        finding["rule"],
        finding["kind"],
        finding["rows"],
    )
    assert 1 == line["turn"]
    assert "=" in row[1][1][line["start"] : line["end"]]
    assert 0 < finding["score"] <= 2
    assert (FINDINGS, EVIDENCE) == (result.findings.schema, result.evidence.schema)


@pytest.mark.parametrize("text", NEAR_MISSES)
def test_answers_without_slips(text):
    assert 0 == run(RULE, batch(answer(text))).findings.num_rows


def test_only_answers_are_read():
    rows = batch("12 * 3 = 35", [("user", "12 * 3 = 35"), ("assistant", "No.")], [("system", "1 + 1 = 3")])

    assert 0 == run(RULE, rows).findings.num_rows


def test_what_was_read_and_passed_over_is_counted():
    rows = batch(
        answer("12 * 3 = 35 and 2 + 2 = 4"), answer("x + 3 * 4 = 20"), answer("1 hour * 3 = 180 minutes")
    )

    stats = run(RULE, rows).stats

    assert {"read": 4, "recomputed": 2, "wrong": 1, "partial": 1, "units": 1} == stats["equations"]
    assert 1 == stats["places"]


def test_tolerance_is_an_option():
    rows = batch(answer("1.05 * 1.05 * 100000 = 110300"))

    assert 1 == run(RULE, rows).findings.num_rows
    assert 0 == run(RULE, rows, options={"tolerance": 0.01}).findings.num_rows


def test_equal_answers_share_a_finding_whatever_their_order():
    rows = batch(answer("12 * 3 = 35"), answer("2 * 2 = 5"), answer("12 * 3 = 35"))

    result = run(RULE, rows)

    assert [1, 2] == sorted(result.findings["rows"].to_pylist())
    assert fingerprints(result) == fingerprints(run(RULE, shuffled(rows, [1, 2, 0])))


@pytest.mark.parametrize(
    "text", ["", "=", "≈", "😀=😀", "1" * 10_000 + "=1", "1+" * 50_000 + "1=2", "9^9^9^9^9=1+1"]
)
def test_odd_answers(text):
    assert 0 == run(RULE, batch(), batch(answer(text))).findings.num_rows
