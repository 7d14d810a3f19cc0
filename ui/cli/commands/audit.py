"""`govern audit`: data in, a verdict out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ui.cli.exit import FINDINGS, FINISHED, UNUSABLE, end_on_ctrl_c, visible_line
from ui.cli.lazy import Command, Example, option
from ui.cli.options import (
    LEVELS,
    complete_codes,
    dry_run_option,
    input_options,
    labels_option,
    report_options,
    together,
)
from ui.cli.output import put
from ui.cli.progress import moving_line
from ui.cli.reporting import check_sensitive, render_all, targets
from ui.cli.request import audit_request, baseline_of, settings_for, waiver_book
from ui.cli.session import Session, pass_session
from ui.cli.words import plural

if TYPE_CHECKING:
    from governance.audit import AuditRequest
    from governance.report import AuditReport

reference_options = together(
    option(
        "--eval",
        "evals",
        multiple=True,
        metavar="SUITE",
        section="Reference",
        help="search for this evaluation set: a registered name, a path, or NAME=PATH; may be repeated",
    ),
)
rule_options = together(
    option(
        "--select",
        shell_complete=complete_codes,
        multiple=True,
        metavar="CODES",
        section="Rules",
        help="run these only: ids, names, families, ALL",
    ),
    option(
        "--ignore",
        shell_complete=complete_codes,
        multiple=True,
        metavar="CODES",
        section="Rules",
        help="do not run these",
    ),
    option("--extend-select", multiple=True, metavar="CODES", section="Rules", help="run these too"),
    option(
        "--set",
        "assignments",
        multiple=True,
        metavar="RULE.OPTION=VALUE",
        section="Rules",
        help="an option of a rule, or its severity; may be repeated",
    ),
    option("--preview/--no-preview", default=False, section="Rules", help="run rules that may still change"),
    option(
        "--representative",
        type=click.Choice(["first", "longest", "source"]),
        metavar="first|longest|source",
        section="Rules",
        help="which member of a duplicate cluster stays (default longest)",
    ),
    option(
        "--embedder",
        metavar="MODEL",
        section="Rules",
        help="sentence-transformers model, a name or a folder, to compare meanings with (default auto)",
    ),
)
gate_options = together(
    option(
        "--fail-on",
        type=click.Choice(LEVELS),
        metavar="LEVEL",
        section="Gate",
        help="|".join(LEVELS) + ": the lowest severity that ends in exit 1 (default error)",
    ),
    option(
        "--baseline",
        metavar="FILE|RUN",
        section="Gate",
        help="compare with an earlier report written by -f json, or with a stored run",
    ),
    option("--new-only", is_flag=True, section="Gate", help="show and count only what the baseline has not"),
    option(
        "--waivers",
        metavar="FILE",
        section="Gate",
        help="apply the waivers of this file (default: waivers.toml beside govern.toml)",
    ),
    option("--no-waivers", is_flag=True, section="Gate", help="apply no waivers"),
    option("--exit-zero", is_flag=True, section="Gate", help="exit 0 in place of 1; errors still exit 2"),
    option(
        "--allow-incomplete",
        is_flag=True,
        section="Gate",
        help="a rule that could not run does not end in exit 2",
    ),
)
resource_options = together(
    option(
        "-j",
        "--jobs",
        type=click.IntRange(min=1),
        metavar="N",
        section="Resources",
        help="batches worked on at the same time",
    ),
    option(
        "--memory",
        metavar="SIZE",
        section="Resources",
        help="for intermediate results before they go to disk, e.g. 512MB (default 256MB)",
    ),
    option(
        "--no-cache",
        "cache",
        flag_value=False,
        default=True,
        section="Resources",
        help="do not reuse signatures and embeddings that the lake has",
    ),
)


@click.command(
    cls=Command,
    arguments={"DATASET...": "Parquet, JSONL, CSV, Arrow, a folder, a glob, hf://NAME; - is JSONL of stdin"},
    examples=(
        Example(
            "duplicates and contamination of a file, as text", "govern audit train.jsonl --eval eval.jsonl"
        ),
        Example(
            "a report for people, one for machines, and never exit 1",
            "govern audit train.jsonl --fail-on warning --exit-zero -o report.txt --also json=report.json",
        ),
    ),
)
@click.argument("datasets", nargs=-1, required=True, metavar="DATASET...")
@input_options
@option(
    "--name", metavar="NAME", section="Input", help="what the lake calls the data (default: the file's name)"
)
@reference_options
@rule_options
@labels_option
@gate_options
@report_options
@resource_options
@dry_run_option
@pass_session
def command(session: Session, /, datasets: tuple[str, ...], **given: Any) -> int:
    """Audit datasets and end with a verdict.

    Every selected rule sees each row once. The report goes to stdout, the audit itself into the lake, where
    `govern report` renders it again.
    """
    if given["new_only"] and not given["baseline"]:
        raise click.UsageError("--new-only needs --baseline FILE", click.get_current_context())
    if given["no_waivers"] and given["waivers"]:
        raise click.UsageError("--waivers and --no-waivers exclude each other", click.get_current_context())
    check_sensitive(given)
    loaded = settings_for(session, given)
    places = targets(loaded.settings.format, given["output"], given["also"])
    baseline = baseline_of(session, given["baseline"])
    waivers = None if given["no_waivers"] else waiver_book(session, loaded)
    request = audit_request(loaded, datasets, given, baseline, waivers)
    if given["dry_run"]:
        return _describe(session, request)
    report = run_audit(session, request)
    shown, comparison = report, None
    if baseline:
        from governance.baseline import apply

        shown, comparison = apply(report, baseline, new_only=given["new_only"])
    render_all(shown, places, session, given, comparison)
    session.note(summary(report))
    return exit_code(report, exit_zero=given["exit_zero"])


def run_audit(session: Session, request: AuditRequest) -> AuditReport:
    """The audit as the lake keeps it, with a moving line where a person watches."""
    from governance.audit import audit

    end_on_ctrl_c()
    with session.open_lake(create=True) as lake, moving_line(session) as progress:
        return audit(request, lake, progress)


def exit_code(report: AuditReport, *, exit_zero: bool) -> int:
    """What a verdict means to the shell. `exit_zero` speaks of findings, never of rules that did not run."""
    from governance.report import Verdict

    if report.verdict is Verdict.INCOMPLETE:
        return UNUSABLE
    return FINDINGS if report.verdict is Verdict.FAIL and not exit_zero else FINISHED


def summary(report: AuditReport) -> str:
    """The verdict, the counts and how to see the audit again, in one line."""
    counts = ", ".join(plural(number, word) for word, number in report.counts().items())
    waived = report.suppressions.num_rows
    counts += f", {waived:,} of them waived" if waived else ""
    again = f"; `govern report {report.run.id}` shows it again"
    return visible_line(f"{report.verdict.value}: {counts}{again}")


def _describe(session: Session, request: AuditRequest) -> int:
    """Say what an audit would read and run."""
    from governance.audit import make_plan

    with session.open_lake_to_look() as lake:
        plan = make_plan(request, lake)
        lines = [
            f"dataset {name}: {source.uri}" for name, source in zip(plan.names, plan.sources, strict=True)
        ]
        lines += [f"  file {file}" for source in plan.sources for file in source.files]
        lines += [
            f"suite {suite.name}: {plural(suite.items.num_rows, 'item')} of {suite.uri}"
            for suite in plan.suites
        ]
        lines += [
            f"rule {code} {rule.info.name}: {rule.info.summary}"
            for code, rule in plan.selection.rules.items()
        ]
        lines += [
            f"waiver {j.waiver.id} of {j.waiver.rule}: {j.state.value}, until {j.waiver.expires}"
            for j in plan.waivers.waivers
        ]
    put("\n".join(map(visible_line, lines)))
    session.note("nothing was read beyond what this needed, and nothing was written")
    return FINISHED
