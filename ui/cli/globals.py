"""The options every command understands, before or after its name."""

from __future__ import annotations

import os
from typing import Any

import click

from ui.cli.session import Session, color_wanted

OFFLINE = {"GOVERN_OFFLINE": "1", "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
"""What tells the libraries that could ask the network not to. They read it when they are first imported."""


def global_options(*, hidden: bool = False) -> list[click.Parameter]:
    """Fresh parameters for one command; hidden ones are understood and listed only by `govern --help`."""
    return [
        _option(
            "-v", "--verbose", "more on stderr, tracebacks included; repeat for more", hidden, count=True
        ),
        _option("-q", "--quiet", "no progress and no notes on stderr", hidden, count=True),
        _option(
            "--color",
            "colour on or off; auto means on a terminal, and NO_COLOR and FORCE_COLOR are honoured",
            hidden,
            type=click.Choice(["auto", "always", "never"]),
            metavar="auto|always|never",
            is_eager=True,
        ),
        _option("--no-progress", "no moving line on stderr", hidden, is_flag=True),
        _option(
            "--config",
            "read this file instead of looking for govern.toml or pyproject.toml",
            hidden,
            metavar="FILE",
        ),
        _option("--isolated", "read no configuration file", hidden, is_flag=True),
        _option(
            "--lake", "folder, or postgres:// address, of the lake (default .govern)", hidden, metavar="URI"
        ),
        _option("--offline", "never ask the network, also where a name would need it", hidden, is_flag=True),
    ]


def _option(*names_and_help: str | bool, **settings: Any) -> click.Option:
    *names, words, hidden = names_and_help
    long = str(names[-1])
    variable = None if hidden else f"GOVERN_{long.removeprefix('--').replace('-', '_').upper()}"
    if long in {"--lake", "--verbose", "--quiet"}:  # the lake is a setting; configuration reads its variable
        variable = None
    option = click.Option(
        [str(n) for n in names],
        help=str(words),
        hidden=bool(hidden),
        expose_value=False,
        callback=_remember,
        envvar=variable,
        default=None,
        **settings,
    )
    option.section = "Global options"  # type: ignore[attr-defined]
    return option


def _remember(ctx: click.Context, parameter: click.Parameter, value: Any) -> None:
    """Note the value on the session; an option that was not given leaves what an outer one said."""
    if not value:
        return
    session = ctx.ensure_object(Session)
    if parameter.name == "color":
        session.color = ctx.color = color_wanted(value, os.environ)
    elif parameter.name in {"verbose", "quiet"}:
        setattr(session, parameter.name, getattr(session, parameter.name) + value)
    else:
        setattr(session, str(parameter.name), value)
    if session.offline:
        os.environ.update(OFFLINE)
