"""The selected rules at work: what they need mapped, and what they make of it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa

from governance.engine import Tally, failure
from governance.errors import GovernError, UsageError, did_you_mean
from governance.findings import EVIDENCE, FINDINGS, Severity, empty_evidence, empty_findings
from governance.report import RuleOutcome, RuleState
from governance.rules.base import Mapper, NotApplicable, Rule, RuleResult, Setup, Value
from governance.rules.registry import Selection, option_values
from governance.spill import Spill

if TYPE_CHECKING:
    from governance.waivers.use import WaiverUse

log = logging.getLogger("govern")
GOVERNANCE, LAST = "GOV", "GOV004"
"""Rules about waivers and about the other rules are reduced after these; what did not run is told last of all."""
Waive = Callable[["Results"], "WaiverUse"]
"""Told what the rules found, works out what the waivers cover."""


def options_in_force(
    selection: Selection, given: Mapping[str, Mapping[str, Value]]
) -> Mapping[str, Mapping[str, Value]]:
    """Every option of every selected rule; UsageError for a rule or option that does not exist."""
    from governance.rules.registry import all_rules

    for code in given:
        if code not in all_rules():
            raise UsageError(
                f"there is no rule {code!r}", where="rule options", hint=did_you_mean(code, all_rules())
            )
    return {code: option_values(rule.info, given.get(code, {})) for code, rule in selection.rules.items()}


def not_applicable(selection: Selection, setup: Setup) -> Mapping[str, str]:
    """Rules that cannot run on what was given or what is installed, with the reason."""
    items = setup.items
    unsearched = (
        None
        if items is not None and items.num_rows
        else "no evaluation set was given; name one with --eval"
        if items is None
        else "the evaluation set is empty"
    )
    found = {
        code: (unsearched if rule.info.needs_eval and unsearched else rule.available(setup))
        for code, rule in selection.rules.items()
    }
    return {code: reason for code, reason in found.items() if reason}


def mappers_of(rules: Sequence[Rule]) -> tuple[Mapper, ...]:
    """The distinct mappers that rules need, in a fixed order."""
    return tuple({m.name: m for rule in rules for m in rule.mappers}.values())


def spills_for(mappers: Sequence[Mapper], scratch: Path, memory: int) -> Mapping[str, Spill]:
    """A spill for every mapper; together they keep at most `memory` bytes in memory."""
    share = memory // max(1, len(mappers))
    return {m.name: Spill(scratch / f"{m.name}.arrow", share) for m in mappers}


@dataclass
class Results:
    """Outcomes, findings and evidence as they come in, rule by rule."""

    outcomes: list[RuleOutcome] = field(default_factory=list)
    findings: list[pa.Table] = field(default_factory=list)
    evidence: list[pa.Table] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    costs: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def add(self, rule: Rule, setup: Setup, result: RuleResult) -> None:
        """Take in the result of a rule that ran."""
        severity = setup.severities.get(rule.info.id, rule.info.severity)
        self.findings.append(result.findings)
        self.evidence.append(result.evidence)
        if result.costs:
            self.costs[rule.info.id] = dict(result.costs)
        outcome = _outcome(rule, severity, RuleState.RAN, setup)
        self.outcomes.append(
            replace(
                outcome,
                findings=result.findings.num_rows,
                rows=affected_rows(result.evidence),
                stats=dict(result.stats),
            )
        )

    def skip(self, rule: Rule, setup: Setup, state: RuleState, reason: str) -> None:
        """Take in a rule that did not run."""
        severity = setup.severities.get(rule.info.id, rule.info.severity)
        self.outcomes.append(_outcome(rule, severity, state, setup, reason))

    def merged(self) -> tuple[pa.Table, pa.Table]:
        """Findings and evidence so far, in the order they came."""
        return (
            pa.concat_tables([empty_findings(), *self.findings]),
            pa.concat_tables([empty_evidence(), *self.evidence]),
        )

    @property
    def ran(self) -> frozenset[str]:
        """Ids of the rules that ran so far."""
        return frozenset(o.id for o in self.outcomes if o.state is RuleState.RAN)

    def sorted(self) -> tuple[tuple[RuleOutcome, ...], pa.Table, pa.Table]:
        """Outcomes by id, findings by (severity, rule, fingerprint), evidence as it came."""
        merged, evidence = self.merged()
        findings = pl.DataFrame(pl.from_arrow(merged))
        rank = pl.col("severity").replace_strict({s.value: s.rank for s in Severity}, return_dtype=pl.Int8)
        ordered = findings.sort(rank, "rule", "fingerprint")
        outcomes = tuple(sorted(self.outcomes, key=lambda outcome: outcome.id))
        return outcomes, ordered.to_arrow().cast(FINDINGS), evidence.select(EVIDENCE.names)


def _outcome(rule: Rule, severity: Severity, state: RuleState, setup: Setup, reason: str = "") -> RuleOutcome:
    info = rule.info
    options = storable(setup.options[info.id])
    return RuleOutcome(info.id, info.name, severity, info.summary, state, reason, options=options)


def storable(options: Mapping[str, Value]) -> dict[str, Any]:
    """The options as JSON gives them back, so that a stored report equals the one that was made."""
    return {name: list(v) if isinstance(v, tuple) else v for name, v in options.items()}


def affected_rows(evidence: pa.Table) -> int:
    """Distinct rows that findings count against."""
    lines = pl.DataFrame(pl.from_arrow(evidence.select(["row", "role"])))
    return lines.filter(pl.col("role") == "affected").get_column("row").n_unique()


def reduce_all(
    selection: Selection, spills: Mapping[str, Spill], tally: Tally, setup: Setup, skipped: Mapping[str, str],
    waive: Waive,
) -> tuple[Results, WaiverUse]:  # fmt: skip
    """Every selected rule reduced, or the reason why not; the rules about rules after `waive` has seen the others."""
    results = Results()
    not_run: dict[str, str] = {}
    rules, use = selection.rules, None
    for code, rule in sorted(rules.items(), key=lambda pair: _turn(pair[0])):
        if use is None and code.startswith(GOVERNANCE):
            use = waive(results)
            setup = replace(setup, not_run=not_run, waivers=use)
        if code in skipped:
            asked = code in selection.asked
            results.skip(rule, setup, RuleState.NOT_RUN if asked else RuleState.NOT_APPLICABLE, skipped[code])
            not_run |= {code: skipped[code]} if asked else {}
            continue
        broken = next((tally.failures[m.name] for m in rule.mappers if m.name in tally.failures), None)
        reason = broken or _reduce(rule, spills, setup, results)
        if reason:
            results.skip(rule, setup, RuleState.NOT_RUN, reason)
            not_run[code] = reason
    return results, use or waive(results)


def _turn(code: str) -> tuple[bool, bool, str]:
    return code.startswith(GOVERNANCE), code == LAST, code


def _reduce(rule: Rule, spills: Mapping[str, Spill], setup: Setup, results: Results) -> str | None:
    """Reduce one rule into the results; the reason where it failed."""
    started = time.process_time()
    try:
        result = rule.reduce({m.name: spills[m.name] for m in rule.mappers}, setup)
    except GovernError:
        raise
    except NotApplicable as reason:
        results.skip(rule, setup, RuleState.NOT_APPLICABLE, str(reason))
        return None
    except Exception as error:
        log.debug("rule %s failed", rule.info.id, exc_info=error)
        return failure(error)
    finally:
        results.seconds[rule.info.id] = time.process_time() - started
    results.add(rule, setup, result)
    return None
