"""The evaluation items of one language, ready to be found in the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from governance.detectors.contamination.items import PreparedItems
from governance.detectors.translation.glossary import CHINESE, ENGLISH, latin_words, terms
from governance.detectors.translation.probe import Bilingual, centred
from governance.embedding.model import Embedder
from governance.embedding.rows import han_share, said

PRIOR = 200
"""Items that are taken to exist besides the suite's, so that a suite of three has weights too."""
STEADY = 50
"""Sentences of the probe that steady the mean of a small suite's vectors."""
FEWEST = 3
"""Terms or words of four letters below which a text cannot be recognised in another language."""


@dataclass(frozen=True)
class Side:
    """K items of one language.

    Attributes:
        chinese: the language.
        items: (K,) their places in `PreparedItems`.
        terms: (K, terms) float32 weights of the terms each has.
        weights: (terms,) float32, how rare each term is among them.
        vectors: (K, dimension) float32, less what the language has in common.
        sizes: (K,) characters of Chinese ones, words of English ones.
        numbers: (K,) the numbers of each.
    """

    chinese: bool
    items: npt.NDArray[np.int64]
    terms: npt.NDArray[np.float32]
    weights: npt.NDArray[np.float32]
    vectors: npt.NDArray[np.float32]
    sizes: npt.NDArray[np.int64]
    numbers: tuple[tuple[float, ...], ...]


def sides(items: PreparedItems, embedder: Embedder, languages: Bilingual) -> tuple[Side, ...]:
    """The Chinese items and the English ones, each where there are any."""
    questions, options = (items.table.column(n).to_pylist() for n in ("question", "options"))
    texts = pa.array(["\n".join([q, *o]) for q, o in zip(questions, options, strict=True)], pa.large_string())
    share = han_share(texts)
    found = []
    for chinese, own in ((True, share >= CHINESE), (False, share <= ENGLISH)):
        places = np.flatnonzero(own)
        if len(places):
            found.append(_side(chinese, places, texts.take(pa.array(places)), embedder, languages))
    return tuple(found)


def _side(
    chinese: bool,
    places: npt.NDArray[np.int64],
    texts: pa.LargeStringArray,
    embedder: Embedder,
    languages: Bilingual,
) -> Side:
    has = terms(texts, chinese=chinese)
    count, frequencies = len(places), has.sum(axis=0)
    scaled = np.where(frequencies > 1, frequencies * (count + PRIOR) / count, 0)
    weights = np.log((count + PRIOR + 1) / (scaled + 1)).astype(np.float32)
    vectors = embedder.encode(texts.to_pylist())
    common = languages.chinese if chinese else languages.english
    mean = (vectors.sum(axis=0) + STEADY * common) / (count + STEADY)
    numbers = tuple(tuple(n) for n in said(texts)[1].to_pylist())
    return Side(
        chinese, places, has * weights, weights, centred(vectors, mean), sizes(texts, chinese=chinese), numbers
    )  # fmt: skip


def sizes(texts: pa.LargeStringArray, *, chinese: bool) -> npt.NDArray[np.int64]:
    """(n,) characters of Chinese texts, words of English ones."""
    import pyarrow.compute as pc

    if chinese:
        return np.asarray(pc.utf8_length(pc.replace_substring_regex(texts, r"\s+", "")), np.int64)
    return latin_words(texts)
