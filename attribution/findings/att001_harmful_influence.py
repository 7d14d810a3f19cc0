"""# harmful-influence

## What it does
Names training samples that moved an evaluation suite away from its right answers: whose contributions over all items
of the suite are negative with their whole 95 % interval, and which make up at least 5 % of all that harmed it. One
finding a suite and functional, with the worst samples first. It appears in the reports of `govern drivers` and
`govern why`; it speaks of a traced run, so no audit looks for it.

## Why it matters
A wrong answer that is trained on, a contradiction, or a row in the wrong label costs accuracy that the average
hides: other rows gain what it loses. The ledger shows the two sides apart.

## Example
`3 samples harmed suite finance by 4.20 nats of loss, 31 % of all that harmed it; the worst is sample 17`

## Options
None yet: 5 % and the interval are fixed, and stand in the finding.

## Known limits
A contribution says what moved the item in this run. It does not say that the item would be better without the
sample: another may have done the same. Retrain without the samples to know. For finding wrong answers, the removal
score ranks better than contributions do. Below 80 % coverage nothing is reported, because what is not accounted for
could turn the sign round.

## References
Wang et al., Data Shapley in One Training Run, ICLR 2025 (contributions along one run).
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from attribution.entries import ANSWER_LOSS
from attribution.explaining.drivers import Driver, SuiteDrivers
from attribution.findings.base import AttributionRule, Found, Subject
from governance.findings import Severity, fingerprint
from governance.rules.base import RuleInfo

SHARE = 0.05
"""Of all negative amounts of the suite; below it a sample is one of many."""


def check(subject: Subject) -> list[Found]:
    """One finding for each suite that single samples harmed."""
    return [found for suite in subject.suites if (found := _of_suite(subject, suite)) is not None]


def _of_suite(subject: Subject, suite: SuiteDrivers) -> Found | None:
    worst = [d for d in suite.harmed if _certain(d) and d.amount <= SHARE * suite.harm]
    if suite.ranks_only or not worst:
        return None
    harm, part = sum(d.amount for d in worst), sum(d.amount for d in worst) / suite.harm
    many = f"{len(worst):,} samples" if len(worst) > 1 else "1 sample"
    what = "loss" if suite.functional == ANSWER_LOSS else "margin"
    message = (
        f"{many} harmed suite {suite.suite} by {-harm:.2f} nats of {what}, {100 * part:.0f} % of all that harmed it;"
        f" the worst is sample {worst[0].sample}"
    )
    numbers = tuple(d.sample for d in worst if d.sample is not None)
    samples = subject.ledger.samples
    ids = (
        samples.filter(pc.is_in(samples.column("sample"), pa.array(numbers, pa.int64())))
        .column("sample_id")
        .to_pylist()
    )
    return Found(
        rule=INFO.id,
        severity=INFO.severity,
        kind="suite",
        fingerprint=fingerprint(INFO.id, [suite.suite, suite.functional, *ids]),
        suite=suite.suite,
        functional=suite.functional,
        message=message,
        score=part,
        threshold=SHARE,
        samples=numbers,
    )


def _sample_ids(samples: pa.Table, numbers: tuple[int, ...]) -> list[str]:
    mine = pc.is_in(samples.column("sample"), pa.array(numbers, pa.int64()))
    found: list[str] = samples.filter(mine).column("sample_id").to_pylist()
    return found


def _certain(driver: Driver) -> bool:
    return driver.high is not None and driver.high < 0


INFO = RuleInfo(
    "ATT001",
    "harmful-influence",
    Severity.WARNING,
    "training samples moved a suite away from its right answers",
)
RULE = AttributionRule(INFO, check)
