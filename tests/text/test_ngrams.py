"""N-gram hashes, their table, and words without the underscores of blanks."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.text.ngrams import GRAM, build_table, gram_hashes, lookup, token_lists


def tokens(text: str) -> list[int]:
    return [int(h) for h in token_lists(pa.array([text], pa.large_string())).hashes]


def test_blanks_of_any_width_say_nothing() -> None:
    assert tokens("股票的特点是____。") == tokens("股票的特点是（＿＿）") == tokens("股票的特点是")


def test_underscores_around_a_word_are_no_part_of_it() -> None:
    assert tokens(r"\sum_{n=1}") == tokens("sum n 1")
    assert tokens("x_1") != tokens("x 1")


def test_positions_are_bytes_of_the_text_itself() -> None:
    lists = token_lists(pa.array(["ab 资", None, "__cd"], pa.large_string()))

    assert lists.bounds.tolist() == [0, 2, 2, 3]
    assert list(zip(lists.starts.tolist(), lists.ends.tolist(), strict=True)) == [(0, 2), (3, 6), (2, 4)]


@given(st.lists(st.integers(0, 2**64 - 1), max_size=40))
@settings(deadline=None)
def test_a_gram_depends_on_its_own_tokens_only(values: list[int]) -> None:
    whole = np.array(values, np.uint64)
    out = np.empty(len(values) + 1, np.uint64)
    count = gram_hashes(whole, len(whole), out)

    assert count == max(0, len(values) - GRAM + 1)
    for i in range(count):
        one = np.empty(1, np.uint64)
        gram_hashes(whole[i : i + GRAM].copy(), GRAM, one)
        assert one[0] == out[i]
        assert one[0] != 0


@given(st.sets(st.integers(1, 2**64 - 1), min_size=1, max_size=200), st.lists(st.integers(1, 2**64 - 1)))
@settings(deadline=None)
def test_the_table_knows_its_hashes_and_no_others(known: set[int], asked: list[int]) -> None:
    distinct = np.array(sorted(known), np.uint64)
    table = build_table(distinct)

    assert [lookup(table, np.uint64(v)) for v in distinct] == list(range(len(distinct)))
    assert [lookup(table, np.uint64(v)) for v in asked if v not in known] == [-1] * sum(
        v not in known for v in asked
    )
