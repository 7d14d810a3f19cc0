"""`govern`: the group of all commands. Nothing here imports what a command needs to work."""

from __future__ import annotations

import io
import logging
import os
import sys
from collections.abc import Sequence
from typing import TextIO

import click

from governance.safe_text import visible
from ui.cli.exit import end_on_sigterm, guarded
from ui.cli.globals import global_options
from ui.cli.lazy import WIDTH, Entry, Example, LazyGroup
from ui.cli.session import Session, color_wanted

COMPLETION = "_GOVERN_COMPLETE"


def _entry(name: str, summary: str) -> Entry:
    return Entry(name, f"ui.cli.commands.{name}:command", summary)


SECTIONS = {
    "Start": (
        _entry("demo", "Audit a small finance set with planted faults, curate it and train on it"),
        _entry("init", "Write govern.toml and waivers.toml, and create the lake"),
        _entry("doctor", "Check this machine, the lake and the configuration"),
    ),
    "Audit": (
        _entry("audit", "Audit datasets and end with a verdict"),
        _entry("rule", "Explain rules"),
        _entry("report", "Render a stored audit again, in any format"),
        _entry("ui", "Open the dashboard in the browser"),
        _entry("waiver", "Ask for, approve and close waivers of findings"),
        _entry("label", "Label the rows of a dataset by scene and task"),
        _entry("diff", "Compare two audits or two dataset versions"),
    ),
    "Training": (
        _entry("curate", "Curate datasets into a split, with the reason for every row left out"),
        _entry("splits", "List, show, explain, export, verify and compare curated splits"),
        _entry("train", "Train a model on a split, each step recorded"),
        _entry("eval", "Evaluate a model item by item, and keep every answer"),
        _entry("leaderboard", "Compare evaluations with published figures of other models"),
        _entry("attribute", "Trace which samples moved which evaluation items in a training run"),
        _entry("why", "Explain why an evaluation item moved"),
        _entry("drivers", "Show which data drove the change of evaluation suites"),
        _entry("allocate", "Propose how many rows of each label the next split shall hold"),
    ),
    "The lake": (
        _entry("ingest", "Keep the rows of a dataset as a new version in the lake"),
        _entry("datasets", "List, show, compare and remove dataset versions"),
        _entry("benchmarks", "Keep evaluation sets, item by item"),
        _entry(
            "runs", "List, show, verify and remove stored audits, trainings, evaluations and attributions"
        ),
    ),
    "Set-up": (
        _entry("config", "Show and check the settings in force"),
        _entry("completion", "Print a shell completion script"),
    ),
}


def _version(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from governance.version import VERSION

        click.echo(f"govern {VERSION}")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    sections=SECTIONS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": WIDTH},
    subcommand_metavar="COMMAND [ARGS]...",
    examples=(
        Example("see what it does, on a small set with planted faults", "govern demo"),
        Example(
            "audit your own data against an evaluation set", "govern audit train.jsonl --eval eval.jsonl"
        ),
    ),
)
@click.option(
    "-V",
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_version,
    help="print the version",
)
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Audit and curate the data you post-train on, train, evaluate, and see which rows moved which answers,
    in one lakehouse.

    Exit codes: 0 finished, nothing at or above --fail-on; 1 findings at or above it; 2 wrong usage,
    unreadable input, an internal error, or an audit that is incomplete; 130 interrupted.
    """


cli.params += global_options()


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code of one run of the program."""
    session = Session(color=color_wanted("auto", os.environ))
    given = list(sys.argv[1:] if arguments is None else arguments)
    end_on_sigterm()
    _tolerate(sys.stdout, sys.stderr)
    return guarded(lambda: _run(given, session), session)


def _run(arguments: list[str], session: Session) -> int | None:
    """Parse and invoke. Click's own `main` turns a closed pipe into exit 1, which means findings here."""
    if instruction := os.environ.get(COMPLETION):
        from click.shell_completion import shell_complete

        return shell_complete(cli, {}, "govern", COMPLETION, instruction)
    with cli.make_context("govern", arguments, obj=session, color=session.color) as context:
        _log(session)
        code: int | None = cli.invoke(context)
    return code


def _tolerate(*streams: TextIO) -> None:
    """Let a terminal that cannot show a character show its number instead of ending the run."""
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


class VisibleFormatter(logging.Formatter):
    """Log lines in which no text of a row can act on the terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, control characters visible."""
        return visible(super().format(record), lines=True)


def _log(session: Session) -> None:
    """Let the program's own log reach stderr as far as -v asks for it."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(VisibleFormatter("%(levelname)s: %(message)s"))
    log = logging.getLogger("govern")
    log.handlers[:] = [handler]
    log.setLevel({0: logging.WARNING, 1: logging.INFO}.get(session.verbose, logging.DEBUG))


if __name__ == "__main__":
    sys.exit(main())
