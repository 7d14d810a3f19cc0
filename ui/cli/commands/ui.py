"""`govern ui`: the dashboard."""

from __future__ import annotations

import click

from ui.cli.lazy import Command, Example, option
from ui.cli.serving import Opening, open_dashboard
from ui.cli.session import Session, pass_session


@click.command(
    cls=Command,
    examples=(
        Example("open the dashboard of the lake in this folder", "govern ui"),
        Example(
            "to look only, on a machine without a browser", "govern ui --read-only --no-browser --port 8600"
        ),
    ),
)
@option("--host", metavar="ADDRESS", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
@option("--port", type=click.IntRange(1, 65535), default=8501, metavar="N", help="port (default 8501)")
@option("--no-browser", is_flag=True, help="do not open a browser")
@option("--read-only", is_flag=True, help="nothing can be decided from a page")
@option("--waivers", metavar="FILE", help="the file of waivers (default: waivers.toml beside govern.toml)")
@option(
    "--allow-host",
    "hosts",
    multiple=True,
    metavar="NAME",
    help="a name that browsers may call it by, besides its address; may be repeated",
)
@option(
    "--auth",
    metavar="FILE",
    help="file with [auth], the OpenID Connect provider to sign in at (default: .streamlit/secrets.toml)",
)
@option(
    "--unsafe-allow-unauthenticated",
    "unauthenticated",
    is_flag=True,
    help="listen where others can reach it, without asking who they are; nobody can decide anything then",
)
@pass_session
def command(
    session: Session,
    /,
    host: str,
    port: int,
    no_browser: bool,
    read_only: bool,
    waivers: str | None,
    hosts: tuple[str, ...],
    auth: str | None,
    unauthenticated: bool,
) -> int:
    """Open the dashboard in the browser.

    It shows what is wrong with the data and who decided what, and reads the lake while audits write to it.
    Decisions are made as GOVERN_USER, or as the login name; [ui] in govern.toml says who may do what. Where
    others can reach it they sign in, and are who their provider says. Personal data and secrets in rows are
    masked before they leave this machine.
    """
    opening = Opening(host, port, not no_browser, read_only, waivers, hosts, unauthenticated, auth)
    return open_dashboard(session, opening)
