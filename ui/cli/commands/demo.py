"""`govern demo`: everything once, on data made here."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ui.cli import demo_learning, demo_mistakes
from ui.cli.lazy import Command, Example, option
from ui.cli.output import put, put_columns
from ui.cli.serving import Opening, check, open_dashboard
from ui.cli.session import Session, pass_session
from ui.cli.words import plural

if TYPE_CHECKING:
    from governance.demo import DemoFiles, KeyLine, KeyScore
    from governance.report import AuditReport

FAMILIES = {
    "INP": "broken input",
    "DUP": "duplicates",
    "CON": "evaluation items",
    "PII": "personal data",
    "SEC": "security",
    "TOX": "harmful language",
    "QLT": "quality",
    "LBL": "answers",
    "TOK": "training format",
    "LIC": "licences",
    "PRV": "provenance",
    "SPL": "splits",
}
"""What the demo's table calls the families of rules that faults are planted for."""
STEPS = 150  # of the training: what a minute of one core has room for, with the tracing
WAIVED_FOR = 90  # days of the waiver that the next steps suggest; a year is the most


@click.command(
    cls=Command,
    examples=(
        Example("see what it does", "govern demo"),
        Example(
            "a smaller set, somewhere else, and no model", "govern demo --rows 600 --dir elsewhere --no-train"
        ),
    ),
)
@option(
    "--dir", "folder", metavar="DIR", default="govern-demo", help="where its files go (default govern-demo)"
)
@option("--rows", type=int, default=2000, metavar="N", help="rows of the set, at least 600 (default 2000)")
@option("--seed", type=int, default=7, metavar="N", help="seed of the set and its faults (default 7)")
@option("--no-train", is_flag=True, help="stop after the split, before a model is trained")
@option(
    "--steps", type=click.IntRange(min=1), default=STEPS, metavar="N",
    help=f"steps of the training (default {STEPS}, half a minute)",
)  # fmt: skip
@option(
    "--ui",
    "dashboard",
    is_flag=True,
    help="open the dashboard at the end, or at once where the demo is there",
)
@option("--port", type=click.IntRange(1, 65535), default=8501, metavar="N", help="its port (default 8501)")
@option("--no-browser", is_flag=True, help="do not open a browser for it")
@pass_session
def command(
    session: Session, /, folder: str, rows: int, seed: int, no_train: bool, steps: int,
    dashboard: bool, port: int, no_browser: bool,
) -> int:  # fmt: skip
    """Audit a small finance set with planted faults, curate it and train on it.

    Writes the set, an evaluation set and the key to the faults, audits the set as `govern audit` would with
    default settings, and says how many of the faults were found. Then the default policy makes a split of it. Where
    the extra `train` is installed, a model of 90,000 weights learns the split on the CPU, is evaluated before and
    after, and the rows that moved one answer are named. Then it learns forty questions of which some have a wrong key,
    which no audit can see; the rows that turned an answer wrong are named, and the model is trained again without them.
    The exit code is 0 whatever is found. With --ui the dashboard shows all of it afterwards, on this machine only,
    until Ctrl-C.
    """
    opening = Opening(port=port, browser=not no_browser)
    if dashboard:
        check(opening)  # now, and not after a minute of work
    if dashboard and is_there(session, Path(folder)):
        session.note(
            f"the demo is in {folder} and in the lake already; another one is made with --dir and --lake"
        )
    else:
        _everything(session, Path(folder), rows, seed, None if no_train else steps)
    return open_dashboard(session, opening) if dashboard else 0


def is_there(session: Session, folder: Path) -> bool:
    """True where the demo's files and an audit of them are there."""
    from governance.demo import files_in
    from governance.lake.browsing.runs import recent_runs

    data = files_in(folder).dataset
    if not data.exists():
        return False
    with session.open_lake_to_look() as lake:
        return any(data.stem in audit.datasets for audit in recent_runs(lake))


def _everything(session: Session, folder: Path, rows: int, seed: int, steps: int | None) -> None:
    """The whole demo; without steps no model is trained."""
    from governance.demo import check_key, read_key, write_demo

    files = write_demo(folder, seed, rows)
    session.note(f"wrote {files.dataset}, {files.suite} and {files.key}")
    report = _audit(session, files)
    _show(session, report)
    put("")
    show_score(check_key(read_key(files.key.read_text(encoding="utf-8")), report))
    split = demo_learning.curate(session, files.dataset, files.suite, demo_learning.SPLIT, report.run.id)
    lacking = demo_learning.missing()
    if lacking and steps:
        names = ", ".join(lacking)
        put(
            f"\n{names} are not here: pip install 'govern[train]', and `govern demo` trains a small model too"
        )
    elif steps:
        learnt = demo_learning.learn(session, files, split, steps)
        demo_mistakes.learn(session, files, learnt, seed, steps)
    put("\n" + next_steps(files))


