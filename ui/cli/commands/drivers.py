"""`govern drivers`: which data drove the change of an evaluation suite."""

from __future__ import annotations

import click

from ui.cli.lazy import Command, Example, option
from ui.cli.options import format_option, output_option
from ui.cli.output import deliver
from ui.cli.session import Session, pass_session

BYS = ("sample", "cluster", "label", "source", "rule")


@click.command(
    cls=Command,
    arguments={"[RUN]": "a training run or an attribution, the beginning of one, or latest (default latest)"},
    examples=(
        Example("which labels drove the last traced run", "govern drivers --by label"),
        Example(
            "which clusters, as a page with charts", "govern drivers --by cluster -f html -o drivers.html"
        ),
    ),
)
@click.argument("run", required=False, default="latest", metavar="[RUN]")
@option(
    "--by",
    type=click.Choice(BYS),
    default="sample",
    metavar="|".join(BYS),
    help="roll up by (default sample)",
)
@option("--suite", metavar="SUITE", help="one suite only")
@option(
    "--audit", default="latest", metavar="RUN",
    help="the audit whose findings say what a cluster is and what a rule found (default latest)",
)  # fmt: skip
@option(
    "-k",
    "--top",
    type=click.IntRange(1, 1000),
    default=10,
    metavar="N",
    help="groups of either sign (default 10)",
)
@format_option("text", "json", "markdown", "html", default="text")
@output_option
@pass_session
def command(
    session: Session, /, run: str, by: str, suite: str | None, audit: str, top: int,
    format: str, output: str | None,  # noqa: A002
) -> int:  # fmt: skip
    """Show which data drove the change of evaluation suites.

    Contributions of all samples are rolled up; with weight decay, carried momentum and what is not accounted for
    they add up to the measured change. Below 80 % coverage only ranks are shown.
    """
    from attribution.explaining.reading import drivers_report
    from attribution.reports import render

    with session.open_lake(read_only=True) as lake:
        report = drivers_report(lake, run, by, suite, audit, top)  # type: ignore[arg-type]  # Choice checked it
    deliver(lambda out: render(report, format, out), output)
    if output not in {None, "-"}:
        session.note(f"wrote {output}")
    return 0
