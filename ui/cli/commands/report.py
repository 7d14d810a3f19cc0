"""`govern report`: a stored audit, rendered again."""

from __future__ import annotations

from typing import Any

import click

from ui.cli.lazy import Command, Example, option
from ui.cli.options import report_options
from ui.cli.reporting import check_sensitive, render_all, targets
from ui.cli.request import baseline_of, settings_for
from ui.cli.session import Session, pass_session


@click.command(
    cls=Command,
    arguments={"RUN": "a run's id, the beginning of one, or latest"},
    examples=(
        Example("the last audit as a page for the browser", "govern report latest -f html -o report.html"),
        Example(
            "against an earlier report, as text",
            "govern report latest --baseline earlier.json --limit 3",
        ),
    ),
)
@click.argument("run", metavar="RUN")
@option(
    "--baseline",
    metavar="FILE|RUN",
    help="compare with an earlier report written by -f json, or with a stored run",
)
@report_options
@pass_session
def command(session: Session, /, run: str, **given: Any) -> int:
    """Render a stored audit again, in any format.

    The exit code says whether the report could be written, not what it says: the gate was the audit's.
    """
    from governance.baseline import apply
    from governance.lake.audits import load_audit

    check_sensitive(given)
    loaded = settings_for(session, given)
    places = targets(loaded.settings.format, given["output"], given["also"])
    baseline = baseline_of(session, given["baseline"])
    with session.open_lake(read_only=True) as lake:
        report = load_audit(lake, run)
    if baseline is None:
        render_all(report, places, session, given)
    else:
        render_all(report, places, session, given, apply(report, baseline)[1])
    return 0
