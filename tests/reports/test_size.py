"""Reports of any size: bounded where people read them, streamed where programs do."""

from __future__ import annotations

import io
import json
import time
import tracemalloc
from dataclasses import replace

import pytest

from governance.report import AuditReport
from governance.reports import RenderOptions, evidence, render
from governance.reports.as_markdown import MOST_CHARACTERS
from tests.reports.builders import FINANCE, SUITE, Ev, Fi, many, outcomes, rendered, report_of
from tests.reports.test_hostile import hostile_report

MB = 1_000_000
NASTY = "\u202e" * 3_400_000  # 10 MB of what takes eight characters each to show


def crowded() -> AuditReport:
    """Everything a report lists, in numbers no reader asked for, each as long as its text can get."""
    wide = "\u200b" * 5000
    found = [
        Fi("DUP003", wide, [Ev(i, wide[:400], peer=f"item:{wide}", peer_text=wide) for i in range(6)])
        for _ in range(60)
    ]
    report = report_of(found)
    data = [
        replace(FINANCE, name=f"{wide}{i}", uri=wide, notes=(wide,) * 8, columns={wide: wide})
        for i in range(70)
    ]
    suites = [replace(SUITE, name=f"{wide}{i}", unsearchable=(wide,) * 1000) for i in range(70)]
    rules = [
        replace(r, summary=wide, reason=wide, options={wide: wide}, stats={wide: [wide] * 50})
        for r in outcomes(found)
    ]
    return replace(
        report, datasets=tuple(data), suites=tuple(suites), rules=tuple(rules), config={wide: wide}
    )


@pytest.mark.parametrize("name", ["hostile", "crowded", "long excerpts"])
def test_a_page_stays_under_five_megabytes(name: str):
    reports = {
        "hostile": hostile_report,
        "crowded": crowded,
        "long excerpts": lambda: many(3, excerpt=NASTY),
    }

    size = len(rendered(reports[name](), "html", limit=10_000).encode())

    assert size < 5 * MB


@pytest.mark.slow
def test_a_page_of_a_million_findings_stays_under_five_megabytes():
    report = many(1_000_000)
    start = time.monotonic()

    page = rendered(report, "html", limit=100_000)

    size, seconds = len(page.encode()), time.monotonic() - start
    assert size < 5 * MB
    assert page.find("more findings not shown here") > 0
    assert seconds < 120


def test_a_comment_fits_what_github_takes():
    for report in (crowded(), many(1000), hostile_report()):
        size = len(rendered(report, "markdown", limit=1000))
        assert size < MOST_CHARACTERS + 1000 < 65_536


def test_github_gets_ten_commands_a_level_and_the_count_of_the_rest():
    lines = rendered(many(500), "github").splitlines()

    assert 10 == sum(line.startswith("::warning") for line in lines)
    assert "490 more findings not shown here" in lines[-1]


def test_sarif_is_cut_at_what_code_scanning_takes_and_says_so():
    run = json.loads(rendered(many(26_000), "sarif"))["runs"][0]

    said = run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]
    assert (25_000, "The first 25,000 of 26,000 findings are listed, worst first.") == (
        len(run["results"]),
        said,
    )


class Sink(io.TextIOBase):
    """A stream that counts and forgets."""

    def __init__(self) -> None:
        self.size = 0

    def write(self, text: str) -> int:
        self.size += len(text)
        return len(text)


@pytest.mark.parametrize("fmt", ["json", "csv"])
def test_memory_does_not_grow_with_the_findings(fmt: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(evidence, "BATCH", 256)

    def peak(findings: int) -> int:
        report, sink = many(findings), Sink()
        tracemalloc.start()
        render(report, fmt, RenderOptions(), sink)
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    peak(10)  # what is loaded on first use does not count
    assert peak(4000) < 1.5 * peak(1000)
