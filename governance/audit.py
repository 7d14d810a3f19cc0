"""The audit: selected rules over a dataset, in one pass, to a verdict that is kept.

    sources ─► batches ─► mappers (engine) ─► partials (spill) ─► reduce, rule by rule ─► findings in place ─► verdict

Everything the report says except `run` follows from the data, the settings and the program version.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from governance.baseline import Baseline, accepted, record, whole_column
from governance.benchmarks import Suite
from governance.census import Count
from governance.counting import Excused, counted, severities
from governance.engine import Tally, map_all
from governance.errors import UsageError
from governance.excerpts import KEPT, in_place
from governance.findings import Severity
from governance.gate import Tolerance, failing_levels, verdict
from governance.labels.counts import NAME as LABELS
from governance.labels.counts import label_counts, label_mapper
from governance.labels.labeller import Labeller, labeller_of
from governance.lake import Lake
from governance.lake.audits import commit_audit
from governance.lake.datasets import Defaults, StagedVersion, stage_version
from governance.lake.embeddings import LakeEmbeddings
from governance.lake.profiles import LakeProfiles
from governance.lake.signatures import LakeSignatureCache
from governance.readers import ReadOptions, Source, open_source
from governance.report import (
    AuditReport,
    DatasetRecord,
    Gate,
    LabelCount,
    RuleOutcome,
    RuleState,
    SuiteRecord,
    Verdict,
)
from governance.rulebook import (
    Results,
    mappers_of,
    not_applicable,
    options_in_force,
    reduce_all,
    spills_for,
    storable,
)
from governance.rules.base import Setup, Value
from governance.rules.contamination import LISTED, unsearchable
from governance.rules.registry import Selection, select
from governance.samples import SampleBatch
from governance.spill import Spill
from governance.stopwatch import Stopwatch
from governance.suites import resolve_suite
from governance.text.signatures import parameters
from governance.waivers.book import Book
from governance.waivers.judge import LOG, Judgement, judge_book
from governance.waivers.rows import RowFacts
from governance.waivers.suppress import asks_about_rows, suppress
from governance.waivers.use import WaiverUse, records

Progress = Callable[[str, int, int | None], None]
"""Told what is being done, how much of it is done, and how much there is (None where that is not known)."""

ENTRY_COLUMNS = ["row", "file", "line", "row_id", "source", "licence", "label"]


def silent(words: str, done: int, total: int | None) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True)
class AuditRequest:
    """What to audit, against what, by which rules.

    Attributes:
        datasets: files, folders, globs, `hf://` names or `-`; several are audited as one, rows numbered through.
        name: what the lake calls the data; by default the name of each file or folder.
        evals: evaluation suites: a registered name, a path, or NAME=PATH.
        options: per rule id, the options that differ from their defaults.
        severities: per rule id, a severity that differs from the rule's own.
        tolerances: per rule id, how much it may find before that counts at the gate.
        baseline: an earlier audit; with `new_only` what it found does not count at the gate.
        waivers: the waivers to apply; None applies none.
        approvals: where approvals of waivers have to stand: log | file.
        memory: bytes that partials may keep in memory before they go to disk.
        labels: the file of the label taxonomy; None for finance, `NO_LABELS` for none.
        embedder: the sentence-transformers model of rules that compare meanings: a name, a folder, or `auto`.
        cache: reuse near-duplicate signatures and embeddings that the lake already has.
    """

    datasets: tuple[str, ...]
    name: str | None = None
    read: ReadOptions = field(default_factory=ReadOptions)
    evals: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    preview: bool = False
    options: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    severities: Mapping[str, Severity] = field(default_factory=dict)
    fail_on: str = "error"
    allow_incomplete: bool = False
    tolerances: Mapping[str, Tolerance] = field(default_factory=dict)
    baseline: Baseline | None = None
    new_only: bool = False
    waivers: Book | None = None
    approvals: str = LOG
    representative: str = "longest"
    source_order: tuple[str, ...] = ()
    embedder: str = "auto"
    jobs: int = 1
    memory: int = 256 << 20
    cache: bool = True
    labels: str | None = None
    command: str = ""


@dataclass(frozen=True)
class Plan:
    """A request made concrete: open sources, loaded suites, selected rules. Nothing has been read or written."""

    request: AuditRequest
    sources: tuple[Source, ...]
    suites: tuple[Suite, ...]
    selection: Selection
    options: Mapping[str, Mapping[str, Any]]
    waivers: Judgement = field(default_factory=Judgement)
    labeller: Labeller | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """What the lake calls each dataset; one name for several datasets is numbered."""
        if self.request.name is None:
            return tuple(source.name for source in self.sources)
        if len(self.sources) == 1:
            return (self.request.name,)
        return tuple(f"{self.request.name}-{i}" for i in range(1, len(self.sources) + 1))

    @property
    def total_rows(self) -> int | None:
        """Rows to read, where every source knows them beforehand."""
        counts = [source.total_rows() for source in self.sources]
        known = [count for count in counts if count is not None]
        return sum(known) if len(known) == len(counts) else None

    @property
    def items(self) -> pa.Table | None:
        """The evaluation items of all suites, or None without any."""
        return pa.concat_tables([s.items for s in self.suites]) if self.suites else None


def make_plan(request: AuditRequest, lake: Lake, sources: Sequence[Source] = ()) -> Plan:
    """The plan of a request; mistakes in names, codes, levels and paths are found here, before any work.

    Args:
        sources: the datasets, where they are open already.
    """
    if not request.datasets and not sources:
        raise UsageError(
            "there is nothing to audit", hint="name a file, a folder, a glob, hf://NAME, or - for stdin"
        )
    failing_levels(request.fail_on)
    selection = select(request.select, request.extend_select, request.ignore, preview=request.preview)
    options = options_in_force(selection, request.options)
    suites = tuple(resolve_suite(lake, spec) for spec in request.evals)
    opened = tuple(sources) or tuple(open_source(uri, request.read) for uri in request.datasets)
    waivers = judge_book(request.waivers or Book(), lake, request.approvals)
    return Plan(request, opened, suites, selection, options, waivers, labeller_of(request.labels))


def audit(
    request: AuditRequest, lake: Lake, progress: Progress = silent, sources: Sequence[Source] = ()
) -> AuditReport:
    """Run the audit and keep it in the lake; the report as kept.

    Args:
        sources: the datasets, where they are open already.

    Raises:
        GovernError: the input, the settings or the lake cannot be used; nothing is kept then.
    """
    watch = Stopwatch.start()
    plan = make_plan(request, lake, sources)
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="audit-", dir=lake.scratch)))
        staged = [
            stack.enter_context(stage_version(lake, name, Defaults(**source.defaults)))
            for name, source in zip(plan.names, plan.sources, strict=True)
        ]
        cache = _cache(plan, lake)
        embeddings = LakeEmbeddings(lake, "+".join(plan.names)) if request.cache else None
        profiles = LakeProfiles(lake, plan.names)
        setup = replace(_setup(plan, scratch, cache, embeddings, progress), profiles=profiles)
        passed = _pass(plan, setup, staged)
        report = _report(plan, setup, passed, watch)
        progress("writing to the lake", 0, None)
        return commit_audit(lake, report, staged, cache, embeddings, profiles)


def _cache(plan: Plan, lake: Lake) -> LakeSignatureCache | None:
    """The near-duplicate signatures of this data in the lake, where they are wanted and of use."""
    if not plan.request.cache or "DUP003" not in plan.selection.rules:
        return None
    return LakeSignatureCache(
        lake, "+".join(plan.names), parameters(float(plan.options["DUP003"]["threshold"]))
    )


def _setup(
    plan: Plan,
    scratch: Path,
    cache: LakeSignatureCache | None,
    embeddings: LakeEmbeddings | None,
    progress: Progress,
) -> Setup:
    return Setup(
        options=plan.options,
        scratch=scratch,
        severities=plan.request.severities,
        items=plan.items,
        signatures=cache,
        embeddings=embeddings,
        embedder=plan.request.embedder,
        progress=progress,
        representative=plan.request.representative,
        source_order=plan.request.source_order,
    )


@dataclass(frozen=True)
class Passed:
    """What one pass over the data left: partials, rows for excerpts, counts, and what each mapper cost."""

    spills: Mapping[str, Spill]
    kept: Spill
    facts: RowFacts
    records: tuple[DatasetRecord, ...]
    tally: Tally
    skipped: Mapping[str, str]


def _pass(plan: Plan, setup: Setup, staged: Sequence[StagedVersion]) -> Passed:
    """Read every dataset once, map every batch, keep what the reductions, the excerpts and the lake need."""
    skipped = not_applicable(plan.selection, setup)
    rules = [rule for code, rule in plan.selection.rules.items() if code not in skipped]
    mappers = mappers_of(rules) + ((label_mapper(plan.labeller),) if plan.labeller else ())
    spills = spills_for(mappers, setup.scratch, plan.request.memory)
    kept = Spill(setup.scratch / "kept.arrow", plan.request.memory // 4, compression="lz4")
    facts = RowFacts(setup.scratch, plan.request.memory // 4, wanted=asks_about_rows(plan.waivers.in_force()))
    tally, records, first_row = Tally(), [], 0
    for source, name, stage in zip(plan.sources, plan.names, staged, strict=True):
        count = Count(first_row)

        def seen(batch: SampleBatch, count: Count = count, stage: StagedVersion = stage) -> None:
            count.add(batch)
            kept.add(batch.table.select(KEPT.names))
            facts.add(batch)
            stage.write_entries(entries(batch))
            setup.progress("reading", count.first_row + count.rows, plan.total_rows)

        batches = numbered(source.batches(), first_row)
        tally.merge(map_all(batches, mappers, setup, spills, jobs=plan.request.jobs, seen=seen))
        first_row += count.rows
        records.append(count.record(source, name))
    return Passed(spills, kept, facts, tuple(records), tally, skipped)


def numbered(batches: Iterator[SampleBatch], first_row: int) -> Iterator[SampleBatch]:
    """The batches with their rows numbered from `first_row`, so that rows of several datasets do not collide."""
    for batch in batches:
        yield batch if first_row == 0 else _shifted(batch, first_row)


def _shifted(batch: SampleBatch, by: int) -> SampleBatch:
    table, problems = (
        t.set_column(0, t.schema.field("row"), pc.add(t.column("row"), by))
        for t in (batch.table, batch.problems)
    )
    return SampleBatch(table, problems, batch.original)


def entries(batch: SampleBatch) -> pa.Table:
    """The lake's record of each row: where it stands, who it is, what is said about it."""
    return batch.table.select(ENTRY_COLUMNS).add_column(3, "sample_id", batch.sample_ids)


