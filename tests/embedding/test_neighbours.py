"""Near pairs are found exactly while vectors are few, and nearly all of them beyond, the same in every run."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from governance.embedding.neighbours import pairs
from tests.embedding.models import needs_model

pytestmark = needs_model


def vectors(n: int, copies: int, seed: int = 0) -> npt.NDArray[np.float16]:
    """n unit vectors, of which the last `copies` are near to the first ones."""
    random = np.random.default_rng(seed)
    found = random.standard_normal((n, 32))
    found[n - copies :] = found[:copies] + 0.1 * random.standard_normal((copies, 32))
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float16)


def test_exact_pairs_are_those_of_a_plain_product() -> None:
    own = vectors(300, 40)
    product = np.triu(own.astype(np.float32) @ own.astype(np.float32).T, 1)

    found = pairs(own, 0.9)

    assert "exact" == found.said["index"]
    assert list(zip(*np.nonzero(product >= 0.9), strict=True)) == list(zip(found.a, found.b, strict=True))
    np.testing.assert_allclose(product[found.a, found.b], found.cosine, atol=1e-6)


def test_an_inverted_file_finds_what_exact_search_finds() -> None:
    own = vectors(4000, 400)

    exact, quick = pairs(own, 0.9), pairs(own, 0.9, exact=100)

    assert quick.said["index"].startswith("inverted file") and quick.said["cells"] == 252
    assert quick.said["recall_on_sample"] >= 0.95
    assert set(zip(quick.a, quick.b, strict=True)) <= set(zip(exact.a, exact.b, strict=True))
    assert len(quick.a) >= 0.95 * len(exact.a)


def test_two_runs_are_equal() -> None:
    own = vectors(3000, 300)

    one, other = pairs(own, 0.9, exact=100), pairs(own, 0.9, exact=100)

    assert one.said == other.said
    assert one.a.tolist() == other.a.tolist() and one.cosine.tolist() == other.cosine.tolist()


def test_crowds_are_counted() -> None:
    crowd = np.repeat(vectors(2, 0), 30, axis=0)

    assert 60 == pairs(crowd, 0.99).said["with_more_neighbours_than_compared"]


def test_one_vector_has_no_pair() -> None:
    assert 0 == len(pairs(vectors(1, 0), 0.5).a) == len(pairs(np.zeros((0, 32), np.float16), 0.5).a)
