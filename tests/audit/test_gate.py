"""What findings and rules that ran amount to."""

from __future__ import annotations

import pyarrow as pa
import pytest

from governance.errors import UsageError
from governance.findings import Severity
from governance.gate import failing_levels, verdict
from governance.report import Gate, RuleOutcome, RuleState, Verdict


def outcome(state: RuleState) -> RuleOutcome:
    return RuleOutcome("CON001", "eval-item-verbatim", Severity.ERROR, "an item", state)


@pytest.mark.parametrize(
    ("fail_on", "severities", "expected"),
    [
        ("error", [], Verdict.PASS),
        ("error", ["warning", "note"], Verdict.PASS),
        ("error", ["note", "error"], Verdict.FAIL),
        ("warning", ["note"], Verdict.PASS),
        ("warning", ["warning"], Verdict.FAIL),
        ("note", ["note"], Verdict.FAIL),
        ("never", ["error"], Verdict.PASS),
    ],
)
def test_a_finding_at_or_above_the_level_fails(fail_on: str, severities: list[str], expected: Verdict):
    found = pa.array(severities, pa.string())

    assert expected == verdict(Gate(fail_on), [outcome(RuleState.RAN)], found)


def test_a_rule_that_did_not_run_makes_it_incomplete_even_without_findings():
    assert Verdict.INCOMPLETE == verdict(
        Gate("error"), [outcome(RuleState.NOT_RUN)], pa.array([], pa.string())
    )


def test_a_rule_that_does_not_apply_does_not():
    applies = [outcome(RuleState.NOT_APPLICABLE)]

    assert Verdict.PASS == verdict(Gate("error"), applies, pa.array([], pa.string()))


@pytest.mark.parametrize(("found", "expected"), [([], Verdict.PASS), (["error"], Verdict.FAIL)])
def test_allowing_incomplete_leaves_the_findings_to_decide(found: list[str], expected: Verdict):
    gate = Gate("error", allow_incomplete=True)

    assert expected == verdict(gate, [outcome(RuleState.NOT_RUN)], pa.array(found, pa.string()))


def test_an_unknown_level_names_the_nearest():
    with pytest.raises(UsageError, match="did you mean 'error'"):
        failing_levels("errors")
