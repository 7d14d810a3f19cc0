"""What is wrong with single records, as values that travel beside the good ones."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from governance.findings import EXCERPT_CHARACTERS

FAULTS = pa.schema(
    [
        pa.field("position", pa.int64(), False),  # index of the record among the records it was read with
        pa.field("rule", pa.string(), False),
        pa.field("message", pa.string(), False),
        pa.field("excerpt", pa.string()),
    ]
)
UNREADABLE, MISSING, UTF8, TURNS = "INP001", "INP002", "INP003", "INP004"

Fault = tuple[int, str, str, str | None]
"""position, rule, message, excerpt."""


def table(faults: Iterable[Fault]) -> pa.Table:
    """Faults as FAULTS."""
    columns = list(zip(*faults, strict=True)) or [(), (), (), ()]
    return pa.table(dict(zip(FAULTS.names, columns, strict=True)), schema=FAULTS)


def same(
    positions: npt.NDArray[np.int64], rule: str, message: str, excerpts: pa.Array | None = None
) -> pa.Table:
    """One fault of the same words at each position."""
    n = len(positions)
    shown = pa.nulls(n, pa.string()) if excerpts is None else excerpts
    columns = [pa.array(positions, pa.int64()), pa.repeat(rule, n), pa.repeat(message, n), shown]
    return pa.table(columns, schema=FAULTS)


def moved(faults: pa.Table, positions: npt.NDArray[np.int64]) -> pa.Table:
    """The same faults, where position i now is positions[i]."""
    at = positions[faults.column("position").to_numpy()]
    return faults.set_column(0, FAULTS.field("position"), pa.array(at, pa.int64()))


def together(tables: Iterable[pa.Table]) -> pa.Table:
    """All faults by (position, rule); of several with equal position and rule the first one stays."""
    whole = pa.concat_tables([FAULTS.empty_table(), *tables]).combine_chunks()
    if whole.num_rows < 2:
        return whole
    codes = whole.column("rule").combine_chunks().dictionary_encode()
    ranks = np.argsort(np.argsort(np.array(codes.dictionary.to_pylist(), object)))
    key = whole.column("position").to_numpy() * 16 + ranks[codes.indices.to_numpy()]
    _, first = np.unique(key, return_index=True)
    return whole.take(pa.array(first))


def excerpt(text: str | bytes) -> str:
    """The first characters of what could not be used, as valid UTF-8."""
    if isinstance(text, str):
        text = text[:EXCERPT_CHARACTERS].encode("utf-8", "surrogatepass")
    return text[: EXCERPT_CHARACTERS * 4].decode("utf-8", "replace")[:EXCERPT_CHARACTERS]
