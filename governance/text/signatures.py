"""What is remembered of a sample, so that it never has to be compared again.

A cache belongs to one dataset name and one string of parameters. Its invariant: every pair of samples in it has
been compared, and each pair at or above the threshold is in its edges. A later audit of the same dataset then
compares new samples with each other and with the cached ones only, and arrives at the clusters of a full run.

datasketch is the interchange. `minhash` holds the values of `datasketch.MinHash(num_perm=128, seed=1)` in
scheme `affine32` over our 32-bit shingle hashes, so signatures go there and come back unchanged.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from governance.errors import UsageError

if TYPE_CHECKING:
    from datasketch import LeanMinHash

PERMUTATIONS = 128
SEED = 1
SCHEME = "affine32"
TABLES = unicodedata.unidata_version
"""The Unicode version that decides what is a letter."""

SIGNATURES = pa.schema(
    [
        pa.field("sample_id", pa.binary(32), False),
        pa.field("shingles", pa.int32(), False),  # how many different shingles; 0 where the text is too short
        pa.field("minhash", pa.binary(4 * PERMUTATIONS), False),  # 128 little-endian uint32
        pa.field("sets", pa.large_binary(), False),  # the shingle hashes, ascending little-endian uint32
    ]
)

EDGES = pa.schema(
    [
        pa.field("a", pa.binary(32), False),  # a < b bytewise
        pa.field("b", pa.binary(32), False),
        pa.field("jaccard", pa.float64(), False),
    ]
)


class SignatureCache(Protocol):
    """Signatures and edges of earlier audits of one dataset name."""

    def known(self) -> npt.NDArray[np.uint64]:
        """The first 8 bytes of every cached sample_id as big-endian numbers, ascending."""
        ...

    def signatures(self) -> Iterator[pa.Table]:
        """Every cached signature, in tables of `SIGNATURES`."""
        ...

    def edges(self) -> pa.Table:
        """Every cached edge, a table of `EDGES`."""
        ...

    def stage(self, signatures: Iterable[pa.Table], edges: pa.Table) -> None:
        """Buffer what this audit adds; it becomes durable when the audit is committed."""
        ...


def parameters(threshold: float) -> str:
    """The settings that decide what a signature and an edge are; kept apart in the cache where they differ."""
    return f"v2 words=5 perms={PERMUTATIONS} seed={SEED} {SCHEME} unicode={TABLES} jaccard={threshold!r}"


def prefixes(sample_ids: pa.Array) -> npt.NDArray[np.uint64]:
    """(n,) first 8 bytes of 32-byte identities as numbers that sort like the bytes."""
    raw = np.frombuffer(sample_ids.buffers()[1], np.uint8)
    rows = raw[sample_ids.offset * 32 : (sample_ids.offset + len(sample_ids)) * 32].reshape(-1, 32)
    return np.ascontiguousarray(rows[:, :8]).view(">u8").reshape(-1).astype(np.uint64)


def minhash_values(column: pa.Array) -> npt.NDArray[np.uint32]:
    """(n, 128) values of a `minhash` column."""
    width = 4 * PERMUTATIONS
    raw = np.frombuffer(column.buffers()[1], np.uint8)[column.offset * width :]
    return raw[: len(column) * width].view("<u4").reshape(-1, PERMUTATIONS)


def to_datasketch(values: npt.NDArray[np.uint32]) -> LeanMinHash:
    """One signature as datasketch's immutable MinHash, ready for its LSH indexes."""
    from datasketch import LeanMinHash

    return LeanMinHash(seed=SEED, hashvalues=values, scheme=SCHEME)


def from_datasketch(minhash: LeanMinHash) -> npt.NDArray[np.uint32]:
    """(128,) values of a datasketch `MinHash` or `LeanMinHash`.

    Raises:
        UsageError: it has another number of permutations, seed or scheme, and cannot be compared with ours.
    """
    found = (len(minhash), minhash.seed, minhash.scheme)
    if found != (PERMUTATIONS, SEED, SCHEME):
        raise UsageError(
            f"this MinHash has permutations, seed and scheme {found}, not {(PERMUTATIONS, SEED, SCHEME)}",
            hint="make it with MinHash(num_perm=128, seed=1) of datasketch 2",
        )
    return np.asarray(minhash.hashvalues, np.uint32)
