"""Instances of a split, the stratified draw, and pass rates of models that answer."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pytest

from governance.errors import InputError
from governance.members import MEMBERS
from training.difficulty.estimating import Estimator, Messages, passes, rates
from training.difficulty.weights import Pass, WeightOptions
from training.reward.instances import (
    NO_ANSWER,
    NO_PROMPT,
    NO_RESULT,
    OTHER_LABEL,
    Instance,
    drawn,
    instances_of,
)
from training.reward.rewarding import gold_of, reward


def instance(sample: int, label: str, gold: str = "7") -> Instance:
    return Instance(sample, sample, f"{sample:064x}", label, "number", (("user", f"{label} {sample}"),), gold)


def member(position: int, *turns: tuple[str, str], label: str | None = "sums") -> dict[str, object]:
    return {
        "position": position,
        "sample_id": f"{position:064x}",
        "part": "train",
        "weight": 1.0,
        "dataset": "d@1",
        "row": position,
        "label": label,
        "conversation": [{"role": role, "content": content} for role, content in turns],
    }


def members(*rows: dict[str, object]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=MEMBERS)


def scripted(right: dict[str, int]) -> object:
    """A model that answers as many times right as is said for the label, the first word of the prompt."""

    def answers(prompts: Sequence[Messages], k: int) -> list[list[str]]:
        known = [right.get(p[0]["content"].split()[0], 0) for p in prompts]
        return [["\\boxed{7}"] * n + ["\\boxed{8}"] * (k - n) for n in known]

    return answers


def test_rows_become_instances_and_the_rest_has_a_reason():
    rows = [
        member(0, ("user", "3+4?"), ("assistant", "It is \\boxed{7}")),
        member(1, ("user", "Hello"), ("assistant", "Hello to you too, how are you today")),
        member(2, ("user", "3+4?")),
        member(3, ("assistant", "\\boxed{7}")),
        member(4, ("system", "s"), ("user", "A or B?"), ("assistant", "答案：B"), label=None),
    ]
    found = instances_of([members(*rows[:3]), members(*rows[3:])], gold_of)

    assert [(0, 0, "sums", "number", "7"), (1, 4, "", "letter", "B")] == [
        (i.sample, i.position, i.label, i.kind, i.gold) for i in found.found
    ]
    asked = [(m["role"], m["content"]) for m in found.found[1].messages]
    assert [("system", "s"), ("user", "A or B?")] == asked
    assert {NO_ANSWER: 1, NO_PROMPT: 1, NO_RESULT: 1} == found.reasons
    assert ("", "sums") == found.labels


def test_labels_that_are_not_asked_for_are_listed_as_such():
    rows = [member(n, ("user", "3+4?"), ("assistant", "答案：7"), label="ab"[n % 2]) for n in range(5)]

    found = instances_of([members(*rows)], gold_of, {"b"})

    assert [1, 3] == [i.position for i in found.found]
    assert [0, 2, 4] == found.excluded.column("position").to_pylist()
    assert {OTHER_LABEL: 3} == found.reasons
    assert ("a", "b") == found.labels


def test_each_label_gives_its_share_and_a_small_one_all_it_has():
    many = [instance(i, "a") for i in range(50)] + [instance(50 + i, "b") for i in range(3)]

    chosen = drawn(many, 10, seed=1)

    assert {"a": 10, "b": 3} == {x: sum(i.label == x for i in chosen) for x in "ab"}
    assert len(set(chosen)) == len(chosen)


def test_the_draw_follows_the_seed_and_neither_order_nor_other_labels():
    many = [instance(i, "a") for i in range(50)]
    chosen = drawn(many, 10, seed=1)

    assert chosen == drawn(many[::-1], 10, seed=1)
    assert chosen == drawn([*many, instance(99, "b")], 10, seed=1)[:10]
    assert chosen != drawn(many, 10, seed=2)


def test_every_instance_is_drawn_about_as_often():
    many = [instance(i, "a") for i in range(10)]
    counts = [0] * 10
    for seed in range(500):
        for i in drawn(many, 2, seed):
            counts[i.sample] += 1

    assert all(60 < n < 140 for n in counts)  # 100 expected, standard deviation 9


def test_answers_are_judged_and_counted_by_label():
    found = passes([instance(0, "a"), instance(1, "a"), instance(2, "b")], scripted({"a": 3}), reward, 4)

    assert {"a": (Pass(4, 3), Pass(4, 3)), "b": (Pass(4, 0),)} == found
    assert {"a": 1.0, "b": 0.0} == rates(found, 2)


def test_part_of_a_reward_is_no_pass():
    found = passes([instance(0, "a")], scripted({}), lambda *_: 0.99, 2)

    assert {"a": (Pass(2, 0),)} == found


def test_a_model_that_does_not_answer_everything_is_no_measure():
    with pytest.raises(InputError, match="1 prompts were to get 4 answers each"):
        passes([instance(0, "a")], lambda prompts, k: [["x"]] * len(prompts), reward, 4)


def test_an_estimator_asks_references_once_and_the_model_each_time():
    asked = []

    def reference(prompts: Sequence[Messages], k: int) -> list[list[str]]:
        asked.append(len(prompts))
        return scripted({"a": 4, "b": 4})(prompts, k)  # type: ignore[operator]

    options = WeightOptions(alpha=1, beta=1, gamma=0.1, rho=0.5, k=1, answers=4, instances=2)
    pool = [instance(i, "a") for i in range(5)] + [instance(9, "b")]
    estimator = Estimator(["a", "b", "none"], pool, scripted({"a": 1, "b": 4}), reward, options, [reference])

    first = estimator.estimate()
    assert [("a", 0.25, 1.0), ("b", 1.0, 1.0), ("none", None, None)] == [
        (w.label, w.pass_cur, w.pass_ref) for w in first.weights
    ]
    assert pytest.approx({"a": 1.6, "b": 0.1}, abs=1e-9) == first.carried

    estimator.answers = scripted({"a": 4, "b": 4})
    second = estimator.estimate()
    assert pytest.approx({"a": 0.5 * 1.6 + 0.5 * 0.1, "b": 0.1}, abs=1e-9) == second.carried
    assert [3] == asked


def test_imported_rates_are_one_reference_more():
    options = WeightOptions(k=1, answers=2)
    pool = [instance(0, "a")]
    estimator = Estimator(
        ["a"], pool, scripted({}), reward, options, [scripted({"a": 2})], imported={"a": 0.5, "else": 0.1}
    )

    assert [("a", 0.75)] == [(w.label, w.pass_ref) for w in estimator.estimate().weights]
