"""Which rows tell which items in another language: terms find them, a multilingual model and numbers decide."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from governance.detectors.translation.glossary import CHINESE, ENGLISH, glossary, terms
from governance.detectors.translation.items import FEWEST, Side, sizes
from governance.detectors.translation.probe import centred
from governance.embedding.rows import han_share, said, side
from governance.samples import OTHER, SAMPLE_ID, TEXT, USER, SampleBatch
from governance.text.store import chunk

SMOOTH = 60.0
"""Added to the squared weight of both sides: two texts that share their only term are not alike."""
LEAST = 0.2
"""Likeness of terms below which a pair is not looked at."""
BEST = 4
"""Items per row that are measured; the right one is among them for 97 % of the rendered FinEval items."""
PORTION = 2048
CHARACTERS_A_WORD = 1.6
"""Chinese characters that one English word becomes."""
NO_NUMBERS = 0.6
"""What the agreement of numbers counts as where neither text has any."""

SEVERAL, FEW_AGREE = 2, 0.3
"""Numbers on both sides from which on agreement below this says that it is another problem."""

PARTIAL = pa.schema(
    [
        pa.field("row", pa.int64()),
        pa.field("sample_id", SAMPLE_ID),
        pa.field("turn", pa.int32()),  # the first that asks
        pa.field("end", pa.int64()),  # its characters
        pa.field("chinese", pa.bool_()),
        pa.field("size", pa.int64()),  # as `Side.sizes`
        pa.field("terms", pa.list_(pa.int16())),
        pa.field("numbers", pa.list_(pa.float64())),
    ]
)


def map_terms(batch: SampleBatch, languages: frozenset[bool]) -> pa.Table | None:
    """Rows in a language of which there are items in the other: their terms and numbers.

    Args:
        languages: of the items, True for Chinese.
    """
    turns = batch.turns
    asks = side(turns, (USER, TEXT, OTHER))
    share = han_share(asks)
    tables = []
    for chinese, own in ((True, share >= CHINESE), (False, share <= ENGLISH)):
        rows = np.flatnonzero(own)
        if (not chinese) in languages and len(rows):
            tables.append(_lines(batch, asks.take(pa.array(rows)), rows, chinese))
    found = [t for t in tables if t.num_rows]
    return pa.concat_tables(found) if found else None


def _lines(
    batch: SampleBatch, asks: pa.LargeStringArray, rows: npt.NDArray[np.int64], chinese: bool
) -> pa.Table:
    import pyarrow.compute as pc

    has = terms(asks, chinese=chinese)
    enough = has.sum(axis=1) >= FEWEST
    names = np.nonzero(has)[1]
    bounds = np.concatenate([[0], np.cumsum(has.sum(axis=1))])
    asking = np.isin(batch.turns.roles, (USER, TEXT, OTHER))
    first = np.searchsorted(np.flatnonzero(asking), batch.turns.starts[rows])
    turn = np.flatnonzero(asking)[np.minimum(first, max(0, int(asking.sum()) - 1))]
    table = pa.table(
        [
            pa.array(batch.rows[rows]),
            batch.sample_ids.take(pa.array(rows)),
            pa.array(turn - batch.turns.starts[rows], pa.int32()),
            pc.utf8_length(batch.turns.contents.take(pa.array(turn))).cast(pa.int64()),
            pa.array(np.full(len(rows), chinese)),
            pa.array(sizes(asks, chinese=chinese)),
            pa.ListArray.from_arrays(pa.array(bounds, pa.int32()), pa.array(names, pa.int16())),
            said(asks)[1],
        ],
        schema=PARTIAL,
    )
    return table.filter(pa.array(enough))


@dataclass(frozen=True)
class Pairs:
    """(row, item) pairs: lines of the table they were looked for in, places in `PreparedItems`, measures, scores."""

    lines: npt.NDArray[np.int64]
    items: npt.NDArray[np.int64]
    cosine: npt.NDArray[np.float64]
    terms: npt.NDArray[np.float64]
    numbers: npt.NDArray[np.float64]
    score: npt.NDArray[np.float64]


def compare(
    table: pa.Table,
    vectors: npt.NDArray[np.float16],
    own_mean: npt.NDArray[np.float32],
    items: Side,
    score: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]],
    threshold: float,
) -> Pairs:
    """Pairs at or above the threshold, the best item of each line only.

    Args:
        table: lines of `PARTIAL` in the other language than the items.
        vectors: (lines, dimension) of what each asks.
        own_mean: what the vectors of the lines' language have in common.
    """
    parts = [
        _portion(table.slice(start, PORTION), vectors[start : start + PORTION], own_mean, items, start)
        for start in range(0, table.num_rows, PORTION)
    ]
    lines, places, features = (np.concatenate([p[i] for p in parts]) for i in range(3))
    hopeful = features.copy()
    hopeful[:, 3] = 1.0  # numbers are compared only where the pair would pass if they agreed
    kept = score(hopeful) >= threshold
    lines, places, features = lines[kept], places[kept], features[kept]
    numbers = chunk(table.column("numbers")).take(pa.array(lines)).to_pylist()
    for k, (mine, item) in enumerate(zip(numbers, places.tolist(), strict=True)):
        theirs = items.numbers[item]
        if mine or theirs:
            features[k, 3], features[k, 4] = agreement(mine, theirs), 1.0
        else:
            features[k, 3], features[k, 4] = NO_NUMBERS, 0.0
    final = np.where(_other_numbers(numbers, places, items, features[:, 3]), 0.0, score(features))
    order = np.lexsort((items.items[places], -final, lines))
    first = np.concatenate([[True], np.diff(lines[order]) != 0]) if len(order) else np.zeros(0, np.bool_)
    best = order[first]
    best = best[final[best] >= threshold]
    columns = (features[best, 0], features[best, 1], features[best, 3], final[best])
    return Pairs(lines[best], items.items[places[best]], *columns)


def _other_numbers(
    numbers: list[list[float]], places: npt.NDArray[np.int64], items: Side, agree: npt.NDArray[np.float64]
) -> npt.NDArray[np.bool_]:
    """(n,) whether both sides have several numbers and few of them agree: the same kind of problem, another one."""
    several = [
        len(n) >= SEVERAL and len(items.numbers[i]) >= SEVERAL for n, i in zip(numbers, places, strict=True)
    ]
    return np.array(several, np.bool_) & (agree < FEW_AGREE)


def _portion(
    table: pa.Table,
    vectors: npt.NDArray[np.float16],
    own_mean: npt.NDArray[np.float32],
    items: Side,
    start: int,
) -> tuple[Any, Any, Any]:
    """(lines, items by place in the side, features) of the best few items of each line."""
    has = _matrix(chunk(table.column("terms")))
    weighted = has * items.weights
    norms = np.sqrt((weighted**2).sum(1) + SMOOTH)[:, None] * np.sqrt((items.terms**2).sum(1) + SMOOTH)
    likeness = weighted @ items.terms.T / norms
    cosine = centred(vectors.astype(np.float32), own_mean) @ items.vectors.T
    total = likeness + 0.5 * cosine
    k = min(BEST, total.shape[1])
    top = np.argsort(-total, axis=1, kind="stable")[:, :k]
    best = np.take_along_axis(total, top, 1)
    runner = np.where(np.arange(k) == 0, best[:, 1:2] if k > 1 else 0.0, best[:, :1])
    length = table.column("size").to_numpy()[:, None] * (
        1 / CHARACTERS_A_WORD if not items.chinese else CHARACTERS_A_WORD
    )
    ratio = length / np.maximum(1, items.sizes[top])
    shared = (has @ (items.terms > 0).T.astype(np.float32))[np.arange(len(top))[:, None], top]
    features = np.stack(
        [
            np.take_along_axis(cosine, top, 1),
            np.take_along_axis(likeness, top, 1),
            np.log1p(shared),
            np.ones(top.shape),
            np.ones(top.shape),
            np.minimum(ratio, 1 / np.maximum(ratio, 1e-9)),
            best - runner,
        ],
        axis=2,
    )
    near = np.take_along_axis(likeness, top, 1) >= LEAST
    rows, places = np.nonzero(near)
    return rows + start, top[rows, places], features[rows, places].astype(np.float64)


def _matrix(lists: pa.ListArray) -> npt.NDArray[np.float32]:
    """(n, terms) 1 where a line has a term."""
    found = np.zeros((len(lists), glossary().size), np.float32)
    found[np.repeat(np.arange(len(lists)), np.diff(lists.offsets.to_numpy())), lists.flatten().to_numpy()] = 1
    return found


def agreement(mine: list[float], theirs: tuple[float, ...]) -> float:
    """Dice of two multisets of numbers."""
    common = sum((Counter(mine) & Counter(theirs)).values())
    return 2 * common / (len(mine) + len(theirs))
