"""`govern eval import`: evaluations made by other programs."""

from __future__ import annotations

from pathlib import Path

import click

from ui.cli.lazy import Command, Example, option
from ui.cli.options import format_option, output_option
from ui.cli.session import Session, pass_session

FORMATS = ("auto", "lm-eval", "inspect")


@click.command(
    name="import",
    cls=Command,
    arguments={
        "FILE": "samples_*.jsonl of lm-evaluation-harness, a .eval or .json log of Inspect, or a folder"
    },
    examples=(
        Example("samples of lm-evaluation-harness", "govern eval import samples_finance.jsonl"),
        Example(
            "say what it is, and of which suite",
            "govern eval import inspect.json --input-format inspect --suite finance",
        ),
    ),
)
@click.argument("file", metavar="FILE")
@option(
    "--input-format",
    "source",
    type=click.Choice(FORMATS),
    default="auto",
    metavar="|".join(FORMATS),
    help="which program wrote it (default: what it looks like)",
)
@option(
    "--suite", metavar="NAME", help="the suite of the lake its items are of (default: the one that has most)"
)
@option("--scorer", metavar="NAME", help="the filter or scorer whose scores are taken (default: the first)")
@format_option("text", "json", default="text")
@output_option
@pass_session
def command(
    session: Session,
    /,
    file: str,
    source: str,
    suite: str | None,
    scorer: str | None,
    format: str,  # noqa: A002
    output: str | None,
) -> int:
    """Bring in evaluations that lm-evaluation-harness or Inspect made, item by item.

    Their scores become the official ones; strict scores are added from the outputs. Items are matched to a suite of the
    lake by their content. A log that was imported before stays as it is. The exit code is 2 where samples have failed.
    """
    from training.evaluation.importing.load import import_samples
    from training.evaluation.request import Evaluated
    from training.evaluation.summary import summarise
    from ui.cli.evaluated import as_json, as_table, say_notes
    from ui.cli.exit import UNUSABLE
    from ui.cli.output import deliver

    with session.open_lake(create=True) as lake:
        imported = import_samples(lake, Path(file), source, suite=suite or "", scorer=scorer or "")
    found = [
        Evaluated(i.evaluation, summarise(i.evaluation.suite.benchmark, i.results), i.results)
        for i in imported
    ]
    for one, evaluated in zip(imported, found, strict=True):
        if one.already:
            session.note(f"{one.evaluation.id} is this log; nothing was written")
        say_notes(session, evaluated)
    text = as_json(found) if format == "json" else as_table(found)
    deliver(lambda out: out.write(text), output)
    return UNUSABLE if any(one.evaluation.counts.get("failed") for one in imported) else 0
