"""What people may do, by the lists of the configuration."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from governance.settings import Dashboard


class Role(StrEnum):
    """What somebody may do; each may do what the ones before it may."""

    VIEWER = "viewer"
    REVIEWER = "reviewer"
    APPROVER = "approver"

    def may(self, needed: Role) -> bool:
        """True where this role is enough for what needs the other."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


def role_of(person: str, settings: Dashboard) -> Role:
    """The role of whoever is at this machine; people in neither list have the one that the settings name."""
    return _highest((person,), settings) or Role(settings.role)


def role_among(names: Iterable[str], settings: Dashboard) -> Role | None:
    """The highest role of somebody who signed in under these names; None where they may see nothing."""
    known = tuple(names)
    found = _highest(known, settings)
    if found is None and (
        settings.unlisted == "viewer" or among(known, settings.viewers) or reveals(known, settings)
    ):
        return Role.VIEWER
    return found


def reveals(names: Iterable[str], settings: Dashboard) -> bool:
    """True where the configuration lets one of the names see personal data unmasked."""
    return among(names, settings.revealers)


def _highest(names: tuple[str, ...], settings: Dashboard) -> Role | None:
    lists = ((Role.APPROVER, settings.approvers), (Role.REVIEWER, settings.reviewers))
    return next((role for role, people in lists if among(names, people)), None)


def among(names: Iterable[str], people: Iterable[str]) -> bool:
    """True where one of the names is one of the people, whatever the case of its letters."""
    from governance.waivers.model import same_person

    listed = tuple(people)
    return any(same_person(name, one) for name in names for one in listed)
