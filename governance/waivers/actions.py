"""Asking for waivers, approving them, closing them: each a change of waivers.toml and an event, under one lock.

The event is committed first and the file put in its place at once. A kill between the two leaves a waiver that the
file does not have yet: it covers nothing, and `govern runs verify` names it. The other order could leave an approval
without a record.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from governance.errors import NotFound, UsageError
from governance.lake import Lake
from governance.lake.commit import committing
from governance.stopwatch import user
from governance.waivers.book import Book, checked, read_book
from governance.waivers.edit import HEAD, Rewritten, with_changes
from governance.waivers.judge import judge
from governance.waivers.log import PRUNED, Recorded, details, last_known
from governance.waivers.model import State, Status, Waiver, same_person, today

NUMBER = re.compile(r"W-(\d{1,9})")
SHORTEST = 8
"""Characters of a fingerprint that are enough to name a finding."""


@dataclass(frozen=True)
class Request:
    """What somebody wants accepted."""

    rule: str
    reason: str
    expires: date
    fingerprint: str = ""
    where: str = ""
    ticket: str = ""


@dataclass(frozen=True)
class Change:
    """What becomes of a file: waivers in their new form, and ids of those that go."""

    action: str
    waivers: tuple[Waiver, ...]
    removed: tuple[str, ...] = ()


Decide = Callable[[Book, "dict[str, Recorded]"], Change]
"""Told the file and what the log has, says what is to be changed; UsageError where that may not be."""


def add(lake: Lake, path: Path, request: Request, by: str) -> Waiver:
    """The waiver that was asked for, with an id no waiver had before."""

    def decide(book: Book, recorded: dict[str, Recorded]) -> Change:
        ident = next_id([*(w.id for w in book.waivers), *recorded])
        fields = {k: getattr(request, k) for k in Request.__dataclass_fields__}
        return Change("waiver.add", (Waiver(id=ident, requested_by=by, requested_on=today(), **fields),))

    return change(lake, path, by, decide)[0]


def approve(lake: Lake, path: Path, ident: str, by: str) -> Waiver:
    """The waiver, approved by somebody else than its requester.

    One that was approved and changed by hand afterwards, or that the log does not know, can be approved anew.
    """

    def decide(book: Book, recorded: dict[str, Recorded]) -> Change:
        waiver, known = book.find(ident), recorded.get(ident)
        _check_approver(waiver, known, by)
        anew = judge(waiver, known, "log", today()).state in {
            State.CHANGED,
            State.UNRECORDED,
            State.SELF_APPROVED,
        }
        if waiver.status is not Status.REQUESTED and not anew:
            raise UsageError(
                f"waiver {ident} is {waiver.status.value} already",
                where=path.name,
                hint="add a new one where it is needed again",
            )
        if waiver.expired(today()):
            raise UsageError(
                f"waiver {ident} expired on {waiver.expires}", where=path.name, hint="add a new one"
            )
        approved = replace(waiver, status=Status.APPROVED, approved_by=by, approved_on=today())
        return Change("waiver.approve", (approved,))

    return change(lake, path, by, decide)[0]


def _check_approver(waiver: Waiver, known: Recorded | None, by: str) -> None:
    """Nothing, where `by` is another person than the requester, by the file and by the log."""
    requesters = [waiver.requested_by, known.entry.get("requested_by", "") if known else ""]
    if any(same_person(by, one) for one in requesters):
        raise UsageError(
            f"{by} asked for waiver {waiver.id} and cannot approve it",
            where=waiver.id,
            hint="somebody else runs `govern waiver approve`; --by or GOVERN_USER says who acts",
        )


def reject(lake: Lake, path: Path, ident: str, by: str, reason: str) -> Waiver:
    """The waiver, which nobody approved and nobody will."""
    return _close(lake, path, ident, by, reason, Status.REQUESTED, Status.REJECTED, "waiver.reject")


def revoke(lake: Lake, path: Path, ident: str, by: str, reason: str = "") -> Waiver:
    """The waiver, which was approved and is so no longer."""
    return _close(lake, path, ident, by, reason, Status.APPROVED, Status.REVOKED, "waiver.revoke")


def _close(
    lake: Lake, path: Path, ident: str, by: str, reason: str, before: Status, after: Status, action: str
) -> Waiver:
    def decide(book: Book, recorded: dict[str, Recorded]) -> Change:
        waiver = book.find(ident)
        if waiver.status is not before:
            hint = f"only what is {before.value} can be {after.value}; see `govern waiver list`"
            raise UsageError(f"waiver {ident} is {waiver.status.value}", where=path.name, hint=hint)
        closed = replace(waiver, status=after, closed_by=by, closed_on=today(), closed_because=reason)
        return Change(action, (closed,))

    return change(lake, path, by, decide)[0]


def prunable(book: Book) -> tuple[Waiver, ...]:
    """Waivers that are over: expired, rejected or revoked."""
    over = {Status.REJECTED, Status.REVOKED}
    return tuple(w for w in book.waivers if w.status in over or w.expired(today()))


def prune(lake: Lake, path: Path, by: str) -> tuple[Waiver, ...]:
    """The waivers that are gone from the file; the log keeps them."""

    def decide(book: Book, recorded: dict[str, Recorded]) -> Change:
        over = prunable(book)
        return Change(PRUNED, over, tuple(w.id for w in over))

    return change(lake, path, by, decide)


def change(lake: Lake, path: Path, by: str, decide: Decide) -> tuple[Waiver, ...]:
    """The waivers as they were changed, in the file and in the log; nothing is done where nothing changes.

    The file is read under the writer lock, so two people who change it at once do not lose each other's work.
    """
    if not by.strip():
        raise UsageError("nobody is said to act", where="--by", hint="give --by NAME, or set GOVERN_USER")
    with lake.locked():
        text = _text(path)
        book = read_book(path) if path.exists() else Book(path.name)
        decided = decide(book, last_known(lake))
        waivers = decided.waivers if decided.removed else tuple(checked(w) for w in decided.waivers)
        if not waivers:
            return ()
        new = with_changes(text, () if decided.removed else waivers, decided.removed)
        written = Rewritten(path, new)
        try:
            _record(lake, decided.action, waivers, by)
            written.put()
        finally:
            written.drop()
    return waivers


def _text(path: Path) -> str:
    """The file's text with its own line ends; that of a new file where there is none."""
    return path.read_bytes().decode("utf-8") if path.exists() else HEAD


