"""`govern diff`: what changed."""

from __future__ import annotations

import click

from ui.cli.lazy import Command, Example, option
from ui.cli.options import format_option
from ui.cli.session import Session, pass_session

KINDS = ("runs", "datasets")


@click.command(
    cls=Command,
    arguments={"A": "the older one: a run, a JSON report, or NAME[@VERSION]", "B": "the newer one"},
    examples=(
        Example("the last audit against an earlier report", "govern diff earlier.json latest"),
        Example("two versions of a dataset; exit 1 if they differ", "govern diff train@1 train --exit-code"),
    ),
)
@click.argument("old", metavar="A")
@click.argument("new", metavar="B")
@option(
    "--kind",
    type=click.Choice(KINDS),
    metavar="|".join(KINDS),
    help="what A and B are (default: datasets where one has an @, else runs)",
)
@option("--exit-code", is_flag=True, help="exit 1 if they differ")
@format_option("text", "json", "markdown", default="text")
@pass_session
def command(session: Session, /, old: str, new: str, kind: str | None, exit_code: bool, format: str) -> int:  # noqa: A002
    """Compare two audits or two dataset versions.

    Findings are compared by fingerprint, rows by sample identity, so shuffling or re-sharding changes nothing
    but row numbers.
    """
    from ui.cli import comparing

    datasets = kind == "datasets" or (kind is None and ("@" in old or "@" in new))
    with session.open_lake(read_only=True) as lake:
        if datasets:
            difference = comparing.diff_datasets(lake, old, new)
            same = difference.same
            comparing.show_datasets(difference, format)
        else:
            report, comparison = comparing.diff_runs(lake, old, new)
            same = not comparison.new and not comparison.fixed.num_rows
            comparing.show_runs(report, comparison, format)
    return int(exit_code and not same)
