from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from governance.errors import UsageError
from governance.evaluations import EvaluationState, ItemState, ModelRecord, results_hash
from governance.lake import Lake, open_lake
from governance.lake.evaluations import list_evaluations, load_results, verify_evaluation
from governance.lake.suites import find_suite
from governance.lake.verify import verify_lake
from tests.training.evaluation.builders import Scripted, letter_suite, number_suite
from training.evaluation.asking import Failed
from training.evaluation.engine import Work
from training.evaluation.plan import Choice, plan
from training.evaluation.session import Terms, evaluate, journal_folder, plan_key
from training.scoring.registry import scorers

MODEL = ModelRecord("tiny", "transformers", "a" * 64)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("lakes") / "empty"
    open_lake(str(place)).close()
    return place


@pytest.fixture
def lake(empty: Path, tmp_path: Path) -> Iterator[Lake]:
    shutil.copytree(empty, tmp_path / "lake")
    with open_lake(str(tmp_path / "lake")) as opened:
        yield opened


def double(prompt: str) -> str:
    number = int(re.findall(r"twice (\d+)", prompt)[-1])
    return f"#### {2 * number}"


def work(says: Any = double, count: int = 6, **choice: Any) -> Work:
    return Work(plan(number_suite(count), Choice(**choice)), Scripted(says), scorers("gsm8k"))


def terms(**more: Any) -> Terms:
    return Terms(MODEL, {"max_new_tokens": 16, "seed": 0}, {"batch_size": 1}, **more)


def breaking(at: int) -> Any:
    def says(prompt: str) -> str:
        if f"twice {at}" in prompt:
            raise KeyboardInterrupt
        return double(prompt)

    return says


def test_an_evaluation_is_kept_whole_and_verified(lake: Lake):
    ended = evaluate(lake, work(), terms())

    assert EvaluationState.COMPLETE == ended.state
    assert [ended] == list_evaluations(lake)
    assert ({"official": 1.0, "strict": 1.0}, 6) == (dict(ended.scores), ended.counts["scored"])
    assert ("gsm8k", 1, "gsm8k", 6, 6) == (
        ended.suite.name, ended.suite.version, ended.suite.benchmark, ended.suite.items, ended.suite.asked,
    )  # fmt: skip
    assert {"method": "generation", "max_new_tokens": 16, "seed": 0, "batch_size": 1} == dict(ended.settings)
    assert number_suite(6).content_hash == find_suite(lake, "gsm8k").content_hash
    assert verify_evaluation(lake, ended.id).ok
    assert verify_lake(lake).ok
    assert [] == list(journal_folder(lake).iterdir())


def test_what_was_interrupted_is_in_the_lake_and_goes_on_to_the_same_end(lake: Lake, tmp_path: Path):
    with pytest.raises(KeyboardInterrupt):
        evaluate(lake, work(breaking(4)), terms())
    begun = list_evaluations(lake)[0]
    assert (EvaluationState.RUNNING, 4, 2) == (begun.state, begun.counts["scored"], begun.counts["missing"])

    rest = work()
    ended = evaluate(lake, rest, terms(resume=True))

    assert isinstance(rest.backend, Scripted)
    assert 2 == len(rest.backend.asked)
    assert (begun.id, begun.started, EvaluationState.COMPLETE) == (ended.id, ended.started, ended.state)
    assert [ended] == list_evaluations(lake)
    with open_lake(str(tmp_path / "other")) as other:
        whole = evaluate(other, work(), terms())
        assert results_hash(load_results(other, whole.id)) == results_hash(load_results(lake, ended.id))
    assert verify_lake(lake).ok


def test_an_unfinished_evaluation_is_gone_on_with_or_thrown_away_as_the_user_says(lake: Lake):
    with pytest.raises(KeyboardInterrupt):
        evaluate(lake, work(breaking(4)), terms())
    begun = list_evaluations(lake)[0]

    with pytest.raises(UsageError, match=f"{begun.id}, 4 items answered") as refused:
        evaluate(lake, work(), terms())
    assert "--resume" in refused.value.hint
    assert "--restart" in refused.value.hint

    anew = work()
    ended = evaluate(lake, anew, terms(restart=True))
    assert isinstance(anew.backend, Scripted)
    assert 6 == len(anew.backend.asked)
    assert begun.id != ended.id


def test_failed_items_leave_it_incomplete_and_can_be_asked_again(lake: Lake):
    first = evaluate(lake, work(lambda p: Failed("no") if "twice 2" in p else double(p)), terms())
    assert (EvaluationState.INCOMPLETE, 1) == (first.state, first.counts["failed"])

    rest = work()
    ended = evaluate(lake, rest, terms(resume=True))
    assert isinstance(rest.backend, Scripted)
    assert (first.id, EvaluationState.COMPLETE, 1) == (ended.id, ended.state, len(rest.backend.asked))
    assert [ended] == list_evaluations(lake)


def test_with_nothing_to_go_on_with_resume_begins(lake: Lake):
    assert EvaluationState.COMPLETE == evaluate(lake, work(), terms(resume=True)).state


def test_states_are_kept_while_it_runs(lake: Lake):
    seen: list[tuple[str, int]] = []

    def look(done: int, total: int) -> None:
        seen.extend((e.state.value, e.counts["scored"]) for e in list_evaluations(lake))

    evaluate(lake, work(count=3), terms(keep_every=0.0), look)

    assert [("running", 0), ("running", 1), ("running", 2)] == seen[:3]


def test_another_setting_is_another_evaluation(lake: Lake):
    plans = [
        plan_key(work(), terms()),
        plan_key(work(count=5), terms()),
        plan_key(work(limit=3), terms()),
        plan_key(work(instruct=False), terms()),
        plan_key(work(), Terms(ModelRecord("tiny", "transformers", "b" * 64), terms().deciding)),
        plan_key(work(), Terms(MODEL, {"max_new_tokens": 17})),
    ]

    assert len(plans) == len(set(plans))
    assert plans[0] == plan_key(work(), Terms(MODEL, terms().deciding, {"batch_size": 64}))


def test_the_same_twice_is_two_evaluations(lake: Lake):
    first, second = evaluate(lake, work(), terms()), evaluate(lake, work(), terms())

    assert first.id != second.id
    assert 2 == len(list_evaluations(lake))


def test_withheld_items_are_listed(lake: Lake):
    from governance.benchmarks.suite import RawItem, Reading, build_suite

    suite = build_suite(
        "mine", "", Reading([RawItem("b", "Twice 1?"), RawItem("a", "What is twice 1?", answer="2")])
    )
    ended = evaluate(lake, Work(plan(suite, Choice()), Scripted(double), scorers("mine")), terms())
    results = load_results(lake, ended.id)

    assert [("b", ItemState.WITHHELD), ("a", ItemState.SCORED)] == [(r.item, r.state) for r in results]
    assert (EvaluationState.COMPLETE, 1.0) == (ended.state, ended.scores["strict"])


def test_the_margin_survives_the_lake(lake: Lake):
    what = Work(plan(letter_suite(2), Choice()), Scripted(double), scorers("mine"), "loglik")
    ended = evaluate(lake, what, terms())
    found = load_results(lake, ended.id)

    assert (-1.0, -1.0, -1.0, -1.0) == found[0].option_logliks
    assert 0.0 == found[0].margin
    assert "choice" in ended.scores
