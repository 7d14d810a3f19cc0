"""The words of all lists, looked up in a batch in one pass however many rules ask."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from governance.samples import SampleBatch

if TYPE_CHECKING:
    from governance.text.phrases import Hits, PhraseBook

LISTS = ("advice", "credential", "injection", "promotion", "synthetic", "toxic")
"""Names of lists; a list may lie in several files: toxic_en.toml, toxic_zh.toml."""


MOST = 200
"""Places of one list that are looked at in one turn. A turn that holds more is made of such words, and whoever wrote it
should not decide how long the audit takes."""


@dataclass(frozen=True)
class Entry:
    """A phrase of a list.

    Attributes:
        phrase: as the list writes it; `*` at an end lifts the end of the word there.
        name: which list it is in.
        category: which group of the list.
        grade: 1 mild, 2 grave, 3 worst; 0 where the list has no grades.
        spared: longer phrases in which it means something else, lower-cased.
    """

    phrase: str
    name: str
    category: str
    grade: int
    spared: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """A phrase in a turn of a batch: characters start:end, the end not counted."""

    turn: int
    start: int
    end: int
    entry: Entry

    def is_spared(self, text: str) -> bool:
        """True inside one of the longer phrases that give it another meaning."""
        around = text[max(self.start - 40, 0) : self.end + 40].lower()
        start, end = min(self.start, 40), min(self.start, 40) + self.end - self.start
        return any(_overlaps(longer, around, start, end) for longer in self.entry.spared)


def _overlaps(longer: str, text: str, start: int, end: int) -> bool:
    """Does the longer phrase stand in the text so that it shares a character with text[start:end]?"""
    return text.find(longer, max(start - len(longer) + 1, 0), end + len(longer) - 1) >= 0


class Texts:
    """Turns of a batch as Python strings; asked for in order, each is made once."""

    def __init__(self, batch: SampleBatch) -> None:
        self._contents = batch.turns.contents
        self._turn, self._text = -1, ""

    def __getitem__(self, turn: int) -> str:
        if turn != self._turn:
            self._turn, self._text = turn, self._contents[turn].as_py()
        return self._text


@cache
def entries() -> tuple[Entry, ...]:
    """All entries of all lists."""
    folder = resources.files("governance.detectors.lexicon")
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name)
    return tuple(entry for file in files for entry in _entries(file.name, file.read_text("utf-8")))


def _entries(file: str, text: str) -> Iterator[Entry]:
    name = file.removesuffix(".toml").partition("_")[0]
    for group in tomllib.loads(text)["group"]:
        spared = tuple(longer.lower() for longer in group.get("spared", ()))
        for phrase in group["phrases"]:
            yield Entry(phrase, name, group["category"], group.get("grade", 0), spared)


@cache
def _book() -> PhraseBook:
    from governance.text.phrases import PhraseBook

    return PhraseBook.of([entry.phrase for entry in entries()])


@cache
def _of_list(name: str) -> npt.NDArray[np.bool_]:
    return np.array([entry.name == name for entry in entries()])


def hits(batch: SampleBatch, name: str) -> Hits:
    """Where the words of one list stand in the turns of a batch, at most `MOST` places a turn."""
    every = batch.once("lexicon", lambda: _book().find(*batch.turns.buffers))
    return every.of(_of_list(name)).first(MOST)


def found(hits: Hits) -> list[Found]:
    """The hits as values, for the few that are left."""
    book, known = _book(), entries()
    ends = hits.start + book.lengths[hits.phrase]
    columns = (hits.phrase.tolist(), hits.text.tolist(), hits.start.tolist(), ends.tolist())
    return [Found(t, s, e, known[p]) for p, t, s, e in zip(*columns, strict=True)]
