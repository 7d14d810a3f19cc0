"""GOV004: what was asked for and could not run, through real audits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from governance.audit import AuditRequest, audit
from governance.lake import Lake, open_lake
from tests.embedding.models import needs_model


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    with open_lake(str(tmp_path_factory.mktemp("lake"))) as opened:
        yield opened


def not_run(lake: Lake, folder: Path, **request: Any) -> list[str]:
    """What GOV004 says in an audit of two rows, each message up to its reason."""
    data = folder / "rows.jsonl"
    data.write_text('{"text": "a bond is a loan"}\n{"text": "债券是借款"}\n', encoding="utf-8")
    found = audit(AuditRequest((str(data),), **request), lake).findings.to_pylist()
    return [f["message"].partition(" could")[0] for f in found if f["rule"] == "GOV004"]


ITEMS = ["CON001", "CON002", "CON003", "CON004", "CON005"]
"""Rules that need evaluation items, of which these audits have none."""
FIRES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "a rule without its items": ({"select": ("CON001", "GOV004")}, ["CON001"]),
    "a rule by its name": ({"select": ("eval-ngram-overlap", "GOV004")}, ["CON002"]),
    "a family": ({"select": ("CON", "GOV004")}, ITEMS),
    "one more than the usual": ({"extend_select": ("CON003",)}, ["CON003"]),
    "one among others that run": ({"select": ("DUP001", "CON004", "GOV004")}, ["CON004"]),
    "all but one of a family": ({"select": ("CON", "GOV004"), "ignore": ("CON002",)}, ITEMS[:1] + ITEMS[2:]),
}
NEAR_MISSES: dict[str, dict[str, Any]] = {
    "nothing was asked for": {},
    "rules that run": {"select": ("DUP", "INP", "GOV004")},
    "asked for and taken back": {"select": ("CON001", "DUP001", "GOV004"), "ignore": ("CON001",)},
    "nothing to compare with": {"select": ("DRF", "GOV004")},
    "on by default without its items": {"extend_select": ("DUP004",), "ignore": ("DUP004",)},
    "GOV004 alone": {"select": ("GOV004",)},
}


@pytest.mark.parametrize(("request_", "named"), FIRES.values(), ids=FIRES)
def test_what_was_asked_for_and_did_not_run_is_named(
    request_: dict[str, Any], named: list[str], lake: Lake, tmp_path: Path
) -> None:
    assert named == sorted(not_run(lake, tmp_path, **request_))


@pytest.mark.parametrize("request_", NEAR_MISSES.values(), ids=NEAR_MISSES)
def test_what_ran_or_was_not_asked_for_is_not(request_: dict[str, Any], lake: Lake, tmp_path: Path) -> None:
    assert [] == not_run(lake, tmp_path, **request_)


@needs_model
def test_a_model_that_is_not_there(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    found = not_run(lake, tmp_path, select=("DUP004", "GOV004"), embedder="no/such-model")

    assert ["DUP004"] == found
