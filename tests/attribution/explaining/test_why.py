from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution.entries import ANSWER_LOSS, MARGIN
from attribution.explaining.why import Order, why, with_overlap
from governance.errors import NotFound, UsageError
from tests.attribution.ledgers import (
    contribution_table,
    ledger_of,
    random_ledger,
    sample_table,
    with_removals,
)

AMOUNTS = {(0, "i"): 1.0, (1, "i"): 0.5, (2, "i"): -0.25, (3, "i"): 0.25, (4, "i"): -2.0}


def test_the_largest_of_either_sign_and_the_rest():
    found = why(ledger_of(sample_table(5), AMOUNTS), "demo", "i", ANSWER_LOSS, top=2)

    assert [(1, "sample 0", 1.0), (2, "sample 1", 0.5)] == [(c.rank, c.name, c.amount) for c in found.helped]
    assert [(1, "sample 4", -2.0), (2, "sample 2", -0.25)] == [
        (c.rank, c.name, c.amount) for c in found.harmed
    ]
    assert (1, 0.25) == (found.helped_rest.samples, found.helped_rest.amount)
    assert (0, 0.0) == (found.harmed_rest.samples, found.harmed_rest.amount)


@settings(max_examples=30, deadline=None)
@given(
    st.integers(1, 15),
    st.integers(1, 3),
    st.integers(0, 6),
    st.integers(0, 20),
    st.sampled_from(["contribution", "removal"]),
)
def test_all_parts_add_up_to_the_change(samples: int, intervals: int, top: int, seed: int, order: Order):
    scores = {(n, "i1"): float((7 * n) % 5) for n in range(samples)}
    ledger = with_removals(random_ledger(samples, 2, intervals, seed), scores, "suite0")

    found = why(ledger, "suite0", "i1", ANSWER_LOSS, top, order)

    listed = sum(c.amount for c in found.causes) + found.helped_rest.amount + found.harmed_rest.amount
    sums = found.line.sums
    assert pytest.approx(sums.attributed, abs=1e-9) == listed
    assert pytest.approx(found.line.before - found.line.after, abs=1e-9) == (
        listed + sums.weight_decay + sums.carried + sums.residual
    )


def test_a_gain_crosses_the_line_with_its_largest_pushes():
    ledger = ledger_of(sample_table(5), {**AMOUNTS, (4, "i"): 0.0}, before=-1.2, functional=MARGIN)

    found = why(ledger, "demo", "i", MARGIN)

    assert ("gained", 2) == (found.flip, found.crossing)  # -1.2 + 1.0 + 0.5 > 0


def test_a_loss_crosses_it_the_other_way():
    found = why(ledger_of(sample_table(5), AMOUNTS, before=0.4, functional=MARGIN), "demo", "i", MARGIN)

    assert ("lost", 1) == (found.flip, found.crossing)


def test_a_flip_that_decay_made_is_crossed_by_no_sample():
    ledger = ledger_of(sample_table(1), {(0, "i"): 0.1}, before=-1.0, decay=2.0, functional=MARGIN)

    found = why(ledger, "demo", "i", MARGIN)

    assert ("gained", None) == (found.flip, found.crossing)


def test_a_loss_functional_does_not_flip():
    found = why(ledger_of(sample_table(5), AMOUNTS, before=-1.2), "demo", "i", ANSWER_LOSS)

    assert ("", None) == (found.flip, found.crossing)


def test_what_was_booked_stands_beside_what_the_close_made_of_it():
    ledger = ledger_of(sample_table(3), {(0, "i"): 2.0, (1, "i"): 1.0})
    given = contribution_table({(0, "i"): -0.75, (1, "i"): 0.25, (2, "i"): 0.5}, start=10, stop=10)

    closed = replace(ledger, contributions=pa.concat_tables([ledger.contributions, given]))
    found = why(closed, "demo", "i", ANSWER_LOSS)

    assert [(0, 1.25, 2.0), (1, 1.25, 1.0), (2, 0.5, 0.0)] == [
        (c.sample, c.amount, c.booked) for c in found.helped
    ]
    assert why(ledger, "demo", "i", ANSWER_LOSS).line == found.line
    assert [c.amount for c in why(ledger, "demo", "i", ANSWER_LOSS).causes] == [2.0, 1.0]


def test_removal_scores_stand_beside_and_change_no_amount():
    ledger = ledger_of(sample_table(5), AMOUNTS)

    found = why(with_removals(ledger, {(4, "i"): 3.0}), "demo", "i", ANSWER_LOSS)

    assert [None, None, None, 3.0, None] == [c.removal for c in found.causes]
    assert [c.amount for c in why(ledger, "demo", "i", ANSWER_LOSS).causes] == [
        c.amount for c in found.causes
    ]


def test_by_removal_scores_those_missed_most_come_first_on_either_side_and_the_ones_without_last():
    scores = {(0, "i"): 0.5, (1, "i"): 2.0, (2, "i"): -3.0, (4, "i"): -1.0}
    ledger = with_removals(
        ledger_of(sample_table(5), {**AMOUNTS, (4, "i"): -0.1}, before=-1.2, functional=MARGIN),
        scores,
        functional=MARGIN,
    )

    found = why(ledger, "demo", "i", MARGIN, top=2, order="removal")

    assert [(1, 1, 0.5), (2, 0, 1.0)] == [(c.rank, c.sample, c.amount) for c in found.helped]
    assert [(1, 2, -0.25), (2, 4, -0.1)] == [(c.rank, c.sample, c.amount) for c in found.harmed]
    assert (1, 0.25) == (found.helped_rest.samples, found.helped_rest.amount)  # sample 3, which has no score
    assert why(ledger, "demo", "i", MARGIN).crossing == found.crossing == 2


def test_without_removal_scores_nothing_is_listed_by_them():
    with pytest.raises(UsageError, match="no removal scores were kept"):
        why(ledger_of(sample_table(5), AMOUNTS), "demo", "i", ANSWER_LOSS, order="removal")


def test_too_much_left_over_leaves_ranks_only():
    assert why(ledger_of(sample_table(5), AMOUNTS, residual=0.3), "demo", "i", ANSWER_LOSS).ranks_only
    assert not why(ledger_of(sample_table(5), AMOUNTS), "demo", "i", ANSWER_LOSS).ranks_only


def test_overlap_stands_beside_those_whose_text_can_be_read():
    ledger = ledger_of(sample_table(5), AMOUNTS)

    found = with_overlap(
        why(ledger, "demo", "i", ANSWER_LOSS),
        "what does a zero coupon bond pay",
        lambda samples: {0: "A zero-coupon bond pays nothing", 4: "unrelated"},
    )

    by = {c.sample: c.overlap for c in found.causes}
    assert (4, "A zero-coupon bond") == (by[0].words, by[0].excerpt)
    assert 0 == by[4].words
    assert by[1] is None


@pytest.mark.parametrize(
    ("suite", "item", "functional", "says"),
    [
        ("demmo", "i", ANSWER_LOSS, "did you mean 'demo'"),
        ("demo", "ii", ANSWER_LOSS, "item 'ii' was not traced"),
        ("demo", "i", MARGIN, "known are: answer_loss"),
    ],
)
def test_what_is_not_there_is_said_with_what_is(suite: str, item: str, functional: str, says: str):
    with pytest.raises(NotFound, match=says):
        why(ledger_of(sample_table(5), AMOUNTS), suite, item, functional)
