"""Rows of sample numbers become batches of tokens, with marks that say which sample is where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

from training.callback import NUMBERS, PLACES
from training.data.samples import Tokens

IGNORED = -100  # what torch's cross-entropy leaves out
ROW = "samples"
"""The column of a row: the numbers of its samples, in order."""


@dataclass(frozen=True)
class Collator:
    """Tokens and marks of rows. The padding, and the position ids of packed rows, are TRL's.

    Attributes:
        packed: rows hold several samples; a batch is one long row then, without padding.
    """

    tokens: Tokens
    pad_token_id: int
    packed: bool = False

    def __call__(self, rows: Sequence[Mapping[str, Sequence[int]]]) -> dict[str, Any]:
        """The batch; its marks are NumPy arrays, which stay on the CPU when the tensors move to a device."""
        numbers = [row[ROW] for row in rows]
        pad = DataCollatorForLanguageModeling(self.pad_token_id, padding_free=self.packed)
        batch = pad([self._row(own) for own in numbers])
        marks = {
            NUMBERS: np.array([n for own in numbers for n in own], np.int64),
            PLACES: self._places(numbers),
        }
        return {**batch, **marks}

    def _row(self, own: Sequence[int]) -> dict[str, Any]:
        parts = [self.tokens.of(n) for n in own]
        ids = np.concatenate([ids for ids, _ in parts]).astype(np.int64)
        supervised = np.concatenate([mask for _, mask in parts])
        labels = np.where(supervised, ids, IGNORED)
        return {"input_ids": ids, "labels": labels, "seq_lengths": [len(i) for i, _ in parts]}

    def _places(self, numbers: Sequence[Sequence[int]]) -> np.ndarray[Any, np.dtype[np.int64]]:
        """(segments, 3) row, start, stop."""
        lengths = self.tokens.lengths
        found, start = [], 0
        for row, own in enumerate(numbers):
            start = start if self.packed else 0
            for n in own:
                stop = start + int(lengths[n])
                found.append((0 if self.packed else row, start, stop))
                start = stop
        return np.array(found, np.int64).reshape(-1, 3)
