"""What counts at the gate after waivers, baselines and the limits of rules."""

from __future__ import annotations

import pyarrow as pa
import pytest

from governance.counting import Excused, counted, severities
from governance.findings import Severity
from governance.gate import Tolerance, verdict
from governance.report import Gate, RuleOutcome, RuleState, Verdict
from tests.waivers.builders import F, fp, tables

FOUND = (
    F("a", (0, 1)),
    F("b", (1, 2), severity="error"),
    F("c", (), severity="error"),
    F("d", (9,), rule="DUP001", severity="note"),
)


def outcomes() -> list[RuleOutcome]:
    return [
        RuleOutcome(code, code.lower(), Severity.WARNING, "words", RuleState.RAN)
        for code in ("DUP001", "DUP003", "INP001")
    ]


def count(
    tolerance: Tolerance | None = None, waived: str = "", accepted: str = "", rows: int = 100
) -> dict[str, RuleOutcome]:
    findings, evidence = tables(*FOUND)
    excused = Excused(*(pa.array([fp(n) for n in names], pa.string()) for names in (waived, accepted)))
    tolerances = {"DUP003": tolerance} if tolerance else {}
    return {o.id: o for o in counted(outcomes(), findings, evidence, excused, tolerances, rows)}


def test_everything_counts_where_nothing_excuses_it():
    found = count()

    assert {"error": 2, "warning": 1} == found["DUP003"].counted
    assert {"note": 1} == found["DUP001"].counted
    assert {} == found["INP001"].counted
    assert not any(o.within_limits or o.waived or o.limits for o in found.values())


def test_what_is_waived_or_accepted_does_not_count():
    found = count(waived="b", accepted="ad")

    assert ({"error": 1}, 1) == (found["DUP003"].counted, found["DUP003"].waived)
    assert ({}, 0) == (found["DUP001"].counted, found["DUP001"].waived)


@pytest.mark.parametrize(
    ("tolerance", "within"),
    [
        (Tolerance(max_rows=3), True),  # rows 0, 1 and 2; row 1 counts once
        (Tolerance(max_rows=2), False),
        (Tolerance(max_rows=0), False),
        (Tolerance(max_rate=0.03), True),
        (Tolerance(max_rate=0.029), False),
        (Tolerance(max_rows=3, max_rate=0.01), False),
        (Tolerance(max_rows=2, max_rate=1.0), False),
        (Tolerance(max_rows=3, max_rate=0.03), True),
    ],
)
def test_findings_within_every_limit_do_not_count(tolerance: Tolerance, within: bool):
    found = count(tolerance)["DUP003"]

    assert (within, tolerance.as_mapping()) == (found.within_limits, found.limits)
    assert ({"error": 1} if within else {"error": 2, "warning": 1}) == found.counted


def test_a_finding_without_rows_is_never_tolerated():
    assert {"error": 1} == count(Tolerance(max_rate=1.0))["DUP003"].counted


def test_limits_speak_of_what_waivers_leave():
    assert count(Tolerance(max_rows=2), waived="a")["DUP003"].within_limits
    assert count(Tolerance(max_rows=2), accepted="b")["DUP003"].within_limits


def test_an_audit_of_no_rows_is_within_any_rate():
    findings, evidence = tables()

    found = counted(outcomes(), findings, evidence, Excused(), {"DUP003": Tolerance(max_rate=0.0)}, 0)

    assert [False] * 3 == [o.within_limits for o in found]
    assert Verdict.PASS is verdict(Gate("note"), found, severities(found))


@pytest.mark.parametrize(
    ("tolerance", "waived", "expected"),
    [(None, "", Verdict.FAIL), (None, "bc", Verdict.PASS), (Tolerance(max_rows=3), "c", Verdict.PASS)],
)
def test_the_verdict_follows_from_what_counts(tolerance: Tolerance | None, waived: str, expected: Verdict):
    found = list(count(tolerance, waived).values())

    assert expected is verdict(Gate("error"), found, severities(found))
