"""What a finished process says by its exit code, and how an error is shown.

Click by itself exits 1 on Ctrl-C and on its own exceptions, and Python exits 1 on anything uncaught; 1 means
"findings" here, so everything that can end a run is mapped in this file and nowhere else.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Callable
from types import FrameType
from typing import TextIO

import click

from governance.errors import GovernError
from governance.safe_text import visible
from ui.cli.session import Session

FINISHED = 0
FINDINGS = 1
UNUSABLE = 2
INTERRUPTED = 130
TERMINATED = 143


class Terminated(BaseException):
    """SIGTERM arrived; raised so that scratch folders and half-written files are removed on the way out."""


def guarded(work: Callable[[], int | None], session: Session) -> int:
    """The exit code of `work`, whatever it raises; the session says how an error is shown."""
    try:
        code = work() or FINISHED
        sys.stdout.flush()
    except BaseException as ended:  # noqa: BLE001  the last line of defence: an uncaught error would exit 1
        return _code_of(ended, session)
    return code


def _code_of(ended: BaseException, session: Session) -> int:
    """The code for an exception, explained on stderr. A closed pipe is no error and needs no words."""
    match ended:
        case click.exceptions.Exit():
            code = ended.exit_code
        case SystemExit(code=None | 0):
            code = FINISHED
        case KeyboardInterrupt() | click.Abort():
            code = _say("interrupted", INTERRUPTED)
        case Terminated():
            code = _say("terminated", TERMINATED)
        case BrokenPipeError():
            silence(sys.stdout)
            code = FINISHED
        case click.exceptions.NoArgsIsHelpError():
            click.echo(ended.ctx.get_help(), err=True, color=ended.ctx.color)
            code = UNUSABLE
        case _:
            code = _explain(ended, session)
    return code


def _say(words: str, code: int) -> int:
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(f"\n{words}\n")  # the empty line closes the terminal's ^C
    return code


def _explain(error: BaseException, session: Session) -> int:
    """Write what, where and what to do next to stderr; the traceback too where -v asks for it."""
    _drain(sys.stdout)
    with contextlib.suppress(OSError, ValueError):
        if session.verbose:
            click.echo(visible("".join(traceback.format_exception(error)), lines=True), err=True)
        click.echo(three_lines(as_govern_error(error)), err=True, color=session.color)
    return UNUSABLE


def as_govern_error(error: BaseException) -> GovernError:
    """The same error as what, where and hint."""
    if isinstance(error, GovernError):
        return error
    if isinstance(error, click.ClickException):
        return _from_click(error)
    if isinstance(error, MemoryError):
        return GovernError(
            "out of memory", hint="give a smaller --memory or -j, or audit fewer rows with --sample"
        )
    if isinstance(error, OSError) and error.strerror:
        return GovernError(error.strerror.lower(), where=_path_of(error), hint=_os_hint(error))
    what = f"internal error: {type(error).__name__}: {error}"
    return GovernError(what, hint="run again with -v for the traceback, and report it with that")


def _from_click(error: click.ClickException) -> GovernError:
    near = getattr(error, "possibilities", None)
    what = (error.message if near else error.format_message()).rstrip(".")
    meant = f"did you mean {near[0]!r}? " if near else ""
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "govern"
    return GovernError(what[:1].lower() + what[1:], where=command, hint=f"{meant}see `{command} --help`")


def _path_of(error: OSError) -> str:
    names = [
        os.fsdecode(n) if isinstance(n, bytes) else str(n) for n in (error.filename, error.filename2) if n
    ]
    return " -> ".join(names)


def _os_hint(error: OSError) -> str:
    """What to do about the system errors a user can mend."""
    hints: tuple[tuple[type[OSError], str], ...] = (
        (FileNotFoundError, "check the path"),
        (PermissionError, "check the permissions, or choose another place with -o or --lake"),
    )
    for kind, hint in hints:
        if isinstance(error, kind):
            return hint
    full = error.errno in {28, 122}  # ENOSPC, EDQUOT
    return "free some space, or choose another place" if full else "run again with -v for the traceback"


def three_lines(error: GovernError) -> str:
    """What, where and hint, a line each, with control characters visible; an empty part has no line."""
    lines = [f"{click.style('error', fg='red', bold=True)}: {visible_line(error.what)}"]
    if error.where:
        lines.append(f"  at: {visible_line(error.where)}")
    if error.hint:
        lines.append(f"  try: {visible_line(error.hint)}")
    return "\n".join(lines)


def visible_line(text: str) -> str:
    """The text on one line, control characters visible: names of columns come from the data."""
    return visible(" ".join(text.splitlines()))


def _drain(stream: TextIO) -> None:
    """Write what is buffered; what a full disk refuses must not change the exit code at shutdown."""
    try:
        stream.flush()
    except (OSError, ValueError):
        silence(stream)


def silence(stream: object) -> None:
    """Send what is still buffered for a closed pipe to nowhere, so that Python ends without a word."""
    fileno = getattr(stream, "fileno", None)
    if fileno is None:
        return
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, fileno())
        os.close(null)


def end_on_ctrl_c() -> None:
    """Let Ctrl-C interrupt a blocked read; to be called before work that loads Polars.

    Polars 2.1 replaces the handler of SIGINT when it is imported, by one after which Linux restarts a system call:
    a run that waits for stdin would go on waiting. So it is imported first and Python's handler put back.
    """
    import polars  # noqa: F401  for what its import does

    with contextlib.suppress(ValueError):  # not in the main thread: the host program decides
        signal.signal(signal.SIGINT, signal.default_int_handler)


def end_on_sigterm() -> None:
    """Let SIGTERM unwind the stack instead of ending the process on the spot."""

    def end(number: int, frame: FrameType | None) -> None:
        raise Terminated

    with contextlib.suppress(ValueError):  # not in the main thread: the host program decides
        signal.signal(signal.SIGTERM, end)
