"""DRF003: other words than in the version before; whole audits are in test_drf."""

from __future__ import annotations

import pytest

from governance.rules.drf003_vocabulary_shift import RULE
from tests.rules.versions import BONDS, BONDS_ZH, LAW_ZH, LOANS, Part, drifted

ENGLISH, CHINESE = [Part(800, BONDS)], [Part(800, BONDS_ZH)]
FIRES = {
    "another subject": (ENGLISH, [Part(800, LOANS)]),
    "half of another subject": (ENGLISH, [Part(400, BONDS), Part(400, LOANS)]),
    "another language": (ENGLISH, [Part(800, BONDS_ZH)]),
    "a third in another language": (ENGLISH, [Part(530, BONDS), Part(270, BONDS_ZH)]),
    "换成法律的话题": (CHINESE, [Part(800, LAW_ZH)]),
    "一半换成英文": (CHINESE, [Part(400, BONDS_ZH), Part(400, BONDS)]),
}
NEAR_MISSES = {
    "the same": (ENGLISH, [Part(800, BONDS)]),
    "fewer rows": (ENGLISH, [Part(500, BONDS)]),
    "longer rows": (ENGLISH, [Part(800, BONDS, (30, 60))]),
    "other sources": (ENGLISH, [Part(400, BONDS, source="law"), Part(400, BONDS, source="web")]),
    "a few rows of another subject": (ENGLISH, [Part(780, BONDS), Part(20, LOANS)]),
    "话题不变": (CHINESE, [Part(700, BONDS_ZH)]),
    "混入几行英文": (CHINESE, [Part(780, BONDS_ZH), Part(20, BONDS)]),
}


@pytest.mark.parametrize(("before", "now"), FIRES.values(), ids=FIRES)
def test_other_words_are_found(before: list[Part], now: list[Part]) -> None:
    assert ["shift"] == drifted(RULE, before, now)


@pytest.mark.parametrize(("before", "now"), NEAR_MISSES.values(), ids=NEAR_MISSES)
def test_the_same_words_are_not(before: list[Part], now: list[Part]) -> None:
    assert [] == drifted(RULE, before, now)
