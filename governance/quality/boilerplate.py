"""Stock phrases in what the model learns to write, as marks."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from governance.quality.look import character_span, learned, look, phrases, turn_bytes
from governance.rules.base import Setup
from governance.rules.marks import Mark, marked
from governance.samples import SampleBatch

ALLOWED = "allowed"


def map_boilerplate(batch: SampleBatch, setup: Setup) -> pa.Table | None:
    """MARKS of boilerplate in answers and plain texts."""
    return marked(batch, phrase_marks(batch, setup, "boilerplate"))


def phrase_marks(batch: SampleBatch, setup: Setup, group: str) -> list[Mark]:
    """The places of one group of phrases, without those that lie in a longer phrase or in an allowed one."""
    hits = look(batch, setup).hits
    listed = phrases()
    wanted = np.array([p.group == group for p in listed], np.bool_)
    hits = hits[wanted[hits[:, 3]] & learned(batch)[hits[:, 0]]]
    return [_mark(batch, hit, listed[hit[3]].kind) for hit in outermost(hits.tolist()) if listed[hit[3]].kind != ALLOWED]


def outermost(hits: list[list[int]]) -> list[list[int]]:
    """The hits (turn, start, end, phrase) that lie in no longer one, in order."""
    kept: list[list[int]] = []
    for hit in sorted(hits, key=lambda h: (h[0], h[1], -h[2])):
        if not (kept and kept[-1][0] == hit[0] and hit[2] <= kept[-1][2]):
            kept.append(hit)
    return kept


def _mark(batch: SampleBatch, hit: list[int], kind: str) -> Mark:
    turn, start, end, _ = hit
    first = int(batch.turns.buffers[1][turn])
    return Mark(turn, *character_span(turn_bytes(batch, turn), start - first, end - first), kind)
