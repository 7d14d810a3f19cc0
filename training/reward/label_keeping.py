"""Label weights and rewards on their way into the lake, and back for a stage that goes on from them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pyarrow as pa

from governance.errors import LakeBusy
from governance.label_records import LABEL_WEIGHT
from governance.lake.label_rewards import save_label_rewards
from governance.lake.label_weights import save_label_weights
from training.difficulty.weights import WeightState

if TYPE_CHECKING:
    from governance.lake import Lake
    from training.runs.run import RunBook


_LOG = logging.getLogger("govern.training")


class RunKeeper:
    """Keeps what a run learns of labels: weights in force in its book, everything in the lake, where there is one.

    A lake that another process keeps busy does not stop a run of hours: the rows wait, in order, for the next time.
    """

    def __init__(self, book: RunBook, lake: Lake | None) -> None:
        self.book = book
        self.lake = lake
        self._weights: list[pa.Table] = []
        self._rewards: tuple[pa.Table, pa.Table] | None = None

    def weights(self, step: int, state: WeightState) -> None:
        """The estimate is kept."""
        self.book.weights(step, state.by_label)
        if state.weights:
            self._weights.append(weight_rows(step, state))
        self._try()

    def rewards(self, rewards: pa.Table, windows: pa.Table) -> bool:
        """True where the rows are kept; otherwise they are to be said again, with those that came since."""
        self._rewards = (rewards, windows)
        return self._try()

    def close(self) -> None:
        """Everything is in the lake; LakeBusy where it is still busy."""
        if self.lake is None:
            return
        while self._weights:
            save_label_weights(self.lake, self.book.record.run, self._weights[0])
            self._weights.pop(0)
        if self._rewards is not None:
            save_label_rewards(self.lake, self.book.record.run, *self._rewards)
            self._rewards = None

    def _try(self) -> bool:
        try:
            self.close()
        except LakeBusy as busy:
            _LOG.warning("%s; what labels earned goes into the lake at the next checkpoint", busy.what)
            return False
        return True


def weight_rows(step: int, state: WeightState) -> pa.Table:
    """The estimate as LABEL_WEIGHT."""
    rows = [
        {
            "step": step,
            "label": w.label,
            "pass_cur": w.pass_cur,
            "pass_ref": w.pass_ref,
            "raw": w.raw,
            "smoothed": w.smoothed,
            "normalised": w.normalised,
        }
        for w in state.weights
    ]
    return pa.Table.from_pylist(rows, schema=LABEL_WEIGHT)
