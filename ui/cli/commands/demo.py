"""`govern demo`: everything once, on data made here."""

from __future__ import annotations

import click

from ui.cli.lazy import Command, Example, option


@click.command(
    cls=Command,
    examples=(
        Example("see what it does", "govern demo"),
        Example("a smaller set, somewhere else", "govern demo --rows 300 --dir elsewhere"),
    ),
)
@option(
    "--dir", "folder", metavar="DIR", default="govern-demo", help="where its files go (default govern-demo)"
)
@option(
    "--rows", type=click.IntRange(min=100), default=2000, metavar="N", help="rows of the set (default 2000)"
)
@option("--seed", type=int, default=7, metavar="N", help="seed of the set (default 7)")
def command(folder: str, rows: int, seed: int) -> int:
    """Audit a small finance instruction set with planted faults."""
    return 0
