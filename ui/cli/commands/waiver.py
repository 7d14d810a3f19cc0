"""`govern waiver`: findings that a second person agrees to accept for a time."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ui.cli.exit import visible_line
from ui.cli.lazy import Example, Group, option
from ui.cli.options import dry_run_option, format_option, together
from ui.cli.output import put, put_columns, put_json, put_table
from ui.cli.session import Session, pass_session

if TYPE_CHECKING:
    from governance.waivers.judge import Judged, Judgement
    from governance.waivers.log import Recorded

ID = {"ID": "a waiver's id, such as W-0001"}
STATES = (
    "in-force", "expired", "requested", "rejected", "revoked", "self-approved", "changed", "unrecorded",
)  # fmt: skip
file_option = option(
    "--waivers", metavar="FILE", help="the file of waivers (default: waivers.toml beside govern.toml)"
)
by_option = option(
    "--by", metavar="NAME", help="who acts (default: GOVERN_USER, else the login name); the login is kept too"
)
acting = together(by_option, file_option)


@click.group(
    cls=Group,
    examples=(
        Example("every waiver, and whether it is in force", "govern waiver list"),
        Example("agree to what somebody else asked for", "govern waiver approve W-0001 --by ben"),
    ),
)
def command() -> None:
    """Ask for, approve and close waivers of findings.

    A waiver says which findings, why, and until when; somebody other than its requester approves it. While it
    is in force its findings stay in the report and do not count at the gate. Every step changes waivers.toml
    and is an event in the lake; an entry changed by hand after its approval covers nothing.
    """


@command.command(
    examples=(
        Example(
            "a finding, by the fingerprint of a report",
            "govern waiver add --finding 022846652b18 --reason 'wanted twice' --expires 90d",
        ),
        Example(
            "all findings of a rule in one source",
            "govern waiver add --rule DUP003 --where 'source = \"laws\"' --reason quotations --expires 90d",
        ),
    ),
)
@option(
    "--finding", metavar="FINGERPRINT", help="the finding; the first characters of its fingerprint will do"
)
@option("--rule", metavar="CODE", help="the rule whose findings are meant, together with --where")
@option(
    "--where",
    metavar="EXPRESSION",
    help='which of them: kind = "near" and source in ("a", "b"); fields: kind, severity, score, rows, source, '
    "licence, label, row_id, dataset",
)
@option("--reason", metavar="TEXT", required=True, help="why it is acceptable")
@option(
    "--expires",
    metavar="DATE",
    required=True,
    help="the last day, at most a year ahead: a date such as 2027-02-28, or 90d",
)
@option("--ticket", metavar="ID", default="", help="where it was discussed")
@acting
@pass_session
def add(session: Session, /, finding: str | None, rule: str | None, where: str | None, **given: Any) -> int:
    """Ask for a waiver; it covers nothing until somebody else approves it."""
    from governance.errors import UsageError
    from governance.waivers import actions

    if (finding is None) == (rule is None and where is None) or (rule is None) != (where is None):
        raise UsageError("a waiver means either one finding or some of a rule", where="govern waiver add",
                         hint="give --finding, or --rule with --where")  # fmt: skip
    path, last = file_of(session, given), last_day(given["expires"])
    with session.open_lake(create=True) as lake:
        code, print_ = actions.find_finding(lake, finding) if finding else (rule_id(rule or ""), "")
        wanted = actions.Request(code, given["reason"], last, print_, where or "", given["ticket"])
        waiver = actions.add(lake, path, wanted, acting_person(given["by"]))
    put(waiver.id)
    session.note(visible_line(f"{waiver.requested_by} asked for waiver {waiver.id} in {path}"))
    session.note(f"next: somebody else runs govern waiver approve {waiver.id}")
    return 0


@command.command(
    name="list",
    examples=(
        Example("every waiver, and whether it is in force", "govern waiver list"),
        Example("what waits for an approval, for a program", "govern waiver list --status requested -f json"),
    ),
)
@option("--status", type=click.Choice(STATES), metavar="STATE", help=f"only these: {', '.join(STATES)}")
@file_option
@format_option("text", "json", default="text")
@pass_session
def list_(session: Session, /, status: str | None, format: str, **given: Any) -> int:  # noqa: A002
    """List the waivers of the file, each with what it amounts to today."""
    found = [j for j in judged(session, given)[0].waivers if status in {None, j.state.value}]
    if format == "json":
        put_json([as_json(j) for j in found])
        return 0
    heads = ("id", "state", "rule", "scope", "until", "asked by", "agreed by", "reason")
    rows = [
        (
            j.waiver.id,
            j.state.value,
            j.waiver.rule,
            _short(j.waiver.scope),
            j.waiver.expires,
            j.waiver.requested_by,
            j.waiver.approved_by,
            _short(j.waiver.reason),
        )
        for j in found
    ]
    put_table(heads, rows, "no waiver" if status is None else f"no waiver is {status}")
    return 0


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"


@command.command(
    arguments=ID,
    examples=(
        Example("what it says, and what was done with it", "govern waiver show W-0001"),
        Example("for a program", "govern waiver show W-0001 -f json"),
    ),
)
@click.argument("ident", metavar="ID")
@file_option
@format_option("text", "json", default="text")
@pass_session
def show(session: Session, /, ident: str, format: str, **given: Any) -> int:  # noqa: A002
    """Show one waiver, its history in the event log, and how the two differ."""
    from governance.waivers.judge import as_mapping

    judgement, changes = judged(session, given, ident)
    found = as_mapping(judgement)[ident]
    history = [c for c in changes if c.id == ident]
    if format == "json":
        put_json(as_json(found) | {"history": [_event(c) for c in history]})
        return 0
    lines = [("state", found.state.value), *found.waiver.as_json().items()]
    lines += [("differs", fault) for fault in found.faults]
    lines += [(f"event {c.seq}", f"{c.action} by {c.actor}, {c.at[:19]}") for c in history]
    put_columns(lines)
    return 0


def _event(change: Recorded) -> dict[str, Any]:
    return {
        "seq": change.seq,
        "at": change.at,
        "actor": change.actor,
        "action": change.action,
        "content": change.content,
    }


def as_json(found: Judged) -> dict[str, Any]:
    """A waiver as JSON values."""
    return found.waiver.as_json() | {
        "state": found.state.value,
        "faults": list(found.faults),
        "content": found.waiver.content,
    }


@command.command(
    arguments=ID,
    examples=(
        Example("agree as whoever is logged in", "govern waiver approve W-0001"),
        Example("agree under another name", "govern waiver approve W-0001 --by ben"),
    ),
)
@click.argument("ident", metavar="ID")
@acting
@pass_session
def approve(session: Session, /, ident: str, **given: Any) -> int:
    """Approve a waiver that somebody else asked for, or one that was changed since, as it is now."""
    from governance.waivers import actions

    with session.open_lake(create=True) as lake:
        waiver = actions.approve(lake, file_of(session, given), ident, acting_person(given["by"]))
    session.note(
        visible_line(f"waiver {ident} is in force until {waiver.expires}, approved by {waiver.approved_by}")
    )
    return 0


@command.command(
    arguments=ID,
    examples=(
        Example("do not agree", "govern waiver reject W-0001 --reason 'correct the data instead'"),
        Example("under another name", "govern waiver reject W-0001 --reason 'too wide' --by ben"),
    ),
)
@click.argument("ident", metavar="ID")
@option("--reason", metavar="TEXT", required=True, help="why not")
@acting
@pass_session
def reject(session: Session, /, ident: str, reason: str, **given: Any) -> int:
    """Reject a waiver that was asked for."""
    from governance.waivers import actions

    with session.open_lake(create=True) as lake:
        actions.reject(lake, file_of(session, given), ident, acting_person(given["by"]), reason)
    session.note(visible_line(f"waiver {ident} is rejected"))
    return 0


@command.command(
    arguments=ID,
    examples=(
        Example("the data were corrected", "govern waiver revoke W-0002 --reason 'corrected'"),
        Example("under another name", "govern waiver revoke W-0002 --by ann"),
    ),
)
@click.argument("ident", metavar="ID")
@option("--reason", metavar="TEXT", default="", help="why")
@acting
@pass_session
def revoke(session: Session, /, ident: str, reason: str, **given: Any) -> int:
    """Revoke a waiver that was approved; what it covered counts again."""
    from governance.waivers import actions

    with session.open_lake(create=True) as lake:
        actions.revoke(lake, file_of(session, given), ident, acting_person(given["by"]), reason)
    session.note(visible_line(f"waiver {ident} is revoked"))
    return 0


@command.command(
    examples=(
        Example("what would go", "govern waiver prune --dry-run"),
        Example("take out what is expired, rejected or revoked", "govern waiver prune"),
    ),
)
@dry_run_option
@acting
@pass_session
def prune(session: Session, /, dry_run: bool, **given: Any) -> int:
    """Take waivers that are over out of the file; the event log keeps them."""
    from governance.waivers import actions
    from governance.waivers.book import read_book

    path = file_of(session, given)
    if dry_run:
        gone = actions.prunable(read_book(path)) if path.exists() else ()
    else:
        with session.open_lake(create=True) as lake:
            gone = actions.prune(lake, path, acting_person(given["by"])) if path.exists() else ()
    what = ", ".join(w.id for w in gone) or "nothing"
    put(visible_line(f"would take out {what}" if dry_run else f"took out {what}"))
    return 0


def judged(
    session: Session, given: dict[str, Any], ident: str | None = None
) -> tuple[Judgement, list[Recorded]]:
    """The waivers of the file as they are today, and what the log has; UsageError where `ident` is not there."""
    from governance.waivers.book import Book, read_book
    from governance.waivers.judge import judge_book
    from governance.waivers.log import history

    path = file_of(session, given)
    book = read_book(path) if path.exists() or given["waivers"] else Book(path.name)
    if ident is not None:
        book.find(ident)
    with session.open_lake_to_look() as lake:
        return judge_book(book, lake, session.load().settings.waiver_approvals), history(lake)


def file_of(session: Session, given: dict[str, Any]) -> Path:
    """The file of waivers that an option or the settings name."""
    options = {"waivers": (given["waivers"], "--waivers")} if given["waivers"] else {}
    return session.load(options).waiver_file(Path.cwd())


def last_day(text: str) -> date:
    """The day that --expires names: a date, or `90d` for the day that comes after so many."""
    from governance.waivers.book import day
    from governance.waivers.model import today

    if text.endswith("d") and text[:-1].isdecimal() and len(text) <= 4:  # a year has 366 days at most
        return today() + timedelta(days=int(text[:-1]))
    return day(text, "--expires")


def acting_person(by: str | None) -> str:
    """Who acts: as said, as GOVERN_USER says, or as the operating system knows them."""
    from governance.stopwatch import user

    return by or os.environ.get("GOVERN_USER") or user()


def rule_id(code: str) -> str:
    """The id of a rule that is named by id or name."""
    from governance.rules.registry import find

    return find(code).info.id
