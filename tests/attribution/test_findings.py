from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from attribution.findings.registry import attribution_rules, findings_of, page
from governance.contributions import MARGIN
from governance.lake.contributions import AttributionRecord, Check, Ledger, StoredAttribution
from tests.attribution.ledgers import Amounts, ledger_of, sample_table

TESTED = Check("lds", "contribution", 0.6, 0.5, 0.7, 50)
STORED = StoredAttribution("a-1", 3, 3, "2026-11-26", "ann", AttributionRecord("run-1"), (TESTED,))
ITEMS = [f"i{n}" for n in range(6)]


def found(ledger: Ledger, rule: str, stored: StoredAttribution = STORED) -> list[tuple[str, str]]:
    return [(f.kind, f.message) for f in findings_of(stored, ledger) if f.rule == rule]


def spread(*amounts: float) -> Amounts:
    """Each sample moves each item by the same amount."""
    return {(i, item): a for i, a in enumerate(amounts) for item in ITEMS}


class TestHarm:
    def test_a_sample_that_harms_every_item_is_named(self):
        ledger = ledger_of(sample_table(3), spread(1.0, 1.0, -0.5))

        (finding,) = [f for f in findings_of(STORED, ledger) if f.rule == "ATT001"]

        assert ((2,), 1.0, 0.05) == (finding.samples, finding.score, finding.threshold)
        assert "1 sample harmed suite demo by 3.00 nats of loss, 100 %" in finding.message

    def test_each_functional_by_itself(self):
        ledger = ledger_of(sample_table(3), spread(1.0, -0.5), functional=MARGIN)

        assert "nats of margin" in found(ledger, "ATT001")[0][1]

    def test_the_worst_come_first(self):
        ledger = ledger_of(sample_table(3), spread(2.0, -0.25, -0.5))

        (finding,) = [f for f in findings_of(STORED, ledger) if f.rule == "ATT001"]

        assert (2, 1) == finding.samples

    def test_two_functionals_two_fingerprints(self):
        loss = ledger_of(sample_table(3), spread(1.0, -0.5))
        margin = ledger_of(sample_table(3), spread(1.0, -0.5), functional=MARGIN)
        prints = {f.fingerprint for ledger in (loss, margin) for f in findings_of(STORED, ledger)}

        assert 2 == len(prints)

    @pytest.mark.parametrize(
        "amounts",
        [
            spread(1.0, 1.0, 0.5),  # nothing harms
            {(0, item): 1.0 for item in ITEMS}
            | {(1, item): (-1.0) ** n for n, item in enumerate(ITEMS)},  # both ways
            {(0, "i0"): 1.0, (1, "i0"): -1.0},  # one item: no interval
            {(0, item): 9.0 for item in ITEMS}
            | {(i, item): -0.01 for i in range(1, 40) for item in ITEMS},  # each below 5 % of the harm
        ],
    )
    def test_what_is_not_certain_or_not_much_is_not_named(self, amounts: Amounts):
        assert [] == found(ledger_of(sample_table(40), amounts), "ATT001")

    def test_below_enough_coverage_nothing_is_said_of_signs(self):
        assert [] == found(ledger_of(sample_table(3), spread(1.0, -0.5), residual=1.0), "ATT001")


class TestConcentration:
    def test_one_sample_that_carries_half(self):
        ledger = ledger_of(sample_table(30), spread(29.0, *[1.0] * 29))

        assert [("suite", "half of all that helped suite demo comes from 1 of 30 samples")] == found(
            ledger, "ATT002"
        )

    def test_one_in_a_hundred_of_many(self):
        ledger = ledger_of(sample_table(250), spread(150.0, 150.0, *[1.0] * 248))

        assert "comes from 2 of 250 samples" in found(ledger, "ATT002")[0][1]

    @pytest.mark.parametrize(
        "amounts",
        [
            [1.0] * 30,  # all alike
            [28.0, *[1.0] * 29],  # a little less than half
            [9.0, *[1.0] * 9],  # ten samples are few whatever they do
            [-1.0] * 30,  # nothing helped
            [100.0, 100.0, 100.0, *[1.0] * 247],  # three of 250
        ],
    )
    def test_near_misses(self, amounts: list[float]):
        assert [] == found(ledger_of(sample_table(len(amounts)), spread(*amounts)), "ATT002")

    def test_below_enough_coverage_nothing_is_said(self):
        ledger = ledger_of(sample_table(30), spread(29.0, *[1.0] * 29), residual=100.0)

        assert [] == found(ledger, "ATT002")


class TestProof:
    LEDGER = ledger_of(sample_table(3), spread(1.0, 1.0))

    def test_a_test_that_was_passed_is_enough(self):
        assert [] == found(self.LEDGER, "ATT003")

    def test_nobody_tested(self):
        assert [("unchecked", "nobody has tested this attribution by retraining")] == (
            found(self.LEDGER, "ATT003", replace(STORED, checks=()))
        )

    @pytest.mark.parametrize(
        ("check", "passed"),
        [
            (Check("lds", "removal", 0.2, -0.1, 0.5, 50), False),
            (Check("lds", "removal", 0.2, 0.01, 0.5, 50), True),
            (Check("lds", "removal", 0.2, None, None, 2), True),
            (Check("planted", "removal", 0.7, 0.45, 0.9, 8), False),
            (Check("planted", "removal", 0.7, 0.55, 0.9, 8), True),
            (Check("flip", "contribution", 0.0, 0.0, 0.3, 10), False),
            (Check("flip", "contribution", 0.8, 0.5, 0.9, 10), True),
        ],
    )
    def test_chance_is_what_a_test_must_be_above(self, check: Check, passed: bool):
        kinds = [kind for kind, _ in found(self.LEDGER, "ATT003", replace(STORED, checks=(check,)))]

        assert ([] if passed else [f"failed-{check.kind}"]) == kinds

    def test_what_is_not_accounted_for(self):
        ledger = ledger_of(sample_table(3), spread(1.0, 1.0), residual=2.0)

        assert ("coverage", "50 % of the change of suite demo is accounted for: ranks only") in found(
            ledger, "ATT003"
        )


def test_findings_follow_from_content_and_not_from_order():
    ledger = ledger_of(sample_table(30), spread(29.0, -3.0, *[1.0] * 28))
    order = np.random.default_rng(0).permutation(ledger.contributions.num_rows)
    mixed = replace(ledger, contributions=ledger.contributions.take(order))

    assert findings_of(STORED, ledger) == findings_of(STORED, mixed)


@pytest.mark.parametrize("rule", list(attribution_rules()))
def test_pages_have_the_sections_of_all_pages(rule: str):
    heads = re.findall(r"^## (.*)$", page(rule), re.MULTILINE)

    assert ["What it does", "Why it matters", "Example", "Options", "Known limits", "References"] == heads
    assert page(rule).startswith(f"# {attribution_rules()[rule].info.name}\n")
