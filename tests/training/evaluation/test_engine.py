from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from governance.evaluations import ItemResult, ItemState
from tests.training.evaluation.builders import Scripted, letter_suite, number_suite
from training.evaluation.asking import Failed, Likelihood
from training.evaluation.engine import Method, Work, all_results, grouped, work_off
from training.evaluation.journal import Heading, Journal, open_journal
from training.evaluation.loglik import answers_of, judge
from training.evaluation.plan import Choice, Plan, plan
from training.scoring.base import Item, Scored
from training.scoring.registry import Scorers, scorers

HEADING = Heading("e", "p" * 64, "now")


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return open_journal(tmp_path / "j.jsonl", HEADING)


def double(prompt: str) -> str:
    """Right for even numbers, wrong for odd ones."""
    number = int(re.findall(r"twice (\d+)", prompt)[-1])
    return f"#### {2 * number + number % 2}"


def worked(
    backend: Scripted, what: Plan, journal: Journal, method: Method = "generation"
) -> list[ItemResult]:
    work_off(Work(what, backend, scorers(what.how.benchmark), method), journal)
    return all_results(what, journal.results)


def test_every_item_is_asked_once_and_scored_in_the_order_of_the_suite(journal: Journal):
    backend = Scripted(double)
    found = worked(backend, plan(number_suite(5), Choice()), journal)

    assert [f"test/{n}" for n in range(5)] == [r.item for r in found]
    assert [1, 0, 1, 0, 1] == [r.strict for r in found]
    assert [1, 0, 1, 0, 1] == [r.official for r in found]
    assert ["0", "3", "4", "7", "8"] == [r.extracted for r in found]
    assert {1} == set(Counter(backend.asked).values())
    assert {ItemState.SCORED} == {r.state for r in found}
    assert '[{"role": "user", "content": "What is twice 0?' in found[0].prompt


def test_thinking_is_no_part_of_the_answer(journal: Journal):
    backend = Scripted(lambda p: "<think>#### 0</think>#### 2" if "twice 1" in p else "<think>#### 0")
    found = worked(backend, plan(number_suite(2), Choice()), journal)

    assert [(None, 0.0), ("2", 1.0)] == [(r.extracted, r.strict) for r in found]
    assert "the thinking never ends" == found[0].reason
    assert "<think>#### 0" == found[0].output


def test_a_failed_item_is_listed_and_asked_again_by_the_next_run(journal: Journal):
    first = Scripted(lambda p: Failed("the answer broke off") if "twice 1" in p else double(p))
    what = plan(number_suite(3), Choice())
    found = worked(first, what, journal)

    assert (ItemState.FAILED, "the answer broke off") == (found[1].state, found[1].reason)
    second = Scripted(double)
    again = worked(second, what, journal)
    assert 1 == len(second.asked)
    assert {ItemState.SCORED} == {r.state for r in again}


def test_what_was_answered_before_an_error_stays(journal: Journal):
    def breaks(prompt: str) -> str:
        if "twice 3" in prompt:
            raise RuntimeError
        return double(prompt)

    what = plan(number_suite(6), Choice())
    with pytest.raises(RuntimeError):
        worked(Scripted(breaks), what, journal)

    states = [r.state for r in all_results(what, journal.results)]
    assert [ItemState.SCORED] * 3 + [ItemState.MISSING] * 3 == states
    second = Scripted(double)
    worked(second, what, journal)
    assert 3 == len(second.asked)


@pytest.mark.parametrize("parallel", [2, 5, 64])
def test_side_by_side_gives_the_same(journal: Journal, tmp_path: Path, parallel: int):
    what = plan(number_suite(40), Choice())
    backend = Scripted(double, parallel=parallel)
    with open_journal(tmp_path / "other.jsonl", HEADING) as other:
        one_by_one = worked(Scripted(double), what, other)

    assert one_by_one == worked(backend, what, journal)
    assert 40 == len(backend.asked) == len(set(backend.asked))


def test_an_error_side_by_side_stops_the_others_and_keeps_their_answers(journal: Journal):
    def breaks(prompt: str) -> str:
        if "twice 7" in prompt:
            raise RuntimeError
        return double(prompt)

    backend = Scripted(breaks, parallel=4)
    with pytest.raises(RuntimeError):
        worked(backend, plan(number_suite(40), Choice()), journal)

    assert backend.stopped
    assert len(backend.asked) - 1 == len(journal.results)


def test_batches_hold_items_of_like_length_and_follow_from_the_plan_alone(journal: Journal):
    what = plan(number_suite(120), Choice())
    batches = grouped(what.asked, 7)

    lengths = [len(a.chat[0].content) for b in batches for a in b]
    assert sorted(lengths) == lengths
    assert set(what.asked) == {a for b in batches for a in b}
    assert grouped(what.asked[::-1], 7) == batches


