"""The labeller: what the data say, else what their words say, else what labelled examples near them say; or nothing.

The confidence of a scene (and of a task) is its share of the evidence, with one weight of doubt added:

    confidence = own / (own + strongest other + 1)

A label is as sure as the less sure of its halves. Of the pairs that exist the surest is taken, and where that is
below `min_confidence` the labeller abstains: the row has no label, and keeps the confidence that was not enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from governance.labels.evidence import (
    WEAK,
    Lexicon,
    Scores,
    asked,
    compile_lexicon,
    owners,
    questions,
    scores,
)
from governance.labels.given import Given, read_labels, spellings
from governance.labels.neighbours import CHARACTERS, Embedder, Neighbours, neighbours_of
from governance.labels.taxonomy import Half, Taxonomy, load_taxonomy
from governance.samples import SampleBatch

if TYPE_CHECKING:
    import polars as pl

BASES = (
    "data",
    "data+rules",
    "data+neighbours",
    "rules",
    "neighbours",
    "rules+neighbours",
    "unmapped",
    "none",
)
"""What a label rests on. `data+...`: the data name one half; `unmapped`: as the data have it; `none`: no label."""
DATA, COMPLETED, FILLED_IN, RULES, NEIGHBOURS, BOTH, UNMAPPED, NONE = range(len(BASES))

GENERAL = 2 * WEAK
"""What can speak for a general half: enough for a label where nothing else speaks, never against a strong word."""
Indices = npt.NDArray[np.int64]

LABELS = pa.schema(
    [
        pa.field("row", pa.int64(), False),
        pa.field(
            "label", pa.string()
        ),  # scene/task; as it stands in the data where unmapped; null where none
        pa.field("confidence", pa.float32(), False),  # 0 to 1; where there is no label, what was not enough
        pa.field("basis", pa.string(), False),  # one of BASES
    ]
)


NO_LABELS = "none"
"""In the place of a taxonomy's file: nothing is labelled."""


def labeller_of(
    path: str | None = None, min_confidence: float | None = None, embedder: Embedder | None = None
) -> Labeller | None:
    """The labeller of a taxonomy file (None: finance), or None for `NO_LABELS`.

    Raises:
        ConfigError: the file cannot be used.
    """
    if path == NO_LABELS:
        return None
    taxonomy = load_taxonomy(path)
    return Labeller(taxonomy, taxonomy.min_confidence if min_confidence is None else min_confidence, embedder)


@dataclass(frozen=True)
class Labeller:
    """A taxonomy at work.

    Attributes:
        min_confidence: below it no label is given; what the data say is never doubted.
        embedder: turns texts into vectors, for the vote of the taxonomy's examples on rows that words leave open; None
            for words alone.
    """

    taxonomy: Taxonomy
    min_confidence: float
    embedder: Embedder | None = None

    @property
    def columns(self) -> int:
        """Scenes and tasks."""
        return len(self.taxonomy.scenes) + len(self.taxonomy.tasks)

    @cached_property
    def lexicon(self) -> Lexicon:
        """The taxonomy's words, ready for use."""
        return compile_lexicon(self.taxonomy)

    @cached_property
    def spellings(self) -> pl.DataFrame:
        """Every way to write a label in the data."""
        return spellings(self.taxonomy)

    @cached_property
    def neighbours(self) -> Neighbours | None:
        """The examples as vectors, where there are any and something that makes vectors."""
        return neighbours_of(self.taxonomy, self.embedder) if self.embedder else None

    def settings(self) -> dict[str, str | float]:
        """What decides the labels, for the record."""
        return {
            "taxonomy": self.taxonomy.name,
            "sha256": self.taxonomy.digest,
            "min_confidence": self.min_confidence,
        }

    def label(self, batch: SampleBatch) -> pa.Table:
        """`LABELS` of a batch, row by row."""
        given = read_labels(batch.table.column("label"), self.spellings)
        return _table(batch, self._found(batch, given), given, self.taxonomy)

    def _found(self, batch: SampleBatch, given: Given) -> Decided:
        """What data and words say, and for the rows these leave open, what the examples say too."""
        if given.whole.all():  # nothing is left to find out
            return self._decided(np.zeros((len(batch), self.columns), np.float32), None, given)
        rules = scores(batch, self.lexicon)
        found = self._decided(rules, None, given)
        still_open = ~given.whole & np.isin(found.basis, (NONE, DATA))
        if not still_open.any() or self.neighbours is None:
            return found
        return self._decided(rules, self._votes(batch, still_open), given)

    def _votes(self, batch: SampleBatch, wanted: npt.NDArray[np.bool_]) -> Scores:
        """(rows, columns) what the nearest examples speak for, in the rows that are wanted."""
        votes = np.zeros((len(batch), self.columns), np.float32)
        turns = asked(batch.turns) & wanted[owners(batch.turns)]
        rows, texts = questions(batch.turns, turns, CHARACTERS)
        if self.neighbours is not None and len(rows):
            votes[rows] = self.neighbours.votes(texts.to_list())
        return votes

    def _decided(self, rules: Scores, votes: Scores | None, given: Given) -> Decided:
        evidence = rules if votes is None else rules + votes
        scenes = len(self.taxonomy.scenes)
        halves = ((self.taxonomy.scenes, evidence[:, :scenes]), (self.taxonomy.tasks, evidence[:, scenes:]))
        parts = tuple(shares(special(axis, own)) for axis, own in halves)
        for part, named in zip(parts, (given.scenes, given.tasks), strict=True):
            told = np.flatnonzero(named >= 0)
            part[told] = 0
            part[told, named[told]] = 1
        pair, sure = surest(parts[0], parts[1], np.array(self.taxonomy.pairs))
        scene, task = np.array(self.taxonomy.pairs)[pair].T
        spoke = [_spoke(scores, scene, task, scenes) for scores in (rules, votes)]
        return self._settled(
            given, scene, task, sure, np.where(spoke[1], np.where(spoke[0], BOTH, NEIGHBOURS), RULES)
        )

    def _settled(self, given: Given, scene: Indices, task: Indices, sure: Scores, basis: Indices) -> Decided:
        """What the data say comes first, then what is sure enough."""
        half = (given.scenes >= 0) ^ (given.tasks >= 0)
        enough = sure >= self.min_confidence
        completed = np.where(basis == NEIGHBOURS, FILLED_IN, COMPLETED)
        basis = np.where(enough, np.where(half, completed, basis), np.where(half, DATA, NONE))
        basis = np.where(given.whole, DATA, np.where(given.unmapped, UNMAPPED, basis))
        told = (basis == DATA) | (basis == UNMAPPED)
        scene = np.where(basis == DATA, given.scenes, scene)
        task = np.where(basis == DATA, given.tasks, task)
        return Decided(scene, task, np.where(told, np.float32(1), sure).astype(np.float32), basis)


