"""Claims put to the test, with a retraining that is a sum: each sample is worth a known amount to each item."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pyarrow as pa
import pytest
import torch

from attribution.entries import ANSWER_LOSS, MARGIN
from attribution.explaining.why import why
from attribution.ledger.intervals import Floats
from attribution.testing.retraining import Worth, matrix_of, validate, verify, weightless
from attribution.tracing.items import ItemName, Probe
from governance.errors import UsageError
from governance.lake.contributions import Ledger
from tests.attribution.ledgers import Amounts, ledger_of, sample_table, with_removals
from tests.training.builders import members, tiny_qwen3
from training.evaluation.functionals import Continuation, MarginBatch, answer_batch, answer_loss, margin
from training.observer import RunStarted

WORTH = {(0, "i"): 1.0, (1, "i"): 0.5, (2, "i"): -0.25, (3, "i"): 0.25, (4, "i"): 0.0}


def linear(amounts: Amounts, items: tuple[str, ...] = ("i",), base: float = 0.0):
    """Training on a set of samples is worth the sum of what they bring."""
    calls: list[tuple[int, ...]] = []
    samples = {s for s, _ in amounts}

    def retrain(without: Collection[int]) -> Floats:
        calls.append(tuple(without))
        kept = samples - set(without)
        return np.array(
            [base + sum(amounts[s, item] for s in kept if (s, item) in amounts) for item in items]
        )

    retrain.calls = calls  # type: ignore[attr-defined]
    return retrain


def explained(amounts: Amounts, functional: str, before: float) -> tuple[Ledger, str]:
    return ledger_of(sample_table(5), amounts, before=before, functional=functional), functional


class TestVerify:
    def test_without_its_causes_a_gain_turns_back(self):
        ledger, functional = explained(WORTH, MARGIN, -1.0)

        found = verify(why(ledger, "demo", "i", functional, top=2), linear(WORTH, base=-1.0), range(5), top=2)

        assert (0, 1) == found.named
        assert (-1.0, 0.5, -1.0) == (found.before, found.after, found.without)
        assert found.flip is not None
        assert found.flip.reverted
        assert ("flip", 1.0) == (found.check().kind, found.check().value)

    def test_others_than_the_listed_ones_are_the_control(self):
        ledger, functional = explained(WORTH, MARGIN, -1.0)
        retrain = linear(WORTH, base=-1.0)

        found = verify(why(ledger, "demo", "i", functional, top=2), retrain, range(5), top=2)

        assert not set(found.control) & {0, 1, 2}
        assert [(0, 1), (3, 4)] == retrain.calls
        assert 0.25 == found.without_control
        assert 1.25 == found.beyond_control

    def test_a_loss_that_fell_is_worth_less_without_its_causes(self):
        ledger, functional = explained(WORTH, ANSWER_LOSS, 4.0)

        found = verify(why(ledger, "demo", "i", functional), linear(WORTH, base=-4.0), range(5), top=1)

        assert (-4.0, -2.5, -3.5, 1.0) == (found.before, found.after, found.without, found.claimed)
        assert found.flip is None
        assert ("retrain", found.beyond_control) == (found.check().kind, found.check().value)

    def test_a_fall_is_tested_without_those_that_harmed(self):
        worth = {(0, "i"): -1.0, (1, "i"): 0.25, (2, "i"): 0.0}
        ledger = ledger_of(sample_table(3), worth, before=0.5, functional=MARGIN)

        found = verify(why(ledger, "demo", "i", MARGIN), linear(worth, base=0.5), range(3), top=5)

        assert ((0,), -1.0) == (found.named, found.claimed)
        assert found.flip is not None
        assert found.flip.reverted
        assert found.beyond_control > 0

    def test_where_no_sample_pushed_there_is_nothing_to_test(self):
        ledger = ledger_of(sample_table(1), {(0, "i"): -0.5}, decay=1.0)

        with pytest.raises(UsageError, match="no sample pushed"):
            verify(why(ledger, "demo", "i", ANSWER_LOSS), linear({}), range(1), top=5)

    def test_the_same_seed_draws_the_same_control(self):
        ledger, functional = explained(WORTH, MARGIN, -1.0)
        found = [
            verify(why(ledger, "demo", "i", functional, top=1), linear(WORTH), range(9), 1, seed).control
            for seed in (1, 1)
        ]

        assert found[0] == found[1]


ITEMS = ("a", "b", "c")
NAMES = [ItemName("demo", item, ANSWER_LOSS) for item in ITEMS]
RANDOM = np.random.default_rng(0)
AMOUNTS = {(s, item): round(float(RANDOM.normal()), 3) for s in range(12) for item in ITEMS}
"""Twelve samples, three items."""


class TestValidate:
    def test_amounts_that_are_true_score_one_and_others_less(self):
        ledger = ledger_of(sample_table(12), AMOUNTS)
        noise = {k: float(v) for k, v in zip(AMOUNTS, np.random.default_rng(1).normal(size=36), strict=True)}
        ledger = with_removals(ledger, noise)

        true, noisy = validate(ledger, NAMES, linear(AMOUNTS, ITEMS), 30)

        assert ("lds", "contribution", 30) == (true.kind, true.method, true.cases)
        assert pytest.approx(1.0) == true.value
        assert "removal" == noisy.method
        assert noisy.value < 0.8

    def test_every_subset_is_half_of_the_samples(self):
        retrain = linear(AMOUNTS, ITEMS)

        validate(ledger_of(sample_table(12), AMOUNTS), NAMES, retrain, 5)

        assert [6] * 5 == [len(set(without)) for without in retrain.calls]
        assert 5 == len(set(retrain.calls))

    def test_without_removal_scores_only_contributions_are_tested(self):
        ledger = ledger_of(sample_table(12), AMOUNTS)

        assert 1 == len(validate(ledger, NAMES, linear(AMOUNTS, ITEMS), 5))


def test_the_matrix_has_items_in_the_order_asked_for():
    ledger = ledger_of(sample_table(3), {(0, "a"): 1.0, (2, "b"): 2.0, (1, "x"): 3.0})
    names = [ItemName("demo", item, ANSWER_LOSS) for item in ("b", "a")]

    found = matrix_of(ledger.contributions, "amount", np.arange(3), names)

    assert [[0.0, 1.0], [0.0, 0.0], [2.0, 0.0]] == found.tolist()


def test_what_is_left_out_has_no_weight_and_stays_in_its_place():
    table = members([{"prompt": f"q{n}", "response": "a", "weight": 2.0} for n in range(3)])

    (found,) = weightless([table], pa.array([1], pa.int64()))

    assert [2.0, 0.0, 2.0] == found.column("weight").to_pylist()
    assert table.drop(["weight"]) == found.drop(["weight"])
    assert table.schema == found.schema


def test_items_are_worth_minus_their_loss_and_their_margin_at_the_end():
    model = tiny_qwen3(vocabulary=50, layers=1, hidden=16)
    rows = [Continuation((1, 2), (3,)), Continuation((4,), (5, 6))]
    gold, other = answer_batch(rows), answer_batch([Continuation((1, 2), (9,)), Continuation((4,), (8,))])
    probes = [
        Probe("demo", ("i", "j"), ANSWER_LOSS, gold),
        Probe("demo", ("i", "j"), MARGIN, MarginBatch(gold, other)),
    ]
    worth = Worth(probes)
    model.train()

    worth.run_started(RunStarted(model, torch.optim.SGD(model.parameters(), lr=0.1), [], 0, 1, 0.0))
    worth.run_finished(1)

    loss, against = answer_loss(model, gold), margin(model, MarginBatch(gold, other))
    expected = [*(-loss).tolist(), *against.tolist()]
    assert pytest.approx(expected) == worth.values.tolist()
    assert model.training
