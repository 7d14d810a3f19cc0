"""The weight of each sample in the loss: its own, from the split, times that of its label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa


class Weighting:
    """Weights by sample number; those of labels may change while the run goes on.

    A sample without a label, and one whose label has no weight, keep their own weight.
    """

    def __init__(self, samples: pa.Table, labels: Mapping[str, float] | None = None) -> None:
        self._own = samples.column("weight").to_numpy()
        column = samples.column("label").combine_chunks().dictionary_encode()
        self._names: list[str] = [str(name) for name in column.dictionary.to_pylist()]
        self._label = column.indices.fill_null(len(self._names)).to_numpy(zero_copy_only=False)
        self.labels: Mapping[str, float] = {}
        self._values: npt.NDArray[np.float64] = self._own
        self.set_labels(labels or {})

    def set_labels(self, labels: Mapping[str, float]) -> None:
        """The labels' weights are these from now on; ValueError for one that is not positive and finite."""
        wrong = sorted(name for name, value in labels.items() if not 0 < value < float("inf"))
        if wrong:
            raise ValueError(f"weights must be positive numbers; these are not: {', '.join(wrong[:5])}")
        factors = np.array([labels.get(name, 1.0) for name in self._names] + [1.0])
        self.labels = dict(labels)
        self._values = self._own * factors[self._label]

    def of(self, numbers: Sequence[int]) -> npt.NDArray[np.float64]:
        """(n,) weights of samples by number."""
        return self._values[np.asarray(numbers, np.int64)]
