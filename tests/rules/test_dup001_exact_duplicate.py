"""DUP001: the same conversation to the letter."""

from __future__ import annotations

import random

import pytest

from governance.findings import EVIDENCE, FINDINGS, fingerprint
from governance.rules.dup001_exact_duplicate import RULE
from governance.samples import hex_ids
from tests.builders import batch
from tests.rules.duplicates import fingerprints, groups, run, shuffled

CHAT = [("user", "how much?"), ("assistant", "five")]


FIRES = {
    "a text": ("a text", "a text"),
    "a conversation": (CHAT, CHAT),
    "an emoji": ("👍🏽", "👍🏽"),
    "white space": (" \n ", " \n "),
    "三行": ("利率上升。\n债券价格下跌。\n", "利率上升。\n债券价格下跌。\n"),
    "问答": ([("user", "什么是债券？"), ("assistant", "借款。")],) * 2,
}
NEAR_MISSES = {
    "another number": ("5 euros", "6 euros"),
    "another case": ("A text", "a text"),
    "another role": ([("user", "five")], [("assistant", "five")]),
    "a text and a question": ("five", [("user", "five")]),
    "a line end behind it": ("five", "five\n"),
    "turns cut elsewhere": ([("user", "a"), ("user", "b")], [("user", "a\nb")]),
    "nothing": ("", []),
    "全角与半角": ("利率５％", "利率5%"),
    "简体与繁体": ("债券", "債券"),
    "回答不同": (
        [("user", "什么是债券？"), ("assistant", "借款。")],
        [("user", "什么是债券？"), ("assistant", "债务。")],
    ),
}


@pytest.mark.parametrize("rows", FIRES.values(), ids=FIRES)
def test_equal_rows_are_found(rows) -> None:
    assert [(0, [1])] == groups(run(RULE, batch(*rows)))


@pytest.mark.parametrize("rows", NEAR_MISSES.values(), ids=NEAR_MISSES)
def test_rows_that_differ_anywhere_are_not(rows) -> None:
    assert [] == groups(run(RULE, batch(*rows)))


def test_equal_conversations_are_one_finding() -> None:
    result = run(RULE, batch("a text", CHAT, "other", CHAT, "a text", CHAT))

    assert [(0, [4]), (1, [3, 5])] == groups(result)
    assert [1, 2] == sorted(result.findings["rows"].to_pylist())
    assert (FINDINGS, EVIDENCE) == (result.findings.schema, result.evidence.schema)


def test_rows_of_several_batches_are_compared() -> None:
    result = run(RULE, batch("x", "y"), batch("y", "z", first_row=2), batch("x", first_row=4))

    assert [(0, [4]), (1, [2])] == groups(result)


def test_other_roles_or_other_newlines_at_the_end_are_other_conversations() -> None:
    result = run(RULE, batch("five", [("user", "five")], [("assistant", "five")], "five\n"))

    assert [] == groups(result)


def test_rows_without_text_are_not_duplicates() -> None:
    result = run(RULE, batch([], [], "", "", [("user", ""), ("assistant", "")]))

    assert [] == groups(result)


def test_the_fingerprint_is_that_of_the_sample() -> None:
    rows = batch("x", "x")

    expected = fingerprint("DUP001", [hex_ids(rows.sample_ids)[0].as_py()])

    assert [expected] == fingerprints(run(RULE, rows))


def test_the_order_of_rows_does_not_change_fingerprints() -> None:
    rows = batch(*[f"text {i % 7}" for i in range(30)])
    order = random.Random(3).sample(range(30), 30)

    assert fingerprints(run(RULE, rows)) == fingerprints(run(RULE, shuffled(rows, order)))


def test_evidence_names_the_representative_as_peer() -> None:
    lines = run(RULE, batch("x", "x")).evidence.to_pylist()

    seen = [(r["row"], r["role"], r["peer"], r["score"]) for r in lines]
    assert [(0, "representative", None, None), (1, "affected", "row:0", 1.0)] == seen


def test_the_preferred_source_keeps_its_row() -> None:
    rows = batch("x", "x", "x", source=[None, "web", "books"])

    result = run(RULE, rows, representative="source", source_order=("books", "web"))

    assert [(2, [0, 1])] == groups(result)


def test_the_message_counts_rows() -> None:
    messages = run(RULE, batch("x", "x", "y", "y", "y")).findings["message"].to_pylist()

    assert ["1 row repeats another to the letter", "2 rows repeat another to the letter"] == sorted(messages)


def test_nothing_to_read_gives_nothing() -> None:
    assert 0 == run(RULE).findings.num_rows
    assert 0 == run(RULE, batch()).findings.num_rows
