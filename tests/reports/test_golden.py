"""Each format, byte for byte, of one rich report.

After a wanted change: `GOVERN_UPDATE_GOLDEN=1 pytest tests/reports/test_golden.py`, then read the diff.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from governance.baseline import apply, load_baseline
from governance.reports import FORMATS
from tests.reports.builders import clean_report, found_by_rules, rendered, report_of, rich_report

GOLDEN = Path(__file__).parent / "golden"
SUFFIXES = {
    "text": "txt", "concise": "concise.txt", "json": "json", "jsonl": "jsonl", "sarif": "sarif", "junit": "xml",
    "markdown": "md", "html": "html", "github": "github.txt", "csv": "csv",
}  # fmt: skip


def compare(name: str, actual: str) -> None:
    path = GOLDEN / name
    if os.environ.get("GOVERN_UPDATE_GOLDEN"):
        path.write_text(actual, encoding="utf-8", newline="\n")
    assert path.read_text(encoding="utf-8") == actual


def test_every_format_has_a_golden_file():
    assert set(FORMATS) == set(SUFFIXES)


@pytest.mark.usefixtures("fixed_pages")
@pytest.mark.parametrize("fmt", FORMATS)
def test_a_rich_report(fmt: str):
    compare(f"rich.{SUFFIXES[fmt]}", rendered(rich_report(), fmt))


@pytest.mark.parametrize("fmt", ["text", "markdown", "concise", "junit"])
def test_an_audit_that_found_nothing(fmt: str):
    compare(f"clean.{SUFFIXES[fmt]}", rendered(clean_report(), fmt))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("color.txt", {"color": True, "limit": 1}),
        ("narrow.txt", {"width": 48, "limit": 1}),
        ("statistics.txt", {"statistics": True}),
    ],
)
def test_the_text_report_in_other_dress(name: str, options: dict[str, Any]):
    compare(name, rendered(rich_report(), "text", **options))


@pytest.mark.parametrize("fmt", ["text", "markdown"])
def test_a_report_against_a_baseline(fmt: str, tmp_path: Path):
    before = tmp_path / "earlier.json"
    before.write_text(rendered(report_of(found_by_rules()[2:]), "json"), encoding="utf-8")
    report = rich_report()

    comparison = apply(report, load_baseline(before))[1]

    compare(f"baseline.{SUFFIXES[fmt]}", rendered(report, fmt, comparison=comparison, limit=1))