def _audit(session: Session, files: DemoFiles) -> AuditReport:
    """The same audit as any: only the settings of this machine are left out, so that all see the same."""
    from governance.audit import AuditRequest
    from ui.cli.commands.audit import run_audit
    from ui.cli.request import command_line

    request = AuditRequest((str(files.dataset),), evals=(str(files.suite),), command=command_line())
    return run_audit(session, request)


def _show(session: Session, report: AuditReport) -> None:
    from ui.cli.reporting import Target, render_all

    given = {"show_sensitive": False, "show_waived": False, "statistics": False, "limit": 2}
    render_all(report, [Target("text", None)], session, given)


def show_score(score: KeyScore) -> None:
    """Print what was planted against what was found, by family, and then each kind that went wrong."""
    lines = [
        (FAMILIES.get(f.family, f.family), _codes(f.rules), f.planted, f.found, f.unexpected or "")
        for f in score.families
    ]
    put_columns([("planted faults", "rules", "planted", "found", "rows not planted"), *lines])
    wrong = [_wrong(line) for line in score.lines if line.missed or line.unexpected]
    if wrong:
        put("")
        put_columns(wrong)
    planted, found = (sum(getattr(line, name) for line in score.lines) for name in ("planted", "found"))
    spared = sum(not touched for _, _, touched in score.hard_negatives)
    decoys = f"{spared} of {plural(len(score.hard_negatives), 'hard negative')} left alone"
    put(f"\n{found:,} of {plural(planted, 'fault')} found; {decoys}")


def _codes(rules: tuple[str, ...]) -> str:
    """`CON001, 002, 004`: the family is said once."""
    first, *others = rules
    return ", ".join([first, *(rule[3:] for rule in others)])


def _wrong(line: KeyLine) -> tuple[str, str, str, str]:
    """A kind of fault that was missed, or rows that nothing was planted in."""
    missed = f"{len(line.missed)} of {line.planted} missed" if line.missed else ""
    rows = f"{plural(len(line.unexpected), 'row')} not planted" if line.unexpected else ""
    return line.kind, line.rule, missed, rows


def next_steps(files: DemoFiles) -> str:
    """Where to go from here, as commands."""
    audit = shlex.join(["govern", "audit", str(files.dataset), "--eval", str(files.suite)])
    label = shlex.join(["govern", "label", str(files.dataset), "-o", "labelled.jsonl"])
    steps = (
        ("the same on the command line, with an exit code for a pipeline", audit),
        ("the dashboard, to look at all of it in the browser", "govern ui"),
        (
            "the same as somebody else, who may approve what you ask for",
            "GOVERN_USER=ben govern ui --port 8502",
        ),
        ("the report as a page for the browser", "govern report latest -f html -o report.html"),
        ("what a finding means", "govern rule CON001"),
        (
            "ask to let a disclaimer stand that many answers end with; it counts once somebody else approves",
            _waiver(),
        ),
        ("what the rows are about and ask for", label),
        ("why a row that holds an evaluation item is not in the split", _leak(files)),
        ("your own data", "govern audit DATA --eval SUITE"),
    )
    return "Next:\n" + "\n".join(f"  # {words}\n  {line}" for words, line in steps)


def _leak(files: DemoFiles) -> str:
    """The question for the first row that an evaluation item was planted in."""
    from governance.demo import read_key

    faults = read_key(files.key.read_text(encoding="utf-8")).faults
    row = next(fault.rows[0] for fault in faults if fault.rule == "CON001")
    return shlex.join(["govern", "splits", "why", demo_learning.SPLIT, str(row)])


def _waiver() -> str:
    """A waiver for the repeated passage, which is a disclaimer."""
    from datetime import timedelta

    from governance.waivers.model import today

    last = (today() + timedelta(days=WAIVED_FOR)).isoformat()
    wanted = [
        "--rule",
        "DUP005",
        "--where",
        'severity = "note"',
        "--reason",
        "a disclaimer that every answer needs",
    ]
    return shlex.join(["govern", "waiver", "add", *wanted, "--expires", last])
