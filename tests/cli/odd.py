"""A program of one command that ends in every way a command can end: `python -m tests.cli.odd KIND`."""

from __future__ import annotations

import errno
import os
import sys
import time

import click

from governance.errors import InputError
from ui.cli.lazy import Command, Entry
from ui.cli.main import cli, main

ESCAPE = "\x1b[2J\x1b[31mname\u202e"


def end(kind: str) -> int:
    """End in the way that is asked for."""
    match kind:
        case "finished":
            return 0
        case "findings":
            return 1
        case "incomplete":
            return 2
        case "govern-error":
            raise InputError("the file is no Parquet", where="a.parquet", hint="name another one")
        case "hostile":
            raise InputError(
                f"there is no column {ESCAPE!s}", where=f"{ESCAPE}.parquet", hint=f"columns: {ESCAPE}"
            )
        case "usage":
            raise click.UsageError("these options exclude each other")
        case "click":
            raise click.ClickException("something click says")
        case "abort":
            raise click.Abort
        case "uncaught":
            raise ZeroDivisionError("a mistake of ours\x1b[31m")
        case "memory":
            raise MemoryError
        case "missing":
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", "gone.jsonl")
        case "full":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "out.json")
        case "exit":
            click.get_current_context().exit(0)
        case "print":
            for _ in range(100_000):
                click.echo("a line of a result")
        case "sleep":
            sys.stderr.write("asleep\n")
            sys.stderr.flush()
            time.sleep(60)
    return 0


@click.command(cls=Command)
@click.argument("kind")
def command(kind: str) -> int:
    """End in some way."""
    return end(kind)


if __name__ == "__main__":
    cli.entries["odd"] = Entry("odd", "tests.cli.odd:command", "")
    sys.exit(main(["odd", *sys.argv[1:]]))
