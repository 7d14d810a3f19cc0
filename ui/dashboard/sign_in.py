"""Sign-in by OpenID Connect: who the provider says somebody is, and what the configuration lets them do.

Streamlit speaks with the provider (authorization code, state, nonce, PKCE) and keeps who signed in in a signed cookie.
Here is what that cookie is worth: for how long, under which name, in which role.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from governance.errors import UsageError
from ui.dashboard.roles import Role, reveals, role_among

if TYPE_CHECKING:
    from governance.settings import Dashboard
    from ui.dashboard.desk import Desk

USUAL = Path(".streamlit") / "secrets.toml"
"""Where the provider is told of, unless --auth says otherwise."""
NEEDED = ("redirect_uri", "cookie_secret", "client_id", "client_secret", "server_metadata_url")
CALLBACK = "/oauth2callback"
SHORTEST = 32
"""Characters of a secret that signs cookies; 32 of hexadecimal are 128 bits."""
EARLY = 60
"""Seconds that a provider's clock may be ahead."""


@dataclass(frozen=True)
class Provider:
    """Where people sign in.

    Attributes:
        file: the file with [auth], which Streamlit reads.
        host: the name in the address that the provider sends people back to.
    """

    file: Path
    host: str


@dataclass(frozen=True)
class SignIn:
    """How people who come to this dashboard become known."""

    provider: Provider
    settings: Dashboard

    def seat(self, desk: Desk, claims: Mapping[str, Any]) -> Desk:
        """The desk as it is for whoever has these claims; nobody is admitted without a fresh sign-in and a role."""
        names = names_of(claims, self.settings.session_hours * 3600, time.time())
        if not names:
            return replace(desk, person="", role=Role.VIEWER, reveals=False, admitted=False)
        role = role_among(names, self.settings)
        unmasks = reveals(names, self.settings)
        return replace(
            desk, person=names[0], role=role or Role.VIEWER, reveals=unmasks, admitted=role is not None
        )


def names_of(claims: Mapping[str, Any], lasts: float, now: float) -> tuple[str, ...]:
    """What somebody is called: the verified e-mail address first, then the subject; empty where nobody signed in.

    An address that the provider does not vouch for is no name: at some providers people choose it themselves.
    """
    issued = claims.get("iat")
    if not claims.get("is_logged_in") or not isinstance(issued, int | float):
        return ()
    if not -EARLY <= now - issued < lasts:
        return ()
    verified = claims.get("email_verified") in (True, "true")
    given = (claims.get("email") if verified else None, claims.get("sub"))
    return tuple(str(name) for name in given if name)


def claims() -> Mapping[str, Any]:
    """What the provider said of whoever this session belongs to; empty where nobody signed in."""
    import streamlit as st

    return dict(st.user.to_dict())


def find_provider(told: str | None, folder: Path) -> Provider | None:
    """The provider of the file that was told, or of the usual one where that has [auth]; None where there is none."""
    path = Path(told) if told else folder / USUAL
    if not told and not path.exists():
        return None
    auth = _auth_of(path)
    if auth is None and not told:
        return None
    return _checked(path.absolute(), auth or {})


def _auth_of(path: Path) -> dict[str, Any] | None:
    import tomllib

    try:
        found = tomllib.loads(path.read_text("utf-8")).get("auth")
    except (OSError, ValueError) as error:
        raise _wrong(path, "cannot be read", "it is TOML with a table [auth]") from error
    return found if isinstance(found, dict) else None


def _checked(path: Path, auth: Mapping[str, Any]) -> Provider:
    missing = [name for name in NEEDED if not isinstance(auth.get(name), str) or not auth[name]]
    if missing:
        raise _wrong(path, f"says no {', '.join(missing)} in [auth]", "docs/dashboard.md has an example")
    if len(auth["cookie_secret"]) < SHORTEST:
        hint = "make one with: python -c 'import secrets; print(secrets.token_hex(32))'"
        raise _wrong(path, f"has a cookie_secret of fewer than {SHORTEST} characters", hint)
    back = urlsplit(auth["redirect_uri"])
    if back.path != CALLBACK:
        raise _wrong(path, f"has a redirect_uri that does not end in {CALLBACK}", f"https://NAME{CALLBACK}")
    for name in ("redirect_uri", "server_metadata_url"):
        if not _private(auth[name]):
            hint = "give an address that begins with https://; only this machine itself may be called without"
            raise _wrong(path, f"has a {name} that others can listen to", hint)
    return Provider(path, back.hostname or "")


def _private(url: str) -> bool:
    """True where nobody on the way can read what is said: TLS, or this machine itself."""
    parts = urlsplit(url)
    if parts.scheme == "https" or parts.hostname == "localhost":
        return True
    try:
        return ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


def _wrong(path: Path, what: str, hint: str) -> UsageError:
    return UsageError(f"{path} {what}", where="--auth", hint=hint)
