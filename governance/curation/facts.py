"""One pass over the rows: what is known of each of them, without its text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from governance.curation.inputs import KeptVersion
from governance.samples import TEXT, SampleBatch, hex_ids

if TYPE_CHECKING:
    from governance.labels.labeller import Labeller

Indices = npt.NDArray[np.int64]
Progress = Callable[[str, int, int | None], None]
FACTS: dict[str, type[pl.DataType]] = {
    "input": pl.Int32,  # place among the inputs
    "row": pl.Int64,
    "sample_id": pl.String,
    "source": pl.String,
    "licence": pl.String,
    "label": pl.String,
    "group": pl.String,
    "revision": pl.String,
    "day": pl.Int64,  # days since 1970; null where no time is known
    "held": pl.Boolean,  # whether a column says that the row is held out; names of files do not decide it
    "characters": pl.Int64,
    "tokens": pl.Int64,
}
"""The columns of what is known of a row."""


@dataclass(frozen=True)
class Counter:
    """How tokens are counted: by a tokenizer, or by the kinds of characters.

    Attributes:
        name: `estimate`, or the SHA-256 of the tokenizer's file.
    """

    name: str = "estimate"
    tokenizer: Any = None

    def count(self, batch: SampleBatch) -> Indices:
        """(rows,) tokens of each conversation."""
        if self.tokenizer is None:
            from governance.detectors.tokens.length import estimated

            return np.ceil(estimated(batch)).astype(np.int64)
        texts = rendered(batch)
        found = self.tokenizer.encode_batch(texts, add_special_tokens=False)
        return np.array([len(e.ids) for e in found], np.int64)


def rendered(batch: SampleBatch) -> list[str]:
    """The texts that are counted: turns of conversations between the marks of Qwen3's template, texts as they are."""
    turns = batch.turns
    opened = pc.binary_join_element_wise("<|im_start|>", turns.names.cast(pa.large_string()), "\n", "")
    framed = pc.binary_join_element_wise(opened, turns.contents, "<|im_end|>\n", "")
    spoken = pc.if_else(pa.array(turns.roles == TEXT), turns.contents, framed)
    lists = pa.LargeListArray.from_arrays(pa.array(turns.starts), spoken)
    joined: list[str] = pc.binary_join(lists, "").to_pylist()
    return joined


def counter_of(path: str) -> Counter:
    """The counter of a folder with a tokenizer.json, or of the file; an estimate where none is named."""
    if not path:
        return Counter()
    from pathlib import Path

    from governance.detectors.tokens.length import load_tokenizer
    from governance.lake.verify import file_sha256

    place = Path(path).expanduser()
    tokenizer = load_tokenizer(path)
    return Counter(file_sha256(place / "tokenizer.json" if place.is_dir() else place), tokenizer)


def facts_of(
    number: int,
    data: KeptVersion,
    labeller: Labeller | None,
    counter: Counter,
    seen: Callable[[SampleBatch], None],
) -> Iterator[pl.DataFrame]:
    """FACTS of a dataset version, batch by batch.

    Args:
        number: its place among the inputs.
        seen: shown each batch as well.
    """
    plan = data.reading.plan
    nested, told = plan.nested is not None, plan.meta.get("split") in plan.present
    for batch in data.batches():
        seen(batch)
        table = batch.table
        label = table.column("label") if labeller is None else labeller.label(batch).column("label")
        group = table.column("group")
        if nested:
            records = data.records[np.searchsorted(data.rows, batch.rows)]
            group = pc.coalesce(group, _records(data.version.name, table, records))
        frame = {
            "input": pl.Series(np.full(len(batch), number, np.int32)),
            "row": pl.Series(batch.rows),
            "sample_id": pl.from_arrow(hex_ids(batch.sample_ids)),
            "source": pl.from_arrow(table.column("source")),
            "licence": pl.from_arrow(table.column("licence")),
            "label": pl.from_arrow(label),
            "group": pl.from_arrow(group),
            "revision": pl.from_arrow(table.column("revision")),
            "day": _days(table.column("time")),
            "held": _held(table.column("split"))
            if told
            else pl.repeat(value=False, n=len(batch), eager=True),
            "characters": pl.Series(_characters(batch)),
            "tokens": pl.Series(counter.count(batch)),
        }
        yield pl.DataFrame(frame, schema_overrides=FACTS)


def _records(name: str, table: pa.Table, records: Indices) -> pa.Array:
    """What rows that came from one record have in common: the record's place, and which it is on its line."""
    file, line = (table.column(field).cast(pa.string()) for field in ("file", "line"))
    later = pa.array([f"+{n}" if n else "" for n in records.tolist()], pa.string())
    return pc.binary_join_element_wise(
        f"{name}: record", file, pc.binary_join_element_wise(line, later, ""), " "
    )


def _days(times: pa.ChunkedArray) -> Any:
    from governance.detectors.splits.times import days

    return days(pl.Series(pl.from_arrow(times), dtype=pl.String))


def _held(split: pa.ChunkedArray) -> pl.Series:
    from governance.detectors.splits.names import is_holdout

    column: pl.Series = pl.Series(pl.from_arrow(split), dtype=pl.String)
    words = {word: is_holdout(word) for word in column.unique().drop_nulls().to_list()}
    return column.replace_strict(words, default=None, return_dtype=pl.Boolean).fill_null(value=False)


def _characters(batch: SampleBatch) -> Indices:
    turns = batch.turns
    total = np.concatenate([[0], np.cumsum(pc.utf8_length(turns.contents).to_numpy())])
    return np.diff(total[turns.starts]).astype(np.int64)
