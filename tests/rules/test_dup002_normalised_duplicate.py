"""DUP002: the same wording."""

from __future__ import annotations

import pytest

from governance.findings import fingerprint
from governance.rules.dup002_normalised_duplicate import RULE
from governance.samples import hex_ids
from tests.builders import batch
from tests.rules.duplicates import fingerprints, groups, run


def test_case_spacing_punctuation_and_width_are_one_wording() -> None:
    rows = batch("The profit rose, 5%.", "other", "the PROFIT  rose 5％", "净利润增长。", "净利润 增长")

    assert [(0, [2]), (3, [4])] == [(min(a, *b), [max(a, *b)]) for a, b in groups(run(RULE, rows))]


def test_equal_rows_are_left_to_dup001() -> None:
    assert [] == groups(run(RULE, batch("same text", "same text")))


def test_each_sample_is_named_by_one_row() -> None:
    result = run(RULE, batch("same text", "same text", "Same Text", "Same Text"))

    assert [(2, [0])] == groups(result) or [(0, [2])] == groups(result)
    assert [1] == result.findings["rows"].to_pylist()


FIRES = [
    ("The profit rose, 5%.", "the PROFIT  rose 5％"),
    ("Some text", "some text!"),
    ("a-b c", "a b\nc"),
    ("“Quoted” words", "'quoted' words"),
    ("净利润增长。", "净利润 增长"),
    ("什么是债券？", "什么是债券"),
    ("ＡＢＣ股份，2024年", "abc股份 2024年"),
    ([("user", "Hi!"), ("assistant", "好的。")], [("user", "hi"), ("assistant", "好的")]),
]


@pytest.mark.parametrize(("left", "right"), FIRES)
def test_what_only_looks_different_is_one_wording(left: str, right: str) -> None:
    ((lead, others),) = groups(run(RULE, batch(left, right)))

    assert [0, 1] == sorted([lead, *others])


NEAR_MISSES = [
    ("3 + 5", "3 - 5"),
    ("x", "y"),
    ("a b", "b a"),
    ("yes 👍", "yes 👎"),
    ("5 €", "5 $"),
    ("rate: 5", "rate: 6"),
    ("利率上升", "利率下降"),
    ("甲向乙借款", "乙向甲借款"),
    ("应收账款", "应付账款"),
]


@pytest.mark.parametrize(("left", "right"), NEAR_MISSES)
def test_what_changes_the_meaning_is_another_wording(left: str, right: str) -> None:
    assert [] == groups(run(RULE, batch(left, right)))


def test_texts_without_words_are_never_duplicates() -> None:
    assert [] == groups(run(RULE, batch("...", "?!", " ", "—")))


def test_a_shared_system_prompt_is_not_read() -> None:
    def chat(system: str, text: str) -> list[tuple[str, str]]:
        return [("system", system), ("user", text)]

    rows = batch(chat("be brief", "hi"), chat("be brief", "bye"), chat("be kind", "HI"))

    assert [[0, 2]] == [sorted([a, *b]) for a, b in groups(run(RULE, rows))]


def test_the_fingerprint_is_that_of_the_samples() -> None:
    rows = batch("Some text", "some text!")

    assert [fingerprint("DUP002", hex_ids(rows.sample_ids).to_pylist())] == fingerprints(run(RULE, rows))


def test_the_longest_by_words_stays_and_ids_settle_ties() -> None:
    forward, backward = (
        run(RULE, batch("Some text", "some text!")),
        run(RULE, batch("some text!", "Some text")),
    )

    assert groups(forward)[0][0] == 1 - groups(backward)[0][0]
