"""LIC001: rows that state no licence; how fields are read is in test_lic."""

from __future__ import annotations

import pytest

from governance.rules.lic001_missing_licence import RULE
from tests.rules.duplicates import run
from tests.rules.licences import rows

FIRES = [None, "unknown", "Other", "N/A", "none", "未知", "license: unknown", "无"]
NEAR_MISSES = ["MIT", "apache-2.0", "木兰宽松许可证", "LicenseRef-acme", "no-such-licence-1.0", "内部使用"]


@pytest.mark.parametrize("licence", FIRES)
def test_a_licence_that_is_not_stated_is_found(licence: str | None) -> None:
    assert 1 == run(RULE, rows("MIT", licence)).findings.num_rows


@pytest.mark.parametrize("licence", NEAR_MISSES)
def test_a_licence_that_is_stated_is_not_missing(licence: str) -> None:
    assert 0 == run(RULE, rows("MIT", licence)).findings.num_rows
