from __future__ import annotations

import pytest

from governance.evaluations import ItemResult, ItemState
from training.evaluation.summary import summarise, wilson


def result(item: str, official: float | None, subject: str | None = None, **more: object) -> ItemResult:
    return ItemResult(item, ItemState.SCORED, subject=subject, official=official, strict=official, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("right", "count", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (5, 10, 0.2366, 0.7634),
        (1, 1, 0.2065, 1.0),
        (81, 263, 0.2553, 0.3662),
    ],
)
def test_wilsons_interval(right: int, count: int, low: float, high: float):
    assert pytest.approx((low, high), abs=5e-5) == wilson(right / count, count)


def test_a_mean_is_over_the_scored_items():
    found = summarise("gsm8k", [result("a", 1.0), result("b", 0.0), ItemResult("c", ItemState.FAILED)])

    assert (0.5, 2) == (found.whole.scores["official"].mean, found.whole.scores["official"].items)
    assert () == found.subjects
    assert {} == found.headline
    assert "choice" not in found.whole.scores


def test_finova_and_financeiq_report_the_unweighted_mean_over_their_parts():
    finova = [result("题/0", 1.0, "x"), result("题/1", 0.0, "y"), result("合规/0", 1.0)]
    financeiq = [
        result("test/甲/0", 1.0, "甲"),
        result("test/甲/1", 1.0, "甲"),
        result("test/乙/0", 0.0, "乙"),
    ]

    assert [("合规", 1), ("题", 2)] == [
        (line.name, line.items) for line in summarise("finova", finova).subjects
    ]
    assert 0.75 == summarise("finova", finova).headline["official"].mean
    assert 0.5 == summarise("financeiq", financeiq).headline["strict"].mean
    low, high = (getattr(summarise("financeiq", financeiq).headline["official"], n) for n in ("low", "high"))
    assert 0 <= low < 0.5 < high <= 1


def test_how_many_answers_were_cut_is_told():
    found = summarise(
        "x", [result("a", 1.0, output="x", finish="stop"), result("b", 0.0, output="", finish="length")]
    )

    assert 0.5 == found.finished
    assert summarise("x", [result("a", 1.0)]).finished is None


def test_nothing_scored_is_no_figure():
    found = summarise("gsm8k", [ItemResult("a", ItemState.WITHHELD)])

    assert ({}, 0) == (found.whole.scores, found.whole.items)
