"""A real audit of personal data: whatever the format, no raw value leaves it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest

from governance.audit import AuditRequest, audit
from governance.detectors.personal.find import find_personal
from governance.lake import open_lake
from governance.report import AuditReport, Verdict
from governance.reports import FORMATS, RenderOptions, render
from tests.personal.lines import MISSES, Line, labelled

PADDING = "前面的话说得很长，" * 12
LINES = labelled(11)
FOUND = {line.text[s.start : s.end] for line in LINES for s in find_personal(line.text) if not s.public}
NAMED = sorted(words for words in FOUND if words not in "\n".join(MISSES))


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AuditReport]:
    """The labelled lines as rows; every other one stands twice, deep in a long turn, beside its neighbour's."""
    folder = tmp_path_factory.mktemp("pii")
    rows = [_row(LINES[i - 1], line) if i % 2 else [line.text] for i, line in enumerate(LINES)]
    (folder / "rows.jsonl").write_text("".join(json.dumps(_chat(row)) + "\n" for row in rows), "utf-8")
    with open_lake(str(folder / "lake")) as lake:
        yield audit(AuditRequest((str(folder / "rows.jsonl"),), name="personal"), lake)


def _row(before: Line, line: Line) -> list[str]:
    return [f"{PADDING}{before.text} {line.text}{PADDING}", line.text + PADDING]


def _chat(turns: list[str]) -> dict[str, object]:
    roles = ("user", "assistant")
    return {
        "messages": [
            {"role": role, "content": text} for role, text in zip(roles, [*turns, "好"], strict=False)
        ]
    }


def shown(report: AuditReport, form: str, **options: bool) -> str:
    out = io.StringIO()
    render(report, form, RenderOptions(limit=None, **options), out)
    return out.getvalue()


def test_ids_and_cards_fail_the_gate(report: AuditReport) -> None:
    found = {o.id: o.findings for o in report.rules if o.id.startswith("PII")}

    assert Verdict.FAIL is report.verdict
    assert {f"PII00{i}" for i in range(1, 7)} == {code for code, findings in found.items() if findings}


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_no_raw_value_is_in_any_format(report: AuditReport, form: str) -> None:
    text = shown(report, form)

    assert [] == [words for words in NAMED if words in text]


def test_raw_values_are_shown_where_they_are_asked_for(report: AuditReport) -> None:
    text = shown(report, "json", show_sensitive=True)

    assert [] == [
        words for line in LINES[:20] for kind, words in line.marks if kind == "email" and words not in text
    ]
