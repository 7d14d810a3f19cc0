"""One look at the words of a batch for all quality rules, and the lists that it looks for."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from governance.rules.base import Setup
from governance.samples import ASSISTANT, TEXT, SampleBatch

if TYPE_CHECKING:
    from governance.text.wording import Bounds, Lexicon, Wording

COMMON_ENGLISH = """
    the of and to that it for as with by not he his but from they she which or had have are were this at be been
    has their its would who will what there when can if more your you we our i my than them these those some into
    could about other only do does did how should each such because between through where while must may
"""
"""Words of English that few other languages of Latin script have; every fifth word or more of English prose."""


@dataclass(frozen=True)
class Phrase:
    """A stock phrase: the list it stands in (boilerplate, cut, garbled) and its kind there."""

    group: str
    kind: str
    text: str


def read_data(name: str) -> dict[str, Any]:
    """A TOML file of this package."""
    return tomllib.loads(resources.files("governance.detectors.quality").joinpath(name).read_text("utf-8"))


@cache
def phrases() -> tuple[Phrase, ...]:
    """All stock phrases, in the order that hits number them."""
    data = read_data("phrases.toml")
    return tuple(
        Phrase(group, kind, text) for group, kinds in data.items() for kind in kinds for text in kinds[kind]
    )


@cache
def lexicon() -> Lexicon:
    """The lists as hashes, made once a process."""
    from governance.text.wording import Lexicon, phrase_table, word_table

    return Lexicon(
        word_table(COMMON_ENGLISH.split()), usual_characters(), *phrase_table([p.text for p in phrases()])
    )


@cache
def usual_characters() -> npt.NDArray[np.uint8]:
    """(8192,) a bit for each of the 3,755 and 5,401 characters that GB 2312 and Big5 hold to be in everyday use."""
    first = [
        bytes([row, cell]).decode("gb2312", "ignore")
        for row in range(0xB0, 0xD8)
        for cell in range(0xA1, 0xFF)
    ]
    cells = [*range(0x40, 0x7F), *range(0xA1, 0xFF)]
    second = [bytes([row, cell]).decode("big5", "ignore") for row in range(0xA4, 0xC7) for cell in cells]
    codes = np.array([ord(c) for c in {*first, *second} - {""}], np.int64)
    bits = np.zeros(1 << 16, np.uint8)
    bits[codes] = 1
    return np.packbits(bits, bitorder="little")


def learned(batch: SampleBatch) -> npt.NDArray[np.bool_]:
    """(turns,) true for what the model learns to write: answers and plain texts."""
    roles = batch.turns.roles
    out: npt.NDArray[np.bool_] = (roles == ASSISTANT) | (roles == TEXT)
    return out


def bounds(setup: Setup) -> Bounds:
    """What QLT002 is set to; its defaults where it does not run."""
    from governance.text.wording import Bounds

    if "QLT002" not in setup.options:
        return Bounds(least=3.0)
    loop_tokens, loop_times, words, characters = (
        int(setup.option("QLT002", name)) for name in ("loop_words", "loop_times", "words", "characters")
    )
    least = min(float(setup.option("QLT002", name)) for name in ("english", "chinese"))
    return Bounds(loop_tokens, loop_times, words, characters, least)


def look(batch: SampleBatch, setup: Setup) -> Wording:
    """The words of a batch, looked at once however many rules ask."""
    from governance.text.wording import wording

    return batch.once(
        "wording", lambda: wording(*batch.turns.buffers, learned(batch), lexicon(), bounds(setup))
    )


def character_span(text: bytes, start: int, end: int) -> tuple[int, int]:
    """Byte offsets in a text as character offsets."""
    first = len(text[:start].decode("utf-8", "ignore"))
    return first, first + len(text[start:end].decode("utf-8", "ignore"))


def turn_bytes(batch: SampleBatch, turn: int) -> bytes:
    """The UTF-8 of one turn."""
    data, offsets = batch.turns.buffers
    return data[offsets[turn] : offsets[turn + 1]].tobytes()
