"""Whose dashboard this is: which lake, which file of waivers, who looks at it and what they may do.

The command sets it once before the server starts. Nothing of it comes from the browser.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from governance.errors import UsageError
from governance.settings import Dashboard

FLASH = "flash"
"""Where a decision leaves what it did, to be said once on the next run of the page."""


class Role(StrEnum):
    """What somebody may do; each may do what the ones before it may."""

    VIEWER = "viewer"
    REVIEWER = "reviewer"
    APPROVER = "approver"

    def may(self, needed: Role) -> bool:
        """True where this role is enough for what needs the other."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


class Refused(UsageError):
    """Somebody asked for what their role, or a read-only dashboard, does not allow."""


@dataclass(frozen=True)
class Desk:
    """Everything a page is told from outside.

    Attributes:
        lake: a folder or a PostgreSQL address; may hold a password and is never shown as it is.
        waivers: the file of waivers, there or not.
        approvals: log | file, where an approval has to stand.
        person: who acts, as events will say; empty where nobody is known.
        read_only: nothing can be decided, and nothing masked can be seen.
        reveals: may see personal data unmasked. A duty of its own: who approves waivers need not have it.
    """

    lake: str = ".govern"
    waivers: Path = Path("waivers.toml")
    approvals: str = "log"
    person: str = ""
    role: Role = Role.VIEWER
    read_only: bool = False
    reveals: bool = False

    def may(self, needed: Role) -> bool:
        """True where whoever sits here may do what needs the role."""
        return not self.read_only and bool(self.person) and self.role.may(needed)

    def check(self, needed: Role, what: str) -> None:
        """Nothing, where it is allowed; `Refused` otherwise. Called in the callback, on the server."""
        self._check_writable(what)
        if not self.may(needed):
            self._refuse(f"{needed.value}s", what)

    @property
    def may_reveal(self) -> bool:
        """True where whoever sits here may see personal data unmasked."""
        return not self.read_only and bool(self.person) and self.reveals

    def check_reveal(self) -> None:
        """Nothing, where personal data may be shown; `Refused` otherwise. Called in the callback, on the server."""
        self._check_writable("reveal")
        if not self.may_reveal:
            self._refuse("revealers", "reveal")

    def _check_writable(self, what: str) -> None:
        if self.read_only:
            raise Refused(
                "this dashboard is read only", where=what, hint="start `govern ui` without --read-only"
            )

    def _refuse(self, who_may: str, what: str) -> None:
        who = self.person or "somebody who is not known"
        hint = f"{who_may} do; they are listed under [ui] in govern.toml"
        raise Refused(f"{who} is a {self.role.value} and may not do this", where=what, hint=hint)


def role_of(person: str, settings: Dashboard) -> Role:
    """The role of a person by the lists of the configuration."""
    if _among(person, settings.approvers):
        return Role.APPROVER
    if _among(person, settings.reviewers):
        return Role.REVIEWER
    return Role(settings.role)


def reveals(person: str, settings: Dashboard) -> bool:
    """True where the configuration names the person among those who may see personal data."""
    return _among(person, settings.revealers)


def _among(person: str, names: Iterable[str]) -> bool:
    from governance.waivers.model import same_person

    return any(same_person(person, name) for name in names)


_current = Desk()


def sit_at(desk: Desk) -> None:
    """From now on pages of this process are drawn for that desk."""
    global _current  # noqa: PLW0603  # one process serves one desk; threads of Streamlit share no context
    _current = desk


def desk() -> Desk:
    """The desk that pages are drawn for."""
    return _current
