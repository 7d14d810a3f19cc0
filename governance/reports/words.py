"""Numbers and states as people read them; every format says the same thing with the same words."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from governance.findings import Severity
from governance.report import AuditReport, DatasetRecord, Gate, RuleState
from governance.safe_text import json_safe

UNITS = ("bytes", "kB", "MB", "GB", "TB")


def plural(n: int, one: str, many: str = "") -> str:
    """'1 row', '1,200 rows'; irregular plurals are given."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def size(n: int) -> str:
    """A number of bytes in decimal units: '1.2 MB'."""
    if n < 1000:
        return plural(n, "byte")
    step = min(int(math.log10(n) / 3), len(UNITS) - 1)
    return f"{n / 1000**step:.1f} {UNITS[step]}"


def share(part: int, whole: int) -> str:
    """A share in per cent; what is there but below 0.01 % reads '<0.01 %', never zero."""
    if not whole:
        return "–"
    percent = 100 * part / whole
    return "<0.01 %" if 0 < percent < 0.01 else f"{percent:.2f} %"


def score(value: float | None) -> str:
    """A score with three decimals, or nothing; cut, not rounded, so that 0.7999 never reads as 0.800."""
    if value is None or not math.isfinite(value):
        return ""
    return f"{math.floor(value * 1000 + 1e-9) / 1000:.3f}"


def steady(value: Any) -> Any:
    """A JSON value with floats at nine significant digits, and null for what JSON cannot say.

    Nine digits hide the last bits, which depend on the order of summation and so on the number of threads.
    """
    if isinstance(value, float):
        return float(f"{value:.9g}") if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(k): steady(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [steady(v) for v in (sorted(value) if isinstance(value, (set, frozenset)) else value)]
    return value


def canonical(value: Any) -> str:
    """Canonical JSON in one line: sorted keys, steady floats, unsafe characters escaped."""
    encoded = json.dumps(
        steady(value), sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )
    return json_safe(encoded)


def gated(severity: Severity, gate: Gate) -> bool:
    """True where findings of that severity fail the audit."""
    return gate.fail_on != "never" and severity.rank <= Severity(gate.fail_on).rank


def gate_explanation(report: AuditReport, counts: Mapping[str, int]) -> str:
    """Why the verdict is what it is, in one or two sentences."""
    stopping = {s: n for s, n in counts.items() if n and gated(Severity(s), report.gate)}
    below = {s: n for s, n in counts.items() if n and s not in stopping}
    missing = [r.id for r in report.rules if r.state is RuleState.NOT_RUN]
    parts = []
    if missing:
        what = f"{', '.join(missing)} could not run"
        parts.append(f"{what}, which the gate allows" if report.gate.allow_incomplete else what)
    if report.gate.fail_on == "never":
        parts.append("no finding fails this gate (fail on: never)")
    else:
        parts.append(f"{tally(stopping)} at or above the gate (fail on: {report.gate.fail_on})")
    if below and report.gate.fail_on != "never":
        parts.append(f"{tally(below)} below it")
    return sentence("; ".join(parts))


def tally(counts: Mapping[str, int]) -> str:
    """'2 errors, 1 warning', or 'nothing'."""
    return ", ".join(plural(n, word) for word, n in counts.items() if n) or "nothing"


def sentence(text: str) -> str:
    """The text with a capital first letter and a full stop."""
    return text[:1].upper() + text[1:] + "."


def headline(report: AuditReport, findings: int) -> str:
    """The verdict and what it rests on: 'FAIL 12 findings in 2,000 rows'."""
    rows = sum(d.rows for d in report.datasets)
    found = plural(findings, "finding") if findings else "no findings"
    return f"{report.verdict.value.upper()}  {found} in {plural(rows, 'row')}"


def state_words(state: RuleState) -> str:
    """What became of a rule, for people."""
    return {
        RuleState.RAN: "ran",
        RuleState.NOT_RUN: "could not run",
        RuleState.NOT_APPLICABLE: "not applicable",
    }[state]


def column_words(dataset: DatasetRecord) -> str:
    """Which column was taken as what: 'chat from messages, id from uid'."""
    return ", ".join(f"{role} from {column}" for role, column in dataset.columns.items())


