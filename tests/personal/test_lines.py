"""Precision and recall by kind, over the labelled lines."""

from __future__ import annotations

from collections import Counter

import pytest

from governance.detectors.personal.find import PLACEHOLDERS, find_personal, placeholders
from tests.personal.lines import Line, labelled

LINES = labelled()
STRICT = ("email", "phone", "resident-id", "hong-kong-id", "us-ssn", "card")
HAN = range(0x4E00, 0xA000)


def found(line: Line) -> list[tuple[str, str]]:
    return [(s.kind, line.text[s.start : s.end]) for s in find_personal(line.text) if not s.public]


def test_there_are_enough_lines_in_both_languages():
    chinese = sum(any(ord(c) in HAN for c in line.text) for line in LINES)

    assert len(LINES) >= 300
    assert 0.4 < chinese / len(LINES) < 0.6


def test_precision_and_recall_by_kind(capsys: pytest.CaptureFixture[str]):
    right, wrong, missed = Counter(), Counter(), Counter()
    for line in LINES:
        named, wanted = Counter(found(line)), Counter(line.marks)
        right.update(kind for kind, _ in (named & wanted).elements())
        wrong.update(kind for kind, _ in (named - wanted).elements())
        missed.update(kind for kind, _ in (wanted - named).elements())
    table = {
        kind: (
            right[kind] / max(1, right[kind] + wrong[kind]),
            right[kind] / max(1, right[kind] + missed[kind]),
        )
        for kind in sorted(right | wrong | missed)
    }
    with capsys.disabled():
        print(f"\n{len(LINES)} lines\n{'kind':14} {'marks':>5} {'precision':>9} {'recall':>6}")
        for kind, (precision, recall) in table.items():
            print(f"{kind:14} {right[kind] + missed[kind]:5} {precision:9.3f} {recall:6.3f}")

    assert [] == [kind for kind in STRICT if min(table[kind]) < 0.95]
    assert [] == [kind for kind, (precision, recall) in table.items() if min(precision, recall) < 0.85]
    assert {kind for kind, _ in (mark for line in LINES for mark in line.marks)} <= PLACEHOLDERS.keys()


def test_what_is_named_is_gone_once_replaced():
    left = [
        line.text
        for line in LINES
        for kind, words in found(line)
        if words in placeholders(line.text) and kind != "x"
    ]

    assert [] == left
