"""The paraphrase search of one batch, and what all batches add up to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from governance.detectors.paraphrase.index import ParaphraseIndex
from governance.detectors.paraphrase.scan import ND, Found, M, scan
from governance.detectors.paraphrase.score import scores
from governance.samples import SAMPLE_ID, SampleBatch

LEAST = 0.2
"""Score below which a pair is not kept; the threshold can be set down to this."""

PARTIAL = pa.schema(
    [
        pa.field("row", pa.int64()),  # null in the line that counts
        pa.field("sample_id", SAMPLE_ID),
        pa.field("turn", pa.int32()),  # within the row
        pa.field("item", pa.int32()),  # place in `PreparedItems`
        pa.field("start", pa.int64()),  # characters of the turn
        pa.field("end", pa.int64()),
        pa.field("score", pa.float64()),
        pa.field("dice", pa.float64()),
        pa.field("numbers", pa.float64()),
        pa.field("margin", pa.float64()),
        pa.field("cosine", pa.float64()),  # null where no model was used
        pa.field("compared", pa.int64()),  # of the line that counts: pairs that were measured
    ]
)


@dataclass(frozen=True)
class Told:
    """Which rows tell which items in other words.

    Attributes:
        table: `PARTIAL` columns, one line a (row, item), sorted by (item, row).
        compared: pairs that were measured.
        known: pairs at or above the threshold that other rules had recognised.
    """

    table: pa.Table
    compared: int
    known: int


def search(batch: SampleBatch, index: ParaphraseIndex) -> pa.Table:
    """The partial of a batch, by words alone."""
    found = scan(batch.turns, index.arrays)
    return partial(batch, found, scores(found.features, found.numbers))


def partial(
    batch: SampleBatch,
    found: Found,
    score: npt.NDArray[np.float64],
    cosine: npt.NDArray[np.float64] | None = None,
) -> pa.Table:
    """`PARTIAL` lines of the pairs worth keeping, and one that counts."""
    kept = np.flatnonzero(score >= LEAST)
    turns, starts = found.turns[kept].astype(np.int64), batch.turns.starts
    rows = np.searchsorted(starts, turns, side="right") - 1
    spans = _characters(batch, turns, found.spans[kept])
    columns = {
        "row": batch.rows[rows],
        "sample_id": batch.sample_ids.take(pa.array(rows, pa.int64())),
        "turn": turns - starts[rows],
        "item": found.items[kept],
        "start": spans[:, 0],
        "end": spans[:, 1],
        "score": score[kept],
        "dice": found.features[kept, 0].astype(np.float64),
        "numbers": found.features[kept, ND].astype(np.float64),
        "margin": found.features[kept, M].astype(np.float64),
        "cosine": pa.nulls(len(kept)) if cosine is None else cosine[kept],
        "compared": pa.nulls(len(kept)),
    }
    lines = pa.table([pa.array(columns[f.name]).cast(f.type) for f in PARTIAL], schema=PARTIAL)
    count = pa.table(
        [pa.array([len(score) if f.name == "compared" else None], f.type) for f in PARTIAL], schema=PARTIAL
    )
    return pa.concat_tables([lines, count])


def _characters(
    batch: SampleBatch, turns: npt.NDArray[np.int64], spans: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """(n, 2) character offsets of byte offsets; few pairs come this far."""
    data, offsets = batch.turns.buffers
    out = np.zeros((len(turns), 2), np.int64)
    for i, turn in enumerate(turns.tolist()):
        own = data[offsets[turn] : offsets[turn + 1]]
        first = np.cumsum((own & 0xC0) != 0x80)
        out[i] = [first[at - 1] if at else 0 for at in spans[i].tolist()]
    return out


def told(
    partials: Iterable[pa.Table], threshold: float, known: npt.NDArray[np.int64], hidden: pa.Table
) -> Told:
    """What the partials add up to, less what other rules had recognised.

    Args:
        known: (pairs, 2) sorted (row, item) that CON001 to CON003 looked at and decided on.
        hidden: their findings as lines of row, turn, start, end: another item told there explains the words.
    """
    frame = pl.DataFrame(pl.from_arrow(pa.concat_tables([PARTIAL.empty_table(), *partials])))
    compared = int(frame.get_column("compared").sum() or 0)
    pairs = frame.filter(pl.col("row").is_not_null() & (pl.col("score") >= threshold))
    best = pairs.sort("item", "row", "score", "turn", "start", descending=[False, False, True, False, False])
    best = best.unique(["item", "row"], keep="first", maintain_order=True)
    seen = pl.DataFrame({"row": known[:, 0], "item": known[:, 1].astype(np.int32)})
    fresh = best.join(seen, on=["row", "item"], how="anti", maintain_order="left")
    others = pl.DataFrame(pl.from_arrow(hidden)).rename({"start": "from", "end": "to"})
    over = fresh.join(others, on=["row", "turn"], how="inner").filter(
        (pl.col("from") < pl.col("end")) & (pl.col("start") < pl.col("to"))
    )
    fresh = fresh.join(
        over.select("row", "item").unique(), on=["row", "item"], how="anti", maintain_order="left"
    )
    table = fresh.sort("item", "row").to_arrow().cast(PARTIAL)
    return Told(table, compared, best.height - fresh.height)