def test_a_batch_that_was_half_kept_is_asked_as_the_batch_it_was(journal: Journal):
    what = plan(number_suite(8), Choice())
    journal.append([ItemResult("test/0", ItemState.SCORED, output="kept")])
    backend = Scripted(double, batch=4)
    found = worked(backend, what, journal)

    assert "kept" == found[0].output
    assert 8 == len(backend.asked)


def test_progress_counts_what_is_done(journal: Journal):
    seen: list[tuple[int, int]] = []
    journal.append([ItemResult("test/0", ItemState.SCORED)])
    work = Work(plan(number_suite(3), Choice()), Scripted(double), scorers("gsm8k"))
    work_off(work, journal, lambda done, total: seen.append((done, total)))

    assert [(1, 3), (2, 3), (3, 3)] == seen


def test_a_scorer_that_stumbles_fails_the_item(journal: Journal):
    def stumbles(item: Item, output: str) -> Scored:
        raise RecursionError

    what = plan(number_suite(1), Choice())
    work_off(Work(what, Scripted(double), Scorers("x", stumbles, stumbles)), journal)
    work = all_results(what, journal.results)[0]

    assert (ItemState.FAILED, "the scorer failed: RecursionError") == (work.state, work.reason)


def test_one_scorer_is_enough(journal: Journal):
    def untold(item: Item, output: str) -> Scored:
        return Scored(None, None, "not decided in time")

    what = plan(number_suite(1), Choice())
    work_off(Work(what, Scripted(double), Scorers("x", scorers("gsm8k").official, untold)), journal)
    found = all_results(what, journal.results)[0]

    assert (ItemState.SCORED, 1.0, None, "not decided in time") == (
        found.state, found.official, found.strict, found.reason,
    )  # fmt: skip


def test_the_likeliest_option_is_the_choice_and_the_margin_is_against_the_best_other(journal: Journal):
    likely = {"A": -3.0, "B": -1.0, "C": -1.5, "D": -4.0}
    backend = Scripted(lambda p: "never asked", likely=lambda prompt, answer: likely[answer])
    found = worked(backend, plan(letter_suite(2), Choice()), journal, "loglik")

    assert [] == backend.asked
    assert [("B", 1.0, 0.5, "C"), ("B", 0.0, -0.5, "B")] == [
        (r.choice, r.choice_score, r.margin, r.competitor) for r in found
    ]
    assert ((-3.0, -1.0, -1.5, -4.0), -1.5, 1, 1) == (
        found[1].option_logliks, found[1].gold_loglik, found[1].gold_tokens, found[1].gold_bytes,
    )  # fmt: skip
    assert (None, None, None) == (found[0].output, found[0].official, found[0].strict)


def test_without_options_the_gold_is_measured_against_the_wrong_answer_that_was_given(journal: Journal):
    backend = Scripted(double, likely=lambda prompt, answer: -float(answer))
    found = worked(backend, plan(number_suite(2), Choice()), journal, "both")

    assert (-0.0, None, None) == (found[0].gold_loglik, found[0].margin, found[0].competitor)
    assert (-2.0, 1.0, "3") == (found[1].gold_loglik, found[1].margin, found[1].competitor)


def test_a_likelihood_that_fails_leaves_the_score_of_the_answer(journal: Journal):
    backend = Scripted(double)
    backend.likelihoods = lambda questions: [Failed("too long") for _ in questions]  # type: ignore[method-assign]
    what = plan(number_suite(1), Choice())

    kept = worked(backend, what, journal, "both")[0]
    assert (ItemState.SCORED, 1.0, "no log-likelihood: too long") == (kept.state, kept.strict, kept.reason)
    with open_journal(journal.path.with_name("other.jsonl"), HEADING) as other:
        alone = worked(backend, what, other, "loglik")[0]
    assert ItemState.FAILED == alone.state


def test_options_that_are_right_together_have_no_choice_score():
    several = plan(letter_suite(1), Choice()).asked[0]
    several = type(several)(several.item, several.chat, several.direct, several.choices, several.names, "AC")
    answers = answers_of(several, None)
    found = judge(several, None, [Likelihood(-float(i), 1) for i in range(len(answers))])

    assert ("A", "B", "C", "D", "AC") == answers
    assert (Likelihood(-4.0, 1), "A", None, None) == (found.gold, found.choice, found.score, found.margin)


def test_a_tie_is_the_first_option():
    asked = plan(letter_suite(1), Choice()).asked[0]
    found = judge(asked, None, [Likelihood(-1.0, 1)] * 4)

    assert ("A", 0.0, 0.0, "A") == (found.choice, found.score, found.margin, found.competitor)
