"""What the options of `audit` ask for, as the values that governance takes."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ui.cli.options import INPUT_NAMES
from ui.cli.session import Session
from ui.cli.words import without_passwords

if TYPE_CHECKING:
    from governance.audit import AuditRequest
    from governance.baseline import Baseline
    from governance.config import Loaded
    from governance.readers.options import ReadOptions
    from governance.waivers.book import Book

SETTINGS = {
    "fail_on": "--fail-on",
    "select": "--select",
    "extend_select": "--extend-select",
    "ignore": "--ignore",
    "format": "--format",
    "evals": "--eval",
    "representative": "--representative",
    "embedder": "--embedder",
    "jobs": "--jobs",
    "memory": "--memory",
    "waivers": "--waivers",
    "labels": "--labels",
}
"""Options that are settings too: they come before every other place a setting may stand."""


def settings_for(session: Session, given: Mapping[str, Any]) -> Loaded:
    """The settings in force under the options of a command; rule codes and options are checked."""
    options = {}
    for name, long in SETTINGS.items():
        value = given.get(name)
        if value not in {None, ()}:
            options["eval" if name == "evals" else name] = (_codes(value) if name in _CODES else value, long)
    loaded = session.load(options | rule_settings(given.get("assignments", ())))
    loaded.check_codes()
    return loaded


_CODES = {"select", "extend_select", "ignore"}


def _codes(given: Sequence[str]) -> list[str]:
    """`--select CON,DUP003 --select INP` as one list."""
    return [code.strip() for part in given for code in part.split(",") if code.strip()]


def rule_settings(assignments: Sequence[str]) -> dict[str, tuple[str, str]]:
    """`RULE.OPTION=VALUE` as settings; UsageError for anything of another form."""
    from governance.errors import UsageError

    found = {}
    for text in assignments:
        name, equals, value = text.partition("=")
        rule, dot, option = name.strip().partition(".")
        if not (equals and dot and rule and option):
            hint = "write --set RULE.OPTION=VALUE, for example --set DUP003.threshold=0.8"
            raise UsageError(f"{text!r} sets nothing", where="--set", hint=hint)
        found[f"rules.{rule}.{option}"] = (value.strip(), "--set")
    return found


def read_options(loaded: Loaded, given: Mapping[str, Any], **more: Any) -> ReadOptions:
    """How readers shall take the data."""
    from governance.readers.options import ReadOptions

    named = {name: given[name] for name in INPUT_NAMES if given.get(name) is not None}
    return ReadOptions(strict=given["strict_input"], limits=loaded.read_limits(), **named, **more)


def audit_request(
    loaded: Loaded,
    datasets: Sequence[str],
    given: Mapping[str, Any],
    baseline: Baseline | None,
    waivers: Book | None = None,
) -> AuditRequest:
    """The audit that a command line and the settings describe."""
    from governance.audit import AuditRequest
    from governance.settings import bytes_of

    settings = loaded.settings
    return AuditRequest(
        datasets=tuple(datasets),
        name=given["name"],
        read=read_options(loaded, given),
        evals=settings.eval,
        select=settings.select,
        extend_select=settings.extend_select,
        ignore=settings.ignore,
        preview=given["preview"],
        options=loaded.rule_options(),
        severities=loaded.severities(),
        fail_on=settings.fail_on,
        allow_incomplete=given["allow_incomplete"],
        tolerances=loaded.tolerances(),
        baseline=baseline,
        new_only=given["new_only"],
        waivers=waivers,
        approvals=settings.waiver_approvals,
        representative=settings.representative,
        source_order=settings.source_order,
        embedder=settings.embedder,
        jobs=settings.jobs,
        memory=bytes_of(settings.memory),
        cache=given["cache"],
        labels=settings.labels or None,
        command=command_line(),
    )


def waiver_book(session: Session, loaded: Loaded) -> Book | None:
    """The waivers of the file that is set or found; None where there is none, and none was named."""
    from governance.waivers.book import read_book

    path = loaded.waiver_file(Path.cwd())
    named = bool(loaded.settings.waivers)
    return read_book(path) if named or (path.exists() and not session.isolated) else None


def baseline_of(session: Session, spec: str | None) -> Baseline | None:
    """The baseline that --baseline names: a JSON report, or a run of the lake."""
    from governance.baseline import load_baseline, resolve_baseline

    if spec is None:
        return None
    if Path(spec).exists():
        return load_baseline(spec)
    with session.open_lake_to_look() as lake:
        return resolve_baseline(lake, spec)


def command_line() -> str:
    """This run as a person would type it, for the record: without passwords, and storable as UTF-8."""
    typed = shlex.join(["govern", *sys.argv[1:]])
    return without_passwords(typed.encode("utf-8", "replace").decode("utf-8"))
