"""Rows of a dataset as documents: which rows are the same sample, and what became of each sample.

`map_identities` and `map_signatures` run on every batch; `unique` and `decide` on what they left. A row of a sample
that was signed in an earlier audit costs only the hashes of its wording.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from governance.rules.base import Partials, Setup
from governance.samples import SampleBatch
from governance.text.minhash import bands_for, content_of, keys_of, sign
from governance.text.resolve import Documents, Earlier, KeySource, Resolved, resolve, tops
from governance.text.signatures import EDGES, SIGNATURES, SignatureCache, minhash_values, prefixes
from governance.text.store import NUMBERS, StoredSets, chunk, set_buffers, to_table, unfixed
from governance.text.verify import Edges, Indices


@dataclass(frozen=True)
class Unique:
    """The different samples of a dataset.

    Attributes:
        rows: (all,) row numbers, in reading order; `first` and `of` speak of places in it.
        of: (all,) the sample each row is.
        first: (n,) the place of the row that stands for each sample.
        ids: (n,) sample ids.
        sources: (n,) place of the sample's source in the order given, 0 where none was given.
    """

    rows: Indices
    of: Indices
    first: Indices
    ids: pa.FixedSizeBinaryArray
    sources: Indices

    @property
    def kept(self) -> Indices:
        """(n,) the number of the row that stands for each sample."""
        return self.rows[self.first]


@dataclass(frozen=True)
class Decided:
    """What became of the samples, and how much of it was known from earlier audits."""

    unique: Unique
    rank: Indices
    resolved: Resolved
    known: int
    unsigned: int  # skipped by the first bytes of their id, and then not in the cache


def map_identities(batch: SampleBatch, setup: Setup) -> pa.Table | None:
    """Row, sample id and place of the source of each row that holds any text."""
    return _identities(batch, setup).filter(pa.array(batch.holds_text)) if len(batch) else None


def map_signatures(batch: SampleBatch, setup: Setup, threshold: float) -> pa.Table | None:
    """The identities and signatures of each row that holds any text."""
    if not len(batch):
        return None
    turns = batch.turns
    signed = sign(
        *turns.buffers,
        turns.roles,
        turns.starts,
        threshold=threshold,
        skip=_known(batch, setup),
        with_minhash=setup.signatures is not None,
    )
    table = to_table(signed)
    identities = _identities(batch, setup)
    for name in identities.column_names:
        table = table.append_column(name, identities.column(name))
    return table if batch.holds_text.all() else table.filter(pa.array(batch.holds_text))


def _identities(batch: SampleBatch, setup: Setup) -> pa.Table:
    ids = batch.sample_ids
    place = np.zeros(len(batch), np.int32)
    if setup.representative == "source":
        order = pa.array(setup.source_order, pa.string())
        found = pc.index_in(chunk(batch.table.column("source")), value_set=order).fill_null(len(order))
        place = found.to_numpy(zero_copy_only=False).astype(np.int32)
    return pa.table({"row": batch.rows, "sample_id": ids, "source": place})


def _known(batch: SampleBatch, setup: Setup) -> npt.NDArray[np.bool_]:
    """Which samples seem to be in the cache, by the first 8 bytes of their ids."""
    cache: SignatureCache | None = setup.signatures
    known = setup.once("duplicates.known", lambda: np.empty(0, np.uint64) if cache is None else cache.known())
    if not len(known):
        return np.zeros(len(batch), np.bool_)
    mine = prefixes(batch.sample_ids)
    at = np.minimum(np.searchsorted(known, mine), len(known) - 1)
    return np.asarray(known[at] == mine)


def unique(identities: pa.Table) -> Unique:
    """The different samples in a table of `map_identities`; of equal rows the best source, then the first row."""
    rows = identities.column("row").to_numpy()
    source = identities.column("source").to_numpy().astype(np.int64)
    ids = chunk(identities.column("sample_id"))
    halves = np.ascontiguousarray(unfixed(ids, np.uint64)[:, :2])
    order = np.lexsort((rows, source)) if source.any() else np.arange(len(rows))
    rank = np.empty(len(rows), np.int64)
    rank[order] = np.arange(len(rows))
    stands = tops(halves, rank, np.ones(len(rows), np.bool_))
    first, of = np.unique(stands, return_inverse=True)
    return Unique(rows, of.reshape(-1), first, ids.take(pa.array(first)), source[first])


def decide(partials: Partials, setup: Setup, threshold: float) -> Decided:
    """Groups of samples that say the same, by the signatures of `map_signatures`; the cache is brought up to date."""
    setup.progress("comparing signatures", 0, None)
    table = partials.read(["row", "sample_id", "source", *NUMBERS])
    samples = unique(table)
    cache: SignatureCache | None = setup.signatures
    documents = _documents(table, samples, partials, setup.representative, threshold)
    earlier, cached = (None, None) if cache is None else _earlier(cache, samples, threshold)
    resolved = resolve(documents, threshold, earlier)
    here = np.zeros(len(samples.first), np.bool_)
    if earlier is not None:
        here[earlier.same[earlier.same >= 0]] = True
    if cache is not None and earlier is not None and cached is not None:
        new = samples.first[~here & (documents.shingles >= 0)]
        gone = cached.take(pa.array(np.flatnonzero(earlier.same < 0)))
        cache.stage(_new_signatures(partials, new), _new_edges(resolved.new_edges, samples.ids, gone))
    return Decided(
        samples, documents.rank, resolved, int(here.sum()), int((~here & (documents.shingles < 0)).sum())
    )


def _documents(
    table: pa.Table, samples: Unique, partials: Partials, policy: str, threshold: float
) -> Documents:
    columns = {name: chunk(table.column(name)).take(pa.array(samples.first)) for name in NUMBERS}
    tokens = columns["tokens"].to_numpy()
    read = partials.tables
    return Documents(
        tokens=tokens,
        words=columns["words"].to_numpy(),
        shingles=columns["shingles"].to_numpy(),
        normalised=unfixed(columns["normalised"], np.uint64),
        masked=unfixed(columns["masked"], np.uint64),
        content=columns["content"].to_numpy(),
        rank=_rank(policy, samples, tokens),
        keys=KeySource(read, samples.first, bands_for(threshold)[0]),
        sets=StoredSets(read, samples.first),
    )


def _rank(policy: str, samples: Unique, tokens: npt.NDArray[np.int32]) -> Indices:
    """(n,) who stays rather than whom: the lower. Sample ids settle ties, so the order of rows does not matter."""
    words = unfixed(samples.ids, ">u8").astype(np.uint64)
    if policy == "first":
        order = np.argsort(samples.kept)
    else:
        order = np.lexsort((words[:, 1], words[:, 0], -tokens.astype(np.int64), samples.sources))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return rank


def _earlier(
    cache: SignatureCache, samples: Unique, threshold: float
) -> tuple[Earlier, pa.FixedSizeBinaryArray]:
    """(the documents of earlier audits, their sample ids)."""
    bands, rows = bands_for(threshold)
    ids, shingles, content, keys = [], [], [], []
    for table in cache.signatures():
        values, offsets = set_buffers(chunk(table.column("sets")))
        hashes = np.zeros(table.num_rows, np.uint64)
        content_of(values, offsets, hashes)
        made = np.zeros((table.num_rows, bands), np.uint32)
        minhash = minhash_values(chunk(table.column("minhash")))
        keys_of(np.ascontiguousarray(minhash), rows, made)
        ids.append(chunk(table.column("sample_id")))
        shingles.append(chunk(table.column("shingles")).to_numpy())
        content.append(hashes)
        keys.append(made)
    every = pa.concat_arrays([pa.array([], SIGNATURES.field("sample_id").type), *ids])
    same = pc.index_in(every, value_set=samples.ids).fill_null(-1).to_numpy(zero_copy_only=False)
    earlier = Earlier(
        same.astype(np.int64),
        np.concatenate([np.empty(0, np.int32), *shingles]),
        np.concatenate([np.empty(0, np.uint64), *content]),
        np.concatenate([np.empty((0, bands), np.uint32), *keys]),
        StoredSets(
            lambda columns: (table.select(columns) for table in cache.signatures()), np.arange(len(every))
        ),
        _known_edges(cache.edges(), every),
    )
    return earlier, every


def _known_edges(edges: pa.Table, every: pa.FixedSizeBinaryArray) -> Edges:
    """Cached edges by the numbers of cached samples."""
    a, b = (
        pc.index_in(chunk(edges.column(side)), value_set=every).fill_null(-1).to_numpy(zero_copy_only=False)
        for side in ("a", "b")
    )
    whole = (a >= 0) & (b >= 0)
    jaccard = edges.column("jaccard").to_numpy()
    return Edges.of(a[whole].astype(np.int64), b[whole].astype(np.int64), jaccard[whole])


def _new_signatures(partials: Partials, places: Indices) -> Iterator[pa.Table]:
    """The signatures of the samples at these places (ascending), table by table."""
    base = 0
    for table in partials.tables(SIGNATURES.names):
        low, high = np.searchsorted(places, [base, base + table.num_rows])
        if high > low:
            yield table.take(pa.array(places[low:high] - base)).cast(SIGNATURES)
        base += table.num_rows


def _new_edges(edges: Edges, present: pa.FixedSizeBinaryArray, gone: pa.FixedSizeBinaryArray) -> pa.Table:
    """Edges between present samples and, from `len(present)` on, earlier ones that are gone, as `EDGES`."""
    ids = pa.concat_arrays([present, gone])
    a, b = ids.take(pa.array(edges.a)), ids.take(pa.array(edges.b))
    swapped = pc.greater(a, b)
    low, high = pc.if_else(swapped, b, a), pc.if_else(swapped, a, b)
    return pa.table([low, high, pa.array(edges.jaccard)], schema=EDGES)
