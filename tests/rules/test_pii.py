"""What all rules about personal data have in common."""

from __future__ import annotations

import random

import pytest

from governance.detectors.personal.find import find_personal
from governance.detectors.personal.spans import Search
from governance.detectors.personal.turns import personal_turns
from governance.rules import pii001_email_address as pii001
from governance.rules import pii002_phone_number as pii002
from governance.rules import pii003_national_id as pii003
from governance.rules.base import Rule
from tests.builders import batch
from tests.personal.lines import labelled
from tests.rules.duplicates import run
from tests.rules.personal import found, result_of

TEXTS = [line.text for line in labelled(3)]
ONE = "张三，13812345678，zhang@qq.com，11010519491231002X"


def test_a_batch_finds_what_a_text_finds() -> None:
    expected = {i: s for i, text in enumerate(TEXTS) if (s := find_personal(text, confidence=0.0))}

    assert expected == dict(personal_turns(batch(*TEXTS), Search()))


def test_offsets_are_characters_of_the_turn() -> None:
    row = [("user", "😀 你好"), ("assistant", f"😀{ONE}")]

    lines = run(pii002.RULE, batch("nothing", row)).evidence.to_pylist()

    assert [(1, 1, 4, 15)] == [(e["row"], e["turn"], e["start"], e["end"]) for e in lines]


def test_equal_rows_share_a_finding_whatever_their_order() -> None:
    texts = [ONE, "x", "李四13912345678", ONE, "service@bank.com"]
    shuffled = random.Random(1).sample(texts, len(texts))
    prints = [
        sorted(result_of(pii002.RULE, *t).findings["fingerprint"].to_pylist()) for t in (texts, shuffled)
    ]

    assert prints[0] == prints[1]
    assert ["a phone number", "a phone number (in 2 rows)"] == sorted(
        result_of(pii002.RULE, *texts).findings["message"].to_pylist()
    )


@pytest.mark.parametrize("rule", [pii001.RULE, pii002.RULE, pii003.RULE])
def test_nothing_and_odd_texts_hold_nothing(rule: Rule) -> None:
    odd = ["", "\n", "😀😀😀", "@", "１２", "\u200b" * 50, "a\x00b", "０" * 9, "@" * 99, "-".join("1" * 60)]

    assert [] == found(rule, *odd)
    assert 0 == run(rule, batch()).findings.num_rows


def test_long_and_hostile_text_takes_time_in_proportion_to_its_length() -> None:
    pieces = (
        "9",
        "a@",
        "1 ",
        "a@b.com ",
        "4-",
        "市1号",
        "1 A St ",
        "A1",
        "路1号1室",
        "138 1234 5678 ",
        "tel:1",
        "GB82 ",
    )
    for piece in pieces:
        find_personal(piece * (100_000 // len(piece)))  # the suite's own time limit is the assertion


def test_no_text_of_a_row_is_in_the_findings() -> None:
    findings = result_of(pii003.RULE, *TEXTS).findings
    said = " ".join(str(v) for row in findings.to_pylist() for v in row.values())

    assert [] == [words for line in labelled(3) for _, words in line.marks if words in said]
