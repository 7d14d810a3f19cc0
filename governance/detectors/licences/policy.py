"""Which licences a policy lets pass: patterns over SPDX ids, such as `CC-BY-NC-*`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from governance.detectors.licences.expressions import Licence, satisfied


@dataclass(frozen=True)
class Policy:
    """Patterns of SPDX ids, in any case. Without `allow`, all that is not denied is allowed."""

    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()

    def allows(self, licence: str) -> bool:
        """Whether one licence passes."""
        if _matches(licence, self.deny):
            return False
        return not self.allow or _matches(licence, self.allow)


def _matches(licence: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(licence.lower(), pattern.lower()) for pattern in patterns)


def objection(licence: Licence, policy: Policy) -> str | None:
    """Why a stated licence does not pass: denied | not-allowed | unrecognised; None where it does."""
    if licence.expression is None:
        return None if _matches(licence.text, policy.allow) else "unrecognised"
    if satisfied(licence.expression, policy.allows):
        return None
    deny_only = Policy(deny=policy.deny)
    return "not-allowed" if satisfied(licence.expression, deny_only.allows) else "denied"
