"""Asking before something is removed."""

from __future__ import annotations

import sys

import click

from governance.errors import UsageError


def confirm(question: str, *, yes: bool) -> None:
    """Nothing, where the person agrees or --yes was given; the run ends otherwise.

    Where nobody can be asked, silence is not agreement: --yes is needed.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(
            "nobody can be asked here", where="stdin is no terminal", hint="give --yes to agree beforehand"
        )
    click.confirm(question, abort=True, err=True)
