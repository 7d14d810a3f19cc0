from __future__ import annotations

import pytest

from governance.evaluations import ItemResult, ItemState
from training.evaluation.summary import summarise


def result(item: str, official: float | None, subject: str | None = None, **more: object) -> ItemResult:
    return ItemResult(item, ItemState.SCORED, subject=subject, official=official, strict=official, **more)  # type: ignore[arg-type]


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
    all_right = summarise("financeiq", financeiq[:2]).headline["official"]
    assert pytest.approx((1.0, 0.3424, 1.0), abs=5e-5) == (all_right.mean, all_right.low, all_right.high)


def test_how_many_answers_were_cut_is_told():
    found = summarise(
        "x", [result("a", 1.0, output="x", finish="stop"), result("b", 0.0, output="", finish="length")]
    )

    assert 0.5 == found.finished
    assert summarise("x", [result("a", 1.0)]).finished is None


def test_nothing_scored_is_no_figure():
    found = summarise("gsm8k", [ItemResult("a", ItemState.WITHHELD)])

    assert ({}, 0) == (found.whole.scores, found.whole.items)


def test_options_of_different_length_are_compared_per_byte_too():
    short = ItemResult(
        "a",
        ItemState.SCORED,
        gold="B",
        choice="A",
        choice_score=0.0,
        option_logliks=(-3.0, -4.0),
        option_bytes=(1, 8),
    )
    letters = ItemResult(
        "b",
        ItemState.SCORED,
        gold="A",
        choice="A",
        choice_score=1.0,
        option_logliks=(-3.0, -4.0),
        option_bytes=(1, 1),
    )

    assert 1.0 == summarise("x", [short, letters]).whole.scores["choice per byte"].mean
    assert 0.5 == summarise("x", [short, letters]).whole.scores["choice"].mean
    assert "choice per byte" not in summarise("x", [letters]).whole.scores