def _report(plan: Plan, setup: Setup, passed: Passed, watch: Stopwatch) -> AuditReport:
    """Everything the audit found, put together."""
    results, use = reduce_all(
        plan.selection, passed.spills, passed.tally, setup, passed.skipped, lambda r: _waive(plan, passed, r)
    )
    outcomes, findings, evidence = results.sorted()
    setup.progress("placing evidence", 0, None)
    report = AuditReport(
        run=watch.stop(plan.request.command, passed.tally.seconds | results.seconds, results.costs),
        verdict=Verdict.INCOMPLETE,  # until it is decided
        gate=Gate(plan.request.fail_on, plan.request.allow_incomplete),
        datasets=_noted(passed),
        suites=tuple(_suite_record(suite, setup, outcomes) for suite in plan.suites),
        rules=outcomes,
        findings=findings,
        evidence=in_place(evidence, passed.kept.tables(), plan.items),
        config=settings(plan),
        suppressions=use.suppressions,
        waivers=records(plan.waivers, use.matched),
        labels=_labels(passed, findings, evidence),
    )
    return decided(report, plan.request)


def _waive(plan: Plan, passed: Passed, results: Results) -> WaiverUse:
    """What the waivers in force, and the rows themselves, keep from the gate."""
    findings, evidence = results.merged()
    rows = passed.facts.about(evidence, passed.records)
    found = suppress(plan.waivers.in_force(), findings, evidence, rows)
    return WaiverUse(plan.waivers, found.matched, results.ran, found.table)


