"""The star contract and components, on graphs small enough to check by hand and random ones by definition."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from governance.text.candidates import Walked, candidate_pairs
from governance.text.clusters import components, star
from governance.text.verify import Edges

pairs = st.lists(
    st.tuples(st.integers(0, 11), st.integers(0, 11), st.sampled_from([0.8, 0.85, 0.9, 1.0])), max_size=40
)


def edges_of(found: list[tuple[int, int, float]]) -> Edges:
    kept = {(min(a, b), max(a, b)): j for a, b, j in found if a != b}
    a, b = (np.array([p[i] for p in kept], np.int64) for i in (0, 1))
    return Edges.of(a, b, np.array(list(kept.values()), np.float64))


def test_a_chain_keeps_both_ends() -> None:
    edges = edges_of([(0, 1, 0.9), (1, 2, 0.9)])

    keeper, score = star(3, np.array([1, 2, 3]), edges)

    assert ([0, 0, 2], [1.0, 0.9, 1.0]) == (keeper.tolist(), score.tolist())


def test_the_nearest_keeper_wins_then_the_lower_rank() -> None:
    edges = edges_of([(0, 2, 0.8), (1, 2, 0.9), (0, 3, 0.9), (1, 3, 0.9)])

    keeper, _ = star(4, np.array([0, 1, 2, 3]), edges)

    assert [0, 1, 1, 0] == keeper.tolist()


@given(pairs, st.permutations(range(12)))
def test_kept_nodes_are_apart_and_removed_ones_beside_a_kept_one(found, rank) -> None:
    edges = edges_of(found)
    keeper, score = star(12, np.array(rank), edges)
    beside = {(a, b): j for a, b, j in zip(edges.a, edges.b, edges.jaccard, strict=True)}
    kept = set(np.flatnonzero(keeper == np.arange(12)).tolist())

    assert not [pair for pair in beside if set(pair) <= kept]
    for node in set(range(12)) - kept:
        pair = (min(node, keeper[node]), max(node, keeper[node]))
        assert keeper[node] in kept
        assert beside[pair] == score[node]
        assert rank[keeper[node]] < rank[node]


@given(pairs)
def test_components_are_named_by_their_least_member(found) -> None:
    edges = edges_of(found)
    names = components(12, edges.a, edges.b)
    expected = list(range(12))
    for _ in range(12):
        for a, b in zip(edges.a.tolist(), edges.b.tolist(), strict=True):
            expected[a] = expected[b] = min(expected[a], expected[b])

    assert expected == names.tolist()


@given(st.integers(0, 1000), st.booleans(), st.booleans())
def test_candidates_are_the_pairs_that_share_a_key_and_fit(seed: int, kin: bool, stale: bool) -> None:
    rng = np.random.default_rng(seed)
    n = 30
    keys = rng.integers(0, 25, (n, 4)).astype(np.uint32) << np.uint32(27 - seed % 3)
    sizes = rng.integers(50, 100, n).astype(np.int32)
    family = (
        np.where(rng.random(n) < 0.5, -1 - np.arange(n), rng.integers(0, 3, n)) if kin else -1 - np.arange(n)
    )
    fresh = rng.random(n) < 0.6 if stale else np.ones(n, np.bool_)
    expected = {
        (a, b)
        for b in range(n)
        for a in range(b)
        if (keys[a] == keys[b]).any()
        and min(sizes[a], sizes[b]) >= 0.8 * max(sizes[a], sizes[b])
        and family[a] != family[b]
        and (fresh[a] or fresh[b])
    }

    found = [
        pair
        for left, right in candidate_pairs(keys.copy(), sizes, family, fresh, 0.8, Walked())
        for pair in zip(left.tolist(), right.tolist(), strict=True)
    ]

    assert sorted(expected) == sorted(found)
