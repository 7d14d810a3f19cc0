"""The course of labels: the order of prompts, who stands in for whom, what is judged, what a resume finds."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from training.difficulty.weights import LabelRate, WeightOptions, WeightState, estimated
from training.reward.instances import Instance
from training.stages.course import Course, Judged, order_of
from training.stages.takeover import TAKEN_OVER, WAITING, TakeoverOptions

RULE = TakeoverOptions(window=2, patience=1, min_gain=0.1, reached=0.9, min_prompts=2)


def instance(number: int, label: str) -> Instance:
    return Instance(number, 100 + number, f"{number:064x}", label, "number", (("user", "q"),), "7")


INSTANCES = [instance(0, "a"), instance(1, "b"), instance(2, "a"), instance(3, "b"), instance(4, "c")]


def step(course: Course, number: int, **rewards: float) -> None:
    """A step in which two prompts of each label named earned so much."""
    asked = [next(i for i in INSTANCES if i.label == label) for label in rewards]
    prompts = [Judged(i, (rewards[i.label],) * 4) for i in asked * 2]
    course.answered(number, prompts)
    course.step_done(number + 1)


def test_every_prompt_comes_once_before_any_comes_again():
    order = order_of(7, 20, seed=1)

    assert 20 == len(order)
    assert [set(range(7))] * 2 == [set(order[:7]), set(order[7:14])]
    assert order == order_of(7, 20, seed=1)
    assert order[:14] == order_of(7, 14, seed=1)
    assert order != order_of(7, 20, seed=2)


def test_until_labels_are_taken_over_every_prompt_is_asked_itself():
    course = Course(INSTANCES, RULE)

    assert INSTANCES == [course.at(n) for n in range(5)]
    assert ["a", "b", "c"] == course.labels


def test_prompts_of_others_stand_in_for_a_label_that_was_taken_over():
    course = Course(INSTANCES, RULE)
    for n in range(4):
        step(course, n, a=0.2 * n, b=0.0)

    assert {"b": 4} == course.taken
    stand_ins = [course.at(n) for n in range(5)]
    assert all(i.label != "b" for i in stand_ins)
    assert [INSTANCES[n] for n in (0, 2, 4)] == [stand_ins[n] for n in (0, 2, 4)]


def test_the_run_is_over_once_every_label_is_taken_over():
    course = Course(INSTANCES[:4], RULE)
    for n in range(4):
        step(course, n, a=0.0, b=0.0)

    assert {"a": 4, "b": 4} == course.taken
    assert course.over


def test_without_a_rule_no_label_is_judged():
    course = Course(INSTANCES, None)
    for n in range(8):
        step(course, n, a=0.0)

    assert {} == course.taken
    assert 0 == course.pending()[1].num_rows


def test_rows_say_what_every_prompt_earned_and_what_it_counted():
    course = Course(INSTANCES, RULE)
    course.weights = estimated({"a": LabelRate(0.0), "b": LabelRate(1.0)}, WeightState(), WeightOptions())
    course.answered(5, [Judged(INSTANCES[2], (1.0, 0.0, 0.0, 0.0)), Judged(INSTANCES[4], (1.0, 1.0))])

    rewards, windows = course.pending()

    assert [(5, 0, 2, "a", 4, 0.25), (5, 1, 4, "c", 2, 1.0)] == [
        (r["step"], r["place"], r["sample"], r["label"], r["answers"], r["reward"])
        for r in rewards.to_pylist()
    ]
    assert [pytest.approx(1.1 / 1.2 * 2), 1.0] == rewards.column("weight").to_pylist()
    assert 0 == windows.num_rows
    assert rewards == course.pending()[0]
    course.kept()
    assert 0 == course.pending()[0].num_rows


def test_verdicts_come_at_the_end_of_windows_with_gain_and_interval():
    course = Course(INSTANCES, RULE)
    for n in range(4):
        step(course, n, a=0.1, b=0.25 * n)

    rows = course.pending()[1].to_pylist()

    assert [(0, 2), (0, 2), (0, 2), (1, 4), (1, 4), (1, 4)] == [(r["window"], r["stop_step"]) for r in rows]
    assert Counter({WAITING: 4, TAKEN_OVER: 1, "improving": 1}) == Counter(r["verdict"] for r in rows)
    taken = next(r for r in rows if r["verdict"] == TAKEN_OVER)
    assert ("a", 0.0, 0.0, 0.0) == (taken["label"], taken["gain"], taken["low"], taken["high"])
    assert {None} == {r["reward"] for r in rows if r["label"] == "c"}
    assert pytest.approx(0.5) == next(r["gain"] for r in rows if r["verdict"] == "improving")


def test_a_label_that_was_taken_over_is_judged_no_more():
    course = Course(INSTANCES, RULE)
    for n in range(8):
        step(course, n, a=0.0)

    assert 2 == sum(r["label"] == "a" for r in course.pending()[1].to_pylist())


def test_a_course_goes_on_from_its_state_as_if_nothing_had_happened():
    whole, before = Course(INSTANCES, RULE), Course(INSTANCES, RULE)
    for n in range(3):
        for course in (whole, before):
            step(course, n, a=0.3 * n, b=0.0)
    before.weights = whole.weights = estimated({"a": LabelRate(0.1)}, WeightState(), WeightOptions())
    after = Course(INSTANCES, RULE)
    after.restore(json.dumps(json.loads(before.state())))
    for n in range(3, 6):
        for course in (whole, after):
            step(course, n, a=0.3, b=0.0)

    assert (whole.taken, whole.weights, whole.state()) == (after.taken, after.weights, after.state())
    assert whole.pending() == after.pending()
    assert whole.at(1) == after.at(1)
