"""A report drawn in one or more formats, on stdout and in files."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from governance.errors import UsageError, did_you_mean
from governance.reports import FORMATS, RenderOptions, render
from ui.cli.output import deliver
from ui.cli.session import Session

if TYPE_CHECKING:
    from governance.baseline import Comparison
    from governance.report import AuditReport


@dataclass(frozen=True)
class Target:
    """One rendering; no path means stdout."""

    format: str
    path: str | None


def targets(format: str, output: str | None, also: Sequence[str]) -> tuple[Target, ...]:  # noqa: A002
    """Where a report goes, the first one being what -f and -o say. Mistakes are found before any work."""
    known = checked_format(format, "--format")
    found = (Target(known, output), *(_also(text) for text in also))
    places = [
        t.path if t.path in {None, "-"} else str(Path(t.path).resolve()) for t in found if t.path != "-"
    ]
    if len(set(places)) < len(places):
        raise UsageError("two results go to the same file", where="--also", hint="give each its own file")
    for target in found:
        _check_place(target.path)
    return found


def _also(text: str) -> Target:
    name, equals, path = text.partition("=")
    if not (equals and path):
        raise UsageError(f"{text!r} names no file", where="--also", hint="write --also FORMAT=FILE")
    if path == "-":
        raise UsageError("only one result can go to stdout", where="--also", hint="use -f for it")
    return Target(checked_format(name, "--also"), path)


def checked_format(name: str, where: str) -> str:
    """The name, where it is one of a format."""
    if name not in FORMATS:
        hint = f"{did_you_mean(name, FORMATS)}formats are: {', '.join(FORMATS)}"
        raise UsageError(f"there is no format {name!r}", where=where, hint=hint)
    return name


def _check_place(path: str | None) -> None:
    """An output that cannot be written is found before a long audit, not after it."""
    if path is None or path == "-":
        return
    folder = Path(path).resolve().parent
    if not folder.is_dir():
        raise UsageError("there is no such folder", where=str(folder), hint="create it, or name another file")
    if not os.access(folder, os.W_OK):
        raise UsageError("the folder cannot be written", where=str(folder), hint="name a file in another one")
    if Path(path).is_dir():
        raise UsageError("the output is a folder", where=path, hint="name a file in it")


def check_sensitive(given: Mapping[str, Any]) -> None:
    """Nothing, where excerpts may be shown as they are: asked for, and on a terminal."""
    shown_elsewhere = given["output"] or given["also"] or not sys.stdout.isatty()
    if given["show_sensitive"] and shown_elsewhere:
        raise UsageError(
            "--show-sensitive works on a terminal only",
            where="--show-sensitive",
            hint="leave out -o, --also and pipes; a file would keep what was to stay hidden",
        )


def render_all(
    report: AuditReport, places: Sequence[Target], session: Session, given: Mapping[str, Any],
    comparison: Comparison | None = None,
) -> None:  # fmt: skip
    """Write a report to every place."""
    for target in places:
        options = render_options(session, given, target, comparison)
        deliver(lambda out, t=target, o=options: render(report, t.format, o, out), target.path)  # type: ignore[misc]
        if target.path not in {None, "-"}:
            session.note(f"wrote {target.path}")


def render_options(
    session: Session, given: Mapping[str, Any], target: Target, comparison: Comparison | None
) -> RenderOptions:
    """How one rendering looks: colour and the terminal's width on stdout only."""
    limit = {} if given["limit"] is None else {"limit": given["limit"]}
    on_stdout = target.path in {None, "-"}
    return RenderOptions(
        show_sensitive=given["show_sensitive"],
        statistics=given["statistics"],
        show_waived=given["show_waived"],
        color=on_stdout and session.colored,
        width=shutil.get_terminal_size((100, 24)).columns if on_stdout else 100,
        comparison=comparison,
        **limit,
    )
