"""Which evaluation is held against which, before anybody chose."""

from __future__ import annotations

from dataclasses import replace

import pytest

from governance.lake.browsing.evaluations import EvaluationLine, Pair
from ui.dashboard.reading.evaluating import choose, difference_of, state_of

LINE = EvaluationLine("", "m", "", "s", "", "", None, "complete", 10, 0.5, None, None, "")


def line(ident: str, started: int, model: str, suite: str = "s", **more: object) -> EvaluationLine:
    return replace(
        LINE, id=ident, model=model, model_hash=f"hash {model}", suite=suite, started=str(started), **more
    )  # type: ignore[arg-type]


LINES = [
    line("tuned-s", 9, "tuned", run="r"),
    line("tuned-t", 8, "tuned", "t"),
    line("other-s", 7, "other"),
    line("other-t", 6, "other", "t"),
    line("base-s", 5, "base"),
]


def nobody(run: str) -> str:
    return ""


def test_the_latest_is_held_against_the_model_it_was_trained_from():
    found = choose(LINES, {"r": "hash base"}.__getitem__)

    assert ("base-s", "tuned-s") == (found.base and found.base.id, found.head and found.head.id)
    assert [("s", "base-s", "tuned-s"), ("t", None, "tuned-t")] == [
        (p.suite, p.base and p.base.id, p.head and p.head.id) for p in found.pairs
    ]


def test_without_a_known_start_the_model_measured_before_it_is_the_base():
    found = choose(LINES, nobody)

    assert found.base is not None
    assert "other-s" == found.base.id


def test_each_suite_is_compared_by_the_same_two_models():
    found = choose(LINES, nobody, base="other-t", head="tuned-s")

    assert [("s", "other-s", "tuned-s"), ("t", "other-t", "tuned-t")] == [
        (p.suite, p.base and p.base.id, p.head and p.head.id) for p in found.pairs
    ]
    assert ["tuned-s", "other-s", "base-s"] == [s.id for s in found.states]


def test_what_the_lake_does_not_have_is_named_and_something_else_is_shown():
    found = choose(LINES, nobody, base="gone", head="lost")

    assert ("gone", "lost") == found.missing
    assert found.head == LINES[0]


def test_one_evaluation_has_nothing_to_be_held_against():
    found = choose(LINES[:1], nobody)

    assert found.base is None
    assert Pair("", "tuned-s", "strict") == found.pairs[0].by("")
    assert (None, ()) == (choose([], nobody).head, choose([], nobody).pairs)


def test_a_base_shares_a_score_with_the_head():
    other = replace(LINES[2], strict=None, choice=0.5)

    assert choose([LINES[0], other], nobody).base is None
    assert "strict" == choose(LINES, nobody).pairs[0].by("choice").scorer  # type: ignore[union-attr]


def test_states_of_a_model_without_files_are_told_apart_by_name_and_step():
    served = replace(LINE, model="m", step=1)

    assert state_of(served) != state_of(replace(served, step=2)) != state_of(replace(served, model="n"))


@pytest.mark.parametrize("counts", [[(0.0, 1.0, 3), (1.0, 0.0, 1), (1.0, 1.0, 5), (0.5, 0.5, 1)]])
def test_counts_of_scores_are_as_good_as_the_scores(counts: list[tuple[float, float, int]]):
    from training.evaluation.comparison import difference

    before, after = ([c[side] for c in counts for _ in range(c[2])] for side in (0, 1))

    assert difference("", before, after) == difference_of("", counts)
    assert (10, 3, 1) == ((d := difference_of("", counts)).items, d.fixed, d.broken)
