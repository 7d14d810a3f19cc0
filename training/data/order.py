"""The order in which an epoch goes through the rows: a function of seed and epoch alone.

transformers' own sampler is told the epoch through two wrappers of the data loader, and in a run on several
processes that is taken up in the middle of an epoch it is not told (accelerate 1.15: `set_epoch` looks two levels
deep, the resumed loader has three). Here the run tells it directly.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch.utils.data import Sampler


class Order(Sampler[int]):
    """Rows of one epoch, each once.

    Attributes:
        epoch: 0-based; set before an epoch begins.
    """

    def __init__(self, rows: int, seed: int, *, shuffle: bool) -> None:
        self.rows = rows
        self.seed = seed
        self.shuffle = shuffle
        self.epoch = 0

    def __len__(self) -> int:
        return self.rows

    def __iter__(self) -> Iterator[int]:
        if not self.shuffle:
            return iter(range(self.rows))
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + self.epoch)
        order: list[int] = torch.randperm(self.rows, generator=generator).tolist()
        return iter(order)
