"""Every rule has at least five cases that must fire and five near misses, and none of them passes whatever it does."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from governance.rules.registry import all_rules, page
from tests.conftest import REPOSITORY
from tests.contracts.rule_cases import TABLES, cases, cases_of, names, runners

LEAST = 5
HAN, LATIN = re.compile(r"[\u3400-\u9fff]"), re.compile(r"[A-Za-z]{2}")
LANGUAGE_DOES_NOT_MATTER = {
    "GOV001": "compares the dates of waivers",
    "GOV002": "counts what waivers cover",
    "GOV004": "names rules by their ids",
    "GOV005": "compares the fields of waivers as they stand, byte by byte",
    "SPL003": "compares times; those written in Chinese are among its cases",
}
"""Rules whose cases need not be in both languages, and why; all others read texts or names that people write."""


@pytest.mark.parametrize("rule", all_rules())
def test_a_rule_has_a_page(rule: str) -> None:
    titles = re.findall(r"^## (.+)$", page(rule), re.MULTILINE)

    assert ["What it does", "Why it matters", "Example", "Options", "Known limits", "References"] == titles


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("rule", all_rules())
def test_a_rule_has_enough_different_cases(rule: str, table: str) -> None:
    found = cases(cases_of(rule), table)

    assert len({repr(case) for case in found}) == len(found) >= LEAST


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("rule", all_rules())
def test_one_test_runs_over_all_of_them(rule: str, table: str) -> None:
    assert [] != runners(cases_of(rule), table)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("rule", [rule for rule in all_rules() if rule not in LANGUAGE_DOES_NOT_MATTER])
def test_cases_are_in_both_languages(rule: str, table: str) -> None:
    written = [repr(case) for case in cases(cases_of(rule), table)]

    assert any(HAN.search(case) for case in written)
    assert rule == "CON005" or any(LATIN.search(case) and not HAN.search(case) for case in written)
    # a case of CON005 is an item and a row in the other language


def test_rules_without_language_are_rules() -> None:
    assert set() == set(LANGUAGE_DOES_NOT_MATTER) - set(all_rules())


def test_no_case_fires_in_one_table_and_misses_in_the_other() -> None:
    both = {
        rule: {repr(c) for c in cases(cases_of(rule), "FIRES")}
        & {repr(c) for c in cases(cases_of(rule), "NEAR_MISSES")}
        for rule in all_rules()
    }

    assert {} == {rule: common for rule, common in both.items() if common}


def test_no_case_passes_whatever_its_rule_does() -> None:
    """In a process of its own, since rules are replaced there; `rule_cases` says by what."""
    tests = [
        f"tests/rules/test_{name}.py::{test}"
        for rule, name in names().items()
        for table in TABLES
        for test in runners(cases_of(rule), table)
    ]
    command = [sys.executable, "-m", "pytest", "-p", "tests.contracts.rule_cases", "-p", "no:cacheprovider"]
    command += ["-n", "0", "-q", "--tb=no", "-rpfEs", *tests]

    said = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True).stdout

    passed = re.findall(r"^(?:PASSED|ERROR) .+", said, re.MULTILINE)
    failed = re.findall(r"^FAILED ", said, re.MULTILINE)
    assert [] == passed
    assert len(failed) >= 2 * LEAST * (len(all_rules()) - 2)  # without a model two rules have no cases to run
