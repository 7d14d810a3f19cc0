"""`govern ui`: for whom the dashboard is, before anything is served."""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import COMMAND, Run, clean_rows, environment, write_rows
from tests.ui.serving import wait_for
from tests.ui.unit.test_sign_in import auth
from ui.cli.commands.demo import is_there
from ui.cli.session import Session
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


def test_the_demo_that_is_there_is_opened_and_not_made_again(
    run: Run, folder: Path, served: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []
    monkeypatch.setattr("ui.cli.commands.demo._everything", lambda session, where, *_: made.append(where))
    monkeypatch.setenv("GOVERN_USER", "ann")
    first = run("demo", "--ui", "--no-browser", "--port", free())

    assert (0, [Path("govern-demo")], 1) == (first.code, made, len(served))
    (folder / "govern-demo").mkdir()
    write_rows(folder / "rows.jsonl", clean_rows())
    (folder / "rows.jsonl").rename(folder / "govern-demo" / "demo-finance.parquet")
    assert not is_there(Session(), folder / "govern-demo")  # its files alone are not enough
    write_rows(folder / "demo-finance.jsonl", clean_rows())
    assert 0 == run("audit", "demo-finance.jsonl", "-q").code
    again = run("demo", "--ui", "--no-browser", "--port", free())

    assert (0, [Path("govern-demo")], 2) == (again.code, made, len(served))
    assert "already" in again.err
    assert all(place.loopback for place in served)
    assert "ann" == desks.desk().person


def test_a_taken_port_is_found_before_the_demo_is_made(run: Run, folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ended = run("demo", "--ui", "--port", str(taken.getsockname()[1]))

    assert 2 == ended.code
    assert "--port" in ended.err
    assert not (folder / "govern-demo").exists()


@pytest.mark.slow
def test_ctrl_c_is_how_a_dashboard_ends(folder: Path) -> None:
    port = free()
    process = subprocess.Popen(
        [*COMMAND, "ui", "--no-browser", "--port", port], stderr=subprocess.PIPE, text=True, env=environment()
    )
    wait_for(f"http://127.0.0.1:{port}/healthz", process)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)

    assert 0 == process.returncode, said
    assert "the dashboard has ended" in said
    assert "Traceback" not in said


def test_where_people_sign_in_nobody_is_taken_for_who_started_it(
    run: Run, folder: Path, served: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOVERN_USER", "ann")
    said = auth(redirect_uri="http://127.0.0.1:8501/oauth2callback")
    (folder / "auth.toml").write_text(said)
    ended = run("ui", "--host", "0.0.0.0", "--port", free(), "--auth", "auth.toml")

    assert 0 == ended.code, ended.err
    assert folder / "auth.toml" == served[0].provider.file
    assert "0" * 32 not in ended.err
    here = desks._current
    assert ("", False) == (here.person, here.admitted)
    assert here.sign_in is not None


def test_a_provider_that_is_not_told_of_whole_is_an_error_of_the_file(
    run: Run, folder: Path, served: list[Any]
) -> None:
    (folder / "auth.toml").write_text("[auth]\nclient_id = 'x'\n")
    ended = run("ui", "--port", free(), "--auth", "auth.toml")

    assert 2 == ended.code
    assert "cookie_secret" in ended.err
    assert [] == served
