"""Vectors seen from the side that shows most of them: their first two principal components.

A linear view: distances on it are never longer than they are (before scaling), unlike those of t-SNE or UMAP, and the
same vectors always give the same picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

CHUNK = 8_192
"""Vectors that are widened at a time: 8 MiB at 256 numbers each."""


@dataclass(frozen=True)
class Projection:
    """Points in the plane.

    Attributes:
        points: (n, 2) float32, centred.
        axes: (2, dimension) float64, of length 1 and at right angles; a direction in which nothing varies is 0.
        held: share of the variance of all directions that the two have, 0 to 1.
    """

    points: npt.NDArray[np.float32]
    axes: npt.NDArray[np.float64]
    held: float


def project(vectors: npt.NDArray[np.float16]) -> Projection:
    """The plane through the mean in which (n, dimension) vectors vary most."""
    import numpy as np

    count, dimension = vectors.shape
    if not count or not dimension:
        return Projection(np.zeros((count, 2), np.float32), np.zeros((2, dimension)), 0.0)
    mean, spread = _moments(vectors)
    values, columns = np.linalg.eigh(spread)  # ascending
    axes = np.zeros((2, dimension))
    for n in range(min(2, dimension)):
        if values[-1 - n] > max(values[-1], 0.0) * 1e-9:
            axes[n] = _signed(columns[:, -1 - n])
    points = np.empty((count, 2), np.float32)
    for start in range(0, count, CHUNK):
        part = vectors[start : start + CHUNK].astype(np.float64)
        points[start : start + CHUNK] = (part - mean) @ axes.T
    total = float(np.trace(spread))
    held = float(values[-2:].sum()) / total if total > 0 else 0.0
    return Projection(points, axes, min(max(held, 0.0), 1.0))


def _moments(
    vectors: npt.NDArray[np.float16],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """(mean, covariance), summed in 64 bits: float16 holds three digits, and the mean is far from 0."""
    import numpy as np

    parts = range(0, len(vectors), CHUNK)
    mean = sum(vectors[p : p + CHUNK].sum(axis=0, dtype=np.float64) for p in parts) / len(vectors)
    spread = np.zeros((vectors.shape[1], vectors.shape[1]))
    for start in parts:
        part = vectors[start : start + CHUNK].astype(np.float64) - mean
        spread += part.T @ part
    return np.asarray(mean), spread / len(vectors)


def _signed(axis: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The axis in the direction in which its largest part is positive: an eigenvector has no sign of its own."""
    import numpy as np

    return axis if axis[np.argmax(np.abs(axis))] > 0 else -axis
