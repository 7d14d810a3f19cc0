"""A PostgreSQL server for tests: Debian's binaries, its own data folder, a free loopback port, not root."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

BINARIES = Path("/usr/lib/postgresql")
USERS = ("postgres", "nobody")


@dataclass(frozen=True)
class Server:
    """A running server that trusts user `lake`."""

    port: int
    binaries: Path

    def location(self, schema: str, data: Path, database: str = "postgres") -> str:
        """The address of a lake in that schema."""
        place = f"postgresql://lake@127.0.0.1:{self.port}/{quote(database)}"
        return f"{place}?data_path={quote(str(data))}&schema={quote(schema)}"

    def create(self, database: str, template: str = "template1") -> None:
        """A database that holds what the template holds."""
        self._run("createdb", "-T", template, database)

    def do(self, database: str, sql: str) -> None:
        """A statement has run in the database."""
        self._run("psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", sql)

    def _run(self, program: str, *words: str) -> None:
        reached = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "lake"]
        subprocess.run([self.binaries / program, *reached, *words], check=True, capture_output=True)


@contextmanager
def start_server() -> Iterator[Server]:
    """A server that lives as long as the context."""
    found = sorted(BINARIES.glob("*/bin/initdb"), key=lambda p: float(p.parts[-3]))
    if not found:
        pytest.skip(f"PostgreSQL's server is not installed under {BINARIES}")
    binaries, port = found[-1].parent, free_port()
    root = Path(tempfile.mkdtemp(prefix="govern-pg-"))
    try:
        as_user = _unprivileged(root)
        run = lambda *words: subprocess.run([*as_user, *map(str, words)], check=True, capture_output=True)  # noqa: E731
        run(
            binaries / "initdb",
            "-D",
            root / "db",
            "-U",
            "lake",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "-N",
        )
        settings = f"-p {port} -c listen_addresses=127.0.0.1 -k {root} -c fsync=off -c max_connections=60"
        subprocess.run(
            [
                *as_user,
                binaries / "pg_ctl",
                "-D",
                root / "db",
                "-w",
                "-l",
                root / "log",
                "-o",
                settings,
                "start",
            ],
            check=True,
            stdout=subprocess.DEVNULL,  # the server would keep a pipe open
            stderr=subprocess.DEVNULL,
        )
        try:
            yield Server(port, binaries)
        finally:
            run(binaries / "pg_ctl", "-D", root / "db", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(root, ignore_errors=True)


def free_port() -> int:
    """A port of loopback nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _unprivileged(root: Path) -> list[str]:
    """The words before a command that run it as somebody PostgreSQL accepts; it refuses root."""
    if os.getuid() != 0:
        return []
    for name in USERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        os.chown(root, entry.pw_uid, entry.pw_gid)
        return ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups"]
    pytest.skip("PostgreSQL refuses to run as root, and there is no other user here")
