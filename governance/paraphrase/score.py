"""How likely it is that a run of sentences tells an item in other words: a logistic score of what `scan` measured.

The weights were fitted by `benchmarks/paraphrase/fit.py` on half of the rewritten GSM8K test items (positives) and
half of the GSM8K training problems (negatives), split by row number; the other halves were only used to report. An
item without numbers is scored by weights that were fitted on the same pairs with every number taken out, because the
numbers are what tells one problem from its neighbour. A score of 0.5 is the cut that the fit chose.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from governance.paraphrase.scan import ASK, BD, LCS, LR, ND, WD, D, M


@dataclass(frozen=True)
class Logistic:
    """Weights of a logistic score over shaped features.

    Attributes:
        mean, scale: (n,) of each shaped feature over the fit.
        weights: (n,) on the standardised features.
        bias: added; the score is 0.5 where the sum is 0.
    """

    mean: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float

    def __call__(self, shaped: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """(rows,) scores in 0 to 1 of (rows, n) shaped features."""
        sums = (shaped - np.array(self.mean)) / np.array(self.scale) @ np.array(self.weights) + self.bias
        found: npt.NDArray[np.float64] = 1 / (1 + np.exp(-np.clip(sums, -30, 30)))
        return found


def shaped(features: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """(rows, 15) the features, and concave forms of six: what the first tenth adds counts most."""
    x = features.astype(np.float64)
    logs = np.log(x[:, [D, WD]] + 0.05)
    roots = np.sqrt(np.maximum(x[:, [M, ND, LCS, BD]], 0))
    return np.concatenate([x, logs, roots], axis=1)


def shaped_words(features: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """(rows, 8) what is left of `shaped` where there are no numbers."""
    x = features.astype(np.float64)
    return np.concatenate([x[:, [D, M, BD, LR, ASK]], np.log(x[:, [D]] + 0.05), np.sqrt(np.maximum(x[:, [M, BD]], 0))], 1)


FEW_NUMBERS = 2
"""Numbers of an item from which on they are evidence; one number agrees by chance."""
LEAST_WORDS = 0.15
"""Dice of words below which numbers alone agree, as they do in sums."""
LEAST_LENGTH = 0.4
"""A heading that shares its words with a long item is not the item, nor the other way round."""


def scores(features: npt.NDArray[np.float32], numbers: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
    """(rows,) likelihood that it is the item in other words; from 0.5 on it is reported.

    Args:
        features: (rows, 9) `scan.FEATURES`.
        numbers: (rows,) how many numbers the item has.
    """
    found = np.zeros(len(features))
    several = numbers >= FEW_NUMBERS
    if several.any():
        found[several] = WITH_NUMBERS(shaped(features[several]))
    if not several.all():
        found[~several] = WORDS_ONLY(shaped_words(features[~several]))
    missing = (numbers > 0) & (features[:, ND] == 0)
    found[missing | (features[:, WD] < LEAST_WORDS) | (features[:, LR] < LEAST_LENGTH)] = 0.0
    return found


# fit: begin
WITH_NUMBERS = Logistic(mean=(0.36905, 0.17234, 0.4947, 0.56895, 0.35249, 0.46608, 0.13691, 0.74697, 0.27234, -0.93615, -0.99799, 0.35457, 0.58972, 0.57101, 0.32495), scale=(0.16309, 0.20932, 0.37545, 0.4075, 0.16519, 0.36352, 0.11904, 0.19099, 0.22445, 0.35328, 0.43474, 0.25077, 0.38331, 0.37421, 0.17696), weights=(2.8181, -1.109, 3.7389, -0.016221, -1.4256, 3.2049, -2.5457, 1.0374, -0.088285, 2.3929, 0.026685, 1.7324, -1.6818, -1.532, 3.3), bias=-6.8077)
WORDS_ONLY = Logistic(mean=(0.31749, 0.036137, 0.10255, 0.70383, 0.23216, -1.0412, 0.17524, 0.27838), scale=(0.11551, 0.15119, 0.092248, 0.20142, 0.19199, 0.27048, 0.20269, 0.15827), weights=(0.35056, 0.39705, -2.2356, 1.1411, -0.17359, 1.0711, 1.1179, 3.3907), bias=-7.5329)
# fit: end
