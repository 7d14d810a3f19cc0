"""Two dataset versions, or two audits, side by side."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ui.cli.exit import visible_line
from ui.cli.output import put, put_json
from ui.cli.words import plural

if TYPE_CHECKING:
    from governance.baseline import Baseline, Comparison
    from governance.lake import Lake
    from governance.lake.diff import VersionDiff
    from governance.report import AuditReport

SHOWN = 20


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
    from governance.baseline import KNOWN, Baseline, load_baseline
    from governance.lake.audits import load_audit

    if Path(old).is_file():
        return load_baseline(old)
    report = load_audit(lake, old)
    return Baseline(report.run.id, report.findings.select(KNOWN.names))


def show_runs(report: AuditReport, comparison: Comparison, format: str) -> None:  # noqa: A002
    """Print a difference of audits."""
    new = (
        report.findings.filter(_are_new(comparison))
        .select(["fingerprint", "rule", "severity", "message"])
        .to_pylist()
    )
    fixed = comparison.fixed.select(["fingerprint", "rule", "severity", "message"]).to_pylist()
    if format == "json":
        put_json(
            {
                "kind": "runs",
                "old": comparison.name,
                "new": report.run.id,
                "same": not (new or fixed),
                "unchanged": comparison.unchanged,
                "not_looked": comparison.not_looked,
                "findings": {"new": new, "fixed": fixed},
            }
        )
        return
    mark = "## " if format == "markdown" else ""
    counts = f"{len(new):,} new, {len(fixed):,} fixed, {comparison.unchanged:,} unchanged"
    put(visible_line(f"{mark}{comparison.name} -> {report.run.id}: {counts}"))
    if comparison.not_looked:
        put(f"{plural(comparison.not_looked, 'finding')} of rules that did not run this time")
    for word, findings in (("new", new), ("fixed", fixed)):
        _list(word, findings, "- " if format == "markdown" else "  ")


def _are_new(comparison: Comparison) -> Any:
    import pyarrow.compute as pc

    return pc.equal(comparison.states, "new")


def _list(word: str, findings: list[dict[str, Any]], bullet: str) -> None:
    for found in findings[:SHOWN]:
        line = f"{word} {found['rule']} {found['severity']} {found['fingerprint'][:12]} {found['message']}"
        put(bullet + visible_line(line))
    if len(findings) > SHOWN:
        put(f"{bullet}and {len(findings) - SHOWN:,} more {word}; -f json lists all")
