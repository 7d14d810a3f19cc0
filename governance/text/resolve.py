"""From signatures to groups: who is a duplicate of whom, and who stays.

Documents of equal wording are one from the start (normalised), and so are those of equal shingle sets (a class), so
work grows with what differs. Classes that share a band key are compared exactly; pairs that merely share a template
are set apart; the star contract decides on the rest. Nothing depends on the order of rows except the ranks given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from governance.text.answers import answered_apart
from governance.text.candidates import Walked, candidate_pairs
from governance.text.clusters import components, star
from governance.text.native import Kernel
from governance.text.store import EitherSets, Tables, gather
from governance.text.templates import template_edges
from governance.text.verify import Edges, Indices, SetSource, verify

FAMILY_WORDS = 5
"""Tokens other than numbers that a family of number variants has at least; `12` and `35` are no family."""

LARGE_FAMILY = 16
"""Number variants of one text beyond which they are not compared with each other: 100,000 make 5e9 pairs."""

_lowest = Kernel("groups.lowest")


@dataclass(frozen=True)
class Documents:
    """What is known of n different documents; the arrays are those of `minhash.Signed`.

    Attributes:
        rank: (n,) a permutation; of several that may stay, the lowest does.
        keys: (rows, out) -> None, writes the band keys of ascending documents.
        sets: the shingle sets of all of them.
        answered: some of them may hold answers of an assistant.
    """

    tokens: npt.NDArray[np.int32]
    words: npt.NDArray[np.int32]
    shingles: npt.NDArray[np.int32]
    normalised: npt.NDArray[np.uint64]
    masked: npt.NDArray[np.uint64]
    content: npt.NDArray[np.uint64]
    rank: Indices
    keys: KeySource
    sets: SetSource
    answered: bool = True


@dataclass(frozen=True)
class KeySource:
    """Band keys in stored tables; document i is row rows[i], rows ascend."""

    tables: Tables
    rows: Indices
    bands: int

    def load(self, documents: Indices) -> npt.NDArray[np.uint32]:
        """(documents, bands) keys of ascending documents."""
        out = np.zeros((len(documents), self.bands), np.uint32)
        gather(self.tables(["keys"]), "keys", np.uint32, self.rows[documents], out)
        return out


@dataclass(frozen=True)
class Earlier:
    """Documents that were compared with each other before.

    Attributes:
        same: (m,) the number of the present document it is, or -1 where it is not among them.
        shingles, content, keys, sets: of each.
        edges: pairs of them at or above the threshold.
    """

    same: Indices
    shingles: npt.NDArray[np.int32]
    content: npt.NDArray[np.uint64]
    keys: npt.NDArray[np.uint32]
    sets: SetSource
    edges: Edges


@dataclass(frozen=True)
class Resolved:
    """What became of each document.

    Attributes:
        normalised: (n,) the document that stays of those with the same wording; itself where it stays.
        keeper: (n,) the document that stays in its place; itself where it stays.
        score: (n,) Jaccard similarity to the keeper.
        template: (n,) a document that names its template, or -1; only for documents that stay.
        numbers_only: (n,) its template's documents differ in numbers and symbols only.
        stands: (n,) the document that stands for each in `edges`, one of the same shingle set.
        edges: all pairs found, those of templates included; pairs of equal sets are not listed.
        new_edges: those not in `Earlier.edges`; numbers from n on are documents of `Earlier`.
        stats: what was counted on the way.
    """

    normalised: Indices
    keeper: Indices
    score: npt.NDArray[np.float64]
    template: Indices
    numbers_only: npt.NDArray[np.bool_]
    stands: Indices
    edges: Edges
    new_edges: Edges
    stats: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Classes:
    """Different shingle sets among present and earlier documents, numbered by size (large first) and content.

    Attributes:
        of: (documents,) class of each, -1 without shingles; earlier documents follow the present ones.
        member: (classes,) one document of each.
        top: (classes,) the present document of the lowest rank, -1 where none is present.
        fresh: (classes,) none of its documents was compared before.
    """

    of: Indices
    member: Indices
    top: Indices
    sizes: npt.NDArray[np.int32]
    fresh: npt.NDArray[np.bool_]


def resolve(documents: Documents, threshold: float, earlier: Earlier | None = None) -> Resolved:
    """Groups of documents that say the same, with `threshold` as the least Jaccard similarity of near ones."""
    normalised = tops(documents.normalised, documents.rank, documents.tokens > 0)
    family = tops(documents.masked, documents.rank, documents.words >= FAMILY_WORDS)
    classes, keys, sets = _classify(documents, earlier)
    kin = _kin(classes, family)
    walked = Walked()
    new = _compare(classes, keys, kin, sets, threshold, walked)
    every = _with_earlier(new, classes, earlier, len(documents.tokens))
    present = classes.top >= 0
    every = every.where(present[every.a] & present[every.b] & (kin[every.a] != kin[every.b]))
    variant = family[classes.top[every.a]] == family[classes.top[every.b]]
    slots, near = _apart(every.where(~variant), classes, sets, documents.answered)
    rank = np.where(present, documents.rank[classes.top], len(documents.rank) + np.arange(len(classes.top)))
    chosen, similarity = star(len(classes.top), rank.astype(np.int64), near)
    keeper, score = _keepers(documents, normalised, classes, chosen, similarity)
    template, numbers_only = _templates(documents, keeper, family, classes, slots)
    stats = {
        "documents": len(documents.tokens),
        "pairs_compared": walked.pairs,
        "edges": len(every),
        "template_edges": int(variant.sum()) + len(slots),
        "crowded_buckets": walked.crowded,
        "largest_crowded_bucket": walked.largest,
        "pairs_left_out_of_crowded_buckets": walked.left_out,
    }
    found = Edges.of(classes.top[every.a], classes.top[every.b], every.jaccard)
    fresh = Edges.of(classes.member[new.a], classes.member[new.b], new.jaccard)
    stands = normalised.copy()
    signed = np.flatnonzero(classes.of[: len(keeper)] >= 0)
    stands[signed] = classes.top[classes.of[signed]]
    return Resolved(normalised, keeper, score, template, numbers_only, stands, found, fresh, stats)


def _apart(edges: Edges, classes: _Classes, sets: SetSource, answered: bool) -> tuple[Edges, Edges]:
    """(pairs that share a template or a passage only, the others)."""
    shared = template_edges(len(classes.top), edges, classes.sizes, sets)
    if answered:
        shared |= answered_apart(edges, classes.sizes, sets)
    return edges.where(shared), edges.where(~shared)


def tops(hashes: npt.NDArray[np.uint64], rank: Indices, chosen: npt.NDArray[np.bool_]) -> Indices:
    """(n,) of the chosen documents with the same 128-bit hash, the one of the lowest rank; others name themselves."""
    which = np.flatnonzero(chosen)
    order = which[np.argsort(hashes[which, 0])]
    out = np.arange(len(rank))
    _lowest(order, np.ascontiguousarray(hashes[:, 0]), np.ascontiguousarray(hashes[:, 1]), rank, out)
    return out


def _classify(
    documents: Documents, earlier: Earlier | None
) -> tuple[_Classes, npt.NDArray[np.uint32], SetSource]:
    """(the classes, the band keys of each, the set of each)."""
    n = len(documents.tokens)
    content, shingles, known = documents.content.copy(), documents.shingles.copy(), np.zeros(n, np.bool_)
    source: SetSource = documents.sets
    origin = np.arange(n)  # number within its source
    if earlier is not None:
        here = np.flatnonzero(earlier.same >= 0)
        present = earlier.same[here]
        content[present], shingles[present], known[present] = (
            earlier.content[here],
            earlier.shingles[here],
            True,
        )
        origin[present] = here
        gone = np.flatnonzero(earlier.same < 0)
        content = np.concatenate([content, earlier.content[gone]])
        shingles = np.concatenate([shingles, earlier.shingles[gone]])
        known = np.concatenate([known, np.ones(len(gone), np.bool_)])
        origin = np.concatenate([origin, gone])
        source = EitherSets((documents.sets, earlier.sets), known.astype(np.int8), origin)
    classes = _number(content, shingles, known, documents.rank)
    keys = np.zeros((len(classes.member), documents.keys.bands), np.uint32)
    fresh = np.flatnonzero(~known[classes.member])
    order = fresh[np.argsort(classes.member[fresh])]
    keys[order] = documents.keys.load(classes.member[order])
    if earlier is not None:
        old = np.flatnonzero(known[classes.member])
        keys[old] = earlier.keys[origin[classes.member[old]]]
    return classes, keys, _ClassSets(source, classes.member)


@dataclass(frozen=True)
class _ClassSets:
    """The shingle set of each class."""

    source: SetSource
    member: Indices

    def load(self, documents: Indices) -> Any:
        """The sets of these classes, in that order."""
        return self.source.load(self.member[documents])


def _number(
    content: npt.NDArray[np.uint64],
    shingles: npt.NDArray[np.int32],
    known: npt.NDArray[np.bool_],
    rank: Indices,
) -> _Classes:
    """Classes of equal content."""
    some = np.flatnonzero(shingles > 0)
    names, first, inverse = np.unique(content[some], return_index=True, return_inverse=True)
    sizes = shingles[some[first]]
    order = np.lexsort((names, -sizes))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    of = np.full(len(content), -1, np.int64)
    of[some] = place[inverse.reshape(-1)]
    member, top = some[first][order], np.full(len(order), -1, np.int64)
    old = some[known[some]]
    member[of[old]] = old  # one that was compared before, so that its class is seen to be known
    present = some[some < len(rank)]
    descending = present[np.argsort(-rank[present])]
    top[of[descending]] = descending
    fresh = np.ones(len(order), np.bool_)
    fresh[of[old]] = False
    return _Classes(of, member, top, sizes[order], fresh)


def _kin(classes: _Classes, family: Indices) -> Indices:
    """(classes,) the large family of number variants each is in; below 0, all different, where in none."""
    kin = -1 - np.arange(len(classes.top))
    present = np.flatnonzero(classes.top >= 0)
    named = family[classes.top[present]]
    _, inverse, count = np.unique(named, return_inverse=True, return_counts=True)
    several = count[inverse] > LARGE_FAMILY
    kin[present[several]] = named[several]
    return kin.astype(np.int64)


def _compare(
    classes: _Classes,
    keys: npt.NDArray[np.uint32],
    kin: Indices,
    sets: SetSource,
    threshold: float,
    walked: Walked,
) -> Edges:
    """The edges that were not known before."""
    portions = [
        verify(left, right, classes.sizes, sets, threshold)
        for left, right in candidate_pairs(keys, classes.sizes, kin, classes.fresh, threshold, walked)
    ]
    return Edges.together(portions)


def _with_earlier(new: Edges, classes: _Classes, earlier: Earlier | None, n: int) -> Edges:
    """New and earlier edges between classes."""
    if earlier is None or not len(earlier.edges):
        return new
    number = earlier.same.copy()
    gone = number < 0
    number[gone] = n + np.arange(int(gone.sum()))
    a, b = classes.of[number[earlier.edges.a]], classes.of[number[earlier.edges.b]]
    return Edges.together([new, Edges(a, b, earlier.edges.jaccard)])


def _keepers(
    documents: Documents,
    normalised: Indices,
    classes: _Classes,
    chosen: Indices,
    similarity: npt.NDArray[np.float64],
) -> tuple[Indices, npt.NDArray[np.float64]]:
    """((n,) the document that stays for each, (n,) similarity to it)."""
    own = classes.of[: len(normalised)][normalised]
    keeper, score = normalised.copy(), np.ones(len(normalised))
    has = np.flatnonzero(own >= 0)
    mine, to = own[has], chosen[own[has]]
    removed = mine != to
    keeper[has[removed]] = classes.top[to[removed]]
    score[has[removed]] = similarity[mine[removed]]
    # Same shingles in another order or number; a sign or a number that differs makes a template of it instead.
    top = classes.top[mine]
    variant = ~removed & (normalised[has] != top)
    variant &= (documents.masked[normalised[has]] != documents.masked[top]).any(axis=1)
    keeper[has[variant]] = top[variant]
    return keeper, score


def _templates(
    documents: Documents, keeper: Indices, family: Indices, classes: _Classes, shared: Edges
) -> tuple[Indices, npt.NDArray[np.bool_]]:
    """((n,) the document of the lowest rank of its template or -1, (n,) whether only numbers differ)."""
    n = len(keeper)
    stays = keeper == np.arange(n)
    a, b = classes.top[shared.a], classes.top[shared.b]
    both = stays[a] & stays[b]
    a, b = a[both], b[both]
    kept = np.flatnonzero(stays)
    root = components(n, np.concatenate([kept, a]), np.concatenate([family[kept], b]))
    order = kept[np.argsort(-documents.rank[kept])]
    top, size, slots = np.full(n, -1, np.int64), np.zeros(n, np.int64), np.zeros(n, np.bool_)
    top[root[order]] = order
    np.add.at(size, root[kept], 1)
    slots[root[a]] = True
    several = kept[size[root[kept]] > 1]
    template = np.full(n, -1, np.int64)
    template[several] = top[root[several]]
    return template, (template >= 0) & ~slots[root]
