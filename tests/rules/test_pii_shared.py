"""Real laws and financial conversations hold no ids, cards or keys, and hardly anything that looks like them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from governance.detectors.personal.find import find_personal
from governance.detectors.personal.spans import POSSIBLE
from governance.redaction import redact_credentials

pytestmark = pytest.mark.shared


def texts_of(folder: Path) -> list[str]:
    """Every paragraph and every string of the files of a folder."""
    texts = [line for path in sorted(folder.glob("*.md")) for line in path.read_text("utf-8").splitlines()]
    for path in sorted(folder.glob("*.json")):
        texts += strings(json.loads(path.read_text("utf-8")))
    return texts


def strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for part in parts for text in strings(part)]


@pytest.mark.parametrize("name", ["laws", "disc-finllm"])
def test_statutes_and_financial_conversations_hold_no_ids_cards_or_keys(shared_data: Path, name: str) -> None:
    texts = texts_of(shared_data / name)
    found = [span.kind for text in texts for span in find_personal(text, confidence=POSSIBLE)]

    assert len(texts) > 400
    assert [] == found
    assert [] == [text for text in texts if redact_credentials(text) != text]
