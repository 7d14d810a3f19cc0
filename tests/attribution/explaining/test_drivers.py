from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution.entries import ANSWER_LOSS, MARGIN
from attribution.explaining.drivers import drivers
from attribution.explaining.groups import By, groups_of
from attribution.ledger.balance import by_item, item_line
from attribution.ledger.coverage import coverage
from governance.contributions import BALANCES
from governance.lake.contributions import RULED
from tests.attribution.ledgers import (
    balance_row,
    contribution_table,
    ledger_of,
    random_ledger,
    sample_table,
    sha,
    with_removals,
)

AMOUNTS = {(0, "i"): 1.0, (1, "i"): 0.5, (2, "i"): -0.25, (0, "j"): 0.5, (1, "j"): -1.0, (2, "j"): 0.25}


def ruled(*rows: tuple[str, str, int]) -> pa.Table:
    """Findings: (rule, fingerprint, sample)."""
    return pa.Table.from_pylist(
        [
            {"rule": r, "fingerprint": f, "sample_id": sha(f"sample {s}"), "role": "affected"}
            for r, f, s in rows
        ],
        schema=RULED,
    )


def names(found: tuple, attribute: str = "amount") -> dict[str, float]:
    return {d.name: getattr(d, attribute) for d in found}


class TestRollUps:
    def test_by_sample(self):
        (found,) = drivers(ledger_of(sample_table(3), AMOUNTS), "sample")

        assert {"sample 0": 1.5} == names(found.helped)
        assert {"sample 1": -0.5} == names(found.harmed)
        assert (1, 0.0) == (found.rest.groups, found.rest.amount)

    def test_a_sample_is_called_by_its_row_where_that_is_known(self):
        samples = sample_table(3, dataset=["d@1", "d@1", None], row=[7, 9, None])

        (found,) = drivers(ledger_of(samples, AMOUNTS), "sample")

        assert ["d@1 row 7"] == [d.name for d in found.helped]

    def test_by_label_and_those_without_one(self):
        samples = sample_table(3, label=["a/b", None, "a/b"])

        (found,) = drivers(ledger_of(samples, AMOUNTS), "label")

        assert {"a/b": 1.5} == names(found.helped)
        assert {"": -0.5} == names(found.harmed)
        assert 2 == found.helped[0].samples

    def test_by_rule_a_sample_of_two_rules_is_shared(self):
        findings = ruled(("PII001", "f1", 0), ("TOX001", "f2", 0), ("PII001", "f3", 1), ("PII001", "f4", 1))

        (found,) = drivers(ledger_of(sample_table(3), AMOUNTS), "rule", ruled=findings)

        assert {"PII001": 0.25, "TOX001": 0.75} == names(found.helped)
        assert 0.0 == found.rest.amount  # the third sample, without a finding

    def test_by_cluster_rows_join_through_others_and_the_rest_stand_alone(self):
        findings = ruled(("DUP003", "f1", 1), ("DUP003", "f1", 0), ("DUP001", "f2", 1), ("DUP001", "f2", 3))
        ledger = ledger_of(sample_table(5), {**AMOUNTS, (3, "i"): 2.0, (4, "i"): 8.0})

        (found,) = drivers(ledger, "cluster", ruled=findings)

        assert {"sample 0 and 2 like it": 3.0, "sample 4": 8.0} == names(found.helped)
        assert 3 == next(d.samples for d in found.helped if "like it" in d.name)

    def test_findings_that_say_nothing_of_likeness_join_nothing(self):
        findings = ruled(("PII001", "f1", 0), ("PII001", "f1", 1))

        groups = groups_of(ledger_of(sample_table(2), {(0, "i"): 1.0}), "cluster", findings)

        assert ["sample 0", "sample 1"] == groups["group"].to_list()

    @settings(max_examples=25, deadline=None)
    @given(st.integers(1, 12), st.integers(1, 4), st.integers(1, 3), st.integers(0, 9), st.integers(1, 4))
    @pytest.mark.parametrize("by", ["sample", "label", "source", "rule", "cluster"])
    def test_amounts_add_up_whatever_they_are_rolled_up_by(
        self, by: By, samples: int, items: int, intervals: int, seed: int, top: int
    ):
        random = np.random.default_rng(seed)
        ledger = random_ledger(samples, items, intervals, seed, suites=2)
        codes = random.choice(["DUP001", "DUP003", "PII001"], 8)
        findings = ruled(
            *((str(c), f"f{c}{i % 3}", int(random.integers(samples))) for i, c in enumerate(codes))
        )

        for found in drivers(ledger, by, ruled=findings, top=top, draws=20):
            listed = sum(d.amount for d in (*found.helped, *found.harmed))
            assert pytest.approx(found.sums.attributed, abs=1e-9) == listed + found.rest.amount
            assert pytest.approx(0.0, abs=1e-9) == found.sums.gap
            assert found.groups == len(found.helped) + len(found.harmed) + found.rest.groups


