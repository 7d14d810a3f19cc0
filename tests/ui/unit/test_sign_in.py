"""What a sign-in is worth: under which name, for how long, in which role; and which providers are taken."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from governance.errors import UsageError
from governance.settings import Dashboard
from ui.dashboard.desk import Desk, Refused, Role
from ui.dashboard.server import Place, check_place, settings
from ui.dashboard.sign_in import USUAL, Provider, SignIn, find_provider, names_of

HOUR = 3600
NOW = 1_800_000_000.0
ANN = {"is_logged_in": True, "sub": "7", "email": "ann@bank.example", "email_verified": True, "iat": NOW - 60}
PROVIDER = Provider(Path("secrets.toml"), "data.bank.example")


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({}, ("ann@bank.example", "7")),
        ({"email_verified": "true"}, ("ann@bank.example", "7")),
        ({"email_verified": False}, ("7",)),
        ({"email_verified": None}, ("7",)),
        ({"email_verified": ["true"]}, ("7",)),
        ({"email": None}, ("7",)),
        ({"is_logged_in": False}, ()),
        ({"iat": None}, ()),
        ({"iat": "yesterday"}, ()),
        ({"iat": NOW - 13 * HOUR}, ()),
        ({"iat": NOW + HOUR}, ()),
    ],
)
def test_a_name_is_what_the_provider_vouches_for_and_not_for_ever(
    change: dict[str, Any], names: tuple[str, ...]
):
    assert names == names_of({**ANN, **change}, 12 * HOUR, NOW)


def test_nobody_signed_in_is_nobody():
    assert () == names_of({}, 12 * HOUR, NOW)


@pytest.mark.parametrize(
    ("lists", "role", "reveals"),
    [
        (Dashboard(approvers=("ANN@bank.example",)), Role.APPROVER, False),
        (Dashboard(reviewers=("7",)), Role.REVIEWER, False),
        (Dashboard(reviewers=("7",), approvers=("ann@bank.example",)), Role.APPROVER, False),
        (Dashboard(viewers=("7",)), Role.VIEWER, False),
        (Dashboard(revealers=("7",)), Role.VIEWER, True),
        (Dashboard(unlisted="viewer"), Role.VIEWER, False),
        (Dashboard(role="approver"), None, False),
        (Dashboard(role="approver", viewers=("8",)), None, False),
    ],
)
def test_the_lists_decide_and_not_the_role_of_this_machine(
    lists: Dashboard, role: Role | None, reveals: bool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("time.time", lambda: NOW)
    seated = SignIn(PROVIDER, lists).seat(Desk(admitted=False), ANN)

    assert (role is not None, role or Role.VIEWER, reveals) == (seated.admitted, seated.role, seated.reveals)
    assert "ann@bank.example" == seated.person


def test_who_is_not_let_in_may_nothing_whatever_else_is_said_of_them():
    outside = Desk(person="ann", role=Role.APPROVER, reveals=True, admitted=False)
    for needed in Role:
        with pytest.raises(Refused):
            outside.check(needed, "anything")
    with pytest.raises(Refused):
        outside.check_reveal()
    assert replace(outside, admitted=True).may_reveal


def auth(**change: str) -> str:
    said = {
        "redirect_uri": "https://data.bank.example/oauth2callback",
        "cookie_secret": "0" * 32,
        "client_id": "govern",
        "client_secret": "x",
        "server_metadata_url": "https://id.bank.example/.well-known/openid-configuration",
        **change,
    }
    return "[auth]\n" + "".join(f'{name} = "{value}"\n' for name, value in said.items() if value)


def test_the_provider_is_told_of_in_a_file(tmp_path: Path):
    assert find_provider(None, tmp_path) is None
    usual = tmp_path / USUAL
    usual.parent.mkdir()
    usual.write_text("[other]\n")
    assert find_provider(None, tmp_path) is None
    usual.write_text(auth())
    assert Provider(usual, "data.bank.example") == find_provider(None, tmp_path)
    assert Provider(usual, "data.bank.example") == find_provider(str(usual), tmp_path / "elsewhere")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (auth(client_secret=""), "says no client_secret"),
        (auth(cookie_secret="short"), "fewer than 32 characters"),
        (auth(redirect_uri="https://data.bank.example/"), "does not end in /oauth2callback"),
        (
            auth(redirect_uri="http://data.bank.example/oauth2callback"),
            "redirect_uri that others can listen to",
        ),
        (
            auth(server_metadata_url="http://id.bank.example/x"),
            "server_metadata_url that others can listen to",
        ),
        ("[auth", "cannot be read"),
        ("", "says no redirect_uri, cookie_secret"),
    ],
)
def test_a_provider_that_is_not_safe_is_refused_before_anything_is_served(
    tmp_path: Path, text: str, said: str
):
    (tmp_path / "auth.toml").write_text(text)
    with pytest.raises(UsageError, match=said):
        find_provider(str(tmp_path / "auth.toml"), tmp_path)


def test_a_file_that_is_named_has_to_be_there(tmp_path: Path):
    with pytest.raises(UsageError, match="cannot be read"):
        find_provider(str(tmp_path / "nowhere.toml"), tmp_path)


def test_where_people_sign_in_others_may_reach_the_server():
    check_place(Place("0.0.0.0", 0, provider=PROVIDER), unauthenticated=False)
    place = Place("0.0.0.0", 8501, provider=PROVIDER)

    assert "data.bank.example" in place.allowed()
    assert [str(PROVIDER.file)] == settings(place, browser=False)["secrets.files"]
    assert (
        [] == settings(Place(), browser=False)["secrets.files"]
    )  # those of the person's home mean other programs
    assert "{}" == settings(place, browser=False)["server.trustedUserHeaders"]
