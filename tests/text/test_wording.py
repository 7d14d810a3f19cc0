"""The look at words, held against plain definitions."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.text.wording import (
    LINES,
    REPEATED,
    TOP,
    Bounds,
    Lexicon,
    hashed,
    phrase_table,
    word_table,
    wording,
)
from tests.builders import batch

WORDS = ["the", "bond", "of", "market", "a1b", "yield", "x"]
ALL = Bounds(loop_tokens=4, loop_times=3, words=1, characters=1, least=0.0)


def looked(*texts: str, phrases: list[str] | None = None, bounds: Bounds = ALL):
    lexicon = Lexicon(
        word_table(["the", "of"]), np.zeros(8192, np.uint8), *phrase_table(phrases or ["no such phrase"])
    )
    turns = batch(*texts).turns
    return wording(*turns.buffers, np.ones(len(texts), np.bool_), lexicon, bounds)


def repeated(words: list[str], n: int) -> float:
    """Share of letters in n-grams that stood before, in multiples of Gopher's limit."""
    seen: set[tuple[str, ...]] = set()
    covered: set[int] = set()
    for i in range(len(words) - n + 1):
        gram = tuple(words[i : i + n])
        if gram in seen:
            covered |= set(range(i, i + n))
        seen.add(gram)
    return sum(len(words[i]) for i in covered) / sum(map(len, words)) / REPEATED[n - 5]


def frequent(words: list[str], n: int) -> float:
    """Share of letters that the most frequent repeated n-gram takes, in multiples of Gopher's limit."""
    grams = Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))
    taken = [count * sum(map(len, gram)) for gram, count in grams.items() if count > 1]
    return max(taken, default=0) / sum(map(len, words)) / TOP[n - 2]


@given(st.lists(st.sampled_from(WORDS), min_size=16, max_size=60))
def test_shares_follow_their_definitions(words: list[str]):
    found = looked(" ".join(words))

    assert pytest.approx(max(repeated(words, n) for n in range(5, 11)), rel=1e-5) == found.share("phrases")[0]
    assert pytest.approx(max(frequent(words, n) for n in range(2, 5)), rel=1e-5) == found.share("top")[0]


def test_lines_that_stood_before_are_counted_by_their_letters():
    lines = ["one two three", "four", "One, two: three!", "four", "five six seven 8"]

    found = looked("\n".join(lines))

    total = sum(
        len(word) for line in lines for word in ["".join(filter(str.isalnum, w)) for w in line.split()]
    )
    assert pytest.approx(len("onetwothree") / total / LINES) == found.share("lines")[0]


def test_tokens_are_counted_by_kind():
    found = looked("The yield of 3.5 % naïve cafés 国债 ____ ５")

    counts = {name: int(found.count(name)[0]) for name in ("words", "singles", "numbers", "common", "rare")}
    assert {"words": 5, "singles": 2, "numbers": 4, "common": 2, "rare": 2} == counts


def test_accents_are_seen_at_either_end_of_a_word():
    assert [1, 1, 0, 0] == looked("été", "cafÃ©", "naïve", "Łódź").count("accented").tolist()


def test_phrases_are_found_whatever_their_case_width_and_signs():
    texts = ["As an AI: language-model, I", "none", "版权　所有。ＡＬＬ rights reserved"]
    found = looked(*texts, phrases=["as an ai language model", "版权所有", "all rights reserved", "as an ai"])

    hits = [(turn, phrase) for turn, _, _, phrase in found.hits.tolist()]
    assert [(0, 0), (0, 3), (2, 1), (2, 2)] == sorted(hits)


def test_more_hits_than_room_are_found_all():
    assert 3000 == len(looked("all rights " * 3000, phrases=["all rights"]).hits)


def test_words_have_places_of_their_own():
    words = [f"word{i}" for i in range(90)]
    table = word_table(words)

    values = np.concatenate([hashed(word) for word in words])
    with np.errstate(over="ignore"):
        assert (table[values * table[-1] >> np.uint64(54)] == values).all()


def test_a_loop_ends_where_it_ends():
    text = "Then " + "we wait. " * 5 + "and go on"
    loop = looked(text).loops[0].tolist()

    assert ["we wait. " * 4 + "we wait", 5] == [text[loop[0] : loop[1]], loop[2]]
