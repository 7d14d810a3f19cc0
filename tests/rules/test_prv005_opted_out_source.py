"""PRV005: sources that must not be used; what the family shares is in test_prv."""

from __future__ import annotations

import pytest

from governance.rules.prv005_opted_out_source import RULE
from tests.builders import batch
from tests.rules.duplicates import run

LIST = {"sources": "News.example.com, archive/, 内部论坛"}
FIRES = [
    "news.example.com",
    "https://news.example.com/2024/1",
    "https://m.news.example.com:8080/x",
    "archive/2019",
    "archive",
    "内部论坛",
    "内部论坛/2024",
]
NEAR_MISSES = [
    "https://example.com/news.example.com",
    "https://fakenews.example.com.cn/",
    "https://notnews.example.com/",
    "archives",
    "desk",
    "论坛",
    "内部论坛归档",
    None,
]


@pytest.mark.parametrize("source", FIRES)
def test_sources_on_the_list(source: str) -> None:
    assert 1 == run(RULE, batch("t", source=[source]), options=LIST).findings.num_rows


@pytest.mark.parametrize("source", NEAR_MISSES)
def test_sources_that_only_look_like_them(source: str | None) -> None:
    assert 0 == run(RULE, batch("t", source=[source]), options=LIST).findings.num_rows
