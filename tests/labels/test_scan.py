"""Which words a text holds, by the compiled scan."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.labels import evidence
from governance.labels.evidence import WEAK
from governance.labels.scan import STRONG, Vote, add_scores, build, folded
from governance.samples import utf8_buffers


def found(
    texts: list[str], *words: str, looked: int = 1000, repeats: int = 9, rows: list[int] | None = None,
    weight: float = STRONG,
):  # fmt: skip
    """(rows, words) how often each word counts."""
    trie = build([Vote(word, i, weight) for i, word in enumerate(words)])
    data, offsets = utf8_buffers(pa.array(texts, pa.large_string()))
    owners = np.array(range(len(texts)) if rows is None else rows, np.int64)
    scores = np.zeros((owners.max(initial=-1) + 1, len(words)), np.float32)
    add_scores(
        data, offsets.astype(np.int64), owners, np.ones(len(texts), np.bool_), looked, repeats,
        trie.classes, trie.next, trie.word, trie.begins, trie.goes_on, trie.starts, trie.columns, trie.weights, scores,
    )  # fmt: skip
    return (scores / weight).astype(int).tolist()


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("the fund fell", ["fund"], [1]),
        ("Funds and a FUND.", ["fund"], [2]),
        ("refund, funding, fundamental", ["fund"], [0]),
        ("a trust fund here", ["fund", "trust fund"], [0, 1]),
        ("fixed-term  deposit", ["fixed term"], [1]),
        ("a\nterm\tdeposit", ["term deposit"], [1]),
        ("养老基金与基金", ["基金", "养老基金"], [1, 1]),
        ("沪深300ETF联接", ["ETF", "沪深300"], [1, 1]),
        ("买ETF吗", ["etf"], [1]),
        ("fx", ["fx"], [1]),
        ("股", ["股"], [1]),
        ("", ["fund"], [0]),
        ("fun", ["fund"], [0]),
        ("基", ["基金"], [0]),
        ("fund", ["fund"], [1]),
        ("p/e ratio of 401(k)", ["p/e ratio", "401(k)"], [1, 1]),
        ("😀fund😀", ["fund"], [1]),
    ],
)
def test_words_of_a_text(text: str, words: list[str], expected: list[int]):
    assert [expected] == found([text], *words)


def test_a_strong_word_counts_so_often_in_a_row_at_most_and_any_other_once():
    texts = ["fund fund", "fund", "a fund"]

    assert [[2], [1]] == found(texts, "fund", repeats=2, rows=[0, 0, 1])
    assert [[1], [1]] == found(texts, "fund", repeats=2, rows=[0, 0, 1], weight=WEAK)


def test_the_weight_of_a_strong_word_is_the_same_everywhere():
    assert STRONG == evidence.STRONG


def test_only_both_ends_of_a_long_turn_are_looked_at():
    text = "fund " + "x " * 100 + "bond " + "y " * 100 + "loan"

    assert [[1, 0, 1]] == found([text], "fund", "bond", "loan", looked=10)
    assert [[1, 1, 1]] == found([text], "fund", "bond", "loan", looked=1000)


def test_characters_not_bytes_are_counted():
    assert [[1, 0, 1]] == found(
        ["基金" + "这" * 30 + "债券" + "这" * 30 + "贷款"], "基金", "债券", "贷款", looked=10
    )


def test_one_word_may_speak_for_several_columns():
    trie = build([Vote("bond", 0, 1.0), Vote("bond", 2, 3.0)])

    assert [0, 2] == trie.columns.tolist()
    assert [1.0, 3.0] == trie.weights.tolist()


ALPHABET = "abns 基金"


@given(
    st.text(ALPHABET, max_size=40),
    st.lists(st.text(ALPHABET, min_size=1, max_size=4), min_size=1, max_size=6, unique=True),
)
def test_the_scan_is_a_leftmost_longest_search(text: str, words: list[str]):
    """Against Python's own regular expressions, longest alternative first."""
    words = list({folded(word): word for word in words if len(word.strip().encode()) > 1}.values())
    if not words:
        return

    parts = sorted(words, key=lambda word: -len(word.encode()))
    edges = [
        (r"(?<![a-z0-9])" if word[0].isascii() and word[0].isalnum() else "", re.escape(word),
         r"(?=s?(?![a-z0-9]))" if word[-1].isascii() and word[-1].isalnum() else "")
        for word in parts
    ]  # fmt: skip
    pattern = re.compile("|".join("".join(edge) for edge in edges))
    expected = [0] * len(words)
    for hit in pattern.finditer(text):
        expected[words.index(hit[0])] += 1

    assert [expected] == found([text], *words, repeats=100)
