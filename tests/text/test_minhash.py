"""Signatures: sets, MinHash values as datasketch has them, and hashes of the wording."""

from __future__ import annotations

import random

import numpy as np
import pytest
from datasketch import LeanMinHash, MinHash
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.errors import UsageError
from governance.text.minhash import bands_for
from governance.text.signatures import from_datasketch, to_datasketch
from tests.text.makers import corpus, jaccard, prose, shingles, signed

TEXTS = [*corpus(1), "贵公司本年度净利润增长百分之三十五，现金流量改善。", "", "one two three four", "😀 😀"]


def sets_of(texts: list[str]) -> list[set[int]]:
    found = signed(*texts)
    starts = [0, *found.set_ends[:-1].tolist()]
    return [set(found.sets[a:b].tolist()) for a, b in zip(starts, found.set_ends.tolist(), strict=True)]


def datasketch_of(values: set[int]) -> MinHash:
    minhash = MinHash(num_perm=128, seed=1, hashfunc=lambda value: value)
    minhash.update_batch(sorted(values))
    return minhash


@given(st.lists(st.sampled_from(["alpha", "beta", "Gamma", "7", "净", "利", "x_1", "delta"]), max_size=60))
@settings(max_examples=60, deadline=None)
def test_a_set_has_one_hash_for_each_different_shingle(tokens: list[str]) -> None:
    text = " ".join(tokens)

    assert len(sets_of([text])[0]) == len(shingles(text))


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_similarity_of_hashed_sets_is_that_of_sets_of_words(seed: int) -> None:
    texts = corpus(seed, 12)
    found = sets_of(texts)

    expected = [[jaccard(x, y) for y in texts] for x in texts]

    assert expected == [[len(a & b) / len(a | b) if a | b else 0.0 for b in found] for a in found]


def test_sets_are_ascending_and_without_repeats() -> None:
    found = signed(*TEXTS, "la " * 5000, "ab " * 9 + "cd " * 70_000)
    starts = [0, *found.set_ends[:-1].tolist()]

    assert all(
        (np.diff(found.sets[a:b].astype(np.int64)) > 0).all()
        for a, b in zip(starts, found.set_ends, strict=True)
    )
    assert found.shingles.tolist() == np.diff([0, *found.set_ends]).tolist()


def test_minhash_values_are_those_of_datasketch() -> None:
    found = signed(*TEXTS)

    expected = [datasketch_of(values).hashvalues.tolist() for values in sets_of(TEXTS)]

    assert expected == found.minhash.tolist()


def test_signatures_go_to_datasketch_and_estimate_alike() -> None:
    found = signed(*TEXTS)
    theirs = [LeanMinHash(datasketch_of(values)) for values in sets_of(TEXTS)]
    ours = [to_datasketch(values) for values in found.minhash]

    expected = [[a.jaccard(b) for b in theirs] for a in theirs]

    assert expected == [[a.jaccard(b) for b in theirs] for a in ours]
    assert expected == [[float((a == b).mean()) for b in found.minhash] for a in found.minhash]


def test_signatures_come_from_datasketch() -> None:
    found = signed(*TEXTS)

    assert found.minhash.tolist() == [from_datasketch(datasketch_of(s)).tolist() for s in sets_of(TEXTS)]


@pytest.mark.parametrize("other", [MinHash(64), MinHash(128, seed=2), MinHash(128, scheme="legacy")])
def test_signatures_of_another_kind_are_refused(other: MinHash) -> None:
    with pytest.raises(UsageError, match="permutations, seed and scheme"):
        from_datasketch(other)


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0])
def test_bands_find_all_but_two_in_ten_thousand_pairs_at_the_threshold(threshold: float) -> None:
    bands, rows = bands_for(threshold)

    assert bands * rows <= 128
    assert (1 - threshold**rows) ** bands <= 2e-4


def test_the_default_threshold_has_25_bands_of_5() -> None:
    assert bands_for(0.8) == (25, 5)


