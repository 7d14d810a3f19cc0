"""Fixtures of the tests of training."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from governance.lake import Lake, open_lake
from tests.conftest import REPOSITORY


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """An open lake that the tests of a file share."""
    with open_lake(str(tmp_path_factory.mktemp("lake") / "lake"), create=True) as opened:
        yield opened


@pytest.fixture(scope="session")
def shared_models() -> Path:
    """The folder of small pretrained models beside the checkout; the test is skipped where it is absent."""
    folder = REPOSITORY.parent / "shared" / "models"
    if not folder.is_dir():
        pytest.skip(f"small models are not present at {folder}")
    return folder


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Sums in one order, and no waiting for other tests' threads: numbers repeat to the last bit."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
