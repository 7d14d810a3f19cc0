"""The linear datamodelling score: does the sum of scores over a subset predict what a model trained on it does?

Park et al., TRAK, ICML 2023. For each item, Spearman's rank correlation over the subsets between the sum of the
scores of the subset's samples and the item's measured number after training on the subset; then the mean over items.
Scores and numbers must point the same way: with contributions, give minus the loss, or the margin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from attribution.ledger.intervals import DRAWS, Floats, Interval, bootstrap, ranks


@dataclass(frozen=True)
class Score:
    """A linear datamodelling score.

    Attributes:
        value: mean over items, -1 to 1; NaN where no item has one.
        interval: 95 % of it, subsets drawn anew; None with fewer than three subsets.
        items: (M,) the correlation of each item; NaN where either side does not vary.
        subsets: how many models were trained.
    """

    value: float
    interval: Interval | None
    items: Floats
    subsets: int


def spearman(a: Floats, b: Floats) -> float:
    """Spearman's rank correlation, ties sharing their ranks; NaN where one side does not vary."""
    x, y = ranks(a) - (len(a) + 1) / 2, ranks(b) - (len(b) + 1) / 2
    scale = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / scale if scale else float("nan")


def predicted(scores: Floats, subsets: npt.NDArray[np.bool_]) -> Floats:
    """(S, M) sums of the scores of the samples in each subset.

    Args:
        scores: (N, M) of each sample for each item.
        subsets: (S, N) whether a sample is in a subset.
    """
    return subsets.astype(np.float64) @ scores


def lds(
    scores: Floats, subsets: npt.NDArray[np.bool_], measured: Floats, draws: int = DRAWS, seed: int = 0
) -> Score:
    """The score of (N, M) `scores` against (S, M) `measured` numbers of models trained on (S, N) `subsets`."""
    guessed = predicted(scores, subsets)
    items = np.array([spearman(guessed[:, j], measured[:, j]) for j in range(measured.shape[1])])
    count = len(subsets)

    def again(drawn: npt.NDArray[np.int64]) -> float:
        return _mean([spearman(guessed[drawn, j], measured[drawn, j]) for j in range(measured.shape[1])])

    interval = bootstrap(count, again, draws, seed) if count >= 3 else None
    return Score(_mean(items), interval, items, count)


def _mean(values: Floats | list[float]) -> float:
    array = np.asarray(values, np.float64)
    array = array[np.isfinite(array)]
    return float(array.mean()) if len(array) else float("nan")