def same(kind: str, left: str, right: str) -> bool:
    found = signed(left, right)
    hashes = getattr(found, kind)
    return bool((hashes[0] == hashes[1]).all())


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("The profit rose, by 5 percent.", "the  PROFIT rose by 5 percent"),
        ("净利润增长５％（同比）", "净利润 增长5%(同比)"),
        ("３.５ － １", "3.5 - 1"),
        ("state-of-the-art model", "state of the art model"),
        ("COVID-19 is here", "covid 19 is here"),
        ("- first\n- second", "* first\n* second"),
    ],
)
def test_case_width_spacing_and_punctuation_do_not_change_the_wording(left: str, right: str) -> None:
    assert same("normalised", left, right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("What is 3 + 5?", "What is 3 - 5?"),
        ("What is 3 * 5?", "What is 3 / 5?"),
        ("it moved -5 points", "it moved 5 points"),
        ("x < y", "x > y"),
        ("good 👍", "good 👎"),
        ("costs €5", "costs $5"),
        ("a b", "b a"),
        ("a b a", "a a b"),
        ("５－３", "53"),
    ],
)
def test_order_operators_currencies_and_emoji_do(left: str, right: str) -> None:
    assert not same("normalised", left, right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("order 12 of 2024 was shipped", "order 7,345.50 of 1999 was shipped"),
        ("What is 3 + 5?", "What is 12 - 50?"),
        ("room b12 and c3", "room b7 and c44"),
        ("２０２４年增长５％", "1999年增长35%"),
    ],
)
def test_numbers_and_signs_do_not_change_the_masked_wording(left: str, right: str) -> None:
    assert same("masked", left, right)


@pytest.mark.parametrize(("left", "right"), [("order 12 shipped", "order shipped"), ("a 1 b 2", "a b 1 2")])
def test_words_and_places_of_numbers_do(left: str, right: str) -> None:
    assert not same("masked", left, right)


def test_wording_is_the_same_however_the_text_is_cut_into_turns() -> None:
    text = "Profit rose 5 % in 2024 . The board approved 3 dividends - all paid"
    cut = text.index("The")
    column = np.frombuffer(text.encode(), np.uint8)
    from governance.text.minhash import sign

    whole, parts = (
        sign(column, np.array(o), np.full(len(o) - 1, 4, np.uint8), np.array([0, len(o) - 1]), threshold=0.8)
        for o in ([0, len(text)], [0, cut, len(text)])
    )

    assert whole.normalised.tolist() == parts.normalised.tolist()
    assert whole.masked.tolist() == parts.masked.tolist()
    assert whole.minhash.tolist() == parts.minhash.tolist()


def test_system_turns_are_not_read() -> None:
    from governance.text.minhash import sign
    from tests.builders import batch

    turns = batch(
        [("system", prose(random.Random(1))), ("user", "hi there"), ("assistant", "hello")],
        [("user", "hi there"), ("assistant", "hello")],
    ).turns

    found = sign(*turns.buffers, turns.roles, turns.starts, threshold=0.8)

    assert found.normalised[0].tolist() == found.normalised[1].tolist()
    assert found.tokens.tolist() == [3, 3]


def test_the_place_in_the_buffer_and_the_batch_do_not_matter() -> None:
    texts = [*TEXTS, "Preis 5 € für Öl – 3 × 4 = 12"]
    alone = [signed(text) for text in texts]
    together = signed(*texts)

    for kind in ("normalised", "masked", "content", "keys", "minhash", "tokens", "words", "shingles"):
        assert [getattr(a, kind)[0].tolist() for a in alone] == getattr(together, kind).tolist()


def test_skipped_documents_are_worded_but_not_signed() -> None:
    found = signed(*TEXTS[:2], skip=np.array([True, False]))

    assert [-1, found.set_ends[1]] == found.shingles.tolist()
    assert found.normalised.tolist() == signed(*TEXTS[:2]).normalised.tolist()


def test_a_text_of_ten_megabytes_is_one_document() -> None:
    text = prose(random.Random(3), 2_500_000)

    found = signed(text)

    assert len(text) > 9_900_000
    assert found.tokens[0] == 2_500_000
