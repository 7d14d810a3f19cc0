"""Fixtures every test folder shares."""

from __future__ import annotations

from pathlib import Path

import hypothesis
import pytest

# The machines that run the tests are shared; a slow moment says nothing about the code.
hypothesis.settings.register_profile("govern", deadline=None, print_blob=True)
hypothesis.settings.load_profile("govern")

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets beside the checkout; the test is skipped where it is absent."""
    folder = REPOSITORY.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"real data sets are not present at {folder}")
    return folder
