"""What besides the question says that a text holds an item: its options, its context, its answer."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from governance.detectors.contamination.asks import NO_ASK
from governance.detectors.contamination.index import ItemIndex
from governance.detectors.contamination.scan import WHOLE_TURN

CONTEXT = 0.9  # share of the context that counts as its being there: clauses of contracts share up to 0.86


def all_options(found: pa.Table, index: ItemIndex) -> npt.NDArray[np.bool_]:
    """(n,) whether every option of the item stands behind the question, whatever the options say."""
    filled = index.items.arrays.filled[found.column("item").to_numpy()]
    return np.asarray((filled > 1) & (options_found(found) == filled), np.bool_)


def options_found(found: pa.Table) -> npt.NDArray[np.int64]:
    """(n,) how many options of the item stand near each candidate."""
    counts: npt.NDArray[np.int64] = pc.list_value_length(found.column("options")).to_numpy().astype(np.int64)
    return counts


def corroborated(found: pa.Table, index: ItemIndex) -> npt.NDArray[np.bool_]:
    """(n,) whether something besides the question says that it is this item: options, context or answer.

    Where other items share the stem, only that counts in which this item differs from them, and more than
    half of the options have to be there.
    """
    items = index.items
    item = found.column("item").to_numpy()
    telling, matched = _telling(found, index)
    shared, has_context = items.shared[item], np.diff(items.arrays.bounds)[items.table.num_rows :][item] > 0
    strict = shared | has_context | (items.arrays.how[item] == NO_ASK)
    enough = (telling > 1) & np.where(strict, 2 * matched > telling, 2 * matched >= telling)
    by_options = enough & (~shared | items.by_options[item])
    by_context_alone = found.column("context").to_numpy() >= CONTEXT
    by_context = by_context_alone & (~shared | items.by_context[item])
    golds = np.diff(items.arrays.bounds)[2 * items.table.num_rows :][item]
    answered = np.asarray(pc.is_valid(found.column("answer_turn")))
    by_answer = answered & ~shared & ((golds >= 2) | (found.column("how").to_numpy() == WHOLE_TURN))
    exact = by_context_alone & all_options(found, index)
    return np.asarray(by_options | by_context | by_answer | exact, np.bool_)


def _telling(found: pa.Table, index: ItemIndex) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """(options of the item that say something, those of them that were found)."""
    masks = index.items.arrays.telling[found.column("item").to_numpy()].astype(np.int64)
    options = one_chunk(found.column("options"))
    places = np.zeros(len(masks), np.int64)
    parents = pc.list_parent_indices(options).to_numpy()
    np.add.at(
        places, parents, np.left_shift(1, options.flatten().field("option").to_numpy().astype(np.int64))
    )
    return np.bitwise_count(masks).astype(np.int64), np.bitwise_count(masks & places).astype(np.int64)


def one_chunk(column: pa.ChunkedArray) -> pa.Array:
    """The one array that a column is made of."""
    combined = column.combine_chunks()
    if isinstance(combined, pa.ChunkedArray):
        return pa.concat_arrays(combined.chunks) if combined.num_chunks else pa.array([], column.type)
    return combined


def flags(found: pa.Table, name: str) -> npt.NDArray[np.bool_]:
    """(n,) a boolean column as numpy has it."""
    return np.asarray(one_chunk(found.column(name)).to_numpy(zero_copy_only=False), np.bool_)
