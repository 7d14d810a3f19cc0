"""One audited demo a test run, and what tests read off a page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

ROWS = 600


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    """The folder as working folder."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@dataclass(frozen=True)
class Demo:
    """A folder with the demo's data and its audited lake."""

    folder: Path

    @property
    def lake(self) -> str:
        return str(self.folder / ".govern")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Demo:
    """The demo of 600 rows, audited once for all processes of the test run. Tests only read it."""
    shared = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        shared = shared.parent
    made = shared / "dashboard-demo"
    with locked(shared / "dashboard-demo.lock"):
        if not made.exists():
            building = shared / "dashboard-demo-building"
            building.mkdir()
            build(building)
            building.rename(made)
    return Demo(made)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    import fcntl

    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def build(folder: Path) -> None:
    """The demo's data, audited as `govern demo` does it."""
    from governance.audit import AuditRequest
    from governance.demo import write_demo
    from ui.cli.commands.audit import run_audit
    from ui.cli.session import Session

    with inside(folder):
        files = write_demo(Path("govern-demo"), 7, ROWS)
        session = Session(lake=".govern", isolated=True, quiet=1, no_progress=True)
        run_audit(
            session, AuditRequest((str(files.dataset),), evals=(str(files.suite),), command="govern demo")
        )


@pytest.fixture
def own_demo(demo: Demo, tmp_path: Path) -> Demo:
    """A copy of the demo that a test may write to."""
    folder = tmp_path / "own"
    shutil.copytree(demo.folder, folder)
    return Demo(folder)


@pytest.fixture(scope="session")
def curated(demo: Demo, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Demo:
    """The demo with two splits of it, made once for all processes of the test run. Tests only read it."""
    shared = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        shared = shared.parent
    made = shared / "dashboard-curated"
    with locked(shared / "dashboard-curated.lock"):
        if not made.exists():
            building = shared / "dashboard-curated-building"
            shutil.copytree(demo.folder, building)
            curate(building)
            building.rename(made)
    return Demo(made)


def curate(folder: Path) -> None:
    """Two versions of split `sft`: by the default policy, and with a tenth held out and near-duplicates kept."""
    from ui.cli.main import main

    data = "govern-demo/demo-finance.parquet"
    plain = ["curate", data, "--name", "sft", "--audit", "latest", "-q", "--isolated", "--lake", ".govern"]
    with inside(folder):
        assert 0 == main(plain)
        assert 0 == main([*plain, "--holdout", "0.1", "--keep", "DUP003"])
