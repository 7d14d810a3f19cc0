"""`govern why`: which training samples moved one evaluation item."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ui.cli.exit import end_on_ctrl_c
from ui.cli.lazy import Command, Example, option
from ui.cli.options import format_option, output_option
from ui.cli.output import deliver
from ui.cli.progress import moving_line
from ui.cli.session import Session, pass_session

if TYPE_CHECKING:
    from attribution.explaining.why import Order
    from attribution.reports.model import WhyReport
    from governance.lake import Lake


@click.command(
    cls=Command,
    arguments={
        "SUITE": "the suite the item is of",
        "ITEM": "its name within the suite, as `govern eval` lists it",
    },
    examples=(
        Example("what moved an item of the last traced run", "govern why finance eval/0"),
        Example("as a page with charts", "govern why finance eval/0 -f html -o why.html"),
    ),
)
@click.argument("suite", metavar="SUITE")
@click.argument("item", metavar="ITEM")
@option(
    "--run", "--attribution", "run", default="latest", metavar="RUN",
    help="a training run or an attribution, the beginning of one, or latest (default latest)",
)  # fmt: skip
@option(
    "--functional", type=click.Choice(["answer_loss", "margin"]), metavar="answer_loss|margin",
    help="what of the item is explained (default: all that were traced)",
)  # fmt: skip
@option(
    "-k",
    "--top",
    type=click.IntRange(0, 1000),
    default=5,
    metavar="N",
    help="samples of either sign (default 5)",
)
@option(
    "--order", type=click.Choice(["contribution", "removal"]), default="contribution", metavar="contribution|removal",
    help="the column samples are listed by, and so which ones --verify takes out (default contribution)",
)  # fmt: skip
@option(
    "--verify", is_flag=True,
    help="train again without the samples named first, and without as many others, and say what that does",
)  # fmt: skip
@option(
    "--overlap/--no-overlap", default=True, help="look for the item's words in the samples (default: yes)"
)
@format_option("text", "json", "markdown", "html", default="text")
@output_option
@pass_session
def command(
    session: Session, /, suite: str, item: str, run: str, functional: str | None, top: int, order: Order,
    verify: bool, overlap: bool, format: str, output: str | None,  # noqa: A002
) -> int:  # fmt: skip
    """Explain why an evaluation item moved.

    Three columns, never mixed: the contribution, in nats, which adds up to the measured change; the removal score, a
    ranking of what would change without the sample; and the overlap, words that stand in both. With --verify the claim
    is tested by training again, and the outcome is kept. Where the attribution is a sketch there is one column, the
    rank, and an item that was not traced is asked about too.
    """
    from attribution.explaining.reading import split_texts, why_report
    from attribution.reports import render
    from ui.cli.sketching import ranked

    with session.open_lake(read_only=not verify) as lake:
        text = ranked(session, lake, (run, suite, item, functional, top), format, verify=verify, order=order)
        if text:
            deliver(lambda out: out.write(text), output)
            return 0
        texts = split_texts if overlap else None
        report = why_report(lake, run, suite, item, functional, top, texts, order)
        if verify:
            report = _verified(session, lake, report, top)
    deliver(lambda out: render(report, format, out), output)
    if output not in {None, "-"}:
        session.note(f"wrote {output}")
    return 0


def _verified(session: Session, lake: Lake, report: WhyReport, top: int) -> WhyReport:
    from attribution.testing.verifying import verified

    end_on_ctrl_c()
    with moving_line(session) as progress:
        return verified(lake, report, top, progress, offline=session.offline)
