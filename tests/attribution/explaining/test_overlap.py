from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from attribution.explaining.overlap import Overlap, Shared, longest_run, overlaps, run_lengths, shared

ITEM = "Which bank issues the renminbi in China, and since when?"


def test_a_copy_has_all_of_it():
    (found,) = overlaps(ITEM, [f"Q: {ITEM.upper()} A: the PBOC."])

    assert (1.0, 10) == (found.share, found.words)
    assert "WHICH BANK ISSUES THE RENMINBI IN CHINA, AND SINCE WHEN" == found.excerpt


def test_half_a_copy_has_part_of_it():
    (found,) = overlaps(ITEM, ["which bank issues the renminbi? Nobody knows."])

    assert (1 / 6, 5) == (found.share, found.words)


def test_other_words_have_none():
    assert [Overlap(0.0, 0, "")] == overlaps(ITEM, ["Nothing else."])


def test_chinese_counts_by_character():
    (found,) = overlaps("央行何时开始发行人民币？", ["请问：央行何时开始发行人民币和硬币？"])

    assert (1.0, 11, "央行何时开始发行人民币") == (found.share, found.words, found.excerpt)


def test_degenerate_texts():
    assert [0, 0, 0] == [o.words for o in overlaps("", ["a b", "", "😀"])]
    assert [] == overlaps(ITEM, [])
    assert 3 == overlaps("a b c", ["a b c"])[0].words
    assert 0.0 == overlaps("a b c", ["a b c"])[0].share  # fewer than five words


def test_a_huge_row_is_compared_as_far_as_said():
    (found,) = overlaps(ITEM, ["word " * 30_000 + ITEM])

    assert (True, 0) == (found.cut, found.words)


def test_a_long_run_is_cut_for_showing():
    text = " ".join(f"w{i}" for i in range(300))

    (found,) = overlaps(text, [text])

    assert (300, 200) == (found.words, len(found.excerpt))


@given(st.lists(st.integers(0, 3), max_size=12), st.lists(st.integers(0, 3), max_size=12))
def test_the_longest_run_is_that_of_all_pairs(a: list[int], b: list[int]):
    pairs = [(i, j) for i in range(len(a)) for j in range(len(b))]
    runs = [n for i, j in pairs for n in range(len(b) - j + 1) if a[i : i + n] == b[j : j + n]]
    best = max(runs, default=0)

    length, end = longest_run(np.array(a, np.uint64), np.array(b, np.uint64))

    assert best == length
    assert any(a[i : i + length] == b[end - length : end] for i in range(len(a) - length + 1)) or not length


def test_shared_words_are_found_where_they_stand():
    row = "Q: WHICH bank issues the renminbi? 没有人知道。 in China, and since 1948"

    found = shared(ITEM, row)

    assert [Shared(3, 33, 5), Shared(42, 61, 4)] == found
    assert "WHICH bank issues the renminbi" == row[3:33]
    assert "in China, and since" == row[42:61]


def test_few_words_in_a_row_are_left_out():
    assert [] == shared(ITEM, "which bank? the renminbi!")
    assert [2, 2] == [s.words for s in shared(ITEM, "which bank? the renminbi!", 2)]
    assert [] == shared("", "a b c") == shared(ITEM, "")


@given(st.lists(st.integers(0, 3), max_size=12), st.lists(st.integers(0, 3), max_size=12))
def test_run_lengths_are_those_of_all_pairs(a: list[int], b: list[int]):
    def longest(j: int) -> int:
        return max(
            (n for i in range(len(a)) for n in range(len(b) - j + 1) if a[i : i + n] == b[j : j + n]),
            default=0,
        )

    assert [longest(j) for j in range(len(b))] == run_lengths(
        np.array(a, np.uint64), np.array(b, np.uint64)
    ).tolist()


@given(st.text("ab 一二", max_size=40), st.text("ab 一二", max_size=40))
def test_shared_stretches_follow_each_other_and_stand_in_both(item: str, row: str):
    found = shared(item, row, 1)

    assert all(a.end <= b.start for a, b in pairwise(found))
    assert all(1 == len(shared(item, row[s.start : s.end], s.words)) for s in found)
