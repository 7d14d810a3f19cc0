"""`govern drivers`: which data drove the change of an evaluation suite."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from ui.cli.exit import end_on_ctrl_c
from ui.cli.lazy import Command, Example, option
from ui.cli.options import format_option, output_option
from ui.cli.output import deliver
from ui.cli.progress import moving_line
from ui.cli.session import Session, pass_session

if TYPE_CHECKING:
    from governance.lake import Lake

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
@option(
    "--verify", multiple=True, metavar="GROUP",
    help="train again without this group, and say what that did; may be repeated",
)  # fmt: skip
@format_option("text", "json", "markdown", "html", default="text")
@output_option
@pass_session
def command(
    session: Session, /, run: str, by: str, suite: str | None, audit: str, top: int, verify: tuple[str, ...],
    format: str, output: str | None,  # noqa: A002
) -> int:  # fmt: skip
    """Show which data drove the change of evaluation suites.

    Contributions of all samples are rolled up; with weight decay, carried momentum and what is not accounted for
    they add up to the measured change. Below 80 % coverage only ranks are shown. With --verify the run is done again
    without a group, and what the suites lost by that is kept and stands beside the estimate.
    """
    from attribution.explaining.reading import drivers_report
    from attribution.reports import render

    with session.open_lake(read_only=not verify) as lake:
        notes = _measured(session, lake, run, by, audit, verify) if verify else ()
        report = drivers_report(lake, run, by, suite, audit, top)  # type: ignore[arg-type]  # Choice checked it
    report = replace(report, notes=(*report.notes, *notes))
    deliver(lambda out: render(report, format, out), output)
    if output not in {None, "-"}:
        session.note(f"wrote {output}")
    return 0


def _measured(
    session: Session, lake: Lake, run: str, by: str, audit: str, names: tuple[str, ...]
) -> tuple[str, ...]:
    """What training again without each group did, in words; the lake keeps it."""
    from attribution.explaining.reading import grouped
    from attribution.testing.group_effects import measure_groups, sentence

    end_on_ctrl_c()
    stored, ledger, groups = grouped(lake, run, by, audit)  # type: ignore[arg-type]  # Choice checked it
    with moving_line(session) as progress:
        found = measure_groups(
            lake, stored, ledger, groups, by, names, progress, offline=session.offline  # type: ignore[arg-type]
        )  # fmt: skip
    return tuple(sentence(one) for one in found)
