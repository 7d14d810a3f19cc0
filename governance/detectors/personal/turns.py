"""Personal data in a batch: counts and one pass of a regex engine leave the few turns that detectors read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import polars as pl

from governance.detectors.personal.find import DETECTORS, resolved
from governance.detectors.personal.spans import Detector, Search, Span, folded
from governance.samples import SampleBatch
from governance.text.profile import profile


def personal_turns(batch: SampleBatch, search: Search) -> Iterator[tuple[int, list[Span]]]:
    """(number of the turn in the batch, its spans of any confidence), in order, of turns that have some."""
    found: dict[int, list[Span]] = defaultdict(list)
    for detector in DETECTORS:
        for turn, text in _candidates(batch, detector):
            found[turn] += detector.find(folded(text), search)
    yield from ((turn, resolved(spans)) for turn, spans in sorted(found.items()) if spans)


def _candidates(batch: SampleBatch, detector: Detector) -> Iterator[tuple[int, str]]:
    """The turns that are made of what the detector needs and hold its shape."""
    counts, texts = profile(batch), batch.once("polars", lambda: _texts(batch))
    enough = [counts.of(field) >= least for field, least in detector.least.items()]
    turns = np.flatnonzero(np.logical_or.reduce(enough))
    asked = texts[turns]
    held = asked.str.contains(detector.shape.pattern)
    yield from zip(turns[held.to_numpy()].tolist(), asked.filter(held), strict=True)


def _texts(batch: SampleBatch) -> pl.Series:
    """The turns for polars: what is taken from it are views, where Arrow copies the texts."""
    return pl.Series(pl.from_arrow(batch.turns.contents), dtype=pl.String)
