"""Fixtures of the report tests."""

from __future__ import annotations

import pytest

from governance.reports import pages


@pytest.fixture
def fixed_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of rules that do not change when a rule's own page is edited."""
    monkeypatch.setattr(pages, "page_of", lambda rule: f"## What it does\n\nThe page of {rule}.")
