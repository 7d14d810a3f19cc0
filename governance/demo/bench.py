"""Where faults are planted: the rows so far, which of them are untouched, and unused evaluation items."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from governance.demo.evaluation import Item
from governance.demo.overlap import tokens
from governance.demo.rows import Row, Turn
from governance.errors import UsageError


@dataclass(frozen=True)
class Draft:
    """A planted fault before rows have their places.

    Attributes:
        rows: keys of the rows a finding must name.
        peer: the row key of the original, an item's name as evidence writes it, or None.
        also: further rules that are right to speak of these rows.
    """

    rows: tuple[int, ...]
    peer: int | str | None = None
    also: tuple[str, ...] = ()


class Bench:
    """Rows under construction."""

    def __init__(self, rows: Sequence[Row], items: Sequence[Item], rng: random.Random) -> None:
        """Takes clean rows and evaluation items; `rng` decides the order in which both are used."""
        self._rows = {row.key: row for row in rows}
        untouched = rng.sample(sorted(self._rows), len(self._rows))
        self._untouched = [key for key in untouched if self._rows[key].split == "train"]
        self._held_out = [key for key in untouched if self._rows[key].split != "train"]
        self._items = rng.sample(list(items), len(items))

    @property
    def rows(self) -> list[Row]:
        """All rows, in the order of their keys."""
        return [self._rows[key] for key in sorted(self._rows)]

    def take(self, language: str, fits: Callable[[Row], bool] = lambda row: True) -> Row:
        """A row for training that no fault has touched, which then counts as touched.

        Raises:
            UsageError: too few rows were asked for to hold all faults.
        """
        for key in self._untouched:
            row = self._rows[key]
            if row.language == language and fits(row):
                self._untouched.remove(key)
                return row
        raise UsageError(
            "the set is too small for the faults to be planted", where="rows", hint="ask for 600 or more"
        )

    def held_out(self, language: str) -> Row:
        """A row for validation that was not used before."""
        key = next(k for k in self._held_out if self._rows[k].language == language)
        self._held_out.remove(key)
        return self._rows[key]

    def item(self, language: str, fits: Callable[[Item], bool]) -> Item:
        """An evaluation item that was not used before."""
        found = next(item for item in self._items if item.language == language and fits(item))
        self._items.remove(found)
        return found

    def add(self, like: Row, turns: Sequence[Turn] | None) -> Row:
        """A new row with the source, licence and label of another one."""
        key = len(self._rows)
        row = replace(like, key=key, turns=None if turns is None else tuple(turns))
        self._rows[key] = row
        return row

    def change(self, row: Row) -> None:
        """Puts the row in the place of the one with the same key."""
        self._rows[row.key] = row


def long_enough(row: Row) -> bool:
    """Whether a row has words enough that a few edits leave it a near-duplicate; no system prompt."""
    turns = row.turns or ()
    return turns[0].role == "user" and len(tokens(row.text)) >= 95
