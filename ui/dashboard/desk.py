"""Whose dashboard this is: which lake, which file of waivers, who looks at it and what they may do.

The command sets it once before the server starts. Nothing of it comes from the browser.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from governance.errors import UsageError
from ui.dashboard import sign_in
from ui.dashboard.roles import Role
from ui.dashboard.sign_in import SignIn

__all__ = ["FLASH", "Desk", "Refused", "Role", "desk", "sit_at"]

FLASH = "flash"
"""Where a decision leaves what it did, to be said once on the next run of the page."""


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
        sign_in: how people become known who are not at this machine; None where nobody signs in.
        admitted: may see pages at all.
    """

    lake: str = ".govern"
    waivers: Path = Path("waivers.toml")
    approvals: str = "log"
    person: str = ""
    role: Role = Role.VIEWER
    read_only: bool = False
    reveals: bool = False
    sign_in: SignIn | None = None
    admitted: bool = True

    def may(self, needed: Role) -> bool:
        """True where whoever sits here may do what needs the role."""
        return not self.read_only and self.admitted and bool(self.person) and self.role.may(needed)

    def check(self, needed: Role, what: str) -> None:
        """Nothing, where it is allowed; `Refused` otherwise. Called in the callback, on the server."""
        self._check_writable(what)
        if not self.may(needed):
            self._refuse(f"{needed.value}s", what)

    @property
    def may_reveal(self) -> bool:
        """True where whoever sits here may see personal data unmasked."""
        return not self.read_only and self.admitted and bool(self.person) and self.reveals

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


_current = Desk()


def sit_at(desk: Desk) -> None:
    """From now on pages of this process are drawn for that desk."""
    global _current  # noqa: PLW0603  # one process serves one desk; threads of Streamlit share no context
    _current = desk


def desk() -> Desk:
    """The desk that pages are drawn for: of whoever this session belongs to, where people sign in."""
    if _current.sign_in is None:
        return _current
    return _current.sign_in.seat(_current, sign_in.claims())
