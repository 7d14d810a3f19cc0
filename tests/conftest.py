"""Fixtures every test folder shares."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

# Two workers on two cores: with a thread for each core in every worker, training took eight times the CPU time.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# The machines that run the tests are shared; a slow moment says nothing about the code.
hypothesis.settings.register_profile("govern", deadline=None, print_blob=True)
hypothesis.settings.load_profile("govern")

REPOSITORY = Path(__file__).resolve().parent.parent


def pytest_configure(config: pytest.Config) -> None:
    """Several workers find the kernels compiled: each would compile them for itself, which takes 75 CPU seconds."""
    if not hasattr(config, "workerinput") and (config.getoption("numprocesses", 0) or 0) > 1:
        from tests.warming import warm

        warm()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets beside the checkout; the test is skipped where it is absent."""
    folder = REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"real data sets are not present at {folder}")
    return folder


@pytest.fixture(scope="session", autouse=True)
def new_lakes_are_copies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A lake that is made in this process is a copy of one that was made as always, which takes 0.4 CPU seconds.

    Hundreds of tests begin with an empty lake. The tests of lakes themselves make theirs (tests/lake/conftest.py).
    """
    from governance.lake import catalog, create

    template: list[Path] = []

    def copied(place: catalog.Folder, wait: float) -> None:
        if place.root.exists():  # and may hold what decides how a lake is made there, or whether
            create.create_folder(place, wait)
            return
        if not template:
            template.append(tmp_path_factory.mktemp("template") / "lake")
            create.create_folder(catalog.Folder(template[0]), wait)
        shutil.copytree(template[0], place.root)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalog, "create_folder", copied)
        yield