class TestSuites:
    def test_each_suite_and_functional_by_itself(self):
        one = ledger_of(sample_table(3), AMOUNTS, suite="a")
        two = ledger_of(sample_table(3), {(0, "i"): 4.0}, suite="b", functional=MARGIN)
        both = replace(
            one,
            contributions=pa.concat_tables([one.contributions, two.contributions]),
            balances=pa.concat_tables([one.balances, two.balances]),
        )

        found = drivers(both, "sample")

        assert [("a", ANSWER_LOSS, 2), ("b", MARGIN, 1)] == [(f.suite, f.functional, f.items) for f in found]
        assert {"sample 0": 4.0} == names(found[1].helped)
        assert ["b"] == [f.suite for f in drivers(both, "sample", suite="b")]

    def test_a_removal_score_is_a_mean_in_a_column_of_its_own(self):
        ledger = ledger_of(sample_table(3, label=["a", "a", "b"]), AMOUNTS)
        scored = with_removals(ledger, {(0, "i"): 1.0, (0, "j"): 2.0, (1, "i"): 3.0})

        (found,) = drivers(scored, "label")

        assert {"a": 2.0} == names(found.helped, "removal")
        assert found.rest == drivers(ledger, "label")[0].rest
        assert names(drivers(ledger, "label")[0].helped) == names(found.helped)

    def test_an_interval_holds_the_amount_and_needs_two_items(self):
        (found,) = drivers(random_ledger(10, 6, 2), "label")
        (alone,) = drivers(ledger_of(sample_table(1), {(0, "i"): 1.0}), "label")

        assert all(d.low <= d.amount <= d.high for d in found.helped)
        assert (None, None) == (alone.helped[0].low, alone.helped[0].high)

    def test_the_order_of_the_rows_changes_nothing(self):
        ledger = random_ledger(10, 3, 2)
        mixed = replace(
            ledger,
            contributions=ledger.contributions.take(
                np.random.default_rng(1).permutation(ledger.contributions.num_rows)
            ),
            balances=ledger.balances.take(np.random.default_rng(2).permutation(ledger.balances.num_rows)),
        )

        assert drivers(ledger, "label") == drivers(mixed, "label")

    def test_an_empty_ledger_has_no_suite(self):
        empty = ledger_of(sample_table(0), {})

        assert () == drivers(replace(empty, balances=BALANCES.empty_table()), "sample")

    def test_a_suite_that_nothing_moved(self):
        ledger = ledger_of(sample_table(1), {})
        quiet = replace(ledger, balances=pa.Table.from_pylist([balance_row("i", 1.0, 0.0)], schema=BALANCES))

        (found,) = drivers(quiet, "sample")

        assert ((), (), 1.0) == (found.helped, found.harmed, found.coverage)


class TestCoverage:
    def test_the_share_of_change_that_is_accounted_for(self):
        # items change by 1.25 + 0.25 = 1.5 and -0.25 + 0.25 = 0: 1 - 0.5 / 1.5
        (found,) = drivers(ledger_of(sample_table(3), AMOUNTS, residual=0.25), "sample")

        assert pytest.approx(1 - 0.5 / 1.5) == found.coverage
        assert found.ranks_only

    @pytest.mark.parametrize(("residual", "ranks_only"), [(0.25, False), (0.251, True)])
    def test_below_four_fifths_only_ranks_are_shown(self, residual: float, ranks_only: bool):
        (found,) = drivers(ledger_of(sample_table(1), {(0, "i"): 1.0}, residual=residual), "sample")

        assert ranks_only == found.ranks_only

    def test_residuals_of_intervals_cancel_over_the_run_and_not_over_time(self):
        lines = [
            balance_row("i", 4.0, 1.0, residual=0.5, start=0, stop=5),
            balance_row("i", 2.5, 1.0, residual=-0.5, start=5, stop=10),
        ]
        both = [contribution_table({(0, "i"): 1.0}, at, at + 5) for at in (0, 5)]
        ledger = replace(
            ledger_of(sample_table(1), {}),
            contributions=pa.concat_tables(both),
            balances=pa.Table.from_pylist(lines, schema=BALANCES),
        )

        (found,) = drivers(ledger, "sample")

        assert 1.0 == found.coverage
        assert [(0, 5, pytest.approx(1 - 0.5 / 1.5)), (5, 10, pytest.approx(0.0))] == [
            (w.start, w.stop, w.coverage) for w in found.windows
        ]
        assert (4.0, 2.0) == by_item(ledger.balances).select("before", "after").row(0)

    def test_positive_helped_whatever_the_functional(self):
        loss = item_line(ledger_of(sample_table(1), {(0, "i"): 1.0}).balances, "demo", "i", ANSWER_LOSS)
        margin = item_line(
            ledger_of(sample_table(1), {(0, "i"): 1.0}, functional=MARGIN).balances, "demo", "i", MARGIN
        )

        assert loss is not None
        assert margin is not None
        assert (3.0, 5.0) == (loss.after, margin.after)
        assert [1.0, 1.0] == [loss.sums.change, margin.sums.change]

    def test_an_item_that_hardly_moved_is_not_judged_by_noise(self):
        ledger = ledger_of(sample_table(1), {(0, "i"): 0.00005}, residual=0.00005)
        line = item_line(ledger.balances, "demo", "i", ANSWER_LOSS)

        assert line is not None
        assert pytest.approx(0.95) == line.coverage

    def test_the_tracer_says_the_same(self):
        ledger = random_ledger(8, 4, 3)
        told = coverage(ledger.balances)
        lines = [item_line(ledger.balances, i.suite, i.item, i.functional) for i in told.items]

        assert pytest.approx(told.explained) == drivers(ledger, "sample")[0].coverage
        assert [pytest.approx(i.coverage) for i in told.items] == [x.coverage for x in lines if x is not None]


def test_shares_of_each_sample_sum_to_one():
    findings = ruled(("PII001", "a", 0), ("TOX001", "b", 0), ("SEC001", "c", 0))

    groups = groups_of(ledger_of(sample_table(2), {(0, "i"): 1.0}), "rule", findings)

    assert [1.0, 1.0] == groups.group_by("sample").agg(pl.col("share").sum()).sort("sample")[
        "share"
    ].to_list()