def decided(report: AuditReport, request: AuditRequest) -> AuditReport:
    """The report with what of each rule counts at the gate, how it stands against the baseline, and the verdict."""
    gate, excused = report.gate, Excused(whole_column(report.suppressions, "fingerprint"))
    if request.baseline is not None:
        gate = replace(gate, baseline=record(report, request.baseline, new_only=request.new_only))
    if request.baseline is not None and request.new_only:
        known = report.findings.filter(accepted(report, request.baseline))
        excused = replace(excused, accepted=whole_column(known, "fingerprint"))
    rows = sum(d.rows for d in report.datasets)
    rules = counted(report.rules, report.findings, report.evidence, excused, request.tolerances, rows)
    return replace(report, gate=gate, rules=rules, verdict=verdict(gate, rules, severities(rules)))


def _labels(passed: Passed, findings: pa.Table, evidence: pa.Table) -> tuple[LabelCount, ...]:
    """Rows and findings by label; nothing where nobody asked for labels or some batch has none."""
    if LABELS not in passed.spills or LABELS in passed.tally.failures:
        return ()
    return label_counts(passed.spills[LABELS], findings, evidence)


def _noted(passed: Passed) -> tuple[DatasetRecord, ...]:
    """The datasets, with a note where their rows could not be labelled."""
    reason = passed.tally.failures.get(LABELS)
    note = (f"rows were not labelled: the labeller {reason}",) if reason else ()
    return tuple(replace(record, notes=(*record.notes, *note)) for record in passed.records)


def settings(plan: Plan) -> dict[str, Any]:
    """The settings in force that can change a result; no paths, no machine."""
    request = plan.request
    return {
        "select": sorted(request.select),
        "extend_select": sorted(request.extend_select),
        "ignore": sorted(request.ignore),
        "preview": request.preview,
        "representative": request.representative,
        "source_order": list(request.source_order),
        "options": {code: storable(values) for code, values in sorted(plan.options.items()) if values},
        "severities": {code: s.value for code, s in sorted(request.severities.items())},
        "new_only": request.new_only,
        "limits": {code: t.as_mapping() for code, t in sorted(request.tolerances.items())},
        "waivers": request.waivers is not None,
        "waiver_approvals": request.approvals,
        "labels": plan.labeller.settings() if plan.labeller else {},
    }


def _suite_record(suite: Suite, setup: Setup, outcomes: Sequence[RuleOutcome]) -> SuiteRecord:
    """A suite, with the items that could be searched for; none where no contamination rule ran."""
    ran = any(o.state is RuleState.RAN and o.id.startswith("CON") for o in outcomes)
    total = suite.items.num_rows
    missed = sorted(unsearchable(setup).get(suite.name, {})) if ran else []
    searchable = total - len(missed) if ran else 0
    names = tuple(f"{suite.name}/{item}" for item in missed[:LISTED])
    return SuiteRecord(suite.name, suite.uri, suite.content_hash, total, searchable, names)


__all__ = ["AuditReport", "AuditRequest", "Plan", "Progress", "Results", "audit", "make_plan", "silent"]