def _record(lake: Lake, action: str, waivers: Sequence[Waiver], by: str) -> None:
    subject = waivers[0].id if len(waivers) == 1 else f"{len(waivers)} waivers"
    before, lake.actor = lake.actor, by
    try:
        with committing(lake) as tx:
            tx.describe(action, subject, details(list(waivers), user()))
    finally:
        lake.actor = before


def next_id(taken: Sequence[str]) -> str:
    """An id after every one that was ever given: W-0001, W-0002 ..."""
    numbers = [int(found[1]) for ident in taken if (found := NUMBER.fullmatch(ident))]
    return f"W-{max(numbers, default=0) + 1:04d}"


def find_finding(lake: Lake, beginning: str) -> tuple[str, str]:
    """(rule, whole fingerprint) of the one stored finding whose fingerprint begins so."""
    from governance.lake.audits import findings_beginning

    if len(beginning) < SHORTEST:
        hint = "reports show twelve characters"
        raise UsageError(f"a finding is named by {SHORTEST} characters or more", where="--finding", hint=hint)
    found = findings_beginning(lake, beginning.lower())
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{beginning!r} is the beginning of several findings", where="--finding",
                         hint=f"findings are: {', '.join(print_[:20] for _, print_ in found)}")  # fmt: skip
    raise NotFound(
        f"no stored audit has a finding {beginning!r}",
        where=lake.display,
        hint="`govern report latest` shows fingerprints",
    )