@dataclass(frozen=True)
class Decided:
    """(rows,) scene and task (-1: not told), confidence, and the basis as an index of BASES."""

    scenes: Indices
    tasks: Indices
    confidence: Scores
    basis: Indices


def shares(evidence: Scores) -> Scores:
    """(rows, columns) the confidence of each column: own / (own + strongest other + 1)."""
    if evidence.shape[1] == 1:
        return np.asarray(evidence / (evidence + 1))
    top = np.partition(evidence, -2, axis=1)[:, -2:]
    second, first = top[:, :1], top[:, 1:]
    other = np.where(evidence == first, second, first)
    return np.asarray(evidence / (evidence + other + 1), np.float32)


def special(axis: Sequence[Half], evidence: Scores) -> Scores:
    """The evidence, where a general half has at most `GENERAL`, less what the strongest special one has."""
    general = np.array([half.general for half in axis])
    if not general.any() or general.all():
        return evidence
    strongest = evidence[:, ~general].max(axis=1, keepdims=True)
    return np.where(general, np.maximum(np.minimum(evidence, GENERAL) - strongest, 0), evidence)


def surest(scenes: Scores, tasks: Scores, pairs: npt.NDArray[np.int64]) -> tuple[Indices, Scores]:
    """((rows,) the pair whose less sure half is surest, (rows,) how sure that is).

    Of pairs alike in that the one with the surer other half is taken, then the first. Where nothing speaks for any
    scene or for any task, that is the first pair and 0.
    """
    best, sure = np.zeros(len(scenes), np.int64), np.zeros(len(scenes), np.float32)
    both = np.flatnonzero((scenes.max(axis=1, initial=0) > 0) & (tasks.max(axis=1, initial=0) > 0))
    first, second = scenes[both][:, pairs[:, 0]], tasks[both][:, pairs[:, 1]]
    least = np.minimum(first, second)
    best[both] = np.argmax(least + 1e-4 * np.maximum(first, second), axis=1)
    sure[both] = least[np.arange(len(both)), best[both]]
    return best, sure


def _spoke(scores: Scores | None, scene: Indices, task: Indices, scenes: int) -> npt.NDArray[np.bool_]:
    """(rows,) whether these scores speak for the label that was chosen."""
    if scores is None:
        return np.zeros(len(scene), np.bool_)
    rows = np.arange(len(scene))
    return np.asarray((scores[rows, scene] > 0) | (scores[rows, scenes + task] > 0))


def _table(batch: SampleBatch, found: Decided, given: Given, taxonomy: Taxonomy) -> pa.Table:
    """The decisions as `LABELS`."""
    tasks = len(taxonomy.tasks) + 1
    every = [taxonomy.label(s, t) for s in range(-1, len(taxonomy.scenes)) for t in range(-1, tasks - 1)]
    place = (found.scenes + 1) * tasks + found.tasks + 1
    named = np.isin(found.basis, (UNMAPPED, NONE), invert=True)
    own = pa.array(every, pa.string()).take(pa.array(place, mask=~named))
    labels = pc.if_else(pa.array(found.basis == UNMAPPED), given.texts, own)
    basis = pa.array(BASES, pa.string()).take(pa.array(found.basis))
    columns = [pa.array(batch.rows), labels, pa.array(np.clip(found.confidence, 0, 1)), basis]
    return pa.table(columns, schema=LABELS)
