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

from governance.detectors.paraphrase.scan import ASK, BD, LCS, LR, ND, WD, D, M


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
    return np.concatenate(
        [x[:, [D, M, BD, LR, ASK]], np.log(x[:, [D]] + 0.05), np.sqrt(np.maximum(x[:, [M, BD]], 0))], 1
    )


FEW_NUMBERS = 2
"""Numbers of an item from which on they are evidence; one number agrees by chance."""
LEAST_WORDS = 0.15
"""Dice of words below which numbers alone agree, as they do in sums."""
LEAST_LENGTH = 0.4
"""A heading that shares its words with a long item is not the item, nor the other way round."""


VERBATIM = 0.9
"""Pairs of words kept, from which on nothing was rewritten; CON001 and CON002 decide on that."""
QUOTED, ASKED = 0.6, 0.4
"""No rewritten GSM8K item keeps so many pairs of words and so little of what is asked."""


def scores(features: npt.NDArray[np.float32], numbers: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
    """(rows,) likelihood that it is the item in other words; from 0.5 on it is reported.

    Args:
        features: (rows, 9) `scan.FEATURES`.
        numbers: (rows,) how many numbers the item has.
    """
    several = numbers >= FEW_NUMBERS
    found = np.zeros(len(features))
    found[several] = WITH_NUMBERS(shaped(features[several]))
    found[~several] = WORDS_ONLY(shaped_words(features[~several]))
    return np.where(_impossible(features, numbers), 0.0, found)


def scores_with_cosine(
    features: npt.NDArray[np.float32], numbers: npt.NDArray[np.int32], near: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """(rows,) the same where an embedder says how near run and item are, 0 unrelated to 1 equal."""
    several = numbers >= FEW_NUMBERS
    found = np.zeros(len(features))
    found[several] = WITH_NUMBERS_NEAR(beside(shaped(features[several]), near[several]))
    found[~several] = WORDS_ONLY_NEAR(beside(shaped_words(features[~several]), near[~several]))
    return np.where(_impossible(features, numbers), 0.0, found)


def beside(shape: npt.NDArray[np.float64], near: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(rows, n + 2) shaped features with nearness and its square."""
    return np.concatenate([shape, near[:, None], near[:, None] ** 2], axis=1)


def _impossible(features: npt.NDArray[np.float32], numbers: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
    """(rows,) whatever the score says: the item's numbers are missing, only numbers agree, or a heading does.

    And what keeps most pairs of words but not the question is a passage that both quote.
    """
    missing = (numbers > 0) & (features[:, ND] == 0)
    missing |= (features[:, BD] >= VERBATIM) | ((features[:, BD] >= QUOTED) & (features[:, ASK] < ASKED))
    return np.asarray(missing | (features[:, WD] < LEAST_WORDS) | (features[:, LR] < LEAST_LENGTH), np.bool_)


# fit: begin
WITH_NUMBERS = Logistic(
    mean=(
        0.37338,
        0.19824,
        0.50986,
        0.57852,
        0.35558,
        0.47989,
        0.14056,
        0.75276,
        0.28189,
        -0.92833,
        -0.99223,
        0.38225,
        0.60234,
        0.58283,
        0.32878,
    ),
    scale=(
        0.16703,
        0.21842,
        0.37864,
        0.40564,
        0.16788,
        0.36706,
        0.12175,
        0.18802,
        0.2284,
        0.36038,
        0.43991,
        0.25556,
        0.38347,
        0.37443,
        0.18017,
    ),
    weights=(
        2.7597,
        -0.85091,
        3.2444,
        0.57775,
        -0.97533,
        3.1513,
        -2.7536,
        0.97688,
        -0.035732,
        2.101,
        -0.33276,
        1.6779,
        -1.8751,
        -1.445,
        3.5401,
    ),
    bias=-6.6342,
)
WITH_NUMBERS_NEAR = Logistic(
    mean=(
        0.37338,
        0.19824,
        0.50986,
        0.57852,
        0.35558,
        0.47989,
        0.14056,
        0.75276,
        0.28189,
        -0.92833,
        -0.99223,
        0.38225,
        0.60234,
        0.58283,
        0.32878,
        0.51074,
        0.33153,
    ),
    scale=(
        0.16703,
        0.21842,
        0.37864,
        0.40564,
        0.16788,
        0.36706,
        0.12175,
        0.18802,
        0.2284,
        0.36038,
        0.43991,
        0.25556,
        0.38347,
        0.37443,
        0.18017,
        0.26585,
        0.27787,
    ),
    weights=(
        1.9327,
        -0.98874,
        3.1701,
        0.48584,
        -1.5952,
        3.1281,
        -2.0772,
        0.99697,
        0.060047,
        1.4999,
        -0.57884,
        1.4097,
        -1.7477,
        -1.3533,
        3.1283,
        1.1987,
        1.7077,
    ),
    bias=-7.0124,
)
WORDS_ONLY = Logistic(
    mean=(0.3153, 0.044194, 0.1025, 0.71148, 0.24011, -1.0478, 0.18356, 0.27868),
    scale=(0.11648, 0.15435, 0.092266, 0.19889, 0.19598, 0.27178, 0.20717, 0.15761),
    weights=(0.1554, 0.29371, -2.2503, 1.0484, -0.1333, 1.3562, 1.2463, 3.3592),
    bias=-7.5639,
)
WORDS_ONLY_NEAR = Logistic(
    mean=(0.3153, 0.044194, 0.1025, 0.71148, 0.24011, -1.0478, 0.18356, 0.27868, 0.45621, 0.25436),
    scale=(0.11648, 0.15435, 0.092266, 0.19889, 0.19598, 0.27178, 0.20717, 0.15761, 0.21501, 0.21465),
    weights=(-0.70492, 0.36737, -1.8669, 1.1035, -0.067899, 0.47807, 1.1944, 2.9692, 0.38688, 1.8744),
    bias=-8.0802,
)
# fit: end
