"""What became of items is the same whether the lake works it out or two tables in memory do."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from governance.evaluations import (
    Evaluation,
    EvaluationState,
    ItemResult,
    ItemState,
    ModelRecord,
    SuiteUsed,
    counted,
    mean_scores,
)
from governance.lake import Lake, open_lake
from governance.lake.browsing import evaluations
from governance.lake.browsing.evaluations import Items, Pair
from governance.lake.evaluations import commit_evaluation, load_result_table
from training.evaluation.comparison import CHANGES, EvaluationComparison, compare
from ui.dashboard.reading.evaluating import difference_of

PAIR = Pair("before", "after", "strict")


def results(seed: int, names: range) -> list[ItemResult]:
    """Items of every kind: right, wrong, in between, failed, without a label."""
    chance = random.Random(seed)
    made = [
        ItemResult(
            f"i{n}", ItemState.SCORED, label=chance.choice(["a", "b", None]), subject="s", gold=f"gold {n}",
            prompt=f'[{{"role": "user", "content": "债券 {n}"}}]', strict=chance.choice([0.0, 0.5, 1.0]),
            extracted=f"said {chance.randint(0, 3)}", gold_loglik=-chance.random(),
        )
        for n in names
    ]  # fmt: skip
    made[chance.randrange(len(made))] = ItemResult("odd", ItemState.FAILED, "no answer")
    return made


def stored(lake: Lake, ident: str, found: list[ItemResult], started: str) -> None:
    value = Evaluation(
        ident, ModelRecord(ident, "import", ident[0] * 64), SuiteUsed("suite", 1, "x" * 64, "", 60, 60), {},
        EvaluationState.COMPLETE, started, counts=counted(found), scores=mean_scores(found),
    )  # fmt: skip
    commit_evaluation(lake, value, found)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    with open_lake(str(tmp_path_factory.mktemp("evaluations") / "lake")) as opened:
        stored(opened, "before", results(1, range(50)), "2026-01-01")
        stored(opened, "after", results(2, range(10, 60)), "2026-01-02")
        yield opened


@pytest.fixture(scope="module")
def whole(lake: Lake) -> EvaluationComparison:
    return compare(*(load_result_table(lake, ident) for ident in ("before", "after")))


def test_the_words_are_those_of_the_command_line():
    assert CHANGES == evaluations.CHANGES


def test_items_come_to_the_same_as_in_memory(lake: Lake, whole: EvaluationComparison):
    found = evaluations.page(lake, Items(PAIR), "suite", 100, 0)

    expected = [
        (r["item"], r["change"], r["label"], r["gold"], r["before"], r["after"], r["before_answer"], r["after_answer"])
        for r in whole.items.to_pylist()
    ]  # fmt: skip
    assert sorted(expected, key=str) == sorted(
        (
            (f.item, f.change, f.label, f.gold, f.before, f.after, f.before_answer, f.after_answer)
            for f in found
        ),
        key=str,
    )


def test_counts_are_those_of_the_items(lake: Lake, whole: EvaluationComparison):
    counts = evaluations.by_change(lake, Items(PAIR))

    assert {change: n for change, n in whole.counts.items() if n} == dict(counts)
    assert all(n == evaluations.count(lake, Items(PAIR, change)) for change, n in counts.items())


def test_intervals_made_of_counts_are_those_made_of_items(lake: Lake, whole: EvaluationComparison):
    assert whole.overall == difference_of("", evaluations.score_pairs(lake, PAIR))
    groups = {
        name: difference_of(name, c) for name, c in evaluations.score_groups(lake, PAIR, "label").items()
    }
    assert {d.name: d for d in whole.labels if d.name} == groups


def test_pages_neither_overlap_nor_leave_out(lake: Lake):
    for sort in evaluations.SORTS:
        every = [f.item for at in range(0, 70, 7) for f in evaluations.page(lake, Items(PAIR), sort, 7, at)]
        assert len(every) == len(set(every)) == evaluations.count(lake, Items(PAIR))


def test_neighbours_follow_the_list(lake: Lake):
    wanted = Items(PAIR, "fixed")
    names = [f.item for f in evaluations.page(lake, wanted, "gain", 100, 0)]

    near = evaluations.neighbours(lake, wanted, "gain", names[1])

    assert (2, len(names), names[0], names[2]) == (near.place, near.total, near.before, near.after)
    assert 0 == evaluations.neighbours(lake, wanted, "gain", "nothing").place


@pytest.mark.parametrize(
    ("text", "found"), [("i17", {"i17"}), ("债券 33", {"i33"}), ("GOLD 21", {"i21"}), ("%' OR 1=1 --", set())]
)
def test_words_are_looked_for_and_never_become_sql(lake: Lake, text: str, found: set[str]):
    assert found == {f.item for f in evaluations.page(lake, Items(PAIR, text=text), "suite", 100, 0)}


def test_one_evaluation_alone_has_right_and_wrong_items(lake: Lake):
    alone = Pair("", "after", "strict")

    counts = evaluations.by_change(lake, Items(alone))
    right = [(b, a, n) for b, a, n in evaluations.score_pairs(lake, alone) if a == 1]

    assert set(evaluations.ALONE) == set(counts)
    assert counts["right"] == right[0][2]
    assert all(b == a for b, a, _ in right)


def test_one_item_comes_back_whole(lake: Lake):
    one = evaluations.one(lake, "after", "i20")

    assert one is not None
    assert one == next(r for r in results(2, range(10, 60)) if r.item == "i20")
    assert evaluations.one(lake, "after", "nothing") is None
    assert evaluations.one(lake, "", "i20") is None
    assert "only before" == evaluations.change_of(lake, PAIR, "i3")
    assert "" == evaluations.change_of(lake, PAIR, "nothing")


def test_a_lake_without_evaluations_has_none(tmp_path_factory: pytest.TempPathFactory):
    with open_lake(str(tmp_path_factory.mktemp("none") / "lake")) as empty:
        assert [] == evaluations.recent_evaluations(empty)
        assert {} == evaluations.suite_item(empty, "suite", "i1")
        assert "" == evaluations.model_before(empty, "run")


def test_the_latest_come_first_and_say_what_they_were_scored_by(lake: Lake):
    found = evaluations.recent_evaluations(lake)

    assert ["after", "before"] == [line.id for line in found]
    assert ("strict",) == found[0].scorers
    assert ("strict", "official") == replace(found[0], official=0.5).scorers
