"""Label weights and rewards on their way into the lake, and back for a stage that goes on from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from governance.label_records import LABEL_WEIGHT
from governance.lake.label_rewards import save_label_rewards
from governance.lake.label_weights import save_label_weights
from training.weights import WeightState

if TYPE_CHECKING:
    from governance.lake import Lake
    from training.run import RunBook


@dataclass(frozen=True)
class RunKeeper:
    """Keeps what a run learns of labels: weights in force in its book, everything in the lake, where there is one."""

    book: RunBook
    lake: Lake | None

    def weights(self, step: int, state: WeightState) -> None:
        """The estimate is kept."""
        self.book.weights(step, state.by_label)
        if self.lake is not None and state.weights:
            save_label_weights(self.lake, self.book.record.run, weight_rows(step, state))

    def rewards(self, rewards: pa.Table, windows: pa.Table) -> None:
        """The rows are kept."""
        if self.lake is not None:
            save_label_rewards(self.lake, self.book.record.run, rewards, windows)


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
