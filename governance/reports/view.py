"""What every format shows, worked out once, so that all of them say the same.

Counts and tables are ready; findings are joined with their evidence as they are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from governance.baseline import Comparison, whole_column
from governance.findings import Severity
from governance.report import AuditReport, RuleOutcome, RuleState
from governance.reports import words
from governance.reports.base import RenderOptions
from governance.reports.evidence import Finding, Join
from governance.reports.places import Places
from governance.reports.presentable import presentable


@dataclass(frozen=True)
class RuleLine:
    """A rule with what its findings amount to.

    Attributes:
        levels: findings by severity word; policy may give one rule several.
        new: how many are new against the baseline, None without one.
        gated: findings at or above the gate that count there.
        listed: findings that listings go through, waived ones left out unless they are to be shown.
    """

    outcome: RuleOutcome
    levels: Mapping[str, int]
    new: int | None
    gated: int
    listed: int

    @property
    def total(self) -> int:
        """All its findings, waived ones too."""
        return sum(self.levels.values())

    @property
    def worst(self) -> Severity:
        """The worst severity among its findings, its own where it has none."""
        return min(
            (Severity(word) for word in self.levels), key=lambda s: s.rank, default=self.outcome.severity
        )


class View:
    """A report and how it shall be shown."""

    def __init__(self, report: AuditReport, options: RenderOptions | None = None) -> None:
        self.report = presentable(report)
        self.options = options or RenderOptions()

    @property
    def comparison(self) -> Comparison | None:
        """The report against a baseline, where one was given."""
        return self.options.comparison

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """Findings by severity word, worst first, all three present."""
        found = _tally(self.report.findings, ["severity"])
        return {s.value: found.get((s.value,), 0) for s in Severity}

    @cached_property
    def total(self) -> int:
        """All findings."""
        return int(self.report.findings.num_rows)

    @cached_property
    def rows(self) -> int:
        """Rows of all datasets."""
        return sum(d.rows for d in self.report.datasets)

    @cached_property
    def waived(self) -> int:
        """Findings that a waiver or the data keep from the gate."""
        return pc.sum(self._waived).as_py() or 0

    @cached_property
    def _waived(self) -> pa.ChunkedArray:
        """(findings,) True where a finding is waived."""
        value_set = whole_column(self.report.suppressions, "fingerprint")
        return pc.is_in(self.report.findings.column("fingerprint"), value_set=value_set)

    @property
    def headline(self) -> str:
        """The verdict in one line."""
        return words.headline(self.report, self.total, self.waived)

    @property
    def gate(self) -> str:
        """Why the verdict is what it is."""
        return words.gate_explanation(self.report, self.counts)

    @property
    def limits(self) -> list[str]:
        """In words, the rules whose findings stay within their limits and so do not count."""
        return [words.within_limits(r.outcome) for r in self.rules if r.outcome.within_limits]

    @cached_property
    def rules(self) -> tuple[RuleLine, ...]:
        """Every rule, worst findings first, then by id; rules that found nothing come last."""
        table = self.report.findings
        if self.comparison is not None:
            table = table.append_column("state", self.comparison.states)
        levels = _tally(table, ["rule", "severity"])
        new = _tally(table, ["rule", "state"]) if self.comparison is not None else None
        hidden = _tally(self.report.findings.filter(self._waived), ["rule"]) if self.waived else {}
        if self.options.show_waived:
            hidden = {}
        lines = [
            self._line(outcome, levels, new, hidden.get((outcome.id,), 0))
            for outcome in self._outcomes(levels)
        ]
        return tuple(sorted(lines, key=lambda r: (not r.levels, r.worst.rank, r.outcome.id)))

    def _outcomes(self, levels: Mapping[tuple[str, ...], int]) -> list[RuleOutcome]:
        """The report's rules, and a stand-in for each rule that has findings but no outcome of its own."""
        known = {outcome.id for outcome in self.report.rules}
        strangers = sorted({rule for rule, _ in levels} - known)
        stand_ins = [
            RuleOutcome(rule, "", Severity.NOTE, "", RuleState.RAN, findings=_of(levels, rule))
            for rule in strangers
        ]
        return [*self.report.rules, *stand_ins]

    def _line(
        self,
        outcome: RuleOutcome,
        levels: Mapping[tuple[str, ...], int],
        new: Mapping[tuple[str, ...], int] | None,
        hidden: int,
    ) -> RuleLine:
        own = {s.value: n for s in Severity if (n := levels.get((outcome.id, s.value), 0))}
        counted = own if outcome.counted is None else outcome.counted
        gated = sum(n for word, n in counted.items() if words.gated(Severity(word), self.report.gate))
        fresh = None if new is None else new.get((outcome.id, "new"), 0)
        return RuleLine(outcome, own, fresh, gated, sum(own.values()) - hidden)

    @property
    def found(self) -> list[RuleLine]:
        """Rules with findings."""
        return [r for r in self.rules if r.levels]

    @property
    def clean(self) -> list[RuleOutcome]:
        """Rules that ran and found nothing."""
        return [r.outcome for r in self.rules if not r.levels and r.outcome.state is RuleState.RAN]

    @property
    def idle(self) -> list[RuleOutcome]:
        """Rules that did not run: those that could not first."""
        lines = [r.outcome for r in self.rules if r.outcome.state is not RuleState.RAN]
        return sorted(lines, key=lambda r: (r.state is not RuleState.NOT_RUN, r.id))

    @cached_property
    def _join(self) -> Join:
        states = None if self.comparison is None else self.comparison.states
        report, places = self.report, Places(self.report.datasets)
        return Join(
            report.findings,
            report.evidence,
            states,
            places,
            show_sensitive=self.options.show_sensitive,
            suppressions=report.suppressions,
            waivers={w.id: w for w in report.waivers},
        )

    def findings(self, most_lines: int | None = None, first: int | None = None) -> Iterator[Finding]:
        """All findings in the report's order, or the first so many, each with at most `most_lines` of evidence."""
        return self._join.at(np.arange(self.total if first is None else min(first, self.total)), most_lines)

    def top(self, rule: str, most: int, most_lines: int) -> list[Finding]:
        """The weightiest findings of a rule: new ones first, then severity, rows, score, fingerprint."""
        return self._weightiest(pc.equal(self.report.findings.column("rule"), rule), most, most_lines)

    def top_of_level(self, severity: Severity, most: int) -> list[Finding]:
        """The weightiest findings of a severity, each with one line of evidence."""
        return self._weightiest(pc.equal(self.report.findings.column("severity"), severity.value), most, 1)

    def listed(self, most_lines: int | None = None) -> Iterator[Finding]:
        """The findings that listings go through, in the report's order; see `RuleLine.listed`."""
        if not self.waived or self.options.show_waived:
            return self.findings(most_lines)
        return self._join.at(np.flatnonzero(pc.invert(self._waived).to_numpy()), most_lines)

    def _weightiest(self, mask: pa.ChunkedArray, most: int, most_lines: int) -> list[Finding]:
        if self.waived and not self.options.show_waived:
            mask = pc.and_(mask, pc.invert(self._waived))
        mine = np.flatnonzero(mask.to_numpy())
        table = self.report.findings.select(["severity", "rows", "score", "fingerprint"])
        if self.comparison is not None:
            table = table.append_column("state", self.comparison.states)
        order = _weight_order(table.take(pa.array(mine)))[:most]
        return list(self._join.at(mine[order], most_lines))


def _weight_order(table: pa.Table) -> npt.NDArray[np.int64]:
    """Row numbers of a table of findings, weightiest first; without a score comes after any score."""
    rank = pc.index_in(table.column("severity"), value_set=pa.array([s.value for s in Severity]))
    keys = [
        ("rank", "ascending"),
        ("rows", "descending"),
        ("score", "descending"),
        ("fingerprint", "ascending"),
    ]
    if "state" in table.column_names:
        keys.insert(0, ("state", "ascending"))  # new before unchanged
    order = pc.sort_indices(table.append_column("rank", rank), sort_keys=keys)
    return np.asarray(order.to_numpy(), np.int64)


def _tally(table: pa.Table, columns: list[str]) -> dict[tuple[str, ...], int]:
    """Rows by the values of some columns."""
    grouped = table.select(columns).group_by(columns).aggregate([([], "count_all")]).to_pylist()
    return {tuple(row[c] for c in columns): row["count_all"] for row in grouped}


def _of(levels: Mapping[tuple[str, ...], int], rule: str) -> int:
    return sum(n for (r, _), n in levels.items() if r == rule)
