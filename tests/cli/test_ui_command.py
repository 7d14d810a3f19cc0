"""`govern ui`: for whom the dashboard is, before anything is served."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from ui.dashboard import desk as desks
from ui.dashboard.desk import Role


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Where the server would have listened."""
    places: list[Any] = []
    before = desks.desk()
    monkeypatch.setattr("ui.dashboard.server.serve", lambda place, **_: places.append(place))
    yield places
    desks.sit_at(before)


def free() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def test_serves_whoever_is_at_this_machine(
    run: Run, folder: Path, served: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOVERN_USER", "ann")
    (folder / "govern.toml").write_text('[ui]\nrole = "viewer"\nreviewers = ["Ann"]\n')
    ended = run("ui", "--no-browser", "--port", free(), "--read-only")

    assert 0 == ended.code, ended.err
    assert served[0].loopback
    assert ("ann", Role.REVIEWER, True) == (desks.desk().person, desks.desk().role, desks.desk().read_only)
    assert folder / "waivers.toml" == desks.desk().waivers


def test_other_addresses_are_refused(run: Run, folder: Path, served: list[Any]) -> None:
    ended = run("ui", "--host", "0.0.0.0", "--port", free())

    assert 2 == ended.code
    assert "--unsafe-allow-unauthenticated" in ended.err
    assert [] == served


def test_where_nobody_is_known_nobody_decides(run: Run, folder: Path, served: list[Any]) -> None:
    (folder / "govern.toml").write_text('[ui]\nrole = "approver"\n')
    ended = run("ui", "--host", "0.0.0.0", "--port", free(), "--unsafe-allow-unauthenticated")

    assert 0 == ended.code, ended.err
    assert ("", Role.VIEWER) == (desks.desk().person, desks.desk().role)
    assert not desks.desk().may(Role.REVIEWER)


def test_a_misspelt_role_is_found_before_anything_is_served(
    run: Run, folder: Path, served: list[Any]
) -> None:
    (folder / "govern.toml").write_text('[ui]\naprovers = ["ann"]\n')
    ended = run("ui", "--port", free())

    assert 2 == ended.code
    assert "approvers" in ended.err
    assert [] == served
