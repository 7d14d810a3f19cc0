"""Lakes to test on: a folder, and a schema of a real PostgreSQL server."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from governance.lake import Lake, catalog, open_lake
from governance.lake.create import create_folder
from tests.lake.server import Server, start_server

_schemas = itertools.count()
TEMPLATE, SCHEMA = "template of lakes", "a lake"


@pytest.fixture(autouse=True)
def new_lakes_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """How a lake is made is tested here."""
    monkeypatch.setattr(catalog, "create_folder", create_folder)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A PostgreSQL of our own on a free loopback port; skipped with a reason where there is none."""
    with start_server() as running:
        yield running


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a lake that does not exist yet, once for each kind of catalog."""
    if request.param == "sqlite":
        return str(tmp_path / "lake")
    if "lake" in request.fixturenames:
        return _copied(request.getfixturevalue("empty_database"), tmp_path / "files")
    running: Server = request.getfixturevalue("server")
    return running.location(f"lake {next(_schemas)}", tmp_path / "files")


def _copied(template: Template, data: Path) -> str:
    """The address of a copy of an empty lake: making one costs a second of CPU, here and in the server."""
    name = f"copy {next(_schemas)}"
    template.server.create(name, TEMPLATE)
    moved = f"UPDATE \"{SCHEMA}\".ducklake_metadata SET value = '{data}/' WHERE key = 'data_path'"
    template.server.do(name, moved)
    shutil.copytree(template.data, data)
    return template.server.location(SCHEMA, data, name)


@dataclass(frozen=True)
class Template:
    """A database with an empty lake, and the folder of its files."""

    server: Server
    data: Path


@pytest.fixture(scope="session")
def empty_database(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Template:
    """What copies of a lake in PostgreSQL are made of."""
    data = tmp_path_factory.mktemp("template") / "files"
    server.create(TEMPLATE)
    open_lake(server.location(SCHEMA, data, TEMPLATE)).close()
    return Template(server, data)


@pytest.fixture(scope="session")
def empty_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a new lake, to be copied: making one costs a second of CPU."""
    folder = tmp_path_factory.mktemp("template") / "lake"
    open_lake(str(folder)).close()
    return folder


@pytest.fixture
def lake(location: str, empty_lake: Path) -> Iterator[Lake]:
    """An open, empty lake."""
    if "://" not in location:
        shutil.copytree(empty_lake, location)
    with open_lake(location) as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a folder lake may be made."""
    return tmp_path / "lake"
