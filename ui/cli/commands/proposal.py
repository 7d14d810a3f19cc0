"""`govern proposal`: changes of the next split that a second person agrees to."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from ui.cli.commands.waiver import acting_person, by_option
from ui.cli.exit import visible_line
from ui.cli.lazy import Example, Group, option
from ui.cli.options import format_option
from ui.cli.output import put, put_columns, put_json, put_table
from ui.cli.session import Session, pass_session

if TYPE_CHECKING:
    from governance.lake import Lake
    from governance.proposals.model import Change, Standing

ID = {"ID": "a proposal's id, such as P-0001"}
STATES = ("proposed", "approved", "rejected", "revoked")


@click.group(
    cls=Group,
    examples=(
        Example("every proposal, and what was decided about it", "govern proposal list"),
        Example("agree to what somebody else proposed", "govern proposal approve P-0001 --by ben"),
    ),
)
def command() -> None:
    """Propose changes of the next split, approve and close them.

    A proposal leaves out rows, chooses the row that stays of a cluster of duplicates, or bounds the rows of a label.
    Somebody other than its proposer approves it; from then on `govern curate` takes it up, and the split says which row
    left by it. Each step is an event in the lake.
    """


@command.command(
    examples=(
        Example(
            "leave out the rows that a finding counts against",
            "govern proposal add --drop-rows-of 022846652b18 --reason 'boilerplate' --split sft",
        ),
        Example(
            "train on at most 20 rows of a label",
            "govern proposal add --label banking/consultation --rows 20 --reason 'too many' --split sft",
        ),
    ),
)
@option("--split", metavar="NAME", default="", help="for splits of this name (default: every split)")
@option("--drop", multiple=True, metavar="SAMPLE", help="leave this sample out; may be repeated")
@option(
    "--drop-rows-of", "finding", metavar="FINGERPRINT", help="leave out the rows this finding counts against"
)
@option("--stays", metavar="SAMPLE", help="this sample stays of the cluster that --of names")
@option("--of", "cluster", metavar="FINGERPRINT", help="the finding of the cluster")
@option("--label", metavar="LABEL", help="bound the rows of this label, together with --rows")
@option("--rows", type=click.IntRange(min=0), metavar="N", help="train on at most so many of them")
@option("--reason", metavar="TEXT", required=True, help="why")
@by_option
@pass_session
def add(session: Session, /, split: str, reason: str, by: str | None, **given: Any) -> int:
    """Propose a change; it changes nothing until somebody else approves it."""
    from governance.proposals.actions import propose

    with session.open_lake(create=False) as lake:
        found = propose(lake, _change(lake, split, given), reason, acting_person(by))
    put(found.id)
    session.note(visible_line(f"{found.by} proposed {found.id}: {found.change.scope}"))
    for effect in found.effects:
        session.note(visible_line(f"in {effect.split}: {effect.before:,} rows, then {effect.after:,}"))
    session.note(f"next: somebody else runs govern proposal approve {found.id}")
    return 0


def _change(lake: Lake, split: str, given: dict[str, Any]) -> Change:
    """The one change that the options describe."""
    from governance.errors import UsageError
    from governance.proposals import actions
    from governance.proposals.model import Change, Kind
    from governance.waivers.actions import find_finding

    bound = given["label"] is not None and given["rows"] is not None
    chosen = given["stays"] and given["cluster"]
    asked = [bool(given["drop"]), bool(given["finding"]), bool(chosen), bound]
    if asked.count(True) != 1:
        hint = "give --drop, --drop-rows-of, --stays with --of, or --label with --rows"
        raise UsageError("a proposal is one change", where="govern proposal add", hint=hint)
    if given["drop"]:
        samples = dict.fromkeys(actions.whole_sample(lake, s) for s in given["drop"])
        return Change(Kind.DROP, split, tuple(samples), origin="named one by one")
    if given["finding"]:
        return actions.drop_of_finding(lake, find_finding(lake, given["finding"])[1], split)
    if bound:
        return Change(Kind.SHARE, split, label=given["label"], rows=given["rows"])
    finding = find_finding(lake, given["cluster"])[1]
    return actions.representative_change(lake, finding, actions.whole_sample(lake, given["stays"]), split)


@command.command(
    name="list",
    examples=(
        Example("every proposal, the latest first", "govern proposal list"),
        Example(
            "what waits for an approval, for a program", "govern proposal list --status proposed -f json"
        ),
    ),
)
@option("--status", type=click.Choice(STATES), metavar="STATE", help=f"only these: {', '.join(STATES)}")
@format_option("text", "json", default="text")
@pass_session
def list_(session: Session, /, status: str | None, format: str) -> int:  # noqa: A002
    """List the proposals, each with what was decided about it."""
    from governance.lake.proposals import standings

    with session.open_lake(read_only=True) as lake:
        found = [s for s in standings(lake) if status in {None, s.state.value}]
    if format == "json":
        put_json([as_json(s) for s in found])
        return 0
    rows = [
        (
            p.proposal.id,
            p.state.value,
            p.proposal.change.scope,
            p.proposal.by,
            p.decided_by,
            p.proposal.reason,
        )
        for p in found
    ]
    none = "no proposal" if status is None else f"no proposal is {status}"
    put_table(("id", "state", "change", "proposed by", "decided by", "reason"), rows, none)
    return 0


@command.command(
    arguments=ID,
    examples=(
        Example("what it says, and what was done with it", "govern proposal show P-0001"),
        Example("for a program, with every sample", "govern proposal show P-0001 -f json"),
    ),
)
@click.argument("ident", metavar="ID")
@format_option("text", "json", default="text")
@pass_session
def show(session: Session, /, ident: str, format: str) -> int:  # noqa: A002
    """Show one proposal, what it would have changed, and its history in the event log."""
    from governance.proposals.actions import find

    with session.open_lake(read_only=True) as lake:
        found = find(lake, ident)
    if format == "json":
        put_json(as_json(found))
        return 0
    said = found.proposal
    lines = [("state", found.state.value), ("change", said.change.scope), ("reason", said.reason)]
    lines += [("from", said.change.origin)] if said.change.origin else []
    lines += [(f"in {e.split}", f"{e.before:,} rows, then {e.after:,}") for e in said.effects]
    lines += [("differs", fault) for fault in found.faults]
    lines += [(f"event {s.seq}", f"{s.action} by {s.actor}, {s.at[:19]} {s.reason}") for s in found.history]
    put_columns(lines)
    return 0


def as_json(found: Standing) -> dict[str, Any]:
    """A proposal as JSON values."""
    history = [asdict(step) for step in found.history]
    state = {"state": found.state.value, "faults": list(found.faults), "history": history}
    return asdict(found.proposal) | {"content": found.proposal.content} | state


@command.command(
    arguments=ID,
    examples=(
        Example("agree as whoever is logged in", "govern proposal approve P-0001"),
        Example("agree under another name", "govern proposal approve P-0001 --by ben"),
    ),
)
@click.argument("ident", metavar="ID")
@by_option
@pass_session
def approve(session: Session, /, ident: str, by: str | None) -> int:
    """Approve a proposal that somebody else made; `govern curate` takes it up from now on."""
    from governance.proposals import actions

    with session.open_lake(create=False) as lake:
        found = actions.approve(lake, ident, acting_person(by))
    session.note(
        visible_line(f"proposal {ident} is approved by {found.decided_by}: {found.proposal.change.scope}")
    )
    return 0


@command.command(
    arguments=ID,
    examples=(
        Example("do not agree", "govern proposal reject P-0001 --reason 'the rows are needed'"),
        Example("under another name", "govern proposal reject P-0001 --reason 'too many' --by ben"),
    ),
)
@click.argument("ident", metavar="ID")
@option("--reason", metavar="TEXT", required=True, help="why not")
@by_option
@pass_session
def reject(session: Session, /, ident: str, reason: str, by: str | None) -> int:
    """Reject a proposal that waits for a decision."""
    from governance.proposals import actions

    with session.open_lake(create=False) as lake:
        actions.reject(lake, ident, acting_person(by), reason)
    session.note(visible_line(f"proposal {ident} is rejected"))
    return 0


@command.command(
    arguments=ID,
    examples=(
        Example(
            "the next split is to be without it", "govern proposal revoke P-0002 --reason 'data corrected'"
        ),
        Example("under another name", "govern proposal revoke P-0002 --reason 'a mistake' --by ann"),
    ),
)
@click.argument("ident", metavar="ID")
@option("--reason", metavar="TEXT", required=True, help="why")
@by_option
@pass_session
def revoke(session: Session, /, ident: str, reason: str, by: str | None) -> int:
    """Revoke a proposal that was approved; splits that took it up stay as they are."""
    from governance.proposals import actions

    with session.open_lake(create=False) as lake:
        actions.revoke(lake, ident, acting_person(by), reason)
    session.note(visible_line(f"proposal {ident} is revoked"))
    return 0
