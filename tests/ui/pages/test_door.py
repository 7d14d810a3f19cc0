"""Where people sign in, a page without a sign-in shows the door and nothing of the lake."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from governance.settings import Dashboard
from tests.ui.conftest import Demo
from tests.ui.pages.conftest import APP, Seen
from ui.dashboard import sign_in
from ui.dashboard.catalogue import entries
from ui.dashboard.desk import Desk
from ui.dashboard.sign_in import Provider, SignIn


@pytest.fixture
def arrive(
    at_desk: Callable[[Desk], None], demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Seen]:
    """Opens a page with what a provider said."""

    def open_page(file: Path, **claims: Any) -> Seen:
        lists = Dashboard(viewers=("ann@bank.example",))
        door = SignIn(Provider(Path("secrets.toml"), "localhost"), lists)
        at_desk(Desk(demo.lake, sign_in=door, admitted=False))
        monkeypatch.setattr(sign_in, "claims", lambda: claims)
        app = AppTest.from_file(str(APP), default_timeout=60)
        app.switch_page(str(file.relative_to(APP.parent)))
        app.run()
        assert [] == [e.value for e in app.exception]
        return Seen(app)

    return open_page


@pytest.mark.parametrize("file", [e.file for e in entries()], ids=lambda f: f.stem)
def test_every_page_is_behind_the_door(arrive: Callable[..., Seen], file: Path):
    seen = arrive(file)

    assert ["Sign in"] == seen.buttons
    assert "demo" not in seen.text
    assert [] == seen.links("/")


def test_people_in_no_list_are_told_so(arrive: Callable[..., Seen]):
    seen = arrive(entries()[0].file, is_logged_in=True, iat=time.time(), sub="<b>9</b>")

    assert ["Sign out"] == seen.buttons
    assert "You are not let in" in seen.text
    assert "<b>9</b>" in seen.text
    assert "<b>9</b>" not in seen.markup
    assert [] == seen.links("/")


def test_people_in_a_list_come_in_and_can_leave(arrive: Callable[..., Seen]):
    known = {"email": "ann@bank.example", "email_verified": True, "sub": "9"}
    seen = arrive(entries()[0].file, is_logged_in=True, iat=time.time(), **known)

    assert ["Sign out"] == seen.buttons
    assert "ann@bank.example" in seen.text
    assert "demo-finance" in seen.text
