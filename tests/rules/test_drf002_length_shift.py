"""DRF002: rows that became longer or shorter since the version before; whole audits are in test_drf."""

from __future__ import annotations

import pytest

from governance.rules.drf002_length_shift import RULE
from tests.rules.versions import BONDS_ZH, LAW_ZH, LOANS, Part, drifted

USUAL, LAW = [Part(400)], [Part(400, LAW_ZH, (60, 200))]
FIRES = {
    "cut": (USUAL, [Part(400, length=(3, 8))]),
    "four times as long": (USUAL, [Part(400, length=(40, 160))]),
    "half of them cut": (USUAL, [Part(200), Part(200, length=(3, 8))]),
    "a third has a document": (USUAL, [Part(270), Part(130, length=(300, 400))]),
    "截短的法条": (LAW, [Part(400, LAW_ZH, (10, 40))]),
    "一半附上了全文": (LAW, [Part(200, LAW_ZH, (60, 200)), Part(200, LAW_ZH, (900, 1200))]),
}
NEAR_MISSES = {
    "the same": (USUAL, [Part(400)]),
    "three times as many rows": (USUAL, [Part(1200)]),
    "other words of the same length": (USUAL, [Part(400, LOANS)]),
    "other sources": (USUAL, [Part(200, source="law"), Part(200, source="web")]),
    "a few long ones": (USUAL, [Part(390), Part(10, length=(300, 400))]),
    "法条长度不变": (LAW, [Part(300, LAW_ZH, (60, 200))]),
    "换成债券的话题": (LAW, [Part(400, BONDS_ZH, (60, 200))]),
}


@pytest.mark.parametrize(("before", "now"), FIRES.values(), ids=FIRES)
def test_rows_of_other_lengths_are_found(before: list[Part], now: list[Part]) -> None:
    assert ["shift"] == drifted(RULE, before, now)


@pytest.mark.parametrize(("before", "now"), NEAR_MISSES.values(), ids=NEAR_MISSES)
def test_rows_of_the_same_lengths_are_not(before: list[Part], now: list[Part]) -> None:
    assert [] == drifted(RULE, before, now)
