"""Signs that a machine wrote a text, and what a row says about it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from governance.detectors.lexicon.book import found, hits
from governance.rules.marks import Mark
from governance.samples import ASSISTANT, TEXT, SampleBatch

YES = frozenset(["1", "true", "yes", "y", "synthetic", "generated", "machine", "ai", "llm", "是"])
NO = frozenset(["0", "false", "no", "n", "human", "manual", "否"])


def self_named(batch: SampleBatch) -> list[Mark]:
    """The first place in each answer, or plain text, that names its writer as a model."""
    written = np.isin(batch.turns.roles, (ASSISTANT, TEXT))
    places = found(hits(batch, "synthetic").inside(written).first(1))
    return [Mark(place.turn, place.start, place.end, "self-named") for place in places]


def says(synthetic: pl.Series) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """((rows,) the row says that a machine wrote it, (rows,) it says that none did)."""
    words = synthetic.str.strip_chars().str.to_lowercase()
    return words.is_in(list(YES)).fill_null(False).to_numpy(), words.is_in(list(NO)).fill_null(
        False
    ).to_numpy()
