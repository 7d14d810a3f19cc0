"""The mean of token vectors, compiled."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from governance.text.compiled import kept


def pooled(
    tokens: npt.NDArray[np.int32], bounds: npt.NDArray[np.int64], matrix: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """(n, dimension) means of each text's token vectors, of length 1; 0 for a text without tokens."""
    out = np.zeros((len(bounds) - 1, matrix.shape[1]), np.float32)
    _pool(tokens, bounds, matrix, out)
    return out


@kept
def _pool(tokens: Any, bounds: Any, matrix: Any, out: Any) -> None:
    wide = matrix.shape[1]
    for i in range(len(bounds) - 1):
        row = out[i]
        for t in range(bounds[i], bounds[i + 1]):
            token = matrix[tokens[t]]
            for d in range(wide):
                row[d] += token[d]
        squares = np.float32(0)
        for d in range(wide):
            squares += row[d] * row[d]
        if squares > 0:
            scale = np.float32(1) / np.sqrt(squares)
            for d in range(wide):
                row[d] *= scale


def distinct(
    values: npt.NDArray[np.uint32], bounds: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
    """(the different values of each slice, ascending, end to end; their bounds)."""
    out = values.copy()
    kept = np.zeros(len(bounds), np.int64)
    total = _distinct(out, bounds, kept)
    return out[:total], kept


@kept
def _distinct(values: Any, bounds: Any, kept: Any) -> int:
    total = 0
    for i in range(len(bounds) - 1):
        own = np.sort(values[bounds[i] : bounds[i + 1]])
        for k in range(len(own)):
            if k == 0 or own[k] != own[k - 1]:
                values[total] = own[k]
                total += 1
        kept[i + 1] = total
    return total
