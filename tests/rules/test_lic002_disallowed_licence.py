"""LIC002: licences held against the lists; how fields are read is in test_lic."""

from __future__ import annotations

from typing import Any

import pytest

from governance.rules.lic002_disallowed_licence import RULE
from tests.rules.duplicates import run
from tests.rules.licences import rows

FIRES: list[tuple[str | None, dict[str, Any], str]] = [
    ("cc-by-nc-4.0", {}, "denied"),
    ("CC BY-NC-ND 4.0", {}, "denied"),
    ("CC-BY-ND-4.0", {}, "denied"),
    ("MIT AND CC-BY-NC-4.0", {}, "denied"),
    ("GPL-3.0-only", {"allow": "MIT,Apache-*"}, "not-allowed"),
    ("all rights reserved", {}, "unrecognised"),
    ("仅供内部学习使用", {}, "unrecognised"),
    ("版权所有", {}, "unrecognised"),
]
NEAR_MISSES: list[tuple[str | None, dict[str, Any]]] = [
    ("MIT", {}),
    ("cc-by-4.0", {}),
    ("CC-BY-SA-4.0", {}),
    ("MIT OR CC-BY-NC-4.0", {}),
    ("Apache 2.0", {"allow": "MIT,Apache-*"}),
    ("house terms", {"allow": "house terms"}),
    ("unknown", {}),
    (None, {}),
    ("未知", {}),
    ("内部条款", {"allow": "内部条款"}),
]


@pytest.mark.parametrize(("licence", "options", "kind"), FIRES)
def test_licences_against_the_lists_are_found(licence: str, options: dict[str, Any], kind: str) -> None:
    assert [kind] == run(RULE, rows(licence), options=options).findings["kind"].to_pylist()


@pytest.mark.parametrize(("licence", "options"), NEAR_MISSES)
def test_licences_that_the_lists_let_pass_are_not(licence: str | None, options: dict[str, Any]) -> None:
    assert 0 == run(RULE, rows(licence), options=options).findings.num_rows
