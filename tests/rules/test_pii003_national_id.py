"""PII003: numbers that states give to people."""

from __future__ import annotations

import pytest

from governance.rules.pii003_national_id import RULE
from tests.rules.personal import found, result_of

FIRES = [
    ("身份证号11010519491231002X", ("resident-id", "11010519491231002X")),
    ("id=11010519491231002x; ok", ("resident-id", "11010519491231002x")),
    ("李雷|440524188001010014|通过", ("resident-id", "440524188001010014")),
    ("身份证110105 19491231 002X", ("resident-id", "110105 19491231 002X")),
    (
        "证件：１１０１０５１９４９１２３１００２Ｘ",
        ("resident-id", "１１０１０５１９４９１２３１００２Ｘ"),
    ),
    ("身份证号110105491231002", ("resident-id", "110105491231002")),
    ("香港身份证A123456(3)", ("hong-kong-id", "A123456(3)")),
    ("HKID A1234563", ("hong-kong-id", "A1234563")),
    ("Her social security number is 536-90-4399.", ("us-ssn", "536-90-4399")),
    ("统一社会信用代码91110000600037341L", ("company-code", "91110000600037341L")),
]


@pytest.mark.parametrize(("text", "expected"), FIRES)
def test_ids_are_found(text: str, expected: tuple[str, str]) -> None:
    assert [expected] == found(RULE, text)


NEAR_MISSES = [
    "身份证号110105194912310021",
    "身份证号123456199001011234",
    "110105194913310027 has a thirteenth month",
    "流水号11010519491231002X",
    "编号110105491231002",
    "0.11010519491231002X",
    "3211010519491231002X1",
    "Ticket 536-90-4399 was closed",
    "SSN 078-05-1120",
    "SSN 666-12-3456",
    "港澳A123456(7)",
    "Model A1234563",
    "身份证号110105********002X",
    "代码91110000600037341M",
]


@pytest.mark.parametrize("text", NEAR_MISSES)
def test_numbers_that_fail_a_check_are_not(text: str) -> None:
    assert [] == found(RULE, text)


def test_ids_stop_a_release_and_codes_of_companies_do_not() -> None:
    result = result_of(RULE, "11010519491231002X 91110000600037341L")

    assert {("resident-id", "error"), ("company-code", "note")} == {
        (f["kind"], f["severity"]) for f in result.findings.to_pylist()
    }


def test_less_confidence_finds_numbers_that_nothing_names() -> None:
    assert [("us-ssn", "536-90-4399")] == found(RULE, "536-90-4399", confidence=0.5)
