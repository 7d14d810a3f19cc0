"""What the words of a row speak for: (rows, scenes + tasks) scores, from words and patterns of the taxonomy.

Looked at is what the user says: turns of the roles user and text, or where a row has none, all but the system prompt.
Of each turn the first and last 1,000 characters count for words, of the first and last turn 300 for patterns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from governance.labels.taxonomy import Taxonomy
from governance.samples import ROLES, SampleBatch, Turns

if TYPE_CHECKING:
    import polars as pl

    from governance.labels.scan import Trie

Scores = npt.NDArray[np.float32]

STRONG, WEAK = 3.0, 1.0  # the first as in scan.py, which is not imported here: it brings numba
"""What a strong word and a word weigh. One strong word against nothing is a confidence of 0.75, one word 0.5."""
PATTERN_CHARACTERS = 300
ASKING = np.isin(ROLES, ("user", "text"))
SYSTEM = np.isin(ROLES, ("system",))


@dataclass(frozen=True)
class Lexicon:
    """A taxonomy's words and patterns, ready for use.

    Attributes:
        patterns: (regular expression, column, weight).
        columns: scenes, then tasks.
    """

    trie: Trie
    patterns: tuple[tuple[str, int, float], ...]
    columns: int


@lru_cache(maxsize=2)
def compile_lexicon(taxonomy: Taxonomy) -> Lexicon:
    """The words of every scene and task in one trie, a column a scene or task.

    Kept, since a process may audit and curate many times: the words of finance take 0.2 CPU seconds.
    """
    from governance.labels.scan import Vote, build

    halves = (*taxonomy.scenes, *taxonomy.tasks)
    votes = [Vote(word) for word in taxonomy.neutral]
    votes += [
        Vote(word, column, weight)
        for column, half in enumerate(halves)
        for word, weight in _weighed(half.strong, half.words)
    ]
    patterns = [
        (pattern, column, weight)
        for column, half in enumerate(halves)
        for pattern, weight in _weighed(half.strong_patterns, half.patterns)
    ]
    return Lexicon(build(votes), tuple(patterns), len(halves))


def _weighed(strong: Sequence[str], weak: Sequence[str]) -> list[tuple[str, float]]:
    """Each text with its weight; one that stands in both lists is strong."""
    return list((dict.fromkeys(weak, WEAK) | dict.fromkeys(strong, STRONG)).items())


def scores(batch: SampleBatch, lexicon: Lexicon) -> Scores:
    """(rows, columns) what each row's words and patterns speak for."""
    from governance.labels.scan import LOOKED, MOST_REPEATS, add_scores

    found = np.zeros((len(batch), lexicon.columns), np.float32)
    turns, trie = batch.turns, lexicon.trie
    wanted, rows = asked(turns), owners(turns)
    data, offsets = turns.buffers
    add_scores(
        data, offsets, rows, wanted, LOOKED, MOST_REPEATS,
        trie.classes, trie.next, trie.word, trie.begins, trie.goes_on, trie.starts, trie.columns, trie.weights, found,
    )  # fmt: skip
    own, texts = questions(turns, wanted, PATTERN_CHARACTERS)
    for pattern, column, weight in lexicon.patterns:
        found[own[texts.str.contains(pattern).to_numpy()], column] += weight
    return found


def owners(turns: Turns) -> npt.NDArray[np.int64]:
    """(turns,) the row of each turn, counted in the batch."""
    return np.repeat(np.arange(len(turns.starts) - 1), np.diff(turns.starts))


def asked(turns: Turns) -> npt.NDArray[np.bool_]:
    """(turns,) whether a turn is looked at."""
    rows = owners(turns)
    asking = ASKING[turns.roles]
    silent = np.bincount(rows[asking], minlength=len(turns.starts) - 1) == 0
    return np.asarray(asking | (silent[rows] & ~SYSTEM[turns.roles]))


def questions(
    turns: Turns, wanted: npt.NDArray[np.bool_], characters: int
) -> tuple[npt.NDArray[np.int64], pl.Series]:
    """(rows that have a wanted turn, the beginning of the first and the end of the last such turn of each)."""
    import polars as pl

    mine = np.flatnonzero(wanted)
    own, first = np.unique(owners(turns)[mine], return_index=True)
    last = np.append(first[1:], len(mine))[: len(first)] - 1
    heads, tails = (_texts(turns, mine[place]) for place in (first, last))
    whole = (first == last) & (heads.str.len_chars() <= 2 * characters).to_numpy()
    frame = pl.DataFrame({"head": heads, "tail": tails, "whole": whole})
    cut = pl.concat_str(
        pl.col("head").str.head(characters), pl.lit("\n"), pl.col("tail").str.tail(characters)
    )
    return own, frame.select(pl.when("whole").then("head").otherwise(cut)).to_series()


def _texts(turns: Turns, place: npt.NDArray[np.int64]) -> pl.Series:
    import polars as pl

    made: Any = pl.from_arrow(turns.contents.take(pa.array(place)))
    return pl.Series(made)
