"""One audited demo a test run, and what tests read off a page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
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


Once = Callable[[str, Callable[[Path], None]], Path]


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Once:
    """Makes a folder of a name once for all processes of the test run. Tests only read it."""
    shared = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        shared = shared.parent

    def folder(name: str, make: Callable[[Path], None]) -> Path:
        made, building = shared / f"dashboard-{name}", shared / f"dashboard-{name}-building"
        with locked(shared / f"dashboard-{name}.lock"):
            if not made.exists():
                building.mkdir()
                make(building)
                building.rename(made)
        return made

    return folder


@pytest.fixture(scope="session")
def demo(once: Once) -> Demo:
    """The demo of 600 rows, audited."""
    return Demo(once("demo", build))


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
def curated(demo: Demo, once: Once) -> Demo:
    """The demo with two splits of it."""

    def make(folder: Path) -> None:
        shutil.copytree(demo.folder, folder, dirs_exist_ok=True)
        curate(folder)

    return Demo(once("curated", make))


def curate(folder: Path) -> None:
    """Two versions of split `sft`: by the default policy, and with a tenth held out and near-duplicates kept."""
    from ui.cli.main import main

    data = "govern-demo/demo-finance.parquet"
    plain = ["curate", data, "--name", "sft", "--audit", "latest", "-q", "--isolated", "--lake", ".govern"]
    with inside(folder):
        assert 0 == main(plain)
        assert 0 == main([*plain, "--holdout", "0.1", "--keep", "DUP003"])
