"""Two dataset versions, or two audits, side by side."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from ui.cli.exit import visible_line
from ui.cli.output import put, put_json, to_stdout

if TYPE_CHECKING:
    from governance.baseline import Baseline, Comparison
    from governance.lake import Lake
    from governance.lake.diff import VersionDiff
    from governance.report import AuditReport


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
