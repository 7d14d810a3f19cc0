"""Two dataset versions, two audits, or two evaluations, side by side."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from ui.cli.exit import visible_line
from ui.cli.output import put, put_json, to_stdout

if TYPE_CHECKING:
    from governance.baseline import Baseline, Comparison
    from governance.evaluations import Evaluation
    from governance.lake import Lake
    from governance.lake.diff import VersionDiff
    from governance.report import AuditReport
    from training.evaluation.comparison import EvaluationComparison


def diff_datasets(lake: Lake, old: str, new: str) -> VersionDiff:
    """The difference of NAME[@VERSION] and NAME[@VERSION]."""
    from governance.lake.datasets import find_version, parse_reference
    from governance.lake.diff import diff_versions

    return diff_versions(lake, *(find_version(lake, *parse_reference(text)) for text in (old, new)))


def show_datasets(found: VersionDiff, format: str) -> None:  # noqa: A002
    """Print a difference of dataset versions."""
    if format == "json":
        put_json({"kind": "datasets", **asdict(found), "same": found.same})
        return
    kept = f"{found.kept:,} kept ({found.moved:,} of them moved)"
    counts = f"{found.added:,} added, {found.removed:,} removed, {kept}"
    head = visible_line(f"{found.old} -> {found.new}")
    put(f"## {head}\n\n{counts}" if format == "markdown" else f"{head}: {counts}")


def diff_runs(lake: Lake, old: str, new: str) -> tuple[AuditReport, Comparison]:
    """The newer audit, and how it stands against the older one; the older one may be a JSON report."""
    from governance.baseline import apply
    from governance.lake.audits import load_audit

    report = load_audit(lake, new)
    return report, apply(report, _earlier(lake, old))[1]


def _earlier(lake: Lake, old: str) -> Baseline:
    from governance.baseline import load_baseline, resolve_baseline
    from governance.lake.audits import find_run

    if Path(old).is_file():
        return load_baseline(old)
    return resolve_baseline(lake, find_run(lake, old))


def show_runs(report: AuditReport, comparison: Comparison, format: str) -> None:  # noqa: A002
    """Print a difference of audits."""
    from governance.reports.difference import write

    to_stdout(lambda out: write(report, comparison, format, out))


def are_evaluations(lake: Lake, *references: str) -> bool:
    """Whether every reference names an evaluation of the lake; `latest` means what the others are."""
    from governance.errors import NotFound
    from governance.lake.evaluations import LATEST, find_evaluation

    try:
        for reference in references:
            find_evaluation(lake, reference)
    except NotFound:
        return False
    return any(reference != LATEST for reference in references)


def diff_evaluations(
    lake: Lake, old: str, new: str, scorer: str
) -> tuple[Evaluation, Evaluation, EvaluationComparison]:
    """Both evaluations, and how the newer stands against the older.

    Raises:
        UsageError: they are of different suites.
    """
    from governance.errors import UsageError
    from governance.lake.evaluations import find_evaluation, load_result_table
    from training.evaluation.comparison import compare

    before, after = find_evaluation(lake, old), find_evaluation(lake, new)
    if before.suite.name != after.suite.name:
        raise UsageError(
            "evaluations of different suites cannot be compared",
            where=f"{before.id} is of {before.suite.name}, {after.id} of {after.suite.name}",
            hint="name two evaluations of one suite (`govern runs list`)",
        )
    tables = [load_result_table(lake, evaluation.id) for evaluation in (before, after)]
    return before, after, compare(tables[0], tables[1], scorer)


def show_evaluations(
    old: Evaluation,
    new: Evaluation,
    comparison: EvaluationComparison,
    format: str,  # noqa: A002
) -> None:
    """Print a difference of evaluations."""
    from training.evaluation.difference import write

    to_stdout(lambda out: write(old, new, comparison, format, out))
