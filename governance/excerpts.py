"""Evidence in place: the words around a span, and where the row stands in its file.

Rules speak of rows, turns and offsets. A reader wants to see the text. The audit kept each row while it passed, so no
file is read twice and nothing depends on it still being there.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from governance.findings import EVIDENCE, EXCERPT_CHARACTERS
from governance.samples import SAMPLES, SYSTEM, Turns, flatten

CONTEXT = 60
"""Characters shown before a span: enough to see the sentence it stands in."""

KEPT = pa.schema([SAMPLES.field(name) for name in ("row", "file", "line", "conversation")])
"""What the audit keeps of each row until the evidence is complete."""


def in_place(evidence: pa.Table, kept: Iterable[pa.Table], items: pa.Table | None) -> pa.Table:
    """The evidence with file, line and excerpts filled in, sorted by (fingerprint, role, row, turn, start).

    Args:
        evidence: EVIDENCE rows as the rules left them.
        kept: KEPT tables in reading order.
        items: ITEMS the evidence may refer to as `item:suite/item`.
    """
    lines = pl.DataFrame(pl.from_arrow(evidence)).sort("row")
    filled = [_fill(part, table) for part, table in _parts(lines, kept)]
    missing = lines.join(pl.concat(filled).select("row").unique(), on="row", how="anti") if filled else lines
    whole = pl.concat([*filled, missing])
    if items is not None:
        whole = _with_peers(whole, pl.DataFrame(pl.from_arrow(items)))
    whole = whole.sort("fingerprint", "role", "row", "turn", "start", "peer", "peer_part", nulls_last=True)
    return whole.select(EVIDENCE.names).to_arrow().cast(EVIDENCE)


def _parts(lines: pl.DataFrame, kept: Iterable[pa.Table]) -> Iterable[tuple[pl.DataFrame, pa.Table]]:
    """Pieces of the evidence with the table their rows are in; tables nobody speaks of are passed over."""
    rows = lines.get_column("row").to_numpy()
    for table in kept:
        if not table.num_rows:
            continue
        own = table.column("row").to_numpy()
        low, high = np.searchsorted(rows, own[0], "left"), np.searchsorted(rows, own[-1], "right")
        part = lines.slice(int(low), int(high - low))
        part = part.filter(pl.col("row").is_in(pl.Series(own).implode()))
        if part.height:
            yield part, table


def _fill(part: pl.DataFrame, table: pa.Table) -> pl.DataFrame:
    """File, line and excerpt of evidence that lies in one table."""
    at = np.searchsorted(table.column("row").to_numpy(), part.get_column("row").to_numpy())
    turns = flatten(table.column("conversation"))
    asked = part.get_column("turn").fill_null(-1).to_numpy()
    text = _texts(turns, at, asked)
    begin = (pl.col("start").fill_null(0) - CONTEXT).clip(lower_bound=0)
    return part.with_columns(
        file=pl.Series(table.column("file").to_numpy()[at], dtype=pl.Int32),
        line=pl.Series(table.column("line").to_numpy()[at], dtype=pl.Int64),
        excerpt=text.alias("excerpt"),
        excerpt_start=pl.when(pl.lit(text).is_not_null()).then(begin),
    ).with_columns(excerpt=pl.col("excerpt").str.slice(pl.col("excerpt_start"), EXCERPT_CHARACTERS))


def _texts(turns: Turns, at: npt.NDArray[np.int64], asked: npt.NDArray[np.int64]) -> pl.Series:
    """The text of the turn each line speaks of; for the whole row, its first turn that is not a system turn."""
    counts = turns.starts[at + 1] - turns.starts[at]
    where = turns.starts[at] + np.where(asked >= 0, asked, _first_spoken(turns)[at])
    index = pa.array(where, mask=(counts == 0) | (np.maximum(asked, 0) >= counts))
    return pl.Series(pl.from_arrow(turns.contents.take(index)))


def _first_spoken(turns: Turns) -> npt.NDArray[np.int64]:
    """(rows,) number of the first turn that is not a system turn, 0 where every turn is one."""
    rows = len(turns.starts) - 1
    first = np.zeros(rows, np.int64)
    owner = np.repeat(np.arange(rows), np.diff(turns.starts))
    spoken = np.flatnonzero(turns.roles != SYSTEM)[::-1]  # backwards, so that the first one is written last
    first[owner[spoken]] = spoken - turns.starts[owner[spoken]]
    return first


def _with_peers(lines: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """The evidence with the words of the benchmark item it refers to."""
    texts = items.unique(["suite", "item"], keep="first").select(
        peer="item:" + pl.col("suite") + "/" + pl.col("item"),
        question="question",
        context="context",
        answer="answer_text",
        option=pl.col("options").list.join("\n"),
    )
    joined = lines.join(texts, on="peer", how="left", maintain_order="left")
    part = pl.col("peer_part")
    text = pl.coalesce(
        *(pl.when(part == name).then(name) for name in ("question", "context", "answer", "option"))
    )
    begin = (pl.col("peer_start").fill_null(0) - CONTEXT).clip(lower_bound=0)
    return joined.with_columns(peer_excerpt=text.str.slice(begin, EXCERPT_CHARACTERS)).select(lines.columns)
