"""PRV002: addresses whose content changes; what the family shares is in test_prv."""

from __future__ import annotations

import pytest

from governance.rules.prv002_unpinned_revision import RULE
from tests.builders import batch
from tests.rules.duplicates import run

FIRES = [
    ("hf://datasets/acme/qa", None),
    ("hf://datasets/acme/qa", "main"),
    ("hf://datasets/acme/qa@main", None),
    ("https://github.com/acme/data/blob/master/a.jsonl", None),
    ("https://data.example.cn/金融/latest/a.parquet", None),
    ("s3://bucket/exports/", "latest"),
    ("https://github.com/acme/data/blob/main/2024-01-01.jsonl", None),
]
"""(source, revision) of a row."""
NEAR_MISSES = [
    ("desk", None),
    ("annual reports", "main"),
    ("内部知识库", None),
    ("内部知识库", "latest"),
    ("hf://datasets/acme/qa@3f2a9c1", None),
    ("hf://datasets/acme/qa", "v1.2"),
    ("https://dumps.example.org/wiki/20240501/pages.xml", None),
    ("https://github.com/acme/data/blob/0d1a26e67d8f5eaf1f6ba5c57fc3c7d91ac0fd1c/a.jsonl", None),
    ("s3://commoncrawl/crawl-data/CC-MAIN-2024-10/", None),
    ("main", None),
]


@pytest.mark.parametrize(("source", "revision"), FIRES)
def test_addresses_that_move(source: str, revision: str | None) -> None:
    rows = batch("t", source=[source], revision=[revision])

    assert ["unpinned"] == run(RULE, rows).findings["kind"].to_pylist()


@pytest.mark.parametrize(("source", "revision"), NEAR_MISSES)
def test_addresses_that_stay_and_plain_names(source: str, revision: str | None) -> None:
    assert 0 == run(RULE, batch("t", source=[source], revision=[revision])).findings.num_rows
