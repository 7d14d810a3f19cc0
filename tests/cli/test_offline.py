"""`--offline` reaches everything that could ask the network."""

from __future__ import annotations

import os

import duckdb
import pytest

from governance.errors import LakeError
from governance.lake import extensions
from tests.cli.conftest import Run
from ui.cli.globals import OFFLINE


class Refusing:
    """A connection that refuses every statement and remembers it."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def execute(self, statement: str) -> None:
        self.asked.append(statement)
        raise duckdb.IOException("refused")


@pytest.fixture
def remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a test sets is undone after it."""
    for name in OFFLINE:
        monkeypatch.setenv(name, "")


@pytest.mark.usefixtures("remembered")
@pytest.mark.parametrize("arguments", [("--offline", "config", "check"), ("config", "check", "--offline")])
def test_libraries_are_told(run: Run, arguments: tuple[str, ...]) -> None:
    assert run(*arguments).code == 0

    assert {name: os.environ[name] for name in OFFLINE} == OFFLINE


@pytest.mark.parametrize(("offline", "installs"), [("", 1), ("1", 0)])
def test_duckdb_installs_nothing(monkeypatch: pytest.MonkeyPatch, offline: str, installs: int) -> None:
    monkeypatch.setenv("GOVERN_OFFLINE", offline)
    db = Refusing()

    with pytest.raises(LakeError, match="cannot be loaded"):
        extensions.load(db, "ducklake")  # type: ignore[arg-type]

    assert sum(statement.startswith("INSTALL") for statement in db.asked) == installs
