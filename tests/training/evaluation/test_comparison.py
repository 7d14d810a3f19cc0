"""Two evaluations side by side: items fixed and broken, intervals, groups, reports."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest

from governance.errors import UsageError
from governance.evaluations import (
    Evaluation,
    EvaluationState,
    ItemResult,
    ItemState,
    ModelRecord,
    SuiteUsed,
    result_table,
)
from training.evaluation.comparison import CHANGES, changed, compare
from training.evaluation.difference import FORMATS, write


def result(item: str, strict: float | None, **more) -> ItemResult:
    state = ItemState.MISSING if strict is None else ItemState.SCORED
    values = {"subject": "law", "gold": "B", "extracted": "B" if strict else "A", "official": strict} | more
    return ItemResult(item, state, strict=strict, **values)


BEFORE = [
    result("a", 0.0, subject="tax"),
    result("b", 1.0),
    result("c", 1.0, label="Insurance"),
    result("d", 0.0, gold_loglik=-3.0, margin=-1.0),
    result("e", None),
    result("gone", 1.0),
]
AFTER = [
    result("a", 1.0, subject="tax"),
    result("b", 0.0),
    result("c", 1.0, label="Insurance"),
    result("d", 0.0, gold_loglik=-2.5, margin=0.5),
    result("e", 1.0),
    result("new", 1.0),
]


def evaluation(ident: str, name: str = "models/small") -> Evaluation:
    return Evaluation(
        ident,
        ModelRecord(name, "transformers"),
        SuiteUsed("fineval", 1, "a" * 64, "fineval", 6, 6),
        {},
        EvaluationState.COMPLETE,
        started="2026-11-26T14:00:00+00:00",
    )


def compared(before=BEFORE, after=AFTER, scorer="strict"):
    return compare(result_table(before), result_table(after), scorer)


def report(form: str, comparison=None, name: str = "models/small") -> str:
    out = io.StringIO()
    write(evaluation("e-1", name), evaluation("e-2", name), comparison or compared(), form, out)
    return out.getvalue()


def test_every_item_has_one_change():
    found = {row["item"]: row["change"] for row in compared().items.to_pylist()}

    assert {
        "a": "fixed", "b": "broken", "c": "both right", "d": "both wrong", "e": "unscored", "gone": "only before",
        "new": "only after",
    } == found  # fmt: skip
    assert dict.fromkeys(CHANGES, 1) == compared().counts


def test_only_items_with_both_scores_count_in_the_means():
    found = compared().overall

    assert (4, 1, 1) == (found.items, found.fixed, found.broken)
    assert (0.5, 0.5, 0.0, 1.0) == (found.before.value, found.after.value, found.difference.value, found.p)


def test_groups_are_sorted_by_how_much_they_changed():
    found = compared()

    assert ["tax", "law"] == [d.name for d in found.subjects]
    assert [1.0, -1 / 3] == pytest.approx([d.difference.value for d in found.subjects])
    assert {"Insurance", ""} == {d.name for d in found.labels}
    assert pytest.approx(1 / 3) == found.macro.difference.value


def test_the_likelihood_of_the_gold_and_the_margin_are_compared():
    row = changed(compared(), "both wrong")[0]

    assert (0.5, 1.5) == (row["gold_loglik_change"], row["margin_change"])


def test_an_evaluation_is_the_same_as_itself():
    found = compared(BEFORE, BEFORE)

    assert found.same
    assert not compared().same
    assert (0.0, 0.0) == (found.overall.difference.low, found.overall.difference.high)


def test_the_order_of_items_changes_nothing():
    shuffled = compared(BEFORE[::-1], AFTER)

    assert compared().overall == shuffled.overall
    assert compared().counts == shuffled.counts


def test_another_score_may_be_compared():
    before = [replace(r, choice="A", choice_score=0.0) for r in BEFORE[:4]]
    after = [replace(r, choice="B", choice_score=1.0) for r in AFTER[:4]]
    found = compared(before, after, "choice")

    assert 4 == found.counts["fixed"]
    assert "A" == changed(found, "fixed")[0]["before_answer"]


def test_scores_between_zero_and_one_are_better_or_worse():
    found = compared([result("a", 0.25)], [result("a", 0.5)])

    assert (1, 0.25) == (found.overall.fixed, found.overall.difference.value)


@pytest.mark.parametrize(("before", "after"), [([], []), (BEFORE[:1], AFTER[1:]), (BEFORE[4:5], AFTER[4:5])])
def test_nothing_to_compare_is_an_error(before, after):
    with pytest.raises(UsageError, match="no item has a strict score"):
        compared(before, after)


def test_an_unknown_scorer_is_an_error():
    with pytest.raises(UsageError, match="no scorer"):
        compared(scorer="loose")


def test_the_text_names_what_changed():
    text = report("text")

    assert "e-1 (models/small on fineval) -> e-2" in text
    assert "strict score: 50.0 % [15.0, 85.0] -> 50.0 %" in text
    assert "they cannot be told apart" in text
    assert "fixed: 1\n  a  gold B: A -> B" in text
    assert "1 unscored, 1 only before, 1 only after" in text


def test_the_json_lists_every_item():
    value = json.loads(report("json"))

    assert 7 == len(value["items"])
    assert "govern.evaluation_diff/1" == value["schema"]
    assert {"value", "low", "high", "n", "level"} == set(value["overall"]["difference"])


def test_the_markdown_is_a_table():
    assert "| all | 4 | 50.0 % [15.0, 85.0] |" in report("markdown")


@pytest.mark.parametrize("form", FORMATS)
def test_texts_of_rows_and_models_are_harmless(form):
    evil = "\x1b[31m<b>|x|`\n"
    comparison = compared(
        [result(evil, 0.0, subject=evil)], [result(evil, 1.0, subject=evil, extracted=evil)]
    )

    assert "\x1b" not in report(form, comparison, evil)


def test_an_unknown_format_is_an_error():
    with pytest.raises(UsageError, match="no format"):
        report("xml")


def test_five_thousand_items_are_compared_quickly():
    import time

    before = result_table([result(f"t/{i}", float(i % 3 == 0), subject=f"s{i % 34}") for i in range(5_000)])
    after = result_table([result(f"t/{i}", float(i % 2 == 0), subject=f"s{i % 34}") for i in range(5_000)])
    started = time.process_time()
    compare(before, after)

    assert time.process_time() - started < 2
