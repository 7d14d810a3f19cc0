"""What every runner shares: read the texts, write the groups. Runs in the peers' environment too, so it imports
nothing of this project.
"""

from __future__ import annotations

import re
import sys

import numpy as np
import pyarrow.parquet as pq

WORD = re.compile(r"\w+")
BANDS, ROWS = 16, 8  # of 128 permutations, for every tool that takes them


def texts() -> list[str]:
    """The texts of the corpus named on the command line."""
    return pq.read_table(sys.argv[1], columns=["text"]).column("text").to_pylist()


def five_grams(text: str) -> set[str]:
    """Lower-cased word 5-grams, as the tools' guides make them."""
    words = WORD.findall(text.lower())
    return {" ".join(words[i : i + 5]) for i in range(max(1, len(words) - 4))}


class Union:
    """Groups that grow by pairs."""

    def __init__(self, size: int) -> None:
        self.parent = list(range(size))

    def find(self, item: int) -> int:
        """The group of an item."""
        while self.parent[item] != item:
            self.parent[item] = self.parent[self.parent[item]]
            item = self.parent[item]
        return item

    def join(self, one: int, other: int) -> None:
        """Makes one group of two."""
        a, b = self.find(one), self.find(other)
        self.parent[max(a, b)] = min(a, b)

    def groups(self) -> np.ndarray:
        """(n,) the group of each item."""
        return np.array([self.find(i) for i in range(len(self.parent))])


def write(groups: np.ndarray, **more: np.ndarray) -> None:
    """The result: groups, and what else a tool reports."""
    np.savez(sys.argv[2], groups=groups, **more)
