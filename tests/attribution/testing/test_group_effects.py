"""A group left out: what suites lost, from worths worked out by hand."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pytest

from attribution.entries import ANSWER_LOSS, MARGIN
from attribution.explaining.groups import groups_of
from attribution.testing.group_effects import effects, group_called, sentence
from attribution.tracing.items import ItemName
from governance.errors import NotFound, UsageError
from tests.attribution.ledgers import ledger_of, sample_table

SAMPLES = sample_table(4, label=["a", "b", "a", None])


def without(worth: dict[tuple[int, ...], list[float]]):
    """A retrainer that knows what items are worth without some samples."""

    def retrain(gone: Collection[int]) -> np.ndarray:
        return np.array(worth[tuple(gone)])

    return retrain


@pytest.mark.parametrize(("functional", "sign"), [(ANSWER_LOSS, -1.0), (MARGIN, 1.0)])
def test_what_a_suite_lost_is_summed_over_its_items(functional: str, sign: float):
    amounts = {(0, "i"): 1.0, (1, "i"): 0.5, (2, "j"): 0.25}
    ledger = ledger_of(SAMPLES, amounts, functional=functional)
    lines = [ItemName("demo", item, functional) for item in ("j", "i")]  # in another order than the ledger's
    after = {row["item"]: sign * row["after"] for row in ledger.balances.to_pylist()}
    groups = groups_of(ledger, "label")

    retrain = without({(0, 2): [after["j"] - 0.5, after["i"] - 0.75]})
    (found,) = effects(ledger, groups, group_called(groups, "label", "a"), retrain, lines)

    assert pytest.approx(1.25) == found.lost
    assert pytest.approx(1.25) == found.claimed
    assert (2, (0, 2)) == (found.items, found.group.samples)
    assert found.low is not None and found.high is not None
    assert pytest.approx((1.0, 1.5)) == (found.low, found.high)  # either item twice
    assert "without the 2 samples of label a, demo changes by -1.2500 (-1.5000 to -1.0000)" in sentence(found)


def test_a_check_is_positive_where_the_group_did_what_the_ledger_says():
    ledger = ledger_of(SAMPLES, {(1, "i"): -1.0, (0, "i"): 0.5})
    groups = groups_of(ledger, "label")
    after = -ledger.balances.to_pylist()[-1]["after"]

    retrain = without({(1,): [after + 0.75]})
    (found,) = effects(
        ledger, groups, group_called(groups, "label", "b"), retrain, [ItemName("demo", "i", ANSWER_LOSS)]
    )

    assert pytest.approx((-1.0, -0.75)) == (found.claimed, found.lost)
    check = found.check()
    assert ("group", None, None, 1) == (check.kind, check.low, check.high, check.cases)
    assert pytest.approx(0.75) == check.value


def test_those_without_a_name_are_a_group_too():
    groups = groups_of(ledger_of(SAMPLES, {(0, "i"): 1.0}), "label")

    assert ("", (3,)) == (
        group_called(groups, "label", "no label").name,
        group_called(groups, "label", "no label").samples,
    )
    with pytest.raises(NotFound, match="no sample of the run is in 'c'"):
        group_called(groups, "label", "c")


def test_a_group_that_is_all_of_the_run_cannot_be_left_out():
    groups = groups_of(ledger_of(sample_table(2, label=["a", "a"]), {(0, "i"): 1.0}), "label")

    with pytest.raises(UsageError, match="nothing is left to train on"):
        group_called(groups, "label", "a")
