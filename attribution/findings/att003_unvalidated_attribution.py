"""# unvalidated-attribution

## What it does
Says so where an attribution was never put to the test, where it failed its test, or where more than a fifth of a
suite's change is not accounted for. Tests are retraining without the named samples, which must turn a flipped item
back (flip) or cost an item more than other samples do (retrain), rank correlation with retraining on subsets (lds), and
planted causes that must be found again (planted). A test is failed where its interval reaches down to what chance
gives: a correlation of 0, an area of one half, no flip reverted, nothing beyond other samples. It appears in
the reports of `govern drivers` and `govern why`; it speaks of a traced run, so no audit looks for it.

## Why it matters
Contributions add up by construction, so they look exact whatever they are worth. Whether the named samples are
causes is a claim, and retraining is how it is tested.

## Example
`nobody has tested this attribution by retraining`

## Options
None.

## Known limits
A test speaks of the runs it made: other seeds share credit differently among samples that say the same. An attribution
that passed one test on one suite is not thereby right about another.

## References
Park et al., TRAK, ICML 2023 (linear datamodelling score); Bae et al., Training Data Attribution via Approximate
Unrolling, NeurIPS 2024 (retraining without top samples).
"""

from __future__ import annotations

from attribution.findings.base import AttributionRule, Found, Subject
from attribution.ledger.coverage import ENOUGH
from governance.findings import Severity, fingerprint
from governance.lake.contributions import Check
from governance.rules.base import RuleInfo

CHANCE = {"flip": 0.0, "retrain": 0.0, "group": 0.0, "lds": 0.0, "planted": 0.5}
"""What a ranking by chance reaches."""
WORDS = {
    "flip": "reverted flips",
    "retrain": "retraining without the named samples",
    "group": "retraining without a group",
    "lds": "rank correlation over subsets",
    "planted": "planted causes",
}


def check(subject: Subject) -> list[Found]:
    """What is missing from the proof of an attribution."""
    found = (
        []
        if subject.stored.checks
        else [_found("unchecked", "nobody has tested this attribution by retraining")]
    )
    found += [_failed(one) for one in subject.stored.checks if not passed(one)]
    for suite in subject.suites:
        if suite.ranks_only:
            covered = max(0.0, suite.coverage)
            words = f"{100 * covered:.0f} % of the change of suite {suite.suite} is accounted for: ranks only"
            found.append(_found("coverage", words, suite.suite, suite.functional, suite.coverage, ENOUGH))
    return found


def passed(one: Check) -> bool:
    """True where the whole interval of a test, or its value without one, is above chance."""
    return (one.value if one.low is None else one.low) > CHANCE[one.kind]


def _failed(one: Check) -> Found:
    reach = "" if one.low is None else f", {one.low:.2f} to {one.high:.2f}"
    words = f"the test of {WORDS[one.kind]} is no better than chance: {one.value:.2f}{reach} in {one.cases:,} cases"
    return _found(f"failed-{one.kind}", words, score=one.value, threshold=CHANCE[one.kind])


def _found(
    kind: str, message: str, suite: str = "", functional: str = "", score: float | None = None,
    threshold: float | None = None,
) -> Found:  # fmt: skip
    print_ = fingerprint(INFO.id, [kind, suite, functional])
    return Found(INFO.id, INFO.severity, kind, print_, suite, functional, message, score, threshold)


INFO = RuleInfo(
    "ATT003", "unvalidated-attribution", Severity.WARNING, "an attribution was not tested, or failed its test"
)
RULE = AttributionRule(INFO, check)
