from __future__ import annotations

from dataclasses import replace

import pytest

from governance.errors import NotFound
from governance.evaluations import (
    Evaluation,
    EvaluationState,
    ItemResult,
    ItemState,
    ModelRecord,
    SuiteUsed,
    counted,
    mean_scores,
    results_hash,
)
from governance.lake import Lake
from governance.lake.evaluations import (
    commit_evaluation,
    find_evaluation,
    list_evaluations,
    load_results,
    missing_evaluations,
    remove_evaluation,
    verify_evaluation,
)
from governance.lake.verify import verify_lake

RESULTS = [
    ItemResult(
        "test/0", ItemState.SCORED, gold="18", prompt="[]", output="#### 18", finish="stop", official=1.0,
        official_answer="18", extracted="18", strict=1.0, gold_loglik=-1.25, gold_tokens=2, gold_bytes=2,
        prompt_tokens=30, output_tokens=4, seconds=0.5,
    ),
    ItemResult(
        "test/1", ItemState.SCORED, subject="accounting", gold="B", prompt="[]", official=0.0, strict=0.0,
        option_logliks=(-1.5, -2.5), option_tokens=(1, 1), option_bytes=(1, 1), choice="A", choice_score=0.0,
        margin=-1.0, competitor="A",
    ),
    ItemResult("test/2", ItemState.WITHHELD, "the benchmark gives no answer"),
    ItemResult("test/3", ItemState.FAILED, "the server did not answer within 60 seconds"),
]  # fmt: skip


def evaluation(ident: str = "20261126-140000-abc123", results: list[ItemResult] = RESULTS) -> Evaluation:
    return Evaluation(
        ident,
        ModelRecord("models/small", "transformers", "a" * 64, run="20261126-130000-ffffff", step=300),
        SuiteUsed("gsm8k", 1, "b" * 64, "gsm8k", 1319, len(results), "4 of 1,319 items, seed 0"),
        {"method": "generation", "temperature": 0.0, "shots": 0},
        EvaluationState.INCOMPLETE,
        started="2026-11-26T14:00:00+00:00",
        finished="2026-11-26T14:01:00+00:00",
        counts=counted(results),
        scores=mean_scores(results),
        notes=("1 item has no answer",),
    )


def test_an_evaluation_comes_back_equal(lake: Lake):
    commit_evaluation(lake, evaluation(), RESULTS)

    assert evaluation() == find_evaluation(lake, "latest")
    assert RESULTS == load_results(lake, "20261126-14")
    assert verify_evaluation(lake, "latest").ok
    assert verify_lake(lake).ok


def test_states_are_counted_and_means_are_over_what_was_scored():
    assert {"scored": 2, "withheld": 1, "missing": 0, "failed": 1} == counted(RESULTS)
    assert {"official": 0.5, "strict": 0.5, "choice": 0.0} == mean_scores(RESULTS)


def test_a_later_state_takes_the_place_of_the_earlier(lake: Lake):
    running = replace(evaluation(results=RESULTS[:1]), state=EvaluationState.RUNNING)
    commit_evaluation(lake, running, RESULTS[:1])
    commit_evaluation(lake, evaluation("other"), RESULTS)
    commit_evaluation(lake, evaluation(), RESULTS)

    assert [EvaluationState.INCOMPLETE] * 2 == [e.state for e in list_evaluations(lake)]
    assert RESULTS == load_results(lake, evaluation().id)
    assert RESULTS == load_results(lake, "other")
    assert [(8,)] == lake.fetch("SELECT count(*) FROM lake.evaluation_items")
    assert verify_lake(lake).ok


def test_an_evaluation_without_items_is_one(lake: Lake):
    commit_evaluation(lake, evaluation(results=[]), [])

    assert [] == load_results(lake, "latest")
    assert verify_evaluation(lake, "latest").ok


def test_seconds_do_not_enter_the_hash_and_everything_else_does():
    slower = [replace(r, seconds=r.seconds + 1) for r in RESULTS]
    other = [replace(RESULTS[0], margin=0.0), *RESULTS[1:]]

    assert results_hash(RESULTS) == results_hash(slower)
    assert results_hash(RESULTS) != results_hash(other)
    assert results_hash(RESULTS) != results_hash(RESULTS[::-1])


def test_changed_rows_are_noticed(lake: Lake):
    commit_evaluation(lake, evaluation(), RESULTS)
    lake.db.execute("UPDATE lake.evaluation_items SET strict = 1 WHERE item = 'test/1'")

    assert ("the stored results are not what was committed",) == verify_evaluation(lake, "latest").problems


def test_an_evaluation_that_went_without_a_word_is_missed(lake: Lake):
    commit_evaluation(lake, evaluation(), RESULTS)
    assert [] == missing_evaluations(lake)
    lake.db.execute("DELETE FROM lake.evaluations")

    assert [evaluation().id] == missing_evaluations(lake)


def test_a_removed_evaluation_is_gone_and_the_log_says_who(lake: Lake):
    commit_evaluation(lake, evaluation(), RESULTS)

    assert evaluation().id == remove_evaluation(lake, "latest")

    assert [] == list_evaluations(lake)
    commit_evaluation(lake, evaluation("other"), RESULTS)
    with pytest.raises(NotFound, match="was removed on"):
        find_evaluation(lake, evaluation().id)
    assert verify_lake(lake).ok


def test_latest_and_those_before_it_are_counted_back_in_time(lake: Lake):
    for hour in (14, 15, 16):
        began = f"2026-11-26T{hour}:00:00+00:00"
        commit_evaluation(lake, replace(evaluation(f"e{hour}"), started=began), RESULTS)

    found = [find_evaluation(lake, name).id for name in ("latest", "latest~0", "latest~1", "latest~2")]

    assert ["e16", "e16", "e15", "e14"] == found
    with pytest.raises(NotFound, match="there is no evaluation 'latest~3'"):
        find_evaluation(lake, "latest~3")


def test_a_wrong_name_says_what_there_is(lake: Lake):
    with pytest.raises(NotFound, match="no evaluation is stored"):
        find_evaluation(lake, "latest")
    commit_evaluation(lake, evaluation("aa1"), RESULTS)
    commit_evaluation(lake, evaluation("aa2"), RESULTS)

    with pytest.raises(NotFound, match="more than one"):
        find_evaluation(lake, "aa")
    with pytest.raises(NotFound, match="there is no evaluation 'ab1'") as refused:
        find_evaluation(lake, "ab1")
    assert "did you mean 'aa1'" in refused.value.hint
