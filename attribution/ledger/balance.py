"""The lines of the ledger added up: by item, over a suite, and over time, and how much of the change is accounted for.

Everything is counted so that positive helped: for the answer loss the change is before - after, for the margin it is
after - before. Then change = attributed + weight decay + carried + residual, for each line and for every sum of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from functools import reduce
from itertools import pairwise
from typing import TYPE_CHECKING

import pyarrow as pa

from attribution.entries import ANSWER_LOSS

if TYPE_CHECKING:
    import polars as pl

FLOOR = 1e-3
"""Nats. An item that moved less counts as having moved this far, or its coverage would be that of noise. The same as
in `attribution.ledger.coverage`."""
KEY = ("suite", "functional", "item")
PARTS = ("attributed", "weight_decay", "carried", "residual")


@dataclass(frozen=True)
class Sums:
    """Lines of the ledger added up, in nats; positive helped."""

    change: float
    attributed: float
    weight_decay: float
    carried: float
    residual: float

    @property
    def gap(self) -> float:
        """What does not add up; 0 but for rounding, or the ledger is wrong."""
        return self.change - self.attributed - self.weight_decay - self.carried - self.residual


@dataclass(frozen=True)
class ItemLine:
    """One item over the whole run.

    Attributes:
        before: the functional before the first step, nats; its loss, or its margin.
        after: the same after the last.
    """

    suite: str
    functional: str
    item: str
    before: float
    after: float
    sums: Sums

    @property
    def coverage(self) -> float:
        """1 - |residual| / |change|, where a change below `FLOOR` counts as one of it."""
        return 1 - abs(self.sums.residual) / max(abs(self.sums.change), FLOOR)


@dataclass(frozen=True)
class Window:
    """All items of a suite in one interval of steps.

    Attributes:
        moved: sum of |change| over its items, nats.
        left: sum of |residual|.
    """

    start: int
    stop: int
    sums: Sums
    moved: float
    left: float

    @property
    def coverage(self) -> float:
        """1 - left / moved; where nothing moved, 1 if nothing is left over, else 0."""
        return _covered(self.left, self.moved)

    def and_(self, after: Window) -> Window:
        """This one and the one after it as one; their |change| and |residual| are added, not netted."""
        mine, other = astuple(self.sums), astuple(after.sums)
        sums = Sums(*(a + b for a, b in zip(mine, other, strict=True)))
        return Window(self.start, after.stop, sums, self.moved + after.moved, self.left + after.left)


def frame_of(balances: pa.Table) -> pl.DataFrame:
    """The BALANCES with a column `change`, ordered by suite, functional, item and step."""
    import polars as pl

    frame = pl.DataFrame(pl.from_arrow(balances))
    loss = pl.col("functional") == ANSWER_LOSS
    change = (
        pl.when(loss).then(pl.col("before") - pl.col("after")).otherwise(pl.col("after") - pl.col("before"))
    )
    return frame.with_columns(change=change).sort([*KEY, "start_step"])


def by_item(balances: pa.Table) -> pl.DataFrame:
    """One row an item: `KEY`, before, after, change and `PARTS`."""
    import polars as pl

    sums = [pl.col(name).sum() for name in ("change", *PARTS)]
    ends = [pl.col("before").first(), pl.col("after").last()]
    return frame_of(balances).group_by(KEY, maintain_order=True).agg(*ends, *sums)


def item_line(balances: pa.Table, suite: str, item: str, functional: str) -> ItemLine | None:
    """The item's own line; None where the ledger does not have it."""

    mine = by_item(balances).filter(suite=suite, item=item, functional=functional)
    if mine.is_empty():
        return None
    row = mine.row(0, named=True)
    sums = Sums(row["change"], *(row[name] for name in PARTS))
    return ItemLine(suite, functional, item, row["before"], row["after"], sums)


def coverage(items: pl.DataFrame) -> float:
    """1 - sum of |residual| / sum of |change| over items; attribution.md, equation 3. May be negative.

    Where nothing changed it is 1 if nothing is left over, else 0.
    """
    return _covered(float(items["residual"].abs().sum()), float(items["change"].abs().sum()))


def _covered(left: float, moved: float) -> float:
    return 1 - left / moved if moved else float(not left)


def sums_of(lines: pl.DataFrame) -> Sums:
    """The lines added up."""
    return Sums(*(float(lines[name].sum()) for name in ("change", *PARTS)))


def over_time(balances: pa.Table, suite: str, functional: str) -> tuple[Window, ...]:
    """The suite in each interval of steps, in order."""
    mine = frame_of(balances).filter(suite=suite, functional=functional)
    parts = mine.partition_by("start_step", "stop_step", maintain_order=True)
    return tuple(sorted(map(_window, parts), key=lambda w: (w.start, w.stop)))


def _window(lines: pl.DataFrame) -> Window:
    moved, left = (float(lines[name].abs().sum()) for name in ("change", "residual"))
    return Window(int(lines["start_step"][0]), int(lines["stop_step"][0]), sums_of(lines), moved, left)


def merged(windows: Sequence[Window], most: int) -> tuple[Window, ...]:
    """The same span in at most `most` windows, neighbours put together evenly."""
    if len(windows) <= most:
        return tuple(windows)
    edges = [len(windows) * i // most for i in range(most + 1)]
    return tuple(reduce(Window.and_, windows[a:b]) for a, b in pairwise(edges))
