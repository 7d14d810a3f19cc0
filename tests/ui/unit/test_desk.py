"""Who may do what, and where the server may listen."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from governance.config import load
from governance.errors import UsageError
from governance.settings import Dashboard
from tests.conftest import REPOSITORY
from ui.dashboard.catalogue import entries
from ui.dashboard.desk import Desk, Refused, Role
from ui.dashboard.guard import Guard, inline_hashes, policy
from ui.dashboard.roles import role_of
from ui.dashboard.server import Place, check_place, settings


@pytest.mark.parametrize(
    ("person", "role"),
    [("Ann", Role.APPROVER), ("ann ", Role.APPROVER), ("ben", Role.REVIEWER), ("eve", Role.VIEWER)],
)
def test_the_lists_of_the_configuration_say_who_may_what(person: str, role: Role):
    lists = Dashboard(role="viewer", reviewers=("ben",), approvers=("ann",))

    assert role == role_of(person, lists)


def test_without_lists_whoever_is_at_the_machine_may_what_the_command_line_lets_them():
    assert Role.APPROVER == role_of("anybody", Dashboard())


def test_the_lists_stand_in_the_file(tmp_path: Any):
    (tmp_path / "govern.toml").write_text('[ui]\nrole = "viewer"\napprovers = ["ann"]\n')

    assert Dashboard(role="viewer", approvers=("ann",)) == load(tmp_path).settings.ui


@pytest.mark.parametrize(
    ("desk", "needed"),
    [
        (Desk(person="eve", role=Role.VIEWER), Role.REVIEWER),
        (Desk(person="ben", role=Role.REVIEWER), Role.APPROVER),
        (Desk(person="ann", role=Role.APPROVER, read_only=True), Role.REVIEWER),
        (Desk(person="", role=Role.APPROVER), Role.REVIEWER),
    ],
)
def test_refuses_on_the_server(desk: Desk, needed: Role):
    assert not desk.may(needed)
    with pytest.raises(Refused):
        desk.check(needed, "approve")


def test_each_role_may_what_the_ones_before_it_may():
    desk = Desk(person="ann", role=Role.APPROVER)
    for needed in Role:
        desk.check(needed, "anything")


@pytest.mark.parametrize("address", ["0.0.0.0", "192.168.1.7", "::", "example.org"])
def test_other_addresses_need_a_flag(address: str):
    with pytest.raises(UsageError, match="can be reached by others"):
        check_place(Place(address, 8501), unauthenticated=False)


def test_a_port_in_use_is_said_before_anything_starts():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UsageError, match="cannot be used"):
            check_place(Place(port=taken.getsockname()[1]), unauthenticated=False)


def test_the_server_tells_nobody_and_listens_here_only():
    found = settings(Place(), browser=False)

    assert found["logger.enableRich"] is False  # with it, errors go to standard output
    assert found["browser.gatherUsageStats"] is False
    assert found["server.address"] == "127.0.0.1"
    assert found["server.allowedHosts"] == ["127.0.0.1", "localhost", "::1"]
    assert found["server.enableAgentApi"] is False


def test_the_policy_lets_nothing_in_from_elsewhere():
    parts = dict(p.split(" ", 1) for p in policy(inline_hashes()).split("; "))

    assert "'none'" == parts["frame-ancestors"]
    assert "'self' data: blob:" == parts["img-src"]
    assert "'unsafe-inline'" not in parts["script-src"]
    assert "http" not in " ".join(parts.values())


@pytest.mark.parametrize(
    ("host", "status"),
    [("127.0.0.1:1", 200), ("localhost", 200), ("[::1]:8501", 200), ("evil.example", 400), ("", 400)],
)
def test_answers_under_its_own_names_only(host: str, status: int):
    sent: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-frame", b"1")]})

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "headers": [(b"host", host.encode())]}
    guarded = Guard(app, Place().allowed(), "default-src 'self'")(scope, None, send)  # type: ignore[arg-type]
    with ThreadPoolExecutor(1) as fresh:  # a browser of an earlier test leaves a loop running in this thread
        fresh.submit(asyncio.run, guarded).result()

    assert status == sent[0]["status"]
    assert status == 400 or (b"content-security-policy", b"default-src 'self'") in sent[0]["headers"]


def test_only_the_first_page_has_no_path_of_its_own():
    """Streamlit answers "page not found" at the default page's own path."""
    assert ["Overview"] == [e.page.title for e in entries() if not e.page.path]
    assert len(entries()) == len({e.page.path for e in entries()})


def test_the_command_line_does_not_load_streamlit():
    code = (
        "import sys; from ui.cli.main import main; main(['--help']); main(['ui', '--help']);"
        "print([m for m in sys.modules if m.startswith(('streamlit', 'ui.dashboard'))], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True)

    assert "[]" == done.stderr.strip()


def test_no_name_of_the_standard_library_stands_beside_the_script():
    names = {p.stem for p in (REPOSITORY / "ui" / "dashboard").iterdir()} | {
        p.stem for p in (REPOSITORY / "ui").iterdir()
    }

    assert set() == names & set(sys.stdlib_module_names) - {"__init__"}
