"""Whether the hash that a row states is the hash of its text."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from governance.samples import SampleBatch

LENGTHS = {32: "md5", 40: "sha1", 64: "sha256"}
"""Hexadecimal digits of a hash -> DuckDB's function for it."""
NEWLINE = pa.scalar("\n", pa.large_string())
UNREAD, MATCHES, DIFFERS = range(3)


def verdicts(batch: SampleBatch) -> npt.NDArray[np.uint8]:
    """(rows,) MATCHES where the stated hash is that of one turn or of all turns joined by newlines, DIFFERS where it
    is of none; UNREAD where none is stated or it is no hash."""
    stated = _stated(batch.table.column("checksum"))
    out = np.full(len(batch), UNREAD, np.uint8)
    lengths = stated.str.len_bytes().fill_null(0).to_numpy()
    for length, function in LENGTHS.items():
        rows = np.flatnonzero(lengths == length)
        if len(rows):
            right = _right(batch, rows, stated[rows.tolist()], function)
            out[rows] = np.where(right, MATCHES, DIFFERS)
    return out


def _stated(column: pa.ChunkedArray) -> pl.Series:
    """The hashes in lower case without a prefix such as `sha256:`; null where the field is none."""
    texts = pl.Series(pl.from_arrow(column), dtype=pl.String).str.strip_chars().str.to_lowercase()
    texts = texts.str.replace(r"^(?:sha-?256|sha-?1|md5)[:=]", "")
    return texts.set(~texts.str.contains(r"^[0-9a-f]+$").fill_null(False), None)


def _right(
    batch: SampleBatch, rows: npt.NDArray[np.int64], stated: pl.Series, function: str
) -> npt.NDArray[np.bool_]:
    """(rows,) whether the stated hash is one of those the row's texts have."""
    turns = batch.turns
    counts = np.diff(turns.starts)
    whole = pc.binary_join(
        pa.ListArray.from_arrays(pa.array(turns.starts, pa.int32()), turns.contents), NEWLINE
    )
    owner = np.concatenate([np.repeat(np.arange(len(counts)), counts), np.arange(len(counts))])
    texts = pa.concat_arrays([turns.contents, whole])
    mine = np.isin(owner, rows)
    hashes = _hashes(texts.filter(pa.array(mine)), function)
    place = np.searchsorted(rows, owner[mine])
    found = np.zeros(len(rows), np.bool_)
    np.logical_or.at(found, place, hashes == stated.to_numpy()[place])
    return found


def _hashes(texts: pa.Array, function: str) -> npt.NDArray[np.object_]:
    import duckdb

    with duckdb.connect(config={"threads": 1}) as db:
        db.register("texts", pa.table({"t": texts}))
        found = db.execute(f"SELECT {function}(t) AS h FROM texts").to_arrow_table().column("h")
        return np.asarray(found.to_numpy(zero_copy_only=False))
