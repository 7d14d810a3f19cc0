"""DRF001: sources that grew and shrank since the version before; whole audits are in test_drf."""

from __future__ import annotations

import pytest

from governance.rules.drf001_source_mix_shift import RULE
from tests.rules.versions import Part, drifted

HALVES = [Part(200, source="law"), Part(200, source="exam")]
FIRES = {
    "a source shrank": (HALVES, [Part(20, source="law"), Part(380, source="exam")]),
    "a source is gone": (HALVES, [Part(400, source="exam")]),
    "a new source": (HALVES, [*HALVES, Part(120, source="web")]),
    "all have another name": (HALVES, [Part(200, source="law-2"), Part(200, source="exam-2")]),
    "rows lost their source": (HALVES, [Part(200, source="law"), Part(200, source=None)]),
    "来源比例变化": (
        [Part(200, source="法规"), Part(200, source="年报")],
        [Part(30, source="法规"), Part(370, source="年报")],
    ),
}
NEAR_MISSES = {
    "the same mixture": (HALVES, [Part(201, source="law"), Part(199, source="exam")]),
    "twice as many rows": (HALVES, [Part(400, source="law"), Part(400, source="exam")]),
    "a little more of one": (HALVES, [Part(180, source="law"), Part(220, source="exam")]),
    "other words and lengths": (HALVES, [Part(200, "债券收益", (90, 99), "law"), Part(200, source="exam")]),
    "a source of a few rows": (HALVES, [*HALVES, Part(4, source="web")]),
    "no sources at all": ([Part(300, source=None)], [Part(200, source=None)]),
    "来源比例不变": (
        [Part(200, source="法规"), Part(200, source="年报")],
        [Part(150, source="法规"), Part(150, source="年报")],
    ),
}


@pytest.mark.parametrize(("before", "now"), FIRES.values(), ids=FIRES)
def test_shares_that_moved_are_found(before: list[Part], now: list[Part]) -> None:
    assert ["shift"] == drifted(RULE, before, now)


@pytest.mark.parametrize(("before", "now"), NEAR_MISSES.values(), ids=NEAR_MISSES)
def test_shares_that_stayed_are_not(before: list[Part], now: list[Part]) -> None:
    assert [] == drifted(RULE, before, now)
