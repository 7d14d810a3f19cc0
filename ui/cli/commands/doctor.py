"""`govern doctor`: is everything here that an audit needs?"""

from __future__ import annotations

from dataclasses import asdict

import click

from ui.cli.lazy import Command, Example
from ui.cli.options import format_option
from ui.cli.output import put_json, put_table
from ui.cli.session import Session, pass_session


@click.command(
    cls=Command,
    examples=(
        Example("look at everything", "govern doctor"),
        Example("for a program", "govern doctor -f json"),
    ),
)
@format_option("text", "json", default="text")
@pass_session
def command(session: Session, /, format: str) -> int:  # noqa: A002
    """Check this machine, the lake and the configuration.

    Exit 1 if a check fails. An optional part that is not installed is no failure; what installs it is
    shown.
    """
    from ui.cli.health import checks

    found = list(checks(session))
    healthy = all(check.ok for check in found)
    if format == "json":
        put_json({"ok": healthy, "checks": [asdict(check) for check in found]})
    else:
        rows = [("ok" if c.ok else "FAILS", c.name, c.found, c.hint) for c in found]
        put_table(("", "check", "found", "to do"), rows, "")
    return 0 if healthy else 1
