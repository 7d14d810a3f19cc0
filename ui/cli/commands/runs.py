"""`govern runs`: the audits, trainings, evaluations and attributions that the lake keeps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ui.cli.attributed import (
    attribution_row,
    attribution_values,
    attribution_words,
    describe_attribution,
    shown_values,
)
from ui.cli.confirm import confirm
from ui.cli.evaluated import evaluation_row, evaluation_values, evaluation_words, show_evaluation
from ui.cli.exit import visible_line
from ui.cli.lazy import Example, Group, option
from ui.cli.options import dry_run_option, format_option, yes_option
from ui.cli.output import put, put_columns, put_json, put_table
from ui.cli.session import Session, pass_session
from ui.cli.trainings import describe_training, training_row, training_values
from ui.cli.words import plural

if TYPE_CHECKING:
    from governance.evaluations import Evaluation
    from governance.lake import Lake
    from governance.lake.contributions import StoredAttribution
    from governance.lake.trainings import StoredTraining
    from governance.report import AuditReport

RUN = {"RUN": "a run's id, the beginning of one, or latest"}


@click.group(
    cls=Group,
    examples=(
        Example("every stored audit", "govern runs list"),
        Example("is the last one as it was written?", "govern runs verify latest"),
    ),
)
def command() -> None:
    """List, show, verify and remove stored audits, trainings, evaluations and attributions."""


@command.command(
    name="list",
    examples=(
        Example("latest first", "govern runs list"),
        Example("for a program", "govern runs list -f json"),
    ),
)
@format_option("text", "json", default="text")
@pass_session
def list_(session: Session, /, format: str) -> int:  # noqa: A002
    """List the audits, trainings, evaluations and attributions of the lake, latest first."""
    from governance.lake.audits import list_audits
    from governance.lake.contributions import list_attributions
    from governance.lake.evaluations import list_evaluations
    from governance.lake.trainings import list_trainings

    with session.open_lake(read_only=True) as lake:
        audits, trained, evaluated = list_audits(lake), list_trainings(lake), list_evaluations(lake)
        attributed = list_attributions(lake)
    if format == "json":
        kept = [{"kind": "audit", **asdict(run)} for run in audits] + [asdict(run) for run in trained]
        kept += [evaluation_values(run) for run in evaluated]
        kept += [attribution_values(run) for run in attributed]
        put_json(sorted(kept, key=lambda run: str(run["started"]), reverse=True))
        return 0
    rows: list[tuple[str, ...]] = [
        (
            r.run,
            "audit",
            r.started[:19],
            r.verdict,
            plural(r.findings, "finding"),
            r.user,
            ", ".join(r.datasets),
        )
        for r in audits
    ]
    rows += [*(training_row(r) for r in trained), *(evaluation_row(r) for r in evaluated)]
    rows += [attribution_row(r) for r in attributed]
    every = sorted(rows, key=lambda row: row[2], reverse=True)
    put_table(("run", "kind", "started", "state", "found", "by", "of"), every, "no run yet")
    return 0


@command.command(
    arguments=RUN,
    examples=(
        Example("what the last audit was, and what it counted", "govern runs show latest"),
        Example("for a program", "govern runs show latest -f json"),
    ),
)
@click.argument("run", metavar="RUN")
@format_option("text", "json", default="text")
@pass_session
def show(session: Session, /, run: str, format: str) -> int:  # noqa: A002
    """Show who audited what, when, with which settings and counts; `govern report` has the findings.

    Of a training, by its id: what it was made from, what decided it, and how its loss went. Of an evaluation, by its
    id: which model and items, what decided the answers, and its figures. Of an attribution, by its id: what it is of,
    what it accounts for, and how it was tested.
    """
    from governance.lake.audits import load_audit, removed_datasets

    with session.open_lake(read_only=True) as lake:
        trained = _training(lake, run)
        if trained is not None:
            put_json(training_values(lake, trained)) if format == "json" else describe_training(lake, trained)
            return 0
        evaluated = _evaluation(lake, run)
        if evaluated is not None:
            show_evaluation(lake, evaluated, format)
            return 0
        traced = _attribution(lake, run)
        if traced is not None:
            put_json(shown_values(lake, traced)) if format == "json" else describe_attribution(lake, traced)
            return 0
        report = load_audit(lake, run)
        removed = {name: str(removal) for name, removal in removed_datasets(lake, report.run.id).items()}
    if format == "json":
        put_json(as_json(report, removed))
    else:
        _describe(report, removed)
    return 0


def as_json(report: AuditReport, removed: dict[str, str]) -> dict[str, Any]:
    """A run without its findings, as JSON values."""
    return {
        "run": asdict(report.run),
        "verdict": report.verdict.value,
        "gate": asdict(report.gate),
        "counts": report.counts(),
        "datasets": [asdict(d) for d in report.datasets],
        "removed": removed,
        "suites": [asdict(s) for s in report.suites],
        "rules": [asdict(r) for r in report.rules],
        "waivers": [asdict(w) for w in report.waivers],
        "config": dict(report.config),
    }


def _describe(report: AuditReport, removed: dict[str, str]) -> None:
    run = report.run
    counts = ", ".join(plural(number, word) for word, number in report.counts().items())
    lines = [
        ("run", run.id),
        ("verdict", f"{report.verdict.value}: {counts} (fail on {report.gate.fail_on})"),
        ("started", f"{run.started} by {run.user} on {run.host}"),
        ("took", f"{run.seconds:,.1f} s, {run.cpu_seconds:,.1f} s of CPU"),
        ("govern", run.govern),
        ("command", run.command),
        *(
            ("dataset", f"{d.name}@{d.version}  {plural(d.rows, 'row')}, from {d.uri}")
            for d in report.datasets
        ),
        *(("removed", f"{name} {when}") for name, when in removed.items()),
        *(("suite", f"{s.name}  {plural(s.items, 'item')}, from {s.uri}") for s in report.suites),
    ]
    put_columns(lines)
    put("")
    rules = [(r.id, r.name, r.state.value, f"{r.findings:,}", f"{r.rows:,}", r.reason) for r in report.rules]
    put_table(("rule", "name", "state", "findings", "rows", "why not"), rules, "no rule was selected")


@command.command(
    arguments={"[RUN]": "a run's id, the beginning of one, or latest (default: every run)"},
    examples=(
        Example("the last audit", "govern runs verify latest"),
        Example("every audit, for a program", "govern runs verify -f json"),
    ),
)
@click.argument("run", metavar="[RUN]", required=False)
@option("--waivers", metavar="FILE", help="the file of waivers (default: waivers.toml beside govern.toml)")
@format_option("text", "json", default="text")
@pass_session
def verify(session: Session, /, run: str | None, waivers: str | None, format: str) -> int:  # noqa: A002
    """Check that what is stored, the lake's files, its event log and the waivers are as they were written.

    Exit 1 if they are not; each thing that was changed is named. The number and hash of the last event are the end of
    the log: kept elsewhere, they show later that nothing before them was exchanged.
    """
    from governance.proof import verify_all

    loaded = session.load({"waivers": (waivers, "--waivers")} if waivers else {})
    path = loaded.waiver_file(Path.cwd())
    book = path if loaded.settings.waivers or (path.exists() and not session.isolated) else None
    with session.open_lake(read_only=True) as lake:
        found = verify_all(lake, run, book, loaded.settings.waiver_approvals)
    if format == "json":
        put_json(asdict(found) | {"ok": found.ok})
        return int(not found.ok)
    held = f"{plural(found.files, 'file')} and {plural(found.events, 'event')}"
    runs = f"run {found.runs[0]} is" if len(found.runs) == 1 else f"{plural(len(found.runs), 'run')} are"
    held = f"{plural(len(found.attributions), 'attribution')}, {held}" if found.attributions else held
    held = f"{plural(len(found.evaluations), 'evaluation')}, {held}" if found.evaluations else held
    held = f"{plural(len(found.trainings), 'training')}, {held}" if found.trainings else held
    held = f"{plural(len(found.splits), 'split')}, {held}" if found.splits else held
    if found.ok:
        put(f"{runs} as written, and so are {held}\nthe log ends with {found.end}")
    else:
        put("\n".join(visible_line(problem) for problem in found.problems))
        session.note(f"{plural(len(found.problems), 'problem')}; restore what was changed from a backup")
    return int(not found.ok)


@command.command(
    name="rm",
    arguments=RUN,
    examples=(
        Example("what would be removed", "govern runs rm latest --dry-run"),
        Example("remove it without asking", "govern runs rm latest --yes"),
    ),
)
@click.argument("run", metavar="RUN")
@dry_run_option
@yes_option
@pass_session
def remove(session: Session, /, run: str, dry_run: bool, yes: bool) -> int:
    """Remove a stored audit with its findings; the log keeps that it was there.

    Of a training, its record, steps and batches; the folder with its model stays. Of an evaluation, its items; of an
    attribution, its ledger.
    """
    with session.open_lake(read_only=dry_run) as lake:
        what, gone = _removable(lake, run)
        if dry_run:
            put(f"would remove {what}")
            return 0
        confirm(f"remove {what}?", yes=yes)
        gone()
    session.note(f"removed {what}")
    return 0


def _removable(lake: Lake, run: str) -> tuple[str, Callable[[], object]]:
    """(the run in words, what removes it)."""
    from governance.lake.audits import find_run, load_audit, remove_audit
    from governance.lake.contributions import remove_attribution
    from governance.lake.evaluations import remove_evaluation
    from governance.lake.trainings import remove_training

    trained = _training(lake, run)
    if trained is not None:
        words = f"run {trained.run} ({plural(trained.steps, 'step')}, {trained.split} -> {trained.model})"
        return visible_line(words), partial(remove_training, lake, trained.run)
    evaluated = _evaluation(lake, run)
    if evaluated is not None:
        return visible_line(evaluation_words(evaluated)), partial(remove_evaluation, lake, evaluated.id)
    traced = _attribution(lake, run)
    if traced is not None:
        return visible_line(attribution_words(traced)), partial(remove_attribution, lake, traced.id)
    report = load_audit(lake, find_run(lake, run))
    of = ", ".join(d.name for d in report.datasets)
    words = f"run {report.run.id} ({plural(report.findings.num_rows, 'finding')}, of {of})"
    return visible_line(words), partial(remove_audit, lake, report.run.id)


def _training(lake: Lake, run: str) -> StoredTraining | None:
    """The training that is meant: by its id, or the beginning of one that nothing else shares."""
    from governance.lake.trainings import list_trainings

    meant = _meant(lake, run)
    return next((t for t in list_trainings(lake) if t.run == meant), None)


def _evaluation(lake: Lake, run: str) -> Evaluation | None:
    """The evaluation that is meant: by its id, or the beginning of one that nothing else shares."""
    from governance.lake.evaluations import list_evaluations

    meant = _meant(lake, run)
    return next((e for e in list_evaluations(lake) if e.id == meant), None)


def _attribution(lake: Lake, run: str) -> StoredAttribution | None:
    """The attribution that is meant: by its id, or the beginning of one that nothing else shares."""
    from governance.lake.contributions import list_attributions

    meant = _meant(lake, run)
    return next((a for a in list_attributions(lake) if a.id == meant), None)


def _meant(lake: Lake, run: str) -> str:
    """The one id that is, or begins with, these words; empty where there is none or more than one."""
    from governance.lake.audits import list_audits
    from governance.lake.contributions import list_attributions
    from governance.lake.evaluations import list_evaluations
    from governance.lake.trainings import list_trainings

    ids = [a.run for a in list_audits(lake)] + [t.run for t in list_trainings(lake)]
    ids += [e.id for e in list_evaluations(lake)] + [a.id for a in list_attributions(lake)]
    found = [run] if run in ids else [i for i in ids if i.startswith(run)]
    return found[0] if len(found) == 1 else ""


@command.command(
    examples=(
        Example("what would be given back", "govern runs gc --dry-run"),
        Example("forget states older than a week", "govern runs gc --older-than 7"),
    ),
)
@option(
    "--older-than",
    type=click.IntRange(min=1),
    default=30,
    metavar="DAYS",
    help="forget earlier states of the lake older than this (default 30)",
)
@dry_run_option
@pass_session
def gc(session: Session, /, older_than: int, dry_run: bool) -> int:
    """Give back space: files that nothing needs any more, and what killed processes left.

    No audit, dataset version or event goes; those are removed by `rm` only.
    """
    from governance.lake.maintenance import reclaim

    with session.open_lake() as lake:
        found = reclaim(lake, older_than=timedelta(days=older_than), dry_run=dry_run)
    counts = (
        f"{plural(found.snapshots, 'earlier state')}, {plural(found.files, 'file')}, "
        f"{plural(found.orphans, 'leftover file')}"
    )
    put(f"would give back {counts}" if dry_run else f"gave back {counts}")
    return 0


@command.command(
    arguments={
        "A": "the earlier one: the id of an evaluation or an audit, the beginning of one, latest, or of evaluations "
        "latest~1, the one before it",
        "B": "the later one",
    },
    examples=(
        Example("the last audit against an earlier report", "govern runs diff earlier.json latest"),
        Example("for a program; exit 1 if they differ", "govern runs diff latest latest -f json --exit-code"),
    ),
)
@click.argument("old", metavar="A")
@click.argument("new", metavar="B")
@option(
    "--scorer",
    type=click.Choice(["strict", "official", "choice"]),
    metavar="strict|official|choice",
    default="strict",
    help="the score of evaluations to compare (default strict; choice: the likeliest option)",
)
@option("--exit-code", is_flag=True, help="exit 1 if they differ")
@format_option("text", "json", "markdown", default="text")
@pass_session
def diff(session: Session, /, old: str, new: str, scorer: str, exit_code: bool, format: str) -> int:  # noqa: A002
    """Compare two evaluations item by item, or two audits.

    Of evaluations it lists the items fixed and broken, by subject and label, with the difference, its 95 % interval by
    a paired bootstrap, and an exact McNemar test. Audits are compared as `govern diff` does.
    """
    from ui.cli import comparing

    with session.open_lake(read_only=True) as lake:
        if comparing.are_evaluations(lake, old, new):
            before, after, found = comparing.diff_evaluations(lake, old, new, scorer)
            same = found.same
            comparing.show_evaluations(before, after, found, format)
        else:
            report, comparison = comparing.diff_runs(lake, old, new)
            same = not comparison.new and not comparison.fixed.num_rows
            comparing.show_runs(report, comparison, format)
    return int(exit_code and not same)
