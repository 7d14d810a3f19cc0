"""Terms of finance in Chinese and English: which of them a text has, whatever language it is in.

`glossary.txt` holds a term a line: the Chinese form, then English beginnings of words. A multilingual model that
averages tokens hardly tells one question about bonds from another; the terms it is about do.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

CHINESE, ENGLISH = 0.3, 0.05
"""Shares of Chinese characters from which on, and up to which, a text is taken for Chinese, for English."""


class Glossary(NamedTuple):
    """The terms, by the words that say them.

    Attributes:
        chinese: words; the place is the term.
        english: beginnings of words, each after a space; a beginning may say several terms.
        says: per English beginning, the terms.
    """

    chinese: tuple[str, ...]
    english: tuple[str, ...]
    says: tuple[tuple[int, ...], ...]

    @property
    def size(self) -> int:
        """How many terms there are."""
        return len(self.chinese)


@cache
def glossary() -> Glossary:
    """The built-in glossary."""
    lines = (Path(__file__).parent / "glossary.txt").read_text("utf-8").splitlines()
    pairs = [line.split(" ", 1) for line in lines if line.strip()]
    says: dict[str, list[int]] = {}
    for term, (_, forms) in enumerate(pairs):
        for form in forms.split(","):
            says.setdefault(f" {form.strip()}", []).append(term)
    english = tuple(sorted(says))
    return Glossary(tuple(c for c, _ in pairs), english, tuple(tuple(says[e]) for e in english))


def terms(texts: pa.LargeStringArray, *, chinese: bool) -> npt.NDArray[np.bool_]:
    """(texts, terms) which terms each text has."""
    words = glossary()
    says: tuple[tuple[int, ...], ...]
    found = np.zeros((len(texts), words.size), np.bool_)
    column = pl.Series("text", values=texts)
    if chinese:
        patterns, says = words.chinese, tuple((i,) for i in range(words.size))
    else:
        column = pl.select(
            pl.lit(" ") + column.str.to_lowercase().str.replace_all(r"[^a-z0-9'-]+", " ")
        ).to_series()
        patterns, says = words.english, words.says
    hits = pl.DataFrame({"at": column.str.extract_many(list(patterns), overlapping=True)}).with_row_index(
        "text"
    )
    flat = hits.explode("at").drop_nulls().unique()
    place = {pattern: i for i, pattern in enumerate(patterns)}
    matches = flat.get_column("at").replace_strict(place, return_dtype=pl.Int64).to_numpy()
    owners = flat.get_column("text").to_numpy()
    sizes = np.array([len(s) for s in says])
    starts = np.concatenate([[0], np.cumsum(sizes)])
    named = np.array([t for s in says for t in s])
    many = sizes[matches]
    places = (
        np.repeat(starts[matches], many)
        + np.arange(int(many.sum()))
        - np.repeat(np.cumsum(many) - many, many)
    )
    found[np.repeat(owners, many), named[places]] = True
    return found


def latin_words(texts: pa.LargeStringArray) -> npt.NDArray[np.int64]:
    """(n,) words of Latin letters or digits."""
    return pl.Series("text", values=texts).str.count_matches(r"[A-Za-z0-9]+").to_numpy().astype(np.int64)


_SPACE = re.compile(r"\s+")


def written(text: str) -> int:
    """Characters of a text besides spaces."""
    return len(_SPACE.sub("", text))
