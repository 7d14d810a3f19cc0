"""Profiles and their distances: halves of one set are alike, mixtures are not."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.detectors.drift.counting import profile_of
from governance.detectors.drift.distances import (
    jensen_shannon,
    length_shift,
    quartiles,
    source_shift,
    vocabulary_shift,
)
from governance.detectors.drift.profiles import SOURCES, from_row, named_sources, total
from tests.builders import batch
from tests.text.makers import CHARACTERS

WORDS = [f"w{i}" for i in range(5000)]
WEIGHTS = [1 / (i + 1) for i in range(5000)]


def english(rng: random.Random) -> str:
    topic = rng.choices(WORDS, WEIGHTS, k=3)  # words come in clusters, as in real text
    return " ".join(rng.choices(WORDS, WEIGHTS, k=rng.randrange(10, 80)) + topic * 5)


def chinese(rng: random.Random) -> str:
    return "".join(rng.choices(CHARACTERS, k=rng.randrange(20, 160)))


def profile(texts, sources=None):
    names = sources or [None] * len(texts)
    return profile_of(batch(*texts, source=names))


@settings(max_examples=12)
@given(st.integers(0, 10**6))
def test_two_halves_of_one_set_do_not_differ(seed):
    rng = random.Random(seed)
    texts = [english(rng) if rng.random() < 0.7 else chinese(rng) for _ in range(400)]
    sources = [rng.choice("aaabbc") for _ in texts]
    one, other = profile(texts[:200], sources[:200]), profile(texts[200:], sources[200:])

    words, _, left = vocabulary_shift(one, other)
    length, length_bound = length_shift(one, other)
    mix, mix_bound = source_shift(one, other)

    assert words < max(0.05, left)
    assert length < max(0.1, length_bound)
    assert mix < max(0.2, mix_bound)


@settings(max_examples=3)
@given(st.integers(0, 10**6))
def test_few_rows_against_many_do_not_differ_by_chance(seed):
    rng = random.Random(seed)
    texts = [english(rng) for _ in range(1100)]

    words, _, left = vocabulary_shift(profile(texts[:100]), profile(texts[100:]))

    assert words <= max(0.05, left)


@pytest.mark.parametrize("share", [0.25, 0.5, 1.0])
def test_another_language_shows_in_the_words(share):
    rng = random.Random(1)
    before = [english(rng) for _ in range(600)]
    now = [chinese(rng) if i < 600 * share else english(rng) for i in range(600)]

    words, _, left = vocabulary_shift(profile(now), profile(before))

    assert words > max(0.05, left)


def test_lengths_and_sources_that_moved():
    rng = random.Random(2)
    texts = [english(rng) for _ in range(1000)]
    before = profile(texts, ["law"] * 500 + ["exam"] * 500)
    now = profile([t[: len(t) // 2] for t in texts], ["law"] * 50 + ["exam"] * 950)

    length, bound = length_shift(now, before)
    mix, mix_bound = source_shift(now, before)

    assert length > max(0.1, bound)
    assert mix > max(0.2, mix_bound)
    assert quartiles(now.lengths)[1] < 0.6 * quartiles(before.lengths)[1]


def test_distances_of_a_profile_to_itself_are_nothing():
    one = profile([english(random.Random(i)) for i in range(300)])

    assert (0.0, 0.0) == (length_shift(one, one)[0], source_shift(one, one)[0])
    assert 0.0 == vocabulary_shift(one, one)[0]


@given(
    st.lists(st.integers(0, 100), min_size=3, max_size=3),
    st.lists(st.integers(0, 100), min_size=3, max_size=3),
)
def test_jensen_shannon_is_symmetric_and_bounded(p, q):
    a, b = np.array(p), np.array(q)

    assert pytest.approx(jensen_shannon(b, a)) == jensen_shannon(a, b)
    assert 0 <= jensen_shannon(a, b) <= 1 + 1e-12
    assert pytest.approx(0, abs=1e-12) == jensen_shannon(a, a)


def test_jensen_shannon_by_hand():
    assert pytest.approx(1.0) == jensen_shannon(np.array([1, 0]), np.array([0, 1]))
    assert pytest.approx(0.311278, abs=1e-6) == jensen_shannon(np.array([1, 1]), np.array([2, 0]))


def test_profiles_add_up_in_any_order_and_come_back_from_the_lake():
    rng = random.Random(3)
    texts = [english(rng) for _ in range(60)] + [chinese(rng) for _ in range(40)] + ["", "😀"]
    sources = [rng.choice(["a", "b", None]) for _ in texts]
    whole = profile(texts, sources)
    order = rng.sample(range(len(texts)), len(texts))
    parts = [profile([texts[i] for i in p], [sources[i] for i in p]) for p in (order[:30], order[30:])]

    assert whole.digest == total(parts).digest
    assert whole.digest == from_row(whole.as_row()).digest
    assert {"latin": 60, "han": 40, "none": 2} == dict(whole.scripts)


def test_rare_sources_are_counted_together():
    named, rest = named_sources({f"s{i:05}": 1 for i in range(SOURCES + 5)} | {"large": 9})

    assert (SOURCES, 9, 6) == (len(named), named["large"], rest)


def test_nothing_and_huge_rows():
    assert 0 == profile_of(batch()).rows
    assert 1 == profile_of(batch([("user", "word " * 200_000), ("assistant", "")])).rows
