"""Numbers and states as people read them; every format says the same thing with the same words."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from governance.baseline import Comparison
from governance.findings import Severity
from governance.report import (
    AuditReport,
    DatasetRecord,
    Gate,
    RuleOutcome,
    RuleState,
    SuiteRecord,
    WaiverRecord,
)
from governance.safe_text import json_safe

FEW = 5
IN_FORCE = "in-force"
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
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, float):
        return float(f"{value:.9g}") if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(k): steady(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [steady(v) for v in (sorted(value) if isinstance(value, (set, frozenset)) else value)]
    return value


_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def canonical(value: Any) -> str:
    """Canonical JSON in one line: sorted keys, steady floats, unsafe characters escaped."""
    return json_safe(_ENCODER.encode(steady(value)))


def gated(severity: Severity, gate: Gate) -> bool:
    """True where findings of that severity fail the audit."""
    return gate.fail_on != "never" and severity.rank <= Severity(gate.fail_on).rank


def gate_explanation(report: AuditReport, counts: Mapping[str, int]) -> str:
    """Why the verdict is what it is, in one or two sentences."""
    counting = counted(report, counts)
    stopping = {s: n for s, n in counting.items() if n and gated(Severity(s), report.gate)}
    below = {s: n for s, n in counting.items() if n and s not in stopping}
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
    if excused := _excused(report):
        parts.append(f"not counted: {', '.join(excused)}")
    return sentence("; ".join(parts))


def counted(report: AuditReport, counts: Mapping[str, int]) -> dict[str, int]:
    """Findings that count at the gate by severity word; all of them where nobody worked that out."""
    own = [r.counted for r in report.rules]
    if not own or any(c is None for c in own):
        return dict(counts)
    return {s.value: sum((c or {}).get(s.value, 0) for c in own) for s in Severity}


def _excused(report: AuditReport) -> list[str]:
    """What does not count at the gate, and why."""
    waived = sum(r.waived for r in report.rules)
    parts = [f"{waived:,} waived"] if waived else []
    baseline = report.gate.baseline
    if baseline is not None and baseline.new_only and baseline.unchanged:
        parts.append(f"{baseline.unchanged:,} that {baseline.name} has")
    within = [r.id for r in report.rules if r.within_limits]
    return [*parts, *([f"what {', '.join(within)} may find by its limits"] if within else [])]


def within_limits(outcome: RuleOutcome) -> str:
    """Which limits of a rule were kept: 'DUP003 stays within max_rows 20'."""
    bounds = " and ".join(f"{name} {canonical(bound)}" for name, bound in sorted(outcome.limits.items()))
    return f"{outcome.id} stays within {bounds}: its findings do not count at the gate"


def waivers(records: Sequence[WaiverRecord]) -> str:
    """'Waivers: 2 in force, covering 5 findings; 1 expired (W-0003)'."""
    states: dict[str, list[WaiverRecord]] = {}
    for one in records:
        states.setdefault(one.state, []).append(one)
    force = states.pop(IN_FORCE, [])
    covered = plural(sum(w.findings for w in force), "finding")
    parts = [f"{len(force):,} in force" + (f", covering {covered}" if force else "")]
    for state, some in sorted(states.items()):
        names = ", ".join(w.id for w in some[:FEW]) + (", …" if len(some) > FEW else "")
        parts.append(f"{len(some):,} {state} ({names})")
    return f"Waivers: {'; '.join(parts)}"


def tally(counts: Mapping[str, int]) -> str:
    """'2 errors, 1 warning', or 'nothing'."""
    return ", ".join(plural(n, word) for word, n in counts.items() if n) or "nothing"


def sentence(text: str) -> str:
    """The text with a capital first letter and a full stop."""
    return text[:1].upper() + text[1:] + "."


def headline(report: AuditReport, findings: int, waived: int = 0) -> str:
    """The verdict and what it rests on: 'FAIL 12 findings in 2,000 rows, 3 of them waived'."""
    rows = sum(d.rows for d in report.datasets)
    found = plural(findings, "finding") if findings else "no findings"
    excused = f", {waived:,} of them waived" if waived else ""
    return f"{report.verdict.value.upper()}  {found} in {plural(rows, 'row')}{excused}"


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


def peer(name: str | None, part: str | None = None) -> str:
    """What a row was held against: 'row 17', 'finance-eval/3 (question)'."""
    if not name:
        return ""
    kind, _, rest = name.partition(":")
    known = {"row": f"row {rest}", "item": rest}.get(kind, name)
    return f"{known} ({part})" if part else known


def changes(comparison: Comparison) -> str:
    """'3 new, 9 unchanged, 2 fixed', and what the comparison cannot tell."""
    fixed = comparison.fixed.num_rows
    text = f"{comparison.new:,} new, {comparison.unchanged:,} unchanged, {fixed:,} fixed"
    if comparison.not_looked:
        unknown = plural(comparison.not_looked, "finding")
        text += f"; nothing is known of {unknown} whose rules did not run this time"
    return text


def against(comparison: Comparison) -> str:
    """How a report stands against its baseline, in one sentence."""
    return f"Against {comparison.name}: {changes(comparison)}."


def suite(record: SuiteRecord) -> str:
    """How much of an evaluation set could be searched for, and what not."""
    text = f"{plural(record.items, 'item')}, {record.searchable:,} searchable"
    if record.unsearchable:
        names = [name.removeprefix(record.name + "/") for name in record.unsearchable[:FEW]]
        missing = max(record.items - record.searchable, len(record.unsearchable))
        more = f" and {missing - len(names):,} more" if missing > len(names) else ""
        text += f"; cannot be searched for: {', '.join(names)}{more}"
    return text


def dataset(record: DatasetRecord) -> str:
    """Size and place of a dataset: '1,200 rows, 1.8 MB in 1 file, version 3'."""
    parts = [
        plural(record.rows, "row"),
        f"{size(sum(f.bytes for f in record.files))} in {plural(len(record.files), 'file')}",
    ]
    if record.unreadable:
        parts.append(plural(record.unreadable, "unreadable row"))
    if record.version:
        parts.append(f"version {record.version}")
    return ", ".join(parts)


def next_steps(report: AuditReport, rule: str | None) -> list[tuple[str, str]]:
    """(command, what it does) for whoever has read the report."""
    run = report.run.id
    steps = [(f"govern report {run} -f html -o report.html", "the whole report, with charts")]
    if rule is not None:
        steps.append((f"govern rule {rule}", "what the rule looks for, and its limits"))
        steps.append((f"govern report {run} -f csv -o findings.csv", "every finding with its evidence"))
    return steps


def pairs(numbers: Mapping[str, Any]) -> str:
    """Named values in one line: 'edges 13, pairs_verified 4821'."""
    shown = [f"{name} {v if isinstance(v, str) else canonical(v)}" for name, v in sorted(numbers.items())]
    return ", ".join(shown) or "none"
